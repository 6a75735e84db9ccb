// Public names of this folder.
export { entropicDivergence, type EntropicOptions, type EntropicResult } from './entropic.js';
export { GeodesicError } from './errors.js';
export { metricMobilities, type MetricMobility } from './mean.js';
export { MetricPlan, type Shared } from './memory.js';
export { massesOf, partsOf, type MetricProblem, type WeightedEdge } from './problem.js';
export type { Member } from './projection.js';
export {
  checkProblem,
  defaultIterations,
  defaultTolerance,
  pathOf,
  restingPath,
  solveMember,
  solveMetric,
  type MetricPath,
  type SolveOptions,
} from './solve.js';
export type { MetricResult } from './solver.js';
