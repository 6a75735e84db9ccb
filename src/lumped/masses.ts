// The masses of all nodes and, in second order, their phi: a few numbers per node, whatever the points are. Moves them over a time in which
// V stands still, by sweeps over the edges, there and back (of second order), in steps whose error is controlled. It knows nothing of
// points, objectives or threads; births and deaths are growth.ts.
//
// Mass passes from one end of an edge to the other and nowhere else; what rounding leaves of the sum is taken back after each step. Sums and
// sweeps run in the order of nodes and edges, so results have the same bits wherever they are made.

import { mathF64 } from '../elementary/mod.js';
import { isDensityMobility } from '../model/mod.js';
import { LumpedError } from './errors.js';
import { flooredTheta, movePair, type KineticPair } from './kinetic.js';
import { linearRates, theta, type SmoothMobility } from './mobility.js';
import { relaxPair, type LumpedMobility, type Pair } from './relax.js';

/** Edge i joins from[i] and to[i] with weight[i] > 0. */
export interface MassEdges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
}

/** What the masses see of the points while they move. */
export interface Landscape {
  /** V per node. */
  readonly value: Float64Array;
  /** D |v|^2 / 2 per node; second order only. */
  readonly lift: Float64Array;
  readonly temperature: number;
}

/** A motion of the masses over a time. */
export interface MassMotion {
  readonly time: number;
  /** Factor by which friction shrinks phi over a part of the time, as parts of the whole from 0 to 1; second order only. */
  readonly decay: (fromPart: number, toPart: number) => number;
  /** Error of masses that a step may have; the motion takes as many as it needs. */
  readonly tolerance: number;
}

/** Steps are not made shorter than this part of the time asked for. */
const SHORTEST = 2 ** -40;

/** Least mass in a logarithm. */
const LEAST = 1e-300;

/** Error that a step may have, however short: at empty nodes errors fall no faster than the step. Rounding cannot be helped. */
const allowance = ({ tolerance }: MassMotion): number => Math.max(tolerance, 1e-15);

/**
 * What an error of the kinetic energy (relative to it, where it is larger than 1) counts, beside those of masses: it may be the root of the tolerance, over 10. Beside a mass that comes to
 * 0 it falls with the logarithm of the mass only, and phi has no bound.
 */
const kineticWeight = ({ tolerance }: MassMotion): number => 10 * Math.sqrt(tolerance);

const log = (mass: number): number => mathF64.log(Math.max(mass, LEAST));

export class MassSystem {
  mass: Float64Array;
  /** Empty in first order. */
  phi: Float64Array;
  edges: MassEdges;
  /** Part of the time asked for that the last motion took as a step: where the next one begins. */
  stepPart = 1;
  readonly #pair: Pair & KineticPair = { a: 0, b: 0, phiA: 0, phiB: 0 };

  constructor(
    readonly mobility: LumpedMobility,
    readonly secondOrder: boolean,
    mass: Float64Array,
    edges: MassEdges,
  ) {
    this.mass = mass;
    this.phi = new Float64Array(secondOrder ? mass.length : 0);
    this.edges = edges;
  }

  /**
   * Moves masses (and phi).
   * @throws LumpedError (`lumped-tolerance`) where no step is short enough
   */
  advance(landscape: Landscape, motion: MassMotion): void {
    if (motion.time === 0) return;
    let done = 0;
    while (done < 1) {
      const left = 1 - done;
      const planned = this.stepPart;
      // No short step behind the others.
      let part = left <= planned * 1.01 ? left : planned;
      for (;;) {
        const error = this.#try(landscape, motion, done, part);
        const allowed = allowance(motion);
        // A step's error is of the third power of its length.
        const factor = error > 0 ? 0.9 * mathF64.power(allowed / error, 1 / 3) : 4;
        if (error <= allowed) {
          const next = Math.min(1, part * Math.min(4, Math.max(0.5, factor)));
          // A step that the end of the time has cut short says nothing against longer ones.
          this.stepPart = part < planned && part === left ? Math.max(planned, next) : next;
          break;
        }
        part *= Math.min(0.5, Math.max(0.1, factor));
        if (!(part >= SHORTEST)) {
          throw new LumpedError(
            'lumped-tolerance',
            `no step is short enough for an error of the masses below ${motion.tolerance}`,
            'use a shorter time.step, a larger lumped.tolerance, or a V that differs less between neighbours',
          );
        }
      }
      done = done + part >= 1 - 1e-12 ? 1 : done + part;
    }
    this.#settle();
  }

