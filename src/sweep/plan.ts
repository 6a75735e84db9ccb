// What a sweep consists of: every point of the product of all values, with every seed, as a run in a folder of its own.
// Not the running.

import type { SweptKey } from './values.js';

/** One run of a sweep. */
export interface PlannedRun {
  /** From 1 on. */
  readonly number: number;
  /** Name of its folder below that of the sweep. */
  readonly folder: string;
  /** Index into `points`. */
  readonly point: number;
  readonly seed: number;
  /** Changes to the config, as for `--set`, all together. */
  readonly overrides: readonly string[];
}

export interface SweepPlan {
  readonly name: string;
  /** The keys that take several values. */
  readonly keys: readonly SweptKey[];
  /** Values of the keys, point by point; the last key varies fastest. */
  readonly points: readonly (readonly string[])[];
  readonly seeds: readonly number[];
  readonly runs: readonly PlannedRun[];
}

export interface PlanInput {
  readonly name: string;
  readonly keys: readonly SweptKey[];
  readonly seeds: readonly number[];
}

/** Longest part of a folder's name that tells values. */
const LONGEST_NAME = 60;

/** Makes the plan. Keys with one value are changes of all runs and no columns of tables. */
export function planSweep({ name, keys, seeds }: PlanInput): SweepPlan {
  const fixed = keys.filter(({ values }) => values.length === 1);
  const swept = keys.filter(({ values }) => values.length > 1);
  let points: string[][] = [[]];
  for (const { values } of swept)
    points = points.flatMap((point) => values.map((value) => [...point, value]));
  const digits = Math.max(3, String(points.length * seeds.length).length);
  const runs: PlannedRun[] = [];
  points.forEach((point, index) => {
    for (const seed of seeds) {
      const number = runs.length + 1;
      const words = swept.map(({ path }, i) => `${shortName(path)}=${point[i]}`);
      if (seeds.length > 1 || words.length === 0) words.push(`seed=${seed}`);
      runs.push({
        number,
        folder: `${String(number).padStart(digits, '0')}-${fileName(words.join('-'))}`,
        point: index,
        seed,
        overrides: [
          ...fixed.map(({ path, values }) => `${path}=${values[0]}`),
          ...swept.map(({ path }, i) => `${path}=${point[i]}`),
          `seed=${seed}`,
        ],
      });
    }
  });
  return { name, keys: swept, points, seeds, runs };
}

/** The last word of a key: `h` of `potential.parameters.h`. */
export function shortName(path: string): string {
  return /([^.[\]"]+)[\]"]*$/u.exec(path)?.[1] ?? path;
}

function fileName(text: string): string {
  const clean = text
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._=+-]+/gu, '-')
    .slice(0, LONGEST_NAME);
  return clean.replace(/[-.]+$/u, '');
}
