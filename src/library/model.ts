// A model to be read: what a config means, as numbers and functions of x. A stable face of src/model, whose own types may
// change. Not a run, and not fast: formulas are interpreted here, the kernel compiles them.

import type { RunConfig } from '../config/mod.js';
import { LogPartition } from '../estimate/mod.js';
import { mathF64 } from '../elementary/mod.js';
import { gradient, print } from '../expression/mod.js';
import {
  buildModel,
  edgeSources,
  isDensityMobility,
  PointEvaluator,
  rateFactor,
  temperatureAt,
  type Model,
} from '../model/mod.js';
import { LibraryError } from './errors.js';

/** A node by its name or its number. */
export type NodeRef = string | number;

/** A directed edge. Weights are symmetric: both directions of an edge have the same. */
export interface Edge {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
}

/** The graph of a model. */
export interface ModelGraph {
  readonly nodeCount: number;
  readonly nodeNames: readonly string[];
  /** All directed edges, by source and then target: the order of `jumps` in observables. */
  readonly edges: readonly Edge[];
}

/** A remark of the checks before a run. */
export interface Remark {
  readonly tier: 'note' | 'warn' | 'refuse';
  readonly code: string;
  /** The key of the config that it is about. */
  readonly path: string;
  readonly message: string;
  /** The corrected setting. */
  readonly fix: string | undefined;
}

/** Law of x at time 0 given the node: arrays over [node * dimension + coordinate]. */
export type InitialLaw =
  | { readonly kind: 'gaussian'; readonly mean: Float64Array; readonly standardDeviation: Float64Array }
  | { readonly kind: 'uniform'; readonly low: Float64Array; readonly high: Float64Array }
  | { readonly kind: 'point'; readonly position: Float64Array };

/** A model as `loadModel` makes it. Numbers are dimensionless. Nodes are given by name or number. */
export class LoadedModel {
  readonly #model: Model;
  readonly #numbers: ReadonlyMap<string, number>;
  readonly #partition: LogPartition;
  #values: readonly PointEvaluator[] | undefined;
  #gradients: readonly PointEvaluator[] | undefined;
  #rates: readonly PointEvaluator[] | undefined;
  readonly graph: ModelGraph;
  /** Remarks of the checks before a run: notes and warnings. */
  readonly remarks: readonly Remark[];

  /** Use `loadModel`. @internal */
  constructor(
    /** The config that it was made of, checked and with all defaults. */
    readonly config: RunConfig,
  ) {
    const { model, notes } = buildModel(config);
    this.#model = model;
    this.remarks = notes;
    this.#numbers = new Map(model.graph.nodeNames.map((name, g) => [name, g]));
    this.#partition = new LogPartition(model, 'auto');
    const { nodeCount, nodeNames, targets, weights } = model.graph;
    const sources = edgeSources(model.graph);
    this.graph = {
      nodeCount,
      nodeNames,
      edges: Array.from(sources, (from, e) => ({ from, to: targets[e], weight: weights[e] })),
    };
  }

  get name(): string {
    return this.#model.name;
  }

  /** The d of R^d. */
  get dimension(): number {
    return this.#model.dimension;
  }

  get coordinateNames(): readonly string[] {
    return this.#model.coordinateNames;
  }

  get nodeNames(): readonly string[] {
    return this.#model.graph.nodeNames;
  }

  get representation(): 'particles' | 'grid' | 'lumped' {
    return this.#model.representation;
  }

  /** 0 on a grid. */
  get particleCount(): number {
    return this.#model.particleCount;
  }

  get timeStep(): number {
    return this.#model.timeStep;
  }

  get stepCount(): number {
    return this.#model.stepCount;
  }

  get seed(): number {
    return this.#model.seed;
  }

  get initialLaw(): InitialLaw {
    return this.#model.initialLaw;
  }

  /** Masses of the nodes at time 0; they sum to 1. */
  get initialMasses(): Float64Array {
    return this.#model.initialMasses.slice();
  }

  /** Number of a node. @throws LibraryError (`unknown-node`) */
  node(ref: NodeRef): number {
    const { nodeCount } = this.#model.graph;
    const number = typeof ref === 'number' ? ref : this.#numbers.get(ref);
    if (number !== undefined && Number.isInteger(number) && number >= 0 && number < nodeCount) return number;
    throw new LibraryError(
      'unknown-node',
      typeof ref === 'number'
        ? `there is no node ${ref}: nodes are 0 to ${nodeCount - 1}`
        : `there is no node "${ref}": names are in \`nodeNames\``,
    );
  }

