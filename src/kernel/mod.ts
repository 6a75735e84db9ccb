// Public names of this folder.
export { BLOCKS_PER_CHUNK, CHUNK, LANES, SPARE_LEVELS, WALKER_BATCH, kernelError } from './layout.js';
export * as layout from './layout.js';
export { compileKernel, type CompiledKernel } from './compile.js';
export { fieldCount } from './diffusion.js';
export { planKernel, type KernelPlan, type NodeClass } from './plan.js';
export { nextRow, seedStreams, streamPurpose } from './xoshiro.js';
export {
  INVERSE_OF_ZERO,
  UniformTables,
  recordStrides,
  type RecordStrides,
  type StepQuantities,
  type TableAddresses,
} from './uniforms.js';
export { depositHeader, type DensityPlan } from './density-mesh.js';
export { interpret, type LaneEnvironment } from './interpret.js';
export { gaussianProgram } from './passes.js';
export type { Program } from './ir.js';
export { fixedMemory, MAXIMUM_PAGES } from './compile.js';
export { MOMENT_COLUMN } from './moments.js';
