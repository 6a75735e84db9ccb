// The compiled step by hand: particles in this thread, stepped when told, for who wants the kernel and nothing around it. The
// same code and the same bits as in a run. No schedules, no watch, no files.

import { sampleParticles, Simulation } from '../cluster/mod.js';
import { resolveConfig, type ConfigSourceInput, type ModuleOptions } from './config.js';
import { LibraryError } from './errors.js';
import type { Observable, Particles } from './observable.js';
import { withImported, type ModuleConfigInput } from './potential-module.js';

/** Particles with their compiled step. Calls must not overlap: await each before the next. */
export interface Kernel extends AsyncDisposable {
  /** The WebAssembly module, as bytes: a copy. */
  readonly wasm: Uint8Array;
  /** Steps done, and the time that is. */
  readonly step: number;
  readonly time: number;
  readonly particleCount: number;
  readonly dimension: number;
  readonly nodeNames: readonly string[];
  /** Does so many steps; default 1. */
  advance(steps?: number): Promise<void>;
  /** Copies of all particles, or of `most` at even distances. Their order changes as particles jump. */
  particles(most?: number): Promise<Particles>;
  /** Fraction of the particles on each node. */
  masses(): Float64Array;
  /** Moments of the state; without energies. */
  observe(): Promise<Observable>;
  /** The hash that a run of the same config has at this step. */
  stateHash(): Promise<string>;
  /** Ends it: nothing can be read after. */
  close(): Promise<void>;
}

class SoloKernel implements Kernel {
  #isClosed = false;

  constructor(private readonly simulation: Simulation) {}

  get wasm(): Uint8Array {
    return this.simulation.kernel.bytes.slice();
  }

  get step(): number {
    return this.simulation.step;
  }

  get time(): number {
    return this.simulation.step * this.simulation.model.timeStep;
  }

  get particleCount(): number {
    return this.simulation.model.particleCount;
  }

  get dimension(): number {
    return this.simulation.model.dimension;
  }

  get nodeNames(): readonly string[] {
    return this.simulation.model.graph.nodeNames;
  }

  async advance(steps = 1): Promise<void> {
    this.#check();
    if (!Number.isSafeInteger(steps) || steps < 0) {
      throw new LibraryError('bad-option', `cannot do ${steps} steps: give a whole number >= 0`);
    }
    if (steps > 0) await this.simulation.advance(this.step + steps);
  }

  async particles(most = Infinity): Promise<Particles> {
    this.#check();
    const { x, node } = await sampleParticles(this.simulation, most);
    return { step: this.step, time: this.time, count: node.length, dimension: this.dimension, x, node };
  }

  masses(): Float64Array {
    this.#check();
    return this.simulation.masses();
  }

  async observe(): Promise<Observable> {
    this.#check();
    return { ...(await this.simulation.observe()), energy: undefined };
  }

  async stateHash(): Promise<string> {
    this.#check();
    return this.simulation.stateHash();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.simulation.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #check(): void {
    if (this.#isClosed) throw new LibraryError('closed', 'the kernel is closed: compile it again');
  }
}

/**
 * Compiles the step of a model and draws its initial particles, all in this thread.
 * @throws ConfigError, MemoryLimitError; LibraryError (`not-particles`) for models on a grid, (`modules-not-allowed`,
 * `bad-module`) for potentials made by modules
 */
export async function compileKernel(
  model: ConfigSourceInput | ModuleConfigInput,
  options: ModuleOptions = {},
): Promise<Kernel> {
  const config = resolveConfig(await withImported(model, options), options);
  if (config.representation !== 'particles') {
    throw new LibraryError(
      'not-particles',
      'only particles have a kernel: use `representation: particles`, or simulate it',
    );
  }
  const simulation = Simulation.create(config, { workers: 0 });
  await simulation.start();
  return new SoloKernel(simulation);
}
