// A lumped run without files, clocks or schedules: the counterpart of simulation.ts and grid-simulation.ts. The masses move on the calling
// thread, points where their host has them: on threads of this process, or on other machines.

import { createHash } from 'node:crypto';
import type { RunConfig } from '../../config/mod.js';
import { mathF64 } from '../../elementary/mod.js';
import type { EnergyRecord, Observation } from '../../estimate/mod.js';
import { reachable } from '../../expression/mod.js';
import { LumpedError, LumpedFlow, type LumpedEnergies, type Points } from '../../lumped/mod.js';
import { buildModel, type Model, type Preflight } from '../../model/mod.js';
import type { MeasuredObjective } from '../../objective/mod.js';
import type { Checkpoint, DraftParts, LumpedRecord, PartStorage, PartStorages } from '../../output/mod.js';
import { coreCount } from '../crew.js';
import type { CrewReport } from '../crew-report.js';
import type { SimulationOptions, WorkLoad } from '../simulation.js';
import { inBatches, lumpedParts, readLumped } from './checkpoint.js';
import { LocalHost, type HostMaker, type PointsHost } from './host.js';
import { lumpedProblem, objectiveOf } from './setup.js';

/** Operations in a step of all nodes for which another worker is worth its messages: about 0.5 ms. */
const OPERATIONS_PER_WORKER = 200_000;

/** Numbers in covariances of an observation, all 0, for which there is room. */
const MOST_COVARIANCES = 2 ** 27;

export class LumpedSimulation {
  readonly kind = 'lumped';
  #flow: LumpedFlow | undefined;
  readonly #host: PointsHost;
  readonly #zeros: Float64Array;
  #objective: MeasuredObjective | undefined;
  /** Where checkpoints go and are found, and who computes; see ParticleEvolution. Only where others compute. */
  readonly storages: ((runFolder: string) => Promise<PartStorages | undefined>) | undefined;
  readonly pendingReform: (() => string | undefined) | undefined;
  readonly reform: (() => Promise<void>) | undefined;

  private constructor(
    readonly config: RunConfig,
    readonly model: Model,
    readonly notes: readonly Preflight[],
    private readonly options: { readonly isTrusted: boolean; readonly workers: number },
    makeHost: HostMaker,
  ) {
    const { nodeCount } = model.graph;
    this.#zeros = new Float64Array(nodeCount * model.dimension * model.dimension);
    const host = makeHost({ config, model, step: () => this.step });
    this.#host = host;
    this.storages = host.storages && ((folder) => host.storages?.(folder) ?? Promise.resolve(undefined));
    this.pendingReform = host.pendingReform && (() => host.pendingReform?.());
    this.reform = host.reform && (async () => host.reform?.());
  }

  /**
   * Builds the model. The state is empty, and there are no workers, until `start` or `restore`.
   * @param makeHost who has the points; threads of this process, where it is not said
   * @throws ConfigError, LumpedError
   */
  static create(config: RunConfig, options: SimulationOptions = {}, makeHost?: HostMaker): LumpedSimulation {
    const { model, notes } = buildModel(config, options);
    const { graph, dimension } = model;
    if (graph.nodeCount * dimension * dimension > MOST_COVARIANCES) {
      throw new LumpedError(
        'lumped-size',
        `tables of ${graph.nodeCount} nodes and ${dimension} coordinates are too large`,
        'use fewer coordinates or nodes',
      );
    }
    const isTrusted = options.allowModules === true;
    if (makeHost) return new LumpedSimulation(config, model, notes, { isTrusted, workers: 1 }, makeHost);
    const operationsOf = sizes(model);
    const operations = model.potentialOfNode.reduce((sum, potential) => sum + operationsOf[potential], 0);
    const wanted = options.workers ?? Math.min(coreCount(), Math.ceil(operations / OPERATIONS_PER_WORKER));
    const isAlone = options.workers === 0 || (options.workers === undefined && wanted <= 1);
    // Objectives that are not formulas have threads or processes of their own.
    const isObjective = config.objective !== undefined;
    const workers = Math.max(1, isObjective ? (options.workers ?? coreCount()) : wanted);
    const host = new LocalHost(config, model, workers, isAlone || isObjective);
    return new LumpedSimulation(config, model, notes, { isTrusted, workers }, () => host);
  }

