// Pictures of a run that goes on: taken at a look, when somebody wants one. However many want them, they take a small part of the run's
// time. They read the state and change nothing.

import { sampleParticles, type Evolution } from '../cluster/mod.js';
import { coarseCells, coarsen } from './coarse-densities.js';
import { PARTICLES } from './limits.js';
import type { Picture } from './source.js';

/** Between two pictures: at least so many seconds, and so many times what the last one took. */
const LEAST_SECONDS = 0.5;
const TIMES_ITS_OWN = 50;
/** A picture that does not come in this time (a step may take long) is answered with the last one. */
const PATIENCE_MS = 3000;
/** Numbers in a picture of densities. */
const MOST_DENSITIES = 262_144;

export class PictureMaker {
  #last: Picture | undefined;
  #lastMost = 0;
  #at = -Infinity;
  #took = 0;
  #wanted = 0;
  #waiting: (() => void)[] = [];
  #step = -1;
  #isOver = false;

  /** @param poke makes a look happen in a run that is held up */
  constructor(
    private readonly poke: () => void,
    private readonly clock: () => number = () => performance.now() / 1000,
  ) {}

  /** A picture as new as may be; undefined if there is none. */
  async get(most: number): Promise<Picture | undefined> {
    if (!this.#isFresh(most) && !this.#isOver) {
      this.#wanted = Math.max(this.#wanted, Math.min(most, PARTICLES.most));
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, PATIENCE_MS).unref();
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
        this.poke();
      });
    }
    return this.#last && thinned(this.#last, most);
  }

  #isFresh(most: number): boolean {
    if (!this.#last) return false;
    if (this.#last.step === this.#step && this.#lastMost >= most) return true;
    return this.clock() - this.#at < Math.max(LEAST_SECONDS, TIMES_ITS_OWN * this.#took);
  }

  /** For RunOptions.atLook. */
  look(simulation: Evolution): Promise<void> | undefined {
    this.#step = simulation.step;
    return this.#wanted === 0 ? undefined : this.#take(simulation);
  }

  async #take(simulation: Evolution): Promise<void> {
    const started = this.clock();
    const most = this.#wanted;
    this.#wanted = 0;
    this.#last = (await pictureOf(simulation, most)) ?? this.#last;
    this.#lastMost = most;
    this.#at = this.clock();
    this.#took = this.#at - started;
    this.#release();
  }

  /** There are no more looks: whoever waits, and whoever comes, gets the last picture. */
  close(): void {
    this.#isOver = true;
    this.#release();
  }

  #release(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Fewer particles, at even distances. */
export function thinned(picture: Picture, most: number): Picture {
  if (picture.kind !== 'particles' || picture.node.length <= most) return picture;
  const { step, x, node } = picture;
  const d = x.length / node.length;
  const rows = x instanceof Float32Array ? new Float32Array(most * d) : new Float64Array(most * d);
  const nodes = new Int32Array(most);
  for (let row = 0; row < most; row++) {
    const source = Math.floor(((row + 0.5) * node.length) / most);
    nodes[row] = node[source];
    for (let i = 0; i < d; i++) rows[row * d + i] = x[source * d + i];
  }
  return { kind: 'particles', step, x: rows, node: nodes };
}

async function pictureOf(simulation: Evolution, most: number): Promise<Picture | undefined> {
  const { step } = simulation;
  if (simulation.kind === 'particles') {
    return { kind: 'particles', step, ...(await sampleParticles(simulation, most)) };
  }
  // One point per node is no picture of a law.
  if (simulation.kind === 'lumped') return undefined;
  const { cells: plan, model } = simulation.plan;
  const { low = [], high = [] } = model.mesh ?? {};
  return densityPicture(step, simulation.density, { cells: plan.sizes, low, high }, model.graph.nodeCount);
}

/** Densities, on fewer cells where there are too many. */
export function densityPicture(
  step: number,
  density: Float64Array,
  { cells, low, high }: { cells: readonly number[]; low: readonly number[]; high: readonly number[] },
  nodes: number,
): Picture {
  const coarse = coarseCells(cells, Math.max(1, Math.floor(MOST_DENSITIES / nodes)));
  return { kind: 'densities', step, cells: coarse, low, high, density: coarsen(density, cells, coarse) };
}
