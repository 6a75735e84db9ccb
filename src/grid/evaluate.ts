// Values of an expression at the centres of cells: operation by operation over arrays of cells, in f64. What depends on
// some of the coordinates only is computed on a mesh of those (sin x on 256 x 256 cells takes 256 sines). Not for
// single points (model/evaluator.ts) and not the particles' engine.

import { mathF64 } from '../elementary/mod.js';
import {
  applyOperator,
  reachable,
  type CallExpression,
  type Expression,
  type ExpressionSymbol,
} from '../expression/mod.js';
import type { ParameterTable } from '../model/mod.js';
import { centre, type Cells } from './cells.js';

/** Where: symbols that the place does not give are NaN. */
export interface Place {
  readonly node: number;
  readonly time: number;
  readonly target?: number;
  readonly weight?: number;
  readonly temperature?: number;
}

/** Cells worked on at a time: a few arrays of them stay in the second-level cache. */
const chunkCells = 8192;

/** A value on the mesh of the coordinates whose bits are set in `mask`; a number where there are none. */
interface Value {
  readonly mask: number;
  readonly data: number | Float64Array;
}

/** Evaluates one expression. Not to be used from two places at once: it keeps its scratch arrays. */
export class CellEvaluator {
  readonly #nodes: readonly Expression[];
  readonly #masks = new Map<Expression, number>();
  /** The calls after whose evaluation a value is no longer needed. */
  readonly #lastUse = new Map<Expression, Expression>();
  readonly #tables: ReadonlyMap<string, ParameterTable>;
  readonly #free = new Map<number, Float64Array[]>();

  constructor(
    private readonly expression: Expression,
    private readonly cells: Cells,
    parameters: readonly ParameterTable[],
  ) {
    this.#nodes = reachable([expression]);
    this.#tables = new Map(parameters.map((table) => [table.name, table]));
    for (const node of this.#nodes) {
      let mask = 0;
      if (node.kind === 'symbol' && node.symbol.kind === 'coordinate') mask = 1 << node.symbol.index;
      if (node.kind === 'call') {
        for (const argument of node.arguments) {
          mask |= this.#masks.get(argument) ?? 0;
          this.#lastUse.set(argument, node);
        }
      }
      this.#masks.set(node, mask);
    }
  }

