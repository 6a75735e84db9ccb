// A run in this process as a value: an iterator of observables and a promise of the result. The loop is that of the command
// line (cluster/run.ts with a folder, cluster/run-in-memory.ts without); here is only what stands between it and a reader.

import {
  createEvolution,
  runInMemory,
  RunLog,
  sampleParticles,
  startRun,
  type GridSimulation,
  type LumpedSimulation,
  type RunListener,
  type Simulation,
} from '../cluster/mod.js';
import type { RunConfig } from '../config/mod.js';
import { resolveConfig, type ConfigSourceInput, type ModuleOptions } from './config.js';
import { LibraryError } from './errors.js';
import type { NodeRef } from './model.js';
import type { Densities, EnergyRecord, Observable, Particles } from './observable.js';
import { withImported, type ModuleConfigInput } from './potential-module.js';
import { asError, ObservableStream } from './stream.js';

export interface SimulateOptions extends ModuleOptions {
  /** Threads of this process; default: its cores. Results do not depend on it. */
  readonly workers?: number;
  /** Stops the run at its next look: the iterator ends, `result` says `interrupted`. */
  readonly signal?: AbortSignal;
  /** Folder to write the run to, as `wasserwerk run --out`; without it no file is written. */
  readonly out?: string;
  /** Observables that may wait for a reader before the run waits for him; default 16. */
  readonly buffer?: number;
  /** Told of warnings while the run goes on. */
  readonly onWarning?: (text: string) => void;
}

/** What became of a run. */
export interface SimulationResult {
  readonly status: 'finished' | 'interrupted';
  /** Why it was interrupted. */
  readonly reason: string | undefined;
  readonly step: number;
  readonly time: number;
  readonly nodeNames: readonly string[];
  /** The state at the end. Its `energy` is that of this step, if one was estimated here. */
  readonly observation: Observable;
  /** The energy known last. */
  readonly energy: EnergyRecord | undefined;
  /** The same for any number of workers. */
  readonly stateHash: string;
  /** The run folder; null where none was asked for. */
  readonly folder: string | null;
}

/** Particles that are wanted. */
export interface ParticleQuery {
  /** Those of one node only. */
  readonly node?: NodeRef;
  /** At most so many, at even distances in storage order; default: all. */
  readonly most?: number;
}

/** A run under way. Iterate it at most once. */
export interface SimulationRun extends AsyncIterable<Observable, undefined> {
  /** Resolves when the run is over, finished or interrupted; rejects where it failed. */
  readonly result: Promise<SimulationResult>;
  /** Stops the run at its next look. */
  stop(reason?: string): void;
  /** Copies of particles, at the next look while the run goes on (a fifth of a second or so), of the last state after it. */
  particles(query?: ParticleQuery): Promise<Particles>;
  /** The densities of a run on a grid, likewise. */
  densities(): Promise<Densities>;
}

type Local = Simulation | GridSimulation | LumpedSimulation;

interface Request {
  readonly look: (simulation: Local) => Promise<void>;
  readonly refuse: (error: unknown) => void;
}

/**
 * Runs a config in this process. The run begins at once. Problems of the config, and failures, come as rejections of `result`
 * and of the iterator.
 */
export function simulate(
  config: ConfigSourceInput | ModuleConfigInput,
  options: SimulateOptions = {},
): SimulationRun {
  return new LocalRun(config, options);
}

/** Observables that wait, unless told. */
const BUFFER = 16;

class LocalRun implements SimulationRun {
  readonly result: Promise<SimulationResult>;
  readonly #stop = new AbortController();
  readonly #stream: ObservableStream;
  #requests: Request[] = [];
  #simulation: Local | undefined;
  /** Set when the run is over: the state stays readable unless it failed. */
  #over: { readonly error?: unknown } | undefined;

