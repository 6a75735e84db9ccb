// The library: `import { simulate, loadModel, compileKernel } from "wasserwerk"`. These names, their types, and what is
// reached from them are what is kept stable; everything else in dist/ may change. docs/library.md is the guide.

import { version as versionOfPackage } from '../cluster/mod.js';
import { resolveConfig, type ConfigOptions, type ConfigSourceInput } from './config.js';
import { LoadedModel } from './model.js';

export { simulate } from './simulate.js';
export type { ParticleQuery, SimulateOptions, SimulationResult, SimulationRun } from './simulate.js';
export { compileKernel, type Kernel } from './kernel.js';
export { formula, Formula, sumOf, type FormulaPart } from './formula.js';
export type {
  Densities,
  EnergyRecord,
  EntropyMethod,
  MovementReport,
  Observable,
  Particles,
} from './observable.js';
export type { Edge, InitialLaw, LoadedModel, ModelGraph, NodeRef, Remark } from './model.js';
export type { ConfigOptions, ConfigSourceInput, ModuleOptions } from './config.js';
export {
  importPotential,
  type ImportOptions,
  type ModuleConfigInput,
  type PotentialExport,
  type PotentialModule,
} from './potential-module.js';
export { LibraryError, type LibraryErrorCode } from './errors.js';
export type * from './config-input.js';
export { ConfigError, type RunConfig } from '../config/mod.js';

/** The version of this package. */
export const version: string = versionOfPackage;

/**
 * Reads a config, checks it, and builds the model that it means.
 * @throws ConfigError with every problem found
 */
export function loadModel(config: ConfigSourceInput, options: ConfigOptions = {}): LoadedModel {
  return new LoadedModel(resolveConfig(config, options));
}
