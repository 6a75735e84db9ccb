// Second order: the motion of a pair of masses and their phi along one edge under the kinetic energy K theta (phi_a - phi_b)^2 / 2
// alone (mathematics, sections 6 and 7). That energy is kept to rounding, mass is neither lost nor made. The rest of the motion (the pull of mu,
// friction) and the sweep over all edges are masses.ts.
//
// With w = phi_a - phi_b: a' = K theta w, and theta w^2 is constant. Where theta goes to 0 with a mass, w grows without bound and the mass
// reaches 0 in finite time; it then comes back with -w, as the exact motion of `harmonic` does (where sqrt(mass) passes through 0).

import { theta, thetaSlope, type SmoothMobility } from './mobility.js';

/** The two ends of an edge. */
export interface KineticPair {
  a: number;
  b: number;
  phiA: number;
  phiB: number;
}

/** Least mass in theta, as a part of the pair's: there w is 10^15 times larger than at equal masses, and finite. */
const LEAST_PART = 1e-30;

/** Times that the ends may throw a mass back within one step; one that long is far too long, and the step-size control sees it. */
const MOST_BOUNCES = 100;

/**
 * Moves a pair in place by the midpoint rule, of second order.
 * @param time K times the time
 */
export function movePair(mobility: SmoothMobility, pair: KineticPair, time: number): void {
  if (pair.a <= pair.b) {
    moveSmaller(mobility, pair, time);
    return;
  }
  // The smaller mass is followed: it keeps its digits.
  const turned = { a: pair.b, b: pair.a, phiA: pair.phiB, phiB: pair.phiA };
  moveSmaller(mobility, turned, time);
  pair.a = turned.b;
  pair.b = turned.a;
  pair.phiA = turned.phiB;
  pair.phiB = turned.phiA;
}

function moveSmaller(mobility: SmoothMobility, pair: KineticPair, time: number): void {
  const { a, b, phiA, phiB } = pair;
  const s = a + b;
  const w = phiA - phiB;
  if (!(s > 0) || w === 0) return;
  const least = s * LEAST_PART;
  const at = (mass: number): number => theta(mobility, Math.max(mass, least), Math.max(s - mass, least), 0);
  const energy = at(a) * w * w;
  const sign = Math.sign(w);
  const half = Math.max(0, Math.min(s, a + (time / 2) * at(a) * w));
  const middle = sign * Math.sqrt(energy / at(half));
  let mass = a + time * at(half) * middle;
  let direction = sign;
  // Each end throws it back.
  for (let bounces = 0; !(mass >= 0 && mass <= s) && bounces < MOST_BOUNCES; bounces++) {
    mass = mass < 0 ? -mass : 2 * s - mass;
    direction = -direction;
  }
  mass = Math.max(0, Math.min(s, mass));
  const wEnd = direction * Math.sqrt(energy / at(mass));
  // phi of the end that has more is followed; the other one's may pass through infinity, and follows from w.
  const slopes = (time / 2) * middle * middle;
  const [x, y] = [Math.max(half, least), Math.max(s - half, least)];
  if (mass <= s / 2) {
    pair.phiB = phiB - slopes * thetaSlope(mobility, y, x);
    pair.phiA = pair.phiB + wEnd;
  } else {
    pair.phiA = phiA - slopes * thetaSlope(mobility, x, y);
    pair.phiB = pair.phiA - wEnd;
  }
  pair.a = mass;
  pair.b = s - mass;
}