  constructor(config: ConfigSourceInput | ModuleConfigInput, options: SimulateOptions) {
    const { buffer = BUFFER, signal } = options;
    this.#stream = new ObservableStream(buffer, () => {
      this.stop('nobody reads its observables any more');
    });
    const follow = (): void => {
      this.#stop.abort(signal?.reason);
    };
    if (signal?.aborted === true) follow();
    signal?.addEventListener('abort', follow);
    this.#stop.signal.addEventListener('abort', () => {
      this.#stream.wake();
    });
    this.result = this.#run(config, options).finally(() => signal?.removeEventListener('abort', follow));
    // A reader of the iterator learns of a failure there: it is no unhandled one.
    this.result.catch(() => undefined);
  }

  async #run(
    source: ConfigSourceInput | ModuleConfigInput,
    options: SimulateOptions,
  ): Promise<SimulationResult> {
    try {
      // The caller gets its iterator before anything happens.
      await Promise.resolve();
      checkOptions(options);
      const config = resolveConfig(await withImported(source, options), options);
      const result = await (options.out === undefined
        ? this.#inMemory(config, options)
        : this.#inFolder(config, options, options.out));
      await this.#finish({});
      return result;
    } catch (error) {
      await this.#finish({ error });
      throw error;
    }
  }

  async #finish(end: { readonly error?: unknown }): Promise<void> {
    this.#over = end;
    for (const request of this.#requests.splice(0)) await this.#answer(request);
    this.#stream.finish(end);
  }

  async #inMemory(config: RunConfig, { workers }: SimulateOptions): Promise<SimulationResult> {
    const simulation = this.#create(config, workers);
    try {
      const end = await runInMemory(simulation, { ...this.#listener(), ...this.#control() });
      const { observation, stateHash, energy } = end;
      const { step } = observation;
      return this.#resultOf(simulation, { step, observation, energy, stateHash, status: end.kind }, null);
    } finally {
      await simulation.close();
    }
  }

  async #inFolder(
    config: RunConfig,
    { workers, onWarning }: SimulateOptions,
    out: string,
  ): Promise<SimulationResult> {
    const log = new RunLog();
    try {
      const result = await startRun(config, {
        ...log.around({ ...this.#listener(), ...(onWarning && { warned: onWarning }) }),
        ...this.#control(),
        out,
        evolve: async () => this.#create(config, workers),
      });
      log.ended(result);
      if (
        result.alreadyFinished ||
        !result.observation ||
        result.stateHash === undefined ||
        !this.#simulation
      ) {
        throw new TypeError('a run that begins here ends with a state');
      }
      const { step, observation, energy, stateHash, folder, status } = result;
      return this.#resultOf(this.#simulation, { step, observation, energy, stateHash, status }, folder);
    } catch (error) {
      log.failed(error);
      throw error;
    } finally {
      log.close();
    }
  }

  #create(config: RunConfig, workers: number | undefined): Local {
    this.#simulation = createEvolution(config, workers === undefined ? {} : { workers });
    return this.#simulation;
  }

  #resultOf(
    { model }: Local,
    end: Pick<SimulationResult, 'step' | 'energy' | 'stateHash'> & {
      readonly observation: Omit<Observable, 'energy'>;
      readonly status: 'finished' | 'stopped' | 'interrupted';
    },
    folder: string | null,
  ): SimulationResult {
    const { step, energy, stateHash, status } = end;
    const isFinished = status === 'finished';
    return {
      status: isFinished ? 'finished' : 'interrupted',
      reason: isFinished ? undefined : String(this.#stop.signal.reason ?? 'stopped'),
      step,
      time: step * model.timeStep,
      nodeNames: model.graph.nodeNames,
      observation: { ...end.observation, energy: energy?.step === step ? energy : undefined },
      energy,
      stateHash,
      folder,
    };
  }

  #listener(): Pick<RunListener, 'looked' | 'estimated'> {
    return {
      looked: ({ observation }) => {
        const simulation = this.#simulation;
        if (!observation || !simulation) return;
        const expects = simulation.kind !== 'particles' || simulation.config.observe.entropy !== 'none';
        this.#stream.add(observation, expects);
      },
      estimated: (energy) => {
        this.#stream.addEnergy(energy);
      },
    };
  }

  #control(): { signal: AbortSignal; gate: () => Promise<void> | undefined } {
    return {
      signal: this.#stop.signal,
      // Undefined where nothing is to be waited for: the loop then goes on at once.
      gate: () => (this.#isHeld ? this.#hold() : undefined),
    };
  }

  get #isHeld(): boolean {
    return this.#requests.length > 0 || (this.#stream.isFull && !this.#stop.signal.aborted);
  }

  async #hold(): Promise<void> {
    while (this.#isHeld) {
      const request = this.#requests.shift();
      if (request) await this.#answer(request);
      else await this.#stream.change();
    }
  }

  async #answer({ look, refuse }: Request): Promise<void> {
    const simulation = this.#simulation;
    if (!simulation || (this.#over && 'error' in this.#over)) {
      refuse(
        new LibraryError('failed-run', 'the run has failed: there is no state to look at', {
          cause: this.#over?.error,
        }),
      );
      return;
    }
    await look(simulation);
  }

  /** What a look at the state gives, at the next time that it stands still. */
  #atLook<T>(read: (simulation: Local) => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const request: Request = {
        look: async (simulation) => {
          try {
            resolve(await read(simulation));
          } catch (error) {
            reject(asError(error));
          }
        },
        refuse: reject,
      };
      if (this.#over) {
        void this.#answer(request);
        return;
      }
      this.#requests.push(request);
      this.#stream.wake();
    });
  }

  stop(reason = 'stopped'): void {
    this.#stop.abort(reason);
  }

  particles({ node, most = Infinity }: ParticleQuery = {}): Promise<Particles> {
    return this.#atLook(async (simulation) => {
      const { model, step } = simulation;
      if (simulation.kind !== 'particles') {
        const instead = simulation.kind === 'grid' ? ': use densities()' : '; its points are in observables';
        const what = simulation.kind === 'grid' ? 'a run on a grid' : 'a lumped run';
        throw new LibraryError('not-particles', `${what} has no particles${instead}`);
      }
      if (!(most >= 1)) throw new LibraryError('bad-option', `most is ${most}: give a number >= 1`);
      const only = node === undefined ? undefined : nodeNumber(model.graph.nodeNames, node);
      const { x, node: nodes } = await sampleParticles(simulation, Math.floor(most), { only });
      const { dimension } = model;
      return { step, time: step * model.timeStep, count: nodes.length, dimension, x, node: nodes };
    });
  }

  densities(): Promise<Densities> {
    return this.#atLook((simulation) => {
      if (simulation.kind !== 'grid' || !simulation.model.mesh) {
        throw new LibraryError('not-a-grid', `a run of representation ${simulation.kind} has no densities`);
      }
      const { step, model, density } = simulation;
      const { cells, low, high } = simulation.model.mesh;
      return { step, time: step * model.timeStep, cells, low, high, density: density.slice() };
    });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Observable, undefined> {
    return this.#stream.read();
  }
}

function nodeNumber(names: readonly string[], ref: NodeRef): number {
  const found = typeof ref === 'number' ? ref : names.indexOf(ref);
  if (Number.isInteger(found) && found >= 0 && found < names.length) return found;
  throw new LibraryError('unknown-node', `there is no node ${JSON.stringify(ref)}`);
}

function checkOptions({ workers, buffer }: SimulateOptions): void {
  for (const [name, value] of Object.entries({ workers, buffer })) {
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new LibraryError('bad-option', `${name} is ${value}: give a whole number >= 1`);
  }
}