  /** One step over a part, as two halves; compared with a whole one. Leaves the halves if that is good enough, else nothing. */
  #try(landscape: Landscape, motion: MassMotion, done: number, part: number): number {
    const [mass, phi] = [this.mass.slice(), this.phi.slice()];
    const middle = done + part / 2;
    this.#step(landscape, motion, done, done + part);
    const massWhole = this.mass;
    const kineticWhole = this.kinetic();
    this.mass = mass.slice();
    this.phi = phi.slice();
    this.#step(landscape, motion, done, middle);
    this.#step(landscape, motion, middle, done + part);
    const kinetic = this.kinetic();
    let error = (kineticWeight(motion) * Math.abs(kinetic - kineticWhole)) / Math.max(1, kinetic);
    // Not a number stays one here.
    for (let g = 0; g < mass.length; g++) error = Math.max(error, Math.abs(this.mass[g] - massWhole[g]));
    // Of the halves: a third of the difference, their order being 2.
    error /= 3;
    if (!(error <= allowance(motion))) {
      this.mass = mass;
      this.phi = phi;
      return Number.isFinite(error) ? error : Infinity;
    }
    return error;
  }

  #step(landscape: Landscape, motion: MassMotion, from: number, to: number): void {
    const h = (to - from) * motion.time;
    if (!this.secondOrder) {
      this.#relax(landscape, h / 2, false);
      this.#relax(landscape, h / 2, true);
      return;
    }
    const middle = (from + to) / 2;
    this.#shrink(motion.decay(from, middle));
    this.#pull(landscape, h / 2);
    this.#move(h / 2, false);
    this.#move(h / 2, true);
    this.#pull(landscape, h / 2);
    this.#shrink(motion.decay(middle, to));
  }

  #relax({ value, temperature }: Landscape, h: number, backwards: boolean): void {
    const { from, to, weight } = this.edges;
    const pair = this.#pair;
    const { mass } = this;
    for (let i = 0; i < from.length; i++) {
      const e = backwards ? from.length - 1 - i : i;
      const [a, b] = [from[e], to[e]];
      pair.a = mass[a];
      pair.b = mass[b];
      relaxPair(this.mobility, pair, weight[e] * h, value[b] - value[a], temperature);
      mass[a] = pair.a;
      mass[b] = pair.b;
    }
  }

  #move(h: number, backwards: boolean): void {
    const { from, to, weight } = this.edges;
    const pair = this.#pair;
    const { mass, phi } = this;
    for (let i = 0; i < from.length; i++) {
      const e = backwards ? from.length - 1 - i : i;
      const [a, b] = [from[e], to[e]];
      pair.a = mass[a];
      pair.b = mass[b];
      pair.phiA = phi[a];
      pair.phiB = phi[b];
      let emptied = movePair(this.mobility as SmoothMobility, pair, weight[e] * h);
      if (emptied !== 0) {
        // Who is emptied by all edges together is thrown back; else, or where that does not help, the edge waits for mass to come.
        this.#reflect(emptied < 0 ? a : b);
        pair.phiA = phi[a];
        pair.phiB = phi[b];
        emptied = movePair(this.mobility as SmoothMobility, pair, weight[e] * h);
        if (emptied !== 0) continue;
      }
      mass[a] = pair.a;
      mass[b] = pair.b;
      phi[a] = pair.phiA;
      phi[b] = pair.phiB;
    }
  }

  /**
   * Throws a node back whose mass comes to 0: phi goes to the other side of the mean of its neighbours' (weights K theta), which turns the
   * sign of m' and keeps the kinetic energy. Nothing for one whose mass grows.
   */
  #reflect(node: number): void {
    const { from, to, weight } = this.edges;
    const { mass, phi } = this;
    let total = 0;
    let sum = 0;
    for (let e = 0; e < from.length; e++) {
      if (from[e] !== node && to[e] !== node) continue;
      const other = from[e] === node ? to[e] : from[e];
      const k = weight[e] * flooredTheta(this.mobility as SmoothMobility, mass[node], mass[other]);
      total += k;
      sum += k * phi[other];
    }
    // m' = total * phi - sum
    if (total > 0 && total * phi[node] < sum) phi[node] = (2 * sum) / total - phi[node];
  }

  /** phi' = -mu - D |v|^2/2 */
  #pull({ value, lift, temperature }: Landscape, h: number): void {
    const { mass, phi } = this;
    for (let g = 0; g < phi.length; g++) {
      const entropic = temperature === 0 ? 0 : temperature * log(mass[g]);
      phi[g] -= h * (value[g] + entropic + lift[g]);
    }
  }

  #shrink(factor: number): void {
    if (factor === 1) return;
    const { phi } = this;
    for (let g = 0; g < phi.length; g++) phi[g] *= factor;
  }

  /** Takes back what rounding has left of the sum of masses, and the mean of phi, which moves nothing. */
  #settle(): void {
    const { mass, phi } = this;
    const total = this.total();
    let mean = 0;
    for (let g = 0; g < mass.length; g++) {
      if (total !== 1) mass[g] /= total;
      if (this.secondOrder) mean += mass[g] * phi[g];
    }
    for (let g = 0; g < phi.length; g++) phi[g] -= mean;
  }

  /** Sum of all masses, compensated (Neumaier 1974). */
  total(): number {
    let sum = 0;
    let rest = 0;
    for (const mass of this.mass) {
      const next = sum + mass;
      rest += sum >= mass ? sum - next + mass : mass - next + sum;
      sum = next;
    }
    return sum + rest;
  }

  /** sum m log m. */
  mixing(): number {
    let sum = 0;
    for (const mass of this.mass) if (mass > 0) sum += mass * mathF64.log(mass);
    return sum;
  }

  /** 1/4 sum K theta (phi - phi')^2 over ordered pairs. */
  kinetic(): number {
    if (!this.secondOrder) return 0;
    const { from, to, weight } = this.edges;
    const { mass, phi, mobility } = this;
    let sum = 0;
    for (let e = 0; e < from.length; e++) {
      const w = phi[from[e]] - phi[to[e]];
      if (w !== 0)
        sum += weight[e] * flooredTheta(mobility as SmoothMobility, mass[from[e]], mass[to[e]]) * w * w;
    }
    return sum / 2;
  }

  /** 1/2 sum K theta (mu - mu')^2 over ordered pairs: what the energy loses by the reaction per time. May be infinite beside empty nodes. */
  dissipation({ value, temperature }: Pick<Landscape, 'value' | 'temperature'>): number {
    const { from, to, weight } = this.edges;
    const { mass, mobility } = this;
    let sum = 0;
    for (let e = 0; e < from.length; e++) {
      const [a, b] = [mass[from[e]], mass[to[e]]];
      if (!(a > 0 || b > 0)) continue;
      const deltaV = value[to[e]] - value[from[e]];
      const ratio = a > 0 && b > 0 ? mathF64.log(b) - mathF64.log(a) : b > a ? Infinity : -Infinity;
      const drive = temperature === 0 ? deltaV : deltaV + temperature * ratio;
      let flux: number;
      if (isDensityMobility(mobility)) {
        const mobile = theta(mobility, a, b, drive);
        flux = mobile === 0 ? 0 : mobile * drive;
      } else {
        const { sum: rates, forward } = linearRates(mobility, deltaV, temperature);
        flux = rates * ((1 - forward) * b - forward * a);
      }
      if (flux !== 0) sum += weight[e] * flux * drive;
    }
    return sum;
  }
}
