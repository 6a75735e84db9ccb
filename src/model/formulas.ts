// Formulas of a config, read with their place in the file; and the values of formulas that depend on the node only.

import type { Path } from '../config/mod.js';
import { formatPath } from '../config/thread.js';
import {
  FormulaError,
  lower,
  parseSyntax,
  type DataArray,
  type Expression,
  type FormulaContext,
} from '../expression/mod.js';
import type { BuildContext } from './context.js';
import { PointEvaluator } from './evaluator.js';
import type { ParameterTable } from './model.js';

/** The parameters and data that a formula may name. */
export interface Scope {
  readonly parameters: readonly ParameterTable[];
  readonly data: ReadonlyMap<string, DataArray>;
}

/** Refuses the config for an error in the formula at `path`. */
export function refuseFormula(context: BuildContext, path: Path, text: string, error: unknown): void {
  if (!(error instanceof FormulaError)) throw error;
  const { message, hint, offset, length } = error;
  context.refuse(path, message, { value: text, hint, offset, length });
}

/** Reads a formula, or refuses the config and returns undefined. */
export function readFormula(
  context: BuildContext,
  path: Path,
  text: string,
  scope: Scope,
  names: Pick<FormulaContext, 'allow' | 'edge' | 'place'>,
): Expression | undefined {
  try {
    return lower(parseSyntax(text), {
      builder: context.builder,
      coordinates: context.config.space.variables,
      ...scope,
      ...names,
    });
  } catch (error) {
    refuseFormula(context, path, text, error);
    return undefined;
  }
}

/** What a formula of the node sees: `node` and the parameters so far as numbers. */
function constantsAt(scope: Scope, node: number): Map<string, number | Float64Array> {
  const constants = new Map<string, number | Float64Array>([['node', node]]);
  for (const { name, components, values } of scope.parameters) {
    const own = values.subarray(node * components, (node + 1) * components);
    constants.set(name, components === 1 ? own[0] : own);
  }
  return constants;
}

/** The value of a formula on one node. */
export function formulaAtNode(
  context: BuildContext,
  path: Path,
  text: string,
  scope: Scope,
  node: number,
): number | undefined {
  // Lists of plain numbers are common and long.
  if (text !== '' && Number.isFinite(Number(text))) return Number(text);
  try {
    const value = lower(parseSyntax(text), {
      builder: context.scratch,
      coordinates: context.config.space.variables,
      ...scope,
      constants: constantsAt(scope, node),
      allow: { coordinates: false, time: false, node: true },
      place: `the value of ${formatPath(path)}`,
    });
    if (value.kind === 'constant') return value.value;
    return new PointEvaluator([value], scope.parameters).run({ x: [], node, time: 0 })[0];
  } catch (error) {
    refuseFormula(context, path, text, error);
    return undefined;
  }
}

/** The values of a formula on all nodes. */
export function formulaAtNodes(
  context: BuildContext,
  path: Path,
  text: string,
  scope: Scope,
  nodeCount: number,
): Float64Array | undefined {
  const values = new Float64Array(nodeCount);
  if (text !== '' && Number.isFinite(Number(text))) return values.fill(Number(text));
  try {
    const expression = lower(parseSyntax(text), {
      builder: context.scratch,
      coordinates: context.config.space.variables,
      ...scope,
      allow: { coordinates: false, time: false, node: true },
      place: `the value of ${formatPath(path)}`,
    });
    const evaluator = new PointEvaluator([expression], scope.parameters);
    for (let node = 0; node < nodeCount; node++) values[node] = evaluator.run({ x: [], node, time: 0 })[0];
    return values;
  } catch (error) {
    // A formula that picks data by node (`h[node]`) has no one expression for all nodes: it is read node by node.
    if (!(error instanceof FormulaError) || error.code !== 'index') {
      refuseFormula(context, path, text, error);
      return undefined;
    }
  }
  for (let node = 0; node < nodeCount; node++) {
    const value = formulaAtNode(context, path, text, scope, node);
    if (value === undefined) return undefined;
    values[node] = value;
  }
  return values;
}
