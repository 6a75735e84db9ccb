// Public names of this folder: grids of runs over values of a config and seeds.
export { SweepFolder, sweepFile } from './folder.js';
export { isLarge, LARGE, planJobs, type JobPlan } from './jobs.js';
export { planSweep, shortName, type PlannedRun, type SweepPlan } from './plan.js';
export { runSweep, type SweepListener, type SweepOptions } from './run.js';
export {
  meanOf,
  pointsOf,
  type Measured,
  type SweepPoint,
  type SweepRecord,
  type SweepStatus,
} from './summary.js';
export { MOST_NODES, nodesOf, pointsCsv, runsCsv } from './tables.js';
export { readSweptKeys, splitValues, SweepError, type SweptKey } from './values.js';
