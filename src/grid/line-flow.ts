// Free flow along one line of cells, without forces: f is carried by the velocity D u, u = d(phi)/dx, and phi follows the
// Hamilton-Jacobi equation phi' = -D/2 u^2. Not which lines are whose, nor the forces (second-order.ts).
//
// f and phi stand at the centres of cells, u on the faces between. Fluxes take f from the cell that mass leaves, with van
// Leer's limited slopes (van Leer 1974): of order 2, f >= 0, and exact enough in tails where f falls by factors from cell to
// cell. phi has Godunov's monotone Hamiltonian with one-sided slopes of order 2, limited likewise (Osher and Shu 1991), so
// that where characteristics cross it goes to the viscosity solution. That solution knows nothing of mass: where thin gas falls
// onto dense, it would push it, and H would rise. So u at such places is that of the balance of momentum instead (`#weigh`), and
// phi is shifted on both sides to go with it, least where the mass is. In time Heun's method, a mean of Euler steps, so
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
/** Less than this has lost digits. */
const least = 1e-280;
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
  readonly #dual: Float64Array;
  readonly #below: Float64Array;
  readonly #above: Float64Array;
  readonly #psi: Float64Array;
  /** Around faces with less than this no momentum is weighed. */
  #thin = 0;

  constructor(size: number) {
    const numbers = (): Float64Array => new Float64Array(size + 2 * ghosts + 1);
    this.#f = numbers();
    this.#phi = numbers();
    this.#f0 = numbers();
    this.#phi0 = numbers();
    this.#u = numbers();
    this.#flux = numbers();
    this.#dual = numbers();
    this.#below = numbers();
    this.#above = numbers();
    this.#psi = numbers();
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
   * @param thin density below which momentum is not weighed
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
    thin: number,
  ): void {
    this.#thin = thin;
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
    const phi = this.#phi;
    const u = this.#u;
    const end = ghosts + size;
    this.#fillGhosts(size, isRing);
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

  #fillGhosts(size: number, isRing: boolean): void {
    const f = this.#f;
    const phi = this.#phi;
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
    // The last digits before 0 stay where they are: there a part of a density may round up to all of it.
    return density > least ? density * u : 0;
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
    const dual = this.#dual;
    const below = this.#below;
    const above = this.#above;
    this.#speed(size, isRing, width);
    for (let j = ghosts; j <= end; j++) {
      flux[j] = this.#carried(j);
      dual[j] = 0.5 * (f[j - 1] + f[j]);
    }
    const scale = tau / width;
    let lowest = 0;
    for (let i = ghosts; i < end; i++) {
      const here = u[i + 1] - u[i];
      // u in the middle of the cell, as seen from below and from above.
      const up = u[i] + 0.5 * limited(u[i] - u[i - 1], here);
      const down = u[i + 1] - 0.5 * limited(here, u[i + 2] - u[i + 1]);
      below[i] = up;
      above[i] = down;
      const a = up > 0 ? up : 0;
      const b = down < 0 ? -down : 0;
      const speed = a > b ? a : b;
      phi[i] -= 0.5 * tau * speed * speed;
      const next = f[i] - scale * (flux[i + 1] - flux[i]);
      if (!(next >= lowest)) lowest = next;
      f[i] = next;
    }
    if (!(lowest >= 0)) return false;
    this.#weigh(size, width, scale);
    return true;
  }

  /**
   * Where u falls unevenly (a kink of phi, or a shock): u from the momentum of the gas around a face, f u with upwind fluxes,
   * in place of the difference of phi. What u gains there, phi gets as a step, whose mean over the mass of the line is 0.
   * `scale` is the length of the step over the width of cells.
   */
  #weigh(size: number, width: number, scale: number): void {
    const end = ghosts + size;
    const f = this.#f;
    const phi = this.#phi;
    const u = this.#u;
    const flux = this.#flux;
    const dual = this.#dual;
    const below = this.#below;
    const above = this.#above;
    let shift = 0;
    let mass = 0;
    let moment = 0;
    let any = false;
    const psi = this.#psi;
    let previous = phi[ghosts];
    for (let i = ghosts; i < end; i++) {
      const own = phi[i];
      const weight =
        i > ghosts ? sensor(u[i - 1] - u[i - 2], u[i] - u[i - 1], u[i + 1] - u[i], u[i + 2] - u[i + 1]) : 0;
      if (weight > 0) {
        const next = 0.5 * (f[i - 1] + f[i]);
        if (next > least && dual[i] >= this.#thin) {
          const right = 0.5 * (flux[i] + flux[i + 1]);
          const left = 0.5 * (flux[i - 1] + flux[i]);
          const momentum =
            dual[i] * u[i] -
            scale *
              (right * (right > 0 ? below[i] : above[i]) - left * (left > 0 ? below[i - 1] : above[i - 1]));
          const low = Math.min(u[i - 1], u[i], u[i + 1]);
          const high = Math.max(u[i - 1], u[i], u[i + 1]);
          const wanted = Math.min(high, Math.max(low, momentum / next));
          const got = (own - previous) / width;
          shift += weight * (wanted - got) * width;
          any = true;
        }
      }
      previous = own;
      psi[i] = shift;
      mass += f[i];
      moment += f[i] * shift;
    }
    if (!any || !(mass > 0)) return;
    const mean = moment / mass;
    for (let i = ghosts; i < end; i++) phi[i] += psi[i] - mean;
  }
}

/**
 * 0 where u rises, or falls evenly, by differences within a factor of 2 of each other; 1 where it falls unevenly. Both forms
 * are of order 2 where u is smooth; the one from phi is the more exact in tails.
 */
function sensor(a: number, b: number, c: number, d: number): number {
  const least = Math.min(a, b, c, d);
  if (least >= 0) return 0;
  const most = Math.max(a, b, c, d);
  if (most >= 0) return 1;
  const ratio = least / most;
  return ratio <= 2 ? 0 : ratio >= 4 ? 1 : 0.5 * (ratio - 2);
}
