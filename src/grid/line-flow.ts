// Free flow along one line of cells, without forces: f is carried by the velocity D u, u = d(phi)/dx, and phi follows the
// Hamilton-Jacobi equation phi' = -D/2 u^2. Not which lines are whose, nor the forces (second-order.ts).
//
// f and phi stand at the centres of cells, u on the faces between. Fluxes take f from the cell that mass leaves, with van
// Leer's limited slopes (van Leer 1974): of order 2, f >= 0, and exact enough in tails where f falls by factors from cell to
// cell. phi has Godunov's monotone Hamiltonian with one-sided slopes of order 2, limited likewise (Osher and Shu 1991), so
// that where characteristics cross it goes to the viscosity solution. In time Heun's method, a mean of Euler steps, so
// that what holds for an Euler step holds for it: mass, f >= 0, no new extremes. A line takes as many parts of a step as its
// own speeds ask for.

import { GridError } from './errors.js';
import { lanes } from './lines.js';

/** Ghost cells at each end. */
const ghosts = 2;
/**
 * Cells that u may cross in a part of a step. f >= 0 needs 1/2 (a slope may double f on a face, and mass may leave on
 * both sides); the rest is room for u to grow within the part.
 */
const courant = 0.4;
/** Parts of one step after which speeds are hopeless. */
const mostParts = 2 ** 22;

/** Van Leer's limited slope, from the differences on both sides: their harmonic mean, or 0 where their signs differ. */
function limited(a: number, b: number): number {
  return (a > 0 && b > 0) || (a < 0 && b < 0) ? 2 * a * (b / (a + b)) : 0;
}

/** The flow of lines of up to `size` cells; scratch of one member. */
export class LineFlow {
  readonly #f: Float64Array;
  readonly #phi: Float64Array;
  readonly #f0: Float64Array;
  readonly #phi0: Float64Array;
  /** On the face below each cell. */
  readonly #u: Float64Array;
  readonly #flux: Float64Array;

  constructor(size: number) {
    const numbers = (): Float64Array => new Float64Array(size + 2 * ghosts + 1);
    this.#f = numbers();
    this.#phi = numbers();
    this.#f0 = numbers();
    this.#phi0 = numbers();
    this.#u = numbers();
    this.#flux = numbers();
  }

  /** Loads a lane of buffers (lines.ts) as the state. */
  load(f: Float64Array, phi: Float64Array, lane: number, size: number): void {
    for (let i = 0, at = lane; i < size; i++, at += lanes) {
      this.#f[ghosts + i] = f[at];
      this.#phi[ghosts + i] = phi[at];
    }
  }

  store(f: Float64Array, phi: Float64Array, lane: number, size: number): void {
    for (let i = 0, at = lane; i < size; i++, at += lanes) {
      f[at] = this.#f[ghosts + i];
      phi[at] = this.#phi[ghosts + i];
    }
  }

  /**
   * Moves the lane of the buffers over a time tau.
   * @param diffusivity D; `width` of a cell
   * @throws GridError where speeds are not finite
   */
  move(
    f: Float64Array,
    phi: Float64Array,
    lane: number,
    size: number,
    isRing: boolean,
    width: number,
    diffusivity: number,
    tau: number,
  ): void {
    this.load(f, phi, lane, size);
    const fastest = this.#speed(size, isRing, width);
    if (fastest === 0) return;
    let parts = Math.max(1, Math.ceil((tau * diffusivity * fastest) / (courant * width)));
    // The bound on parts is met but where phi has kinks: then the step is done again in shorter parts.
    for (; ; parts *= 2) {
      if (!(parts <= mostParts)) {
        throw new GridError(
          'grid-not-finite',
          `speeds on the grid have grown to ${diffusivity * fastest}`,
          'use a smaller time.step; if that does not help, report this with the config',
        );
      }
      let isPositive = true;
      for (let part = 0; part < parts && isPositive; part++) {
        isPositive = this.#part(size, isRing, width, (diffusivity * tau) / parts);
      }
      if (isPositive) break;
      this.load(f, phi, lane, size);
    }
    this.store(f, phi, lane, size);
  }

