// V as a formula of the model: value and gradient of a node in one tape, in f64. For some thousands of coordinates; beyond that gradients
// of formulas, which are written out coordinate by coordinate, are too large, and an objective of another kind is wanted.

import {
  compileTape,
  ExpressionBuilder,
  gradient,
  reachable,
  type Expression,
  type ExpressionSymbol,
} from '../expression/mod.js';
import { copyExpression, type Model, type ParameterTable, type StructureSpace } from '../model/mod.js';
import { LumpedError } from './errors.js';
import type { Neighbour, Objective, ObjectivePoint } from './objective.js';

/** Nodes of expressions in a tape: beyond this a gradient takes more memory and time than one wants without being asked. */
const LARGEST_TAPE = 5_000_000;

type Tape = ReturnType<typeof compileTape>;

/** Values of symbols at a point of a node. */
type Lookup = (symbol: ExpressionSymbol, point: ObjectivePoint) => number;

/** One potential with its gradient. */
class FormulaTape {
  readonly #tape: Tape;

  constructor(
    potential: Expression,
    private readonly dimension: number,
  ) {
    // In a builder of its own: the model's stays as it is.
    const builder = new ExpressionBuilder();
    const value = copyExpression(builder, potential);
    const expressions = [value, ...gradient(builder, value, dimension)];
    const size = reachable(expressions).length;
    if (size > LARGEST_TAPE) {
      throw new LumpedError(
        'lumped-size',
        `the gradient of the potential is a formula of ${size} operations`,
        'use an objective that computes its gradient itself (objective: { module: … })',
      );
    }
    this.#tape = compileTape(expressions);
  }

  evaluate(point: ObjectivePoint, lookup: Lookup): number {
    const outputs = this.#tape.run((symbol) => lookup(symbol, point));
    if (point.gradient) {
      for (let i = 0; i < this.dimension; i++) point.gradient[i] = outputs[1 + i];
    }
    return outputs[0];
  }
}

/** Whether V depends on the time. */
export function isAutonomous(model: Pick<Model, 'potentials'>): boolean {
  return !reachable(model.potentials).some((node) => node.kind === 'symbol' && node.symbol.kind === 'time');
}

/** Nodes of the model's graph, or structures that are generated from letters. */
export class FormulaObjective implements Objective {
  readonly miniBatches = false;
  readonly #tapes: readonly FormulaTape[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #tables: ReadonlyMap<string, ParameterTable>;

  /** @param structures nodes are then texts of it, all with the first potential, and its letters are a parameter */
  constructor(
    private readonly model: Model,
    private readonly structures?: StructureSpace,
  ) {
    this.#tapes = model.potentials.map((potential) => new FormulaTape(potential, model.dimension));
    this.#index = new Map(model.graph.nodeNames.map((name, g) => [name, g]));
    this.#tables = new Map(model.parameters.map((table) => [table.name, table]));
  }

  dimension(): number {
    return this.model.dimension;
  }

  diffusivity(node: string): number {
    return this.model.diffusivity[this.structures ? 0 : this.#numberOf(node)];
  }

  evaluate(points: readonly ObjectivePoint[]): number[] {
    return points.map((point) => {
      const { structures } = this;
      if (structures) {
        const letters = structures.lettersOf(point.node);
        return this.#tapes[0].evaluate(point, (symbol, at) => this.#value(symbol, at, 0, letters));
      }
      const node = this.#numberOf(point.node);
      const tape = this.#tapes[this.model.potentialOfNode[node]];
      return tape.evaluate(point, (symbol, at) => this.#value(symbol, at, node, undefined));
    });
  }

  neighbours(node: string): readonly Neighbour[] {
    if (this.structures) return this.structures.neighbours(node);
    const { graph } = this.model;
    const g = this.#numberOf(node);
    const found: Neighbour[] = [];
    for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) {
      if (graph.weights[e] > 0)
        found.push({ node: graph.nodeNames[graph.targets[e]], weight: graph.weights[e] });
    }
    return found;
  }

  #numberOf(node: string): number {
    const g = this.#index.get(node);
    if (g === undefined) throw new RangeError(`the graph has no node "${node}"`);
    return g;
  }

  #value(
    symbol: ExpressionSymbol,
    point: ObjectivePoint,
    node: number,
    letters: Float64Array | undefined,
  ): number {
    switch (symbol.kind) {
      case 'coordinate':
        return point.x[symbol.index];
      case 'time':
        return point.time;
      case 'node':
        return node;
      case 'parameter': {
        if (letters && symbol.name === this.structures?.name) return letters[symbol.component];
        const table = this.#tables.get(symbol.name);
        return table ? table.values[node * table.components + symbol.component] : NaN;
      }
      case 'edge':
      case 'step':
        return NaN;
      default:
        return symbol satisfies never;
    }
  }
}
