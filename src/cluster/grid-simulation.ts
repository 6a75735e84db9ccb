// A grid run in this process, without files, clocks or schedules: the counterpart of simulation.ts. The state is a density
// in shared memory; workers step it together.

import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';
import { sealConfig, type RunConfig } from '../config/mod.js';
import type { EnergyRecord, Observation } from '../estimate/mod.js';
import {
  energyRecordOf,
  GridError,
  GridPlan,
  gridSolver,
  observationOf,
  partOutside,
  type GridArrays,
} from '../grid/mod.js';
import { buildModel, type Model, type Preflight } from '../model/mod.js';
import type { Checkpoint, CheckpointPart, DraftParts, PartStorage } from '../output/mod.js';
import { controlBytes, coreCount, crewOf, type Crew } from './crew.js';
import { crewOfThreads, type CrewReport } from './crew-report.js';
import { GridWorker } from './grid-worker.js';
import type { GridResult, GridSetup, GridTask } from './messages.js';
import type { SimulationOptions, WorkLoad } from './simulation.js';

/** Cells for which another worker is worth its meetings: about 0.3 ms of a step. */
const CELLS_PER_WORKER = 8192;

/** Part of the initial law outside of the box that is passed without a word. */
const NEGLIGIBLE = 1e-6;

/** Bytes of the field in a part of a checkpoint. */
const PART_BYTES = 8 * 1024 * 1024;

export class GridSimulation {
  readonly kind = 'grid';
  #step = 0;
  #energy: EnergyRecord | undefined;
  readonly #busy: number[];

  private constructor(
    readonly config: RunConfig,
    readonly model: Model,
    readonly notes: readonly Preflight[],
    readonly plan: GridPlan,
    private readonly arrays: GridArrays,
    private readonly threads: Crew<GridTask, GridResult>,
  ) {
    this.#busy = Array.from({ length: threads.size }, () => 0);
  }

  /**
   * Builds the model, takes the memory, starts the workers. The state is empty until `start` or `restore`.
   * @throws ConfigError, GridError
   */
  static create(config: RunConfig, options: SimulationOptions = {}): GridSimulation {
    const { model, notes } = buildModel(config, options);
    const plan = new GridPlan(model);
    const remarks = [...notes, ...checkGrid(plan)];
    const memory = plan.allocate(options.memoryBytes ?? totalmem());
    const arrays = plan.view(memory);
    const control = new SharedArrayBuffer(controlBytes(0));
    const wanted = options.workers ?? Math.min(coreCount(), Math.ceil(unitsOf(plan) / CELLS_PER_WORKER));
    const workers = Math.max(1, wanted);
    const cores = coreCount();
    const setup: GridSetup = { config: sealConfig(config), memory, workers, cores, control };
    const crew =
      options.workers === 0
        ? soloCrew(plan, arrays, control)
        : crewOf<GridTask, GridResult>('grid-thread', setup);
    return new GridSimulation(config, model, remarks, plan, arrays, crew);
  }

  get step(): number {
    return this.#step;
  }

  get workers(): number {
    return this.threads.size;
  }

  /** What is counted in rates: cells of all nodes. */
  get units(): number {
    return unitsOf(this.plan);
  }

