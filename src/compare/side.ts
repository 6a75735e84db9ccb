// What is known of a run that is compared: plain data that whoever reads run folders fills in. No files here.

import type { Boundary } from '../model/mod.js';
import type { EnergyRecordJson, ObservationRecord } from '../output/mod.js';

export interface Side {
  /** As the user calls it: the folder. */
  readonly label: string;
  readonly representation: 'particles' | 'grid' | 'lumped';
  /** Particles of the run; 0 on a grid. */
  readonly particles: number;
  readonly seed: number;
  readonly stateHash: string | null;
  readonly nodeNames: readonly string[];
  readonly coordinateNames: readonly string[];
  readonly boundaries: readonly Boundary[];
  /** The graph in compressed rows. */
  readonly edges: { readonly offsets: Int32Array; readonly targets: Int32Array };
  /** The config with all defaults. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly observations: readonly ObservationRecord[];
  /** Empty where the run estimated no entropy. */
  readonly energies: readonly EnergyRecordJson[];
}

/** Whether two times are the same but for rounding. */
export function isSameTime(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Records of two runs at the same times, in order; both lists ascend. */
export function atCommonTimes<A extends { readonly time: number }, B extends { readonly time: number }>(
  a: readonly A[],
  b: readonly B[],
): (readonly [A, B])[] {
  const pairs: (readonly [A, B])[] = [];
  let k = 0;
  for (const record of a) {
    while (k < b.length && b[k].time < record.time && !isSameTime(b[k].time, record.time)) k += 1;
    if (k < b.length && isSameTime(b[k].time, record.time)) pairs.push([record, b[k]]);
  }
  return pairs;
}
