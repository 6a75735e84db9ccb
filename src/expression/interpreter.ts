// The reference: the value of an expression in f64, computed in the most obvious way. Every fast engine is
// tested against it. Slow on purpose; for repeated evaluation see tape.ts.

import type { Expression, ExpressionSymbol, Side } from './expression.js';
import { applyOperator } from './operators.js';
import { reachable } from './traverse.js';

/**
 * Values of the symbols. What is left out must not occur in the expression. All quantities are dimensionless.
 */
export interface Environment {
  /** x */
  readonly coordinates?: ArrayLike<number>;
  /** t */
  readonly time?: number;
  /** Index of the node, and of the other end of the edge. */
  readonly node?: number;
  readonly target?: number;
  /** Value of a node parameter at one side. */
  readonly parameter?: (name: string, component: number, side: Side) => number | undefined;
  /** Quantities of the edge, such as `weight`. */
  readonly edge?: Readonly<Record<string, number>>;
  /** Quantities of the step, such as `temperature`. */
  readonly step?: Readonly<Record<string, number>>;
}

/** The value of a symbol. Throws RangeError when the environment does not have it. */
export function resolveSymbol(symbol: ExpressionSymbol, environment: Environment): number {
  const value = look(symbol, environment);
  if (value === undefined) {
    throw new RangeError(`the environment has no value for ${JSON.stringify(symbol)}`);
  }
  return value;
}

function look(symbol: ExpressionSymbol, environment: Environment): number | undefined {
  switch (symbol.kind) {
    case 'coordinate':
      return environment.coordinates?.[symbol.index];
    case 'time':
      return environment.time;
    case 'node':
      return symbol.side === 'source' ? environment.node : environment.target;
    case 'parameter':
      return environment.parameter?.(symbol.name, symbol.component, symbol.side);
    case 'edge':
      return environment.edge?.[symbol.name];
    case 'step':
      return environment.step?.[symbol.name];
    default:
      return symbol satisfies never;
  }
}

/**
 * The values of expressions of one builder. Both branches of a `where` are computed; outside of a function's
 * domain the value is NaN or infinite. Throws RangeError for a symbol that the environment does not have.
 */
export function evaluateAll(expressions: readonly Expression[], environment: Environment): number[] {
  const values = new Map<number, number>();
  const valueOf = (node: Expression | undefined): number =>
    node === undefined ? 0 : (values.get(node.id) ?? Number.NaN);
  for (const node of reachable(expressions)) {
    if (node.kind === 'constant') values.set(node.id, node.value);
    else if (node.kind === 'symbol') values.set(node.id, resolveSymbol(node.symbol, environment));
    else {
      const [a, b, c] = node.arguments as readonly (Expression | undefined)[];
      values.set(node.id, applyOperator(node.operator, valueOf(a), valueOf(b), valueOf(c)));
    }
  }
  return expressions.map(valueOf);
}

/** The value of one expression; see `evaluateAll`. */
export function evaluate(expression: Expression, environment: Environment): number {
  return evaluateAll([expression], environment)[0];
}
