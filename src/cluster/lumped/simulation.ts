// A lumped run in this process, without files, clocks or schedules: the counterpart of simulation.ts and grid-simulation.ts. The masses
// move on the calling thread, points on the threads of the crew.

import { createHash } from 'node:crypto';
import type { RunConfig } from '../../config/mod.js';
import { mathF64 } from '../../elementary/mod.js';
import type { EnergyRecord, Observation } from '../../estimate/mod.js';
import { reachable } from '../../expression/mod.js';
import {
  LumpedError,
  LumpedFlow,
  NodeWorker,
  type LumpedEnergies,
  type Objective,
} from '../../lumped/mod.js';
import { buildModel, type Model, type Preflight } from '../../model/mod.js';
import type { Checkpoint, DraftParts, LumpedRecord, PartStorage } from '../../output/mod.js';
import { coreCount } from '../crew.js';
import { crewOfThreads, type CrewReport } from '../crew-report.js';
import type { SimulationOptions, WorkLoad } from '../simulation.js';
import { lumpedParts, readLumped } from './checkpoint.js';
import { lumpedAlone, lumpedThreads, type TimedCrew } from './crew.js';
import { lumpedProblem, nodeSettings, objectiveOf } from './setup.js';

/** Operations in a step of all nodes for which another worker is worth its messages: about 0.5 ms. */
const OPERATIONS_PER_WORKER = 200_000;

/** Numbers in covariances of an observation, all 0, for which there is room. */
const MOST_COVARIANCES = 2 ** 27;

export class LumpedSimulation {
  readonly kind = 'lumped';
  #flow: LumpedFlow | undefined;
  #crew: TimedCrew | undefined;
  readonly #zeros: Float64Array;
  #objective: Objective | undefined;

  private constructor(
    readonly config: RunConfig,
    readonly model: Model,
    readonly notes: readonly Preflight[],
    readonly workers: number,
    private readonly isAlone: boolean,
    private readonly allowModules: boolean,
  ) {
    const { nodeCount } = model.graph;
    this.#zeros = new Float64Array(nodeCount * model.dimension * model.dimension);
  }

  /**
   * Builds the model. The state is empty, and there are no workers, until `start` or `restore`.
   * @throws ConfigError, LumpedError
   */
  static create(config: RunConfig, options: SimulationOptions = {}): LumpedSimulation {
    const { model, notes } = buildModel(config, options);
    const { graph, dimension } = model;
    if (graph.nodeCount * dimension * dimension > MOST_COVARIANCES) {
      throw new LumpedError(
        'lumped-size',
        `tables of ${graph.nodeCount} nodes and ${dimension} coordinates are too large`,
        'use fewer coordinates or nodes',
      );
    }
    const operationsOf = sizes(model);
    const operations = model.potentialOfNode.reduce((sum, potential) => sum + operationsOf[potential], 0);
    const wanted = options.workers ?? Math.min(coreCount(), Math.ceil(operations / OPERATIONS_PER_WORKER));
    const isAlone = options.workers === 0 || (options.workers === undefined && wanted <= 1);
    // Objectives that are not formulas have threads or processes of their own.
    const isObjective = config.objective !== undefined;
    const workers = isObjective ? (options.workers ?? coreCount()) : wanted;
    return new LumpedSimulation(
      ...([config, model, notes, Math.max(1, workers)] as const),
      isAlone || isObjective,
      options.allowModules === true,
    );
  }

  async #open(): Promise<{ problem: ReturnType<typeof lumpedProblem>; crew: TimedCrew }> {
    const { config, model } = this;
    await this.#objective?.close?.();
    const { allowModules: isTrusted, workers } = this;
    const objective = await objectiveOf(config, model, { isTrusted, workers });
    this.#objective = objective;
    const problem = lumpedProblem(config, model, objective);
    await this.#crew?.close();
    this.#crew = this.isAlone
      ? lumpedAlone(new NodeWorker(objective, nodeSettings(config, model)))
      : lumpedThreads(config.source.bundle(), this.workers);
    return { problem, crew: this.#crew };
  }

  /** Puts points where they start. @throws LumpedError */
  async start(): Promise<void> {
    const { problem, crew } = await this.#open();
    this.#flow = await LumpedFlow.start(problem, crew);
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

  get load(): WorkLoad {
    const busy = (this.#crew?.busySeconds ?? 0) / this.workers;
    return { busySeconds: Array.from({ length: this.workers }, () => busy), partition: 'nodes' };
  }

  /** Points are dealt out anew in every step: all threads have their share. */
  get crew(): CrewReport {
    return crewOfThreads(
      this.load.busySeconds.map((busySeconds) => ({ shards: 0, particles: 0, busySeconds })),
    );
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
    nodeNames.forEach((node, g) => {
      const point = flow.pointOf(node);
      if (!point) return;
      potential[g] = point.value;
      if (point.x.length === d) mean.set(point.x, g * d);
    });
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
    // The parts of I and its balance are of the gradient flow.
    const own = (value: number): number => (isFirstOrder ? value : NaN);
    return {
      ...{ step, time, temperature, method: 'masses' as const },
      entropy: new Float64Array(n),
      entropyError: new Float64Array(n),
      entropyBias: new Float64Array(n),
      nodeEnergy: Float64Array.from(nodeNames, (node) => {
        const mass = flow.massOf(node);
        const value = flow.pointOf(node)?.value ?? 0;
        return mass > 0 ? mass * (value + temperature * mathF64.log(mass)) : 0;
      }),
      nodeEnergyError: new Float64Array(n),
      ...{ energy: energies.energy, energyError: 0, energyBias: 0 },
      ...{ relativeEntropy: NaN, relativeEntropyError: NaN },
      dissipation: energies.dissipation,
      dissipationError: own(0),
      dissipationTransport: own(energies.dissipationTransport),
      dissipationReaction: own(energies.dissipationReaction),
      balance: own(energies.residual),
      balanceError: own(0),
      ...(isFirstOrder
        ? {}
        : { kinetic: energies.kinetic, hamiltonian: energies.hamiltonian, residual: energies.residual }),
    };
  }

  /** All that the tables of lumped runs hold of the state as it is. */
  record(): LumpedRecord {
    const { flow } = this;
    const energies: LumpedEnergies = flow.energies();
    return { energies, counts: flow.counts, best: flow.best, nodes: flow.nodes() };
  }

  async stateHash(): Promise<string> {
    const hash = createHash('sha256');
    for (const { node, mass, phi, x, v } of this.flow.state(false).nodes) {
      hash.update(`${JSON.stringify(node)}\n`).update(Float64Array.of(mass, phi));
      hash.update(new Float64Array(x)).update(new Float64Array(v));
    }
    return hash.digest('hex');
  }

  /** Puts the state into a draft, part by part. */
  async save(draft: DraftParts): Promise<void> {
    for (const part of lumpedParts(this.flow.state(false))) await draft.add(part);
  }

  /**
   * Puts a state back, in place of `start`.
   * @throws RangeError if it is not of this run
   */
  async restore(checkpoint: Checkpoint, storage: PartStorage): Promise<void> {
    const { problem, crew } = await this.#open();
    this.#flow = await LumpedFlow.restore(problem, crew, await readLumped(checkpoint, storage));
  }

  async close(): Promise<void> {
    await this.#crew?.close();
    await this.#objective?.close?.();
  }
}

/** Operations of a value and its gradient, about, per potential. */
function sizes({ potentials }: Model): number[] {
  return potentials.map((potential) => 3 * reachable([potential]).length);
}
