// What a formula may refer to: the names around it. Not the names it makes itself (`let`, `sum`), which
// lower.ts keeps.

import type { ExpressionBuilder } from './builder.js';
import type { Expression } from './expression.js';

/** Numbers of a data file. A vector has no `columns`; a matrix is stored by rows. */
export interface DataArray {
  readonly rows: number;
  readonly columns: number | undefined;
  readonly values: Float64Array;
}

/** The surroundings of a formula: who owns its expression, and which names it may use. */
export interface FormulaContext {
  readonly builder: ExpressionBuilder;
  /** Names of x[0], x[1], …; may be made up where the config names none. */
  readonly coordinates: readonly string[];
  /** Node parameters; one component makes a scalar, which may also be indexed by [0]. */
  readonly parameters: readonly { readonly name: string; readonly components: number }[];
  readonly data: ReadonlyMap<string, DataArray>;
  /**
   * Names whose numbers are known already: `node` and earlier parameters where a formula is read once per
   * node. They hide parameters of the same name, and may index data arrays.
   */
  readonly constants?: ReadonlyMap<string, number | ArrayLike<number>>;
  /** Which kinds of symbols the formula may depend on. Parameters are allowed by being listed. */
  readonly allow: { readonly coordinates: boolean; readonly time: boolean; readonly node: boolean };
  /**
   * Given for a rate q(x; g -> g'): makes `target.`, `weight`, `temperature`, `V`, `target.V` and `deltaV`
   * known.
   */
  readonly edge?: { readonly sourcePotential: Expression; readonly targetPotential: Expression };
  /** What the formula is, for messages: 'a potential', 'a rate'. By default 'this formula'. */
  readonly place?: string;
}

/** A context without any names, for plain numbers such as `2*pi/8`. */
export function plainContext(builder: ExpressionBuilder, place = 'a number'): FormulaContext {
  return {
    builder,
    coordinates: [],
    parameters: [],
    data: new Map(),
    allow: { coordinates: false, time: false, node: false },
    place,
  };
}
