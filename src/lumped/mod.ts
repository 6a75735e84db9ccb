// Public names of this folder.
export { localCrew, type NodeCrew } from './crew.js';
export { LumpedError } from './errors.js';
export { LumpedFlow } from './flow.js';
export type {
  BestPoint,
  BestView,
  LumpedCounts,
  LumpedEnergies,
  LumpedNodeState,
  LumpedOutline,
  LumpedState,
  NodeView,
} from './flow-types.js';
export { FormulaObjective, isAutonomous } from './formula-objective.js';
export { LocalPoints } from './local-points.js';
export { theta, thetaSlope, type SmoothMobility } from './mobility.js';
export {
  NodeWorker,
  type NodePoint,
  type NodeReport,
  type NodeResult,
  type NodeSettings,
  type NodeTask,
  type Wall,
} from './node-tasks.js';
export type { Neighbour, Objective, ObjectivePoint } from './objective.js';
export type {
  GivenPoint,
  PointMoment,
  PointMotion,
  PointReports,
  Points,
  PointSize,
  PointValues,
} from './points.js';
export {
  decayOf,
  frictionAt,
  type GrowRules,
  type InitialNode,
  type LumpedDynamics,
  type LumpedEdge,
  type LumpedGraph,
  type LumpedProblem,
} from './problem.js';
export type { LumpedMobility } from './relax.js';
export { drawStart, hashOf } from './start.js';