  get load(): WorkLoad {
    return { busySeconds: [...this.#busy], partition: 'nodes' };
  }

  /** All threads step the same cells, line by line: none has a part of its own. */
  get crew(): CrewReport {
    return crewOfThreads(this.#busy.map((busySeconds) => ({ shards: 0, particles: 0, busySeconds })));
  }

  /** Writes the initial state. */
  async start(): Promise<void> {
    await this.#run({ kind: 'start' });
  }

  /** Steps to the given step. @throws GridError */
  async advance(to: number): Promise<void> {
    await this.#run({ kind: 'advance', from: this.#step, to });
    this.#step = to;
  }

  /** Sums over the cells, and the energy of the same step (`energy`). */
  async observe(): Promise<Observation> {
    const { plan, arrays, model, config } = this;
    const [{ energy }] = await this.#run({ kind: 'measure', time: this.#step * model.timeStep });
    if (energy === undefined) throw new TypeError('a measurement has no energy');
    const { logZ } = config.observe;
    const given = logZ === 'auto' ? undefined : logZ;
    this.#energy = energyRecordOf(plan, arrays, this.#step, energy, given);
    return observationOf(plan, arrays, this.#step);
  }

  /** The energy of the state that was observed last. */
  energy(): EnergyRecord | undefined {
    return this.#energy;
  }

  async #run(task: GridTask): Promise<readonly GridResult[]> {
    const results = await this.threads.run(Array.from({ length: this.threads.size }, () => task));
    results.forEach(({ busySeconds }, worker) => {
      this.#busy[worker] += busySeconds;
    });
    return results;
  }

  /** phi of second-order dynamics, likewise; undefined for others. */
  get phi(): Float64Array | undefined {
    return this.model.friction === undefined ? undefined : this.arrays.phi;
  }

  /** The density, [node * cells + cell]: the state itself, not a copy. */
  get density(): Float64Array {
    return this.arrays.field;
  }

  /** Mass of each node. */
  masses(): Float64Array {
    const { cells, model } = this.plan;
    return Float64Array.from({ length: model.graph.nodeCount }, (_, g) => {
      let sum = 0;
      for (let i = g * cells.count; i < (g + 1) * cells.count; i++) sum += this.arrays.field[i];
      return sum * cells.volume;
    });
  }

  async stateHash(): Promise<string> {
    const { field, phi, jumps } = this.arrays;
    // phi is empty but for second-order dynamics.
    return createHash('sha256').update(field).update(phi).update(jumps).digest('hex');
  }

  /** Puts the state into a draft, part by part. */
  async save(draft: DraftParts): Promise<void> {
    for (const part of this.#parts()) await draft.add(part);
  }

  *#parts(): Generator<CheckpointPart> {
    const { jumps, scalars } = this.arrays;
    for (const { name, values } of this.#pieces()) yield { name, bytes: bytesOf(values.slice()) };
    yield { name: 'jumps.bin', bytes: bytesOf(jumps.slice()) };
    yield { name: 'scalars.bin', bytes: bytesOf(scalars.slice()) };
  }

  /** The densities, and phi of second-order dynamics, cut into parts. */
  *#pieces(): Generator<{ readonly name: string; readonly values: Float64Array }> {
    const length = PART_BYTES / 8;
    for (const [what, values] of [
      ['field', this.arrays.field],
      ['phi', this.arrays.phi],
    ] as const) {
      for (let part = 0; part * length < values.length; part++) {
        const name = `${what}-${String(part).padStart(5, '0')}.bin`;
        yield { name, values: values.subarray(part * length, (part + 1) * length) };
      }
    }
  }

  /**
   * Puts a state back. Only once, in place of `start`.
   * @throws RangeError if the parts do not belong to this grid
   */
  async restore(checkpoint: Checkpoint, storage: PartStorage): Promise<void> {
    const fill = async (name: string, to: Float64Array): Promise<void> => {
      const entry = checkpoint.parts.find((candidate) => candidate.name === name);
      if (!entry) throw new RangeError(`the checkpoint has no part ${name}`);
      if (entry.bytes !== to.byteLength) {
        throw new RangeError('the checkpoint is of another grid than the config of its folder');
      }
      to.set(new Float64Array((await storage.read(checkpoint.location, entry)).slice().buffer));
    };
    for (const { name, values } of this.#pieces()) await fill(name, values);
    await fill('jumps.bin', this.arrays.jumps);
    await fill('scalars.bin', this.arrays.scalars);
    this.#step = checkpoint.step;
  }

  close(): Promise<void> {
    return this.threads.close();
  }
}

const unitsOf = ({ cells, model }: GridPlan): number => cells.count * model.graph.nodeCount;

function bytesOf(array: Float64Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

/** One worker on the calling thread. */
function soloCrew(
  plan: GridPlan,
  arrays: GridArrays,
  control: SharedArrayBuffer,
): Crew<GridTask, GridResult> {
  const engine = gridSolver(plan, arrays, { index: 0, size: 1 });
  const worker = new GridWorker(engine, control, 1, 1);
  return {
    size: 1,
    run: async (tasks) => tasks.map((task) => worker.run(task)),
    close: () => Promise.resolve(),
  };
}

/**
 * What there is to say about a grid before a run.
 * @throws GridError where the initial law of a node that has mass lies outside of the box
 */
export function checkGrid({ model, cells }: GridPlan): Preflight[] {
  let worst = { part: 0, node: -1 };
  for (let g = 0; g < model.graph.nodeCount; g++) {
    if (model.initialMasses[g] === 0) continue;
    const part = partOutside(model, cells, g);
    if (part > worst.part) worst = { part, node: g };
  }
  if (worst.part <= NEGLIGIBLE) return [];
  const name = model.graph.nodeNames[worst.node];
  const fix = 'widen grid.box, so that it holds the initial law';
  const what = `${(100 * worst.part).toPrecision(3)} % of the initial law of node "${name}" lie outside of the grid`;
  if (!(worst.part < 1 - 1e-9)) throw new GridError('outside-box', what, fix);
  return [
    {
      tier: 'warn',
      code: 'initial-outside',
      path: 'grid.box',
      message: `${what}; the rest is scaled up to the node's mass`,
      fix,
    },
  ];
}