  /** The potential of a node as a formula. */
  formulaOf(node: NodeRef): string {
    const { potentials, potentialOfNode, coordinateNames, parameters } = this.#model;
    return print(potentials[potentialOfNode[this.node(node)]], { coordinates: coordinateNames, parameters });
  }

  /** V(x, node) at a time. */
  potential(x: ArrayLike<number>, node: NodeRef, time = 0): number {
    const g = this.node(node);
    this.#check(x);
    return this.#valueOf(g).run({ x, node: g, time })[0];
  }

  /** The derivatives of V in x. */
  gradient(x: ArrayLike<number>, node: NodeRef, time = 0): Float64Array {
    const g = this.node(node);
    this.#check(x);
    const { potentials, potentialOfNode, builder, parameters, dimension } = this.#model;
    this.#gradients ??= potentials.map(
      (potential) => new PointEvaluator(gradient(builder, potential, dimension), parameters),
    );
    return Float64Array.from(this.#gradients[potentialOfNode[g]].run({ x, node: g, time }));
  }

  /**
   * Rate of jumps from one node to another at x.
   * @throws LibraryError (`unknown-edge`) where no edge joins them, (`needs-density`) for mobilities whose rates depend on the
   * densities of a run
   */
  rate(x: ArrayLike<number>, from: NodeRef, to: NodeRef, time = 0): number {
    const model = this.#model;
    const [node, target] = [this.node(from), this.node(to)];
    this.#check(x);
    const edge = this.#edge(node, target);
    const weight = model.graph.weights[edge];
    const temperature = this.temperature(time);
    const { mobility } = model;
    if (mobility === 'free') {
      this.#rates ??= model.rates.map((rate) => new PointEvaluator([rate], model.parameters));
      return this.#rates[model.rateOfEdge[edge]].run({ x, node, target, time, weight, temperature })[0];
    }
    if (isDensityMobility(mobility)) {
      throw new LibraryError(
        'needs-density',
        `rates of mobility ${mobility} depend on the densities, which a model alone does not have: simulate it, and look at \`jumps\``,
      );
    }
    const change =
      this.#valueOf(target).run({ x, node: target, time })[0] - this.#valueOf(node).run({ x, node, time })[0];
    return weight * rateFactor(mobility, change, temperature);
  }

  /** The temperature at a time. */
  temperature(time = 0): number {
    return temperatureAt(this.#model.temperature, time);
  }

  /** D(node). */
  diffusivity(node: NodeRef): number {
    return this.#model.diffusivity[this.node(node)];
  }

  /** How log weights come about: by a formula where all wells are Gaussian, by cells for d <= 3, else not at all. */
  get logWeightMethod(): 'gaussian' | 'quadrature' | 'unknown' {
    const { method } = this.#partition;
    return method === 'given' ? 'unknown' : method;
  }

  /** log of the integral of exp(-V/temperature) over x on a node; NaN where it is not known. */
  logWeight(node: NodeRef, time = 0): number {
    return this.#partition.ofNode(this.node(node), time);
  }

  /** log Z, of the sum of all weights; NaN where it is not known. */
  logPartition(time = 0): number {
    return this.#partition.at(time);
  }

  /**
   * The masses to which a model with detailed balance tends: exp(log weight)/Z of each node. Of a statistical model with
   * V = -log(prior x likelihood) at temperature 1 they are the posterior probabilities of the nodes. NaN where not known.
   */
  gibbsMasses(time = 0): Float64Array {
    const logZ = this.logPartition(time);
    return Float64Array.from({ length: this.graph.nodeCount }, (_, g) =>
      mathF64.exp(this.#partition.ofNode(g, time) - logZ),
    );
  }

  #valueOf(node: number): PointEvaluator {
    const { potentials, potentialOfNode, parameters } = this.#model;
    this.#values ??= potentials.map((potential) => new PointEvaluator([potential], parameters));
    return this.#values[potentialOfNode[node]];
  }

  #edge(node: number, target: number): number {
    const { offsets, targets, nodeNames } = this.#model.graph;
    const found = targets.subarray(offsets[node], offsets[node + 1]).indexOf(target);
    if (found >= 0) return offsets[node] + found;
    throw new LibraryError(
      'unknown-edge',
      `no edge joins "${nodeNames[node]}" and "${nodeNames[target]}": edges are in \`graph.edges\``,
    );
  }

  #check(x: ArrayLike<number>): void {
    const { dimension } = this.#model;
    if (x.length === dimension) return;
    throw new LibraryError('wrong-length', `x has ${x.length} coordinates, the model has ${dimension}`);
  }
}
