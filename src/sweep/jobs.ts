// How the runs of a sweep share the cores: many small ones at a time with one thread each, since a run on one thread waits for
// nobody; large ones one after the other on all cores, since side by side they would take each other's memory.

import type { Model } from '../model/mod.js';

export interface JobPlan {
  /** Runs at a time. */
  readonly jobs: number;
  /** Threads of each. */
  readonly workers: number;
}

/** Numbers of the state above which a run is large: 64 MiB of coordinates, or a grid of 8 MiB, which many threads share well. */
export const LARGE = { coordinates: 16 * 1024 * 1024, cells: 1024 * 1024 } as const;

/** Whether a run gets all cores. */
export function isLarge(model: Model): boolean {
  if (model.representation === 'particles') return model.particleCount * model.dimension > LARGE.coordinates;
  const cells = (model.mesh?.cells ?? []).reduce((product, n) => product * n, 1);
  return cells * model.graph.nodeCount > LARGE.cells;
}

/** Shares the cores; `wanted` runs at a time, or by their size. */
export function planJobs(runs: number, cores: number, anyLarge: boolean, wanted?: number): JobPlan {
  const jobs = Math.max(1, Math.min(runs, wanted ?? (anyLarge ? 1 : cores)));
  return { jobs, workers: Math.max(1, Math.floor(cores / jobs)) };
}
