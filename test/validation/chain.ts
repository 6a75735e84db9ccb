// Markov jump processes of the studies: generators from weights and potentials by the rates of the
// mathematics (section 4), and exact laws of the number of jumps.

import { exponential, zeros, type Matrix } from './linear.js';

export type Edge = readonly [from: number, to: number, weight: number];

export const mobilities = ['metropolis', 'barker', 'symmetric'] as const;
export type Mobility = (typeof mobilities)[number];

/** Rate of a jump that changes V by dV. */
export function rate(mobility: Mobility, weight: number, dV: number, temperature: number): number {
  switch (mobility) {
    case 'metropolis':
      return weight * Math.min(1, Math.exp(-dV / temperature));
    case 'barker':
      return weight / (1 + Math.exp(dV / temperature));
    case 'symmetric':
      return weight * Math.exp(-dV / (2 * temperature));
    default:
      return mobility satisfies never;
  }
}

/** Generator (rows: from) of the chain with the given potential of each node. */
export function generator(
  nodes: number,
  edges: readonly Edge[],
  rateOf: (from: number, to: number, weight: number) => number,
): Matrix {
  const q = zeros(nodes);
  for (const [a, b, weight] of edges) {
    for (const [from, to] of [
      [a, b],
      [b, a],
    ]) {
      const value = rateOf(from, to, weight);
      q[from][to] += value;
      q[from][from] -= value;
    }
  }
  return q;
}

/**
 * Mean and standard deviation, over N independent chains with fixed starting counts, of the sum over all
 * jumps of `signed(from, to)`, divided by N: derivatives at 0 of exp(T Q(l)), Q(l) = Q with q_ij exp(l
 * signed_ij), read off the exponential of one block matrix [[Q, Q', Q''/2], [0, Q, Q'], [0, 0, Q]].
 */
export function jumpLaw(
  q: Matrix,
  signed: (from: number, to: number) => number,
  start: ArrayLike<number>,
  time: number,
  particles: number,
): { mean: number; error: number } {
  const n = q.length;
  const block = zeros(3 * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < 3; k++) block[k * n + i][k * n + j] = q[i][j];
      if (i === j) continue;
      const s = signed(i, j);
      for (let k = 0; k < 2; k++) block[k * n + i][(k + 1) * n + j] = q[i][j] * s;
      block[i][2 * n + j] = (q[i][j] * s * s) / 2;
    }
  }
  const p = exponential(block, time);
  let [mean, variance] = [0, 0];
  for (let i = 0; i < n; i++) {
    let [first, second] = [0, 0];
    for (let j = 0; j < n; j++) {
      first += p[i][n + j];
      second += 2 * p[i][2 * n + j];
    }
    mean += start[i] * first;
    variance += start[i] * (second - first * first);
  }
  return { mean, error: Math.sqrt(variance / particles) };
}