  /** Sum over the faces of f u^2, with the densities that fluxes have there. */
  kinetic(size: number, isRing: boolean, width: number): number {
    this.#speed(size, isRing, width);
    let sum = 0;
    // On a ring the first face is the last, too.
    for (let j = ghosts; j < ghosts + size; j++) sum += this.#carried(j) * this.#u[j];
    return sum;
  }

  /** Writes ghosts and u. Returns the largest |u|. */
  #speed(size: number, isRing: boolean, width: number): number {
    const f = this.#f;
    const phi = this.#phi;
    const u = this.#u;
    const end = ghosts + size;
    for (let k = 0; k < ghosts; k++) {
      // Around the ring, or mirrored at a wall: nothing passes, and phi is level there.
      const below = isRing ? end - 1 - k : ghosts + k;
      const above = isRing ? ghosts + k : end - 1 - k;
      f[ghosts - 1 - k] = f[below];
      phi[ghosts - 1 - k] = phi[below];
      f[end + k] = f[above];
      phi[end + k] = phi[above];
    }
    let fastest = 0;
    for (let j = 1; j < end + ghosts; j++) {
      const slope = (phi[j] - phi[j - 1]) / width;
      u[j] = slope;
      const size = Math.abs(slope);
      // NaN counts as the largest.
      if (!(size <= fastest)) fastest = size;
    }
    return fastest;
  }

  /** f u on the face below cell j. */
  #carried(j: number): number {
    const f = this.#f;
    const u = this.#u[j];
    if (u === 0) return 0;
    const density =
      u > 0
        ? f[j - 1] + 0.5 * limited(f[j - 1] - f[j - 2], f[j] - f[j - 1])
        : f[j] - 0.5 * limited(f[j] - f[j - 1], f[j + 1] - f[j]);
    return density * u;
  }

  /** One step of Heun's method. Returns false where f has turned negative. */
  #part(size: number, isRing: boolean, width: number, tau: number): boolean {
    const end = ghosts + size;
    const f = this.#f;
    const phi = this.#phi;
    const f0 = this.#f0;
    const phi0 = this.#phi0;
    for (let i = ghosts; i < end; i++) {
      f0[i] = f[i];
      phi0[i] = phi[i];
    }
    if (!this.#euler(size, isRing, width, tau)) return false;
    if (!this.#euler(size, isRing, width, tau)) return false;
    for (let i = ghosts; i < end; i++) {
      f[i] = 0.5 * (f0[i] + f[i]);
      phi[i] = 0.5 * (phi0[i] + phi[i]);
    }
    return true;
  }

  #euler(size: number, isRing: boolean, width: number, tau: number): boolean {
    const end = ghosts + size;
    const f = this.#f;
    const phi = this.#phi;
    const u = this.#u;
    const flux = this.#flux;
    this.#speed(size, isRing, width);
    for (let j = ghosts; j <= end; j++) flux[j] = this.#carried(j);
    const scale = tau / width;
    let least = 0;
    let before = u[ghosts] - u[ghosts - 1];
    for (let i = ghosts; i < end; i++) {
      const here = u[i + 1] - u[i];
      const after = u[i + 2] - u[i + 1];
      // u in the middle of the cell, as seen from below and from above.
      const up = u[i] + 0.5 * limited(before, here);
      const down = u[i + 1] - 0.5 * limited(here, after);
      const a = up > 0 ? up : 0;
      const b = down < 0 ? -down : 0;
      const speed = a > b ? a : b;
      phi[i] -= 0.5 * tau * speed * speed;
      const next = f[i] - scale * (flux[i + 1] - flux[i]);
      if (!(next >= least)) least = next;
      f[i] = next;
      before = here;
    }
    return !(least < 0);
  }
}