  async #open(): Promise<{ problem: ReturnType<typeof lumpedProblem>; points: Points }> {
    const { config, model, options } = this;
    this.#objective ??= await objectiveOf(config, model, options);
    const problem = lumpedProblem(config, model, this.#objective);
    return { problem, points: await this.#host.open(this.#objective) };
  }

  /** Puts points where they start. @throws LumpedError */
  async start(): Promise<void> {
    const { problem, points } = await this.#open();
    this.#flow = await LumpedFlow.start(problem, points);
  }

  /** Steps to the given step. @throws LumpedError */
  async advance(to: number): Promise<void> {
    while (this.flow.step < to) await this.flow.advance();
  }

  /** The flow; there is one after `start` or `restore`. */
  get flow(): LumpedFlow {
    if (!this.#flow) throw new TypeError('the run has not been started');
    return this.#flow;
  }

  get step(): number {
    return this.#flow?.step ?? 0;
  }

  /** What is counted in rates: living nodes. */
  get units(): number {
    return this.#flow?.masses.length ?? this.model.graph.nodeCount;
  }

  /** Threads that move points. */
  get workers(): number {
    return this.#host.workers;
  }

  get load(): WorkLoad {
    return this.#host.load;
  }

  get crew(): CrewReport {
    return this.#host.crew;
  }

  /** Masses of the nodes of the model's graph: with `grow`, those of the start. */
  masses(): Float64Array {
    const { nodeNames } = this.model.graph;
    if (!this.#flow) return this.model.initialMasses.slice();
    if (!this.config.grow) return Float64Array.from(this.#flow.masses);
    const flow = this.#flow;
    return Float64Array.from(nodeNames, (node) => flow.massOf(node));
  }

  /** Points and masses of the nodes of the model's graph. */
  async observe(): Promise<Observation> {
    const { model, flow } = this;
    const { nodeNames, nodeCount: n } = model.graph;
    const d = model.dimension;
    const mean = new Float64Array(n * d).fill(NaN);
    const potential = new Float64Array(n).fill(NaN);
    const numbers = new Map(nodeNames.map((node, g) => [node, g]));
    const seen: { node: string; g: number }[] = [];
    for (const { node, value, dimension } of flow.nodes()) {
      const g = numbers.get(node);
      if (g === undefined) continue;
      potential[g] = value;
      if (dimension === d) seen.push({ node, g });
    }
    const points = await flow.read(seen.map(({ node }) => node));
    seen.forEach(({ g }, i) => mean.set(points[i].x, g * d));
    const energies = flow.energies();
    const zeros = (length: number): Float64Array => this.#zeros.subarray(0, length);
    return {
      ...{ step: flow.step, time: flow.time, temperature: flow.temperature, nodeCount: n, dimension: d },
      count: new Float64Array(n).fill(NaN),
      mass: this.masses(),
      massError: new Float64Array(n),
      mean,
      meanError: new Float64Array(n * d),
      covariance: zeros(n * d * d),
      varianceError: new Float64Array(n * d),
      potential,
      potentialError: new Float64Array(n),
      potentialEnergy: energies.potential,
      potentialEnergyError: 0,
      mixingEnergy: energies.entropic,
      jumps: new Float64Array(model.graph.targets.length),
    };
  }

  /** The energy of the state as it is, for the tables that all runs have. */
  energy(): EnergyRecord | undefined {
    if (!this.#flow) return undefined;
    const { flow, model } = this;
    const energies = flow.energies();
    const { step, time, temperature } = energies;
    const { nodeNames } = model.graph;
    const n = nodeNames.length;
    const isFirstOrder = this.config.dynamics.kind === 'gradient-flow';
    // I and its balance are of the gradient flow; those of H are in lumped.csv.
    const own = (value: number): number => (isFirstOrder ? value : NaN);
    return {
      ...{ step, time, temperature, method: 'masses' as const },
      entropy: new Float64Array(n),
      entropyError: new Float64Array(n),
      entropyBias: new Float64Array(n),
      nodeEnergy: Float64Array.from(nodeNames, (node) => {
        const mass = flow.massOf(node);
        const value = flow.valueOf(node) ?? 0;
        return mass > 0 ? mass * (value + temperature * mathF64.log(mass)) : 0;
      }),
      nodeEnergyError: new Float64Array(n),
      ...{ energy: energies.energy, energyError: 0, energyBias: 0 },
      ...{ relativeEntropy: NaN, relativeEntropyError: NaN },
      dissipation: own(energies.dissipation),
      dissipationError: own(0),
      dissipationTransport: own(energies.dissipationTransport),
      dissipationReaction: own(energies.dissipationReaction),
      balance: own(energies.residual),
      balanceError: own(0),
    };
  }

  /** All that the tables of lumped runs hold of the state as it is. */
  record(): LumpedRecord {
    const { flow } = this;
    const energies: LumpedEnergies = flow.energies();
    return { energies, counts: flow.counts, best: flow.best, nodes: flow.nodes() };
  }

  /** Of names, masses and points, in the order of the nodes. */
  async stateHash(): Promise<string> {
    const hash = createHash('sha256');
    const { flow } = this;
    const { nodes } = flow.outline();
    for (const batch of inBatches(nodes)) {
      const points = await flow.read(batch.map(({ node }) => node));
      batch.forEach(({ node, mass, phi }, i) => {
        hash.update(`${JSON.stringify(node)}\n`).update(Float64Array.of(mass, phi));
        hash.update(new Float64Array(points[i].x)).update(new Float64Array(points[i].v));
      });
    }
    return hash.digest('hex');
  }

  /** Puts the state into a draft, part by part. */
  async save(draft: DraftParts): Promise<void> {
    for await (const part of lumpedParts(this.flow)) await draft.add(part);
  }

  /**
   * Puts a state back, in place of `start`.
   * @throws RangeError if it is not of this run
   */
  async restore(checkpoint: Checkpoint, storage: PartStorage): Promise<void> {
    const saved = await readLumped(checkpoint, storage);
    const { problem, points } = await this.#open();
    this.#flow = await LumpedFlow.rebuild(problem, points, saved, saved.points());
  }

  async close(): Promise<void> {
    await this.#host.close(this.step >= this.model.stepCount ? 'the run is finished' : 'the run has stopped');
    await this.#objective?.close?.();
  }
}

/** Operations of a value and its gradient, about, per potential. */
function sizes({ potentials }: Model): number[] {
  return potentials.map((potential) => 3 * reachable([potential]).length);
}
