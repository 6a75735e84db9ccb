// Public names of this folder.
export { codeDiffers, codeFiles, type CodeFile } from './code-files.js';
export { ObjectiveError, TrustError } from './errors.js';
export type {
  MeasuredObjective,
  ObjectiveFactory,
  ObjectiveModule,
  ObjectiveMoment,
  ValueAndGradient,
} from './module-types.js';
export { loadObjectiveModule } from './load-module.js';
export { moduleObjective } from './module-objective.js';
export {
  answerTask,
  pooledObjective,
  type ObjectiveAnswer,
  type ObjectiveTask,
  type ObjectiveThreadSetup,
} from './pooled-objective.js';
export { processObjective } from './process-objective.js';
export type { ChildOptions } from './child.js';
export { openObjective, type OpenOptions } from './open.js';
export { describeObjective, type ObjectiveSpec } from './spec.js';
