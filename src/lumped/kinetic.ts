// Second order: the motion of a pair of masses and their phi along one edge under the kinetic energy K theta (phi_a - phi_b)^2 / 2
// alone (mathematics, sections 6 and 7). That energy is kept to rounding, mass is neither lost nor made. The rest of the motion (the pull of mu,
// friction) and the sweep over all edges are masses.ts.
//
// With w = phi_a - phi_b: a' = K theta w, and theta w^2 is constant. Where theta goes to 0 with a mass, w grows without bound; with all
// mobilities here a mass may come to 0 in finite time. What happens then depends on all edges of the node, and is not decided here.

import { theta, thetaSlope, type SmoothMobility } from './mobility.js';

/** The two ends of an edge. */
export interface KineticPair {
  a: number;
  b: number;
  phiA: number;
  phiB: number;
}

/**
 * Less mass than this part of the pair's counts as it in theta, which then has slope 0 in it: so w stays finite, and a node that is emptied is passed in
 * finitely many steps. With theta that falls with the logarithm of the mass (log-mean) there would be no end to them.
 */
const LEAST_PART = 1e-9;

/** theta of two masses, none of them less than a tiny part of both. */
export function flooredTheta(mobility: SmoothMobility, a: number, b: number): number {
  const least = (a + b) * LEAST_PART;
  return theta(mobility, Math.max(a, least), Math.max(b, least), 0);
}

/**
 * Moves a pair in place by the midpoint rule, of second order.
 * @param time K times the time
 * @returns 0; or -1 or 1 where the first or the second mass would become negative: then nothing has been moved
 */
export function movePair(mobility: SmoothMobility, pair: KineticPair, time: number): -1 | 0 | 1 {
  if (pair.a <= pair.b) return moveSmaller(mobility, pair, time);
  // The smaller mass is followed: it keeps its digits.
  const turned = { a: pair.b, b: pair.a, phiA: pair.phiB, phiB: pair.phiA };
  const emptied = moveSmaller(mobility, turned, time);
  pair.a = turned.b;
  pair.b = turned.a;
  pair.phiA = turned.phiB;
  pair.phiB = turned.phiA;
  return emptied === 0 ? 0 : emptied < 0 ? 1 : -1;
}

function moveSmaller(mobility: SmoothMobility, pair: KineticPair, time: number): -1 | 0 | 1 {
  const { a, b, phiA, phiB } = pair;
  const s = a + b;
  const w = phiA - phiB;
  if (!(s > 0) || w === 0) return 0;
  const at = (mass: number): number => flooredTheta(mobility, mass, s - mass);
  const energy = at(a) * w * w;
  const sign = Math.sign(w);
  const half = a + (time / 2) * at(a) * w;
  if (half < 0) return -1;
  if (half > s) return 1;
  const middle = sign * Math.sqrt(energy / at(half));
  const mass = a + time * at(half) * middle;
  if (mass < 0) return -1;
  if (mass > s) return 1;
  const end = sign * Math.sqrt(energy / at(mass));
  // phi of the end that has more is followed; the other one's may be large, and follows from w.
  const slopes = (time / 2) * middle * middle;
  const slope = (own: number): number =>
    own < s * LEAST_PART ? 0 : thetaSlope(mobility, own, Math.max(s - own, s * LEAST_PART));
  if (mass <= s / 2) {
    pair.phiB = phiB - slopes * slope(s - half);
    pair.phiA = pair.phiB + end;
  } else {
    pair.phiA = phiA - slopes * slope(half);
    pair.phiB = pair.phiA - end;
  }
  pair.a = mass;
  pair.b = s - mass;
  return 0;
}
