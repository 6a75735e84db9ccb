// Public names of this folder.
export type {
  Boundary,
  FrictionSchedule,
  Graph,
  InitialLaw,
  Integrator,
  Movement,
  DensityMobility,
  LinearMobility,
  Mesh,
  Mobility,
  Model,
  ParameterTable,
  ParticleDensities,
  Representation,
  Splitting,
  TemperatureSchedule,
} from './model.js';
export { buildModel, type BuildOptions } from './build.js';
export type { Preflight } from './context.js';
export { StructureSpace, type StructureSpec } from './structures.js';
export { densityRateFactor, isDensityMobility, LEAST_DENSITY, needsDensity } from './mobility.js';
export { findBox } from './mesh.js';
export { compressGraph, components, edgeSources, type CompressedGraph, type EdgeList } from './graph.js';
export { grid, shape, type GraphParts } from './graph-shapes.js';
export { copyExpression, PointEvaluator, type Point } from './evaluator.js';
export { rateFactor } from './preflight-rates.js';
export { isConstantTemperature, lowestTemperature, temperatureAt } from './temperature.js';
