// Values of expressions at single points (x, node, t), for node formulas and for the checks before a run. Not the engine:
// particles are moved by the compiled kernel.

import {
  compileTape,
  reachable,
  type Expression,
  type ExpressionBuilder,
  type ExpressionSymbol,
} from '../expression/mod.js';
import type { ParameterTable } from './model.js';

/** The same expression in another builder. */
export function copyExpression(builder: ExpressionBuilder, expression: Expression): Expression {
  const images = new Map<Expression, Expression>();
  for (const node of reachable([expression])) {
    switch (node.kind) {
      case 'constant':
        images.set(node, builder.constant(node.value));
        break;
      case 'symbol':
        images.set(node, builder.symbol(node.symbol));
        break;
      case 'call':
        images.set(node, builder.call(node.operator, ...node.arguments.map((a) => images.get(a) ?? a)));
        break;
      default:
        node satisfies never;
    }
  }
  return images.get(expression) ?? expression;
}

/** Where to evaluate. Symbols that the place does not give (a target without an edge) are NaN. */
export interface Point {
  readonly x: ArrayLike<number>;
  readonly node: number;
  readonly time: number;
  readonly target?: number;
  readonly weight?: number;
  readonly temperature?: number;
}

/** Evaluates a fixed list of expressions at many points. */
export class PointEvaluator {
  readonly #tape: ReturnType<typeof compileTape>;
  readonly #tables: ReadonlyMap<string, ParameterTable>;

  constructor(expressions: readonly Expression[], parameters: readonly ParameterTable[]) {
    this.#tape = compileTape(expressions);
    this.#tables = new Map(parameters.map((table) => [table.name, table]));
  }

  /** Values of the expressions; the array is overwritten by the next call. */
  run(point: Point): Float64Array {
    return this.#tape.run((symbol) => this.#value(symbol, point));
  }

  #value(symbol: ExpressionSymbol, point: Point): number {
    switch (symbol.kind) {
      case 'coordinate':
        return point.x[symbol.index];
      case 'time':
        return point.time;
      case 'node':
        return (symbol.side === 'source' ? point.node : point.target) ?? NaN;
      case 'parameter': {
        const table = this.#tables.get(symbol.name);
        const node = symbol.side === 'source' ? point.node : point.target;
        if (table === undefined || node === undefined) return NaN;
        return table.values[node * table.components + symbol.component];
      }
      case 'edge':
        return (symbol.name === 'weight' ? point.weight : undefined) ?? NaN;
      case 'step':
        return (symbol.name === 'temperature' ? point.temperature : undefined) ?? NaN;
      default:
        return symbol satisfies never;
    }
  }
}
