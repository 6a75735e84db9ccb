// The action of flows and of potentials on links, and the tangents of mobilities that dual bounds are made of. Not a solver.

import { mathF64 } from '../elementary/mod.js';
import type { Links } from './links.js';
import { curvature, mean, meanAt, setMean, slopeFirst, slopeSecond, value } from './means.js';

/** Of each link: w theta, w s theta_s, w t theta_t, w s t theta_st. */
export interface LinkMobility {
  readonly theta: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  readonly curvature: Float64Array;
}

/** Logarithms of densities below this are those of it: 0 has none. */
const least = 1e-300;

/** Writes log f of sites [begin, end). */
export function writeLogs(f: Float64Array, logs: Float64Array, begin: number, end: number): void {
  for (let site = begin; site < end; site++) logs[site] = mathF64.log(f[site] > least ? f[site] : least);
}

/**
 * Writes the mobilities of links [begin, end) for densities f >= 0.
 * @param logs log f, where a link's mean is logarithmic
 */
export function writeMobilities(
  { from, to, conductance, kind, weightFrom, weightTo, logRatio }: Links,
  f: Float64Array,
  logs: Float64Array,
  out: LinkMobility,
  begin: number,
  end: number,
): void {
  for (let link = begin; link < end; link++) {
    const [s, t] = [from[link], to[link]];
    const k = kind[link];
    const u = k === mean.logarithmic ? logs[s] - logs[t] + logRatio[link] : 0;
    setMean(k, f[s], f[t], weightFrom[link], weightTo[link], u);
    const w = conductance[link];
    out.theta[link] = w * meanAt[value];
    out.first[link] = w * meanAt[slopeFirst];
    out.second[link] = w * meanAt[slopeSecond];
    out.curvature[link] = w * meanAt[curvature];
  }
}

/** Arrays for `writeMobilities`. */
export function linkMobility(count: number, take: (length: number) => Float64Array): LinkMobility {
  return { theta: take(count), first: take(count), second: take(count), curvature: take(count) };
}

/**
 * Sum over links [begin, end) of m^2/(w theta), where `theta` holds w theta: the action of a flow m over h^d. Infinite where
 * something flows at mobility 0.
 */
export function actionOf(theta: Float64Array, flow: Float64Array, begin: number, end: number): number {
  let sum = 0;
  for (let link = begin; link < end; link++) {
    const m = flow[link];
    if (m !== 0) sum += (m * m) / theta[link];
  }
  return sum;
}

/** Sum over links [begin, end) of w theta (phi_s - phi_t)^2: the action of the flow that potentials drive, over h^d. */
export function actionOfPotential(
  { from, to }: Links,
  theta: Float64Array,
  phi: Float64Array,
  begin: number,
  end: number,
): number {
  let sum = 0;
  for (let link = begin; link < end; link++) {
    const d = phi[from[link]] - phi[to[link]];
    sum += theta[link] * d * d;
  }
  return sum;
}