  /** Writes the values at cells [from, to) into out[at], out[at + 1], …; from and to are multiples of strides[0]. */
  run(place: Place, from: number, to: number, out: Float64Array, at: number): void {
    const { cells } = this;
    const layer = cells.strides[0];
    const layers = Math.max(1, Math.floor(chunkCells / layer));
    // What does not depend on the first coordinate is the same for all chunks.
    const shared = new Map<Expression, Value>();
    for (const node of this.#nodes) {
      if (((this.#masks.get(node) ?? 0) & 1) === 0)
        shared.set(node, this.#compute(node, place, shared, 0, 0));
    }
    for (let first = from / layer; first < to / layer; first += layers) {
      const last = Math.min(to / layer, first + layers);
      const values = new Map(shared);
      for (const node of this.#nodes) {
        if (shared.has(node)) continue;
        values.set(node, this.#compute(node, place, values, first, last));
        if (node.kind !== 'call') continue;
        // A call may have the same argument twice.
        for (const argument of new Set(node.arguments)) {
          if (this.#lastUse.get(argument) === node && !shared.has(argument))
            this.#release(values.get(argument));
        }
      }
      const count = (last - first) * layer;
      const full = (1 << cells.dimension) - 1;
      const result = this.#expand(values.get(this.expression) as Value, full, first, last);
      const start = at + first * layer - from;
      if (typeof result === 'number') out.fill(result, start, start + count);
      else {
        out.set(result.subarray(0, count), start);
        this.#release({ mask: full, data: result });
      }
    }
    for (const value of shared.values()) this.#release(value);
  }

  #compute(
    node: Expression,
    place: Place,
    values: ReadonlyMap<Expression, Value>,
    first: number,
    last: number,
  ): Value {
    if (node.kind === 'constant') return { mask: 0, data: node.value };
    if (node.kind === 'call') return this.#call(node, values, first, last);
    const { symbol } = node;
    if (symbol.kind !== 'coordinate') return { mask: 0, data: this.#uniform(symbol, place) };
    const k = symbol.index;
    const [begin, end] = k === 0 ? [first, last] : [0, this.cells.sizes[k]];
    const data = this.#array(end - begin);
    for (let i = begin; i < end; i++) data[i - begin] = centre(this.cells, k, i);
    return { mask: 1 << k, data };
  }

  #call(node: CallExpression, values: ReadonlyMap<Expression, Value>, first: number, last: number): Value {
    const mask = this.#masks.get(node) ?? 0;
    const known = node.arguments.map((argument) => values.get(argument) as Value);
    if (mask === 0) {
      const [a = 0, b = 0, c = 0] = known.map(({ data }) => data as number);
      return { mask, data: applyOperator(node.operator, a, b, c) };
    }
    const operands = known.map((value) => this.#expand(value, mask, first, last));
    const count = this.#count(mask, first, last);
    const data = this.#array(count);
    apply(node.operator, operands, data, count);
    operands.forEach((operand, i) => {
      if (operand !== known[i].data && typeof operand !== 'number') this.#release({ mask, data: operand });
    });
    return { mask, data };
  }

  /** A value on the larger mesh of `mask`: the same array where the meshes agree, else a new one. */
  #expand({ mask: own, data }: Value, mask: number, first: number, last: number): number | Float64Array {
    if (typeof data === 'number' || own === mask) return data;
    const { sizes, dimension } = this.cells;
    const out = this.#array(this.#count(mask, first, last));
    // Strides of the value in its own mesh; 0 along what it does not depend on.
    const lengths: number[] = [];
    const steps: number[] = [];
    let step = 1;
    for (let k = dimension - 1; k >= 0; k--) {
      if ((mask & (1 << k)) === 0) continue;
      const length = k === 0 ? last - first : sizes[k];
      const has = (own & (1 << k)) !== 0;
      lengths.unshift(length);
      steps.unshift(has ? step : 0);
      if (has) step *= length;
    }
    while (lengths.length < 3) {
      lengths.unshift(1);
      steps.unshift(0);
    }
    let to = 0;
    for (let i = 0; i < lengths[0]; i++) {
      for (let j = 0; j < lengths[1]; j++) {
        const base = i * steps[0] + j * steps[1];
        for (let k = 0; k < lengths[2]; k++) out[to++] = data[base + k * steps[2]];
      }
    }
    return out;
  }

  #count(mask: number, first: number, last: number): number {
    let count = 1;
    for (let k = 0; k < this.cells.dimension; k++) {
      if ((mask & (1 << k)) !== 0) count *= k === 0 ? last - first : this.cells.sizes[k];
    }
    return count;
  }

  #array(count: number): Float64Array {
    return this.#free.get(count)?.pop() ?? new Float64Array(count);
  }

  #release(value: Value | undefined): void {
    if (value === undefined || typeof value.data === 'number') return;
    const list = this.#free.get(value.data.length);
    if (list) list.push(value.data);
    else this.#free.set(value.data.length, [value.data]);
  }

  #uniform(symbol: Exclude<ExpressionSymbol, { kind: 'coordinate' }>, place: Place): number {
    switch (symbol.kind) {
      case 'time':
        return place.time;
      case 'node':
        return (symbol.side === 'source' ? place.node : place.target) ?? NaN;
      case 'parameter': {
        const table = this.#tables.get(symbol.name);
        const node = symbol.side === 'source' ? place.node : place.target;
        if (table === undefined || node === undefined) return NaN;
        return table.values[node * table.components + symbol.component];
      }
      case 'edge':
        return (symbol.name === 'weight' ? place.weight : undefined) ?? NaN;
      case 'step':
        return (symbol.name === 'temperature' ? place.temperature : undefined) ?? NaN;
      default:
        return symbol satisfies never;
    }
  }
}

type Operand = number | Float64Array;

/** out[i] = a[i] op b[i]; at least one operand is an array. */
function apply(
  operator: CallExpression['operator'],
  [a, b = 0, c = 0]: readonly Operand[],
  out: Float64Array,
  count: number,
): void {
  switch (operator) {
    case 'add':
      if (typeof a === 'number') scalar(b as Float64Array, a);
      else if (typeof b === 'number') scalar(a, b);
      else for (let i = 0; i < count; i++) out[i] = a[i] + b[i];
      return;
    case 'multiply':
      if (typeof a === 'number') factor(b as Float64Array, a);
      else if (typeof b === 'number') factor(a, b);
      else for (let i = 0; i < count; i++) out[i] = a[i] * b[i];
      return;
    case 'subtract':
      if (typeof b === 'number') scalar(a as Float64Array, -b);
      else if (typeof a === 'number') for (let i = 0; i < count; i++) out[i] = a - b[i];
      else for (let i = 0; i < count; i++) out[i] = a[i] - b[i];
      return;
    case 'negate':
      for (let i = 0; i < count; i++) out[i] = -(a as Float64Array)[i];
      return;
    case 'exp':
      for (let i = 0; i < count; i++) out[i] = mathF64.exp((a as Float64Array)[i]);
      return;
    case 'log':
      for (let i = 0; i < count; i++) out[i] = mathF64.log((a as Float64Array)[i]);
      return;
    default:
      for (let i = 0; i < count; i++) out[i] = applyOperator(operator, at(a, i), at(b, i), at(c, i));
  }

  function scalar(values: Float64Array, by: number): void {
    for (let i = 0; i < count; i++) out[i] = values[i] + by;
  }
  function factor(values: Float64Array, by: number): void {
    for (let i = 0; i < count; i++) out[i] = values[i] * by;
  }
}

function at(operand: Operand, i: number): number {
  return typeof operand === 'number' ? operand : operand[i];
}
