// Public names of this folder.
export {
  actionOf,
  actionOfPotential,
  linkMobility,
  writeLogs,
  writeMobilities,
  type LinkMobility,
} from './action.js';
export {
  addDivergence,
  differences,
  forFaceRuns,
  linksOf,
  setLinks,
  type Box,
  type GraphEdge,
  type Links,
} from './links.js';
export { mean, meanAt, setMean, type MeanKind } from './means.js';
export { isConstantTheta, thetaCode, thetaOf } from './theta.js';
export { eliminationOf, type Elimination, type Front } from './dissection.js';
export { sparseArrays, SparsePlan, SparseSolver, type Place, type SparseArrays } from './sparse.js';
export { DirectSystem } from './direct-system.js';
export { flowArrays, ImplicitFlow, type FlowArrays } from './implicit-flow.js';
export {
  Movement,
  movementArrays,
  type MovementArrays,
  type MovementShape,
  type Standing,
} from './movement.js';
export {
  MovementSolver,
  type MovementResult,
  type MovementTarget,
  type NewtonSystem,
  type SolverArrays,
} from './movement-solver.js';
export { krylovArrays, KrylovSystem, type KrylovArrays } from './krylov-system.js';
