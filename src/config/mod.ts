// Public names of this folder.
export { loadBundle, loadConfig, parseConfig, type LoadOptions, type RunConfig } from './load.js';
export { ConfigError, formatPath, formatProblem, formatValue, type Path, type Problem } from './problem.js';
export { sealConfig, type SealedConfig } from './sealed.js';
export type { CheckedConfig, ConfigBundle, ConfigSource, ProblemDetail } from './source.js';
export { configSchema, type ConfigValues } from './schema.js';
export type { Interval } from './schema-interval.js';
export type { ObjectiveConfig, OptimizeSpec } from './schema-objective.js';
export type { BoundaryWord, EdgeSpec, GraphSpec } from './schema-graph.js';
export type { GrowSpec, LumpedSpec } from './schema-lumped.js';
export type { DataSpec, ParameterSpec, PotentialSpec, ValueSpec } from './schema-potential.js';
export type {
  CoordinateValues,
  DynamicsSpec,
  FrictionSpec,
  InitialSpec,
  NodeValues,
  TemperatureSpec,
} from './schema-dynamics.js';
export { configJsonSchema } from './json-schema.js';
export { configReference } from './reference.js';
export { STARTER_CONFIG } from './starter.js';
export { nearestName, suggest } from './suggest.js';
