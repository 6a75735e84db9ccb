// Measurements that are compared are taken in turns: every round runs each of them once. What that gives, and the cells of a
// table row that all such tables share.

import { PeerUnavailable } from '../peers/run.js';
import { median } from '../statistics.js';

export interface Sample {
  /** Nanoseconds per particle-step, by the clock and by processor time. */
  readonly wall: number;
  readonly cpu: number;
}

export interface Measure {
  readonly name: string;
  readonly sample: (seed: number) => Promise<Sample>;
}

/** Samples of each measure by name, one a round; a peer that is missing is left out, and named in `remarks`. */
export async function inTurns(
  section: string,
  measures: readonly Measure[],
  rounds: number,
  progress: (text: string) => void,
  remarks: string[],
): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, sample } of measures) {
      progress(`${section}: round ${round + 1} of ${rounds}, ${name}`);
      try {
        const list = samples.get(name) ?? [];
        list.push(await sample(round + 1));
        samples.set(name, list);
      } catch (error) {
        if (!(error instanceof PeerUnavailable)) throw error;
        if (!remarks.includes(error.message)) remarks.push(error.message);
      }
    }
  }
  return samples;
}

/** Name, best and median by the clock, median by processor time. */
export function timeCells(name: string, list: readonly Sample[]): string[] {
  return [
    name,
    Math.min(...list.map((s) => s.wall)).toFixed(2),
    median(list.map((s) => s.wall)).toFixed(2),
    median(list.map((s) => s.cpu)).toFixed(2),
  ];
}
