// Where points start: drawn from the initial law of the model, each node from a stream of its own, so that it does not matter who draws
// which node when. Not for objectives that know better (`initial`).

import { mathF64 } from '../elementary/mod.js';
import { LANES, nextRow, seedStreams, streamPurpose } from '../kernel/mod.js';
import type { InitialLaw } from '../model/mod.js';

/** Words to numbers in (0, 1), with 32 bits. */
const uniformOf = (word: number): number => (word + 0.5) / 4294967296;

/** FNV-1a of a text, 32 bits: the number of a node's stream. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/**
 * Fills x with a point of the law.
 * @param node number of the node in the law's arrays; coordinates beyond the law's dimension take those of its last one
 * @param stream number of the node's stream
 */
export function drawStart(
  law: InitialLaw,
  dimension: number,
  node: number,
  stream: number,
  seed: number,
  x: Float64Array,
): void {
  const at = (i: number): number => node * dimension + Math.min(i, dimension - 1);
  if (law.kind === 'point') {
    for (let i = 0; i < x.length; i++) x[i] = law.position[at(i)];
    return;
  }
  const state = seedStreams(seed, streamPurpose.lumped, stream, 0);
  const words = new Uint32Array(LANES);
  for (let i = 0; i < x.length; i++) {
    const lane = i % (LANES / 2);
    if (lane === 0) nextRow(state, words);
    const [u, w] = [uniformOf(words[2 * lane]), uniformOf(words[2 * lane + 1])];
    x[i] =
      law.kind === 'uniform'
        ? law.low[at(i)] + (law.high[at(i)] - law.low[at(i)]) * u
        : law.mean[at(i)] +
          // Box and Muller (1958); one of the pair is enough here.
          law.standardDeviation[at(i)] * Math.sqrt(-2 * mathF64.log(u)) * mathF64.cos(2 * Math.PI * w);
  }
}
