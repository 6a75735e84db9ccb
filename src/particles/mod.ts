// Public names of this folder.
export { changesWithTime, divergenceCauses, exchangesPerStep, KernelFault, ShardEngine } from './engine.js';
export { initialCounts } from './initial.js';
export { BatchError, packEmigrants, placeEmigrants, travellingBytes, type ShardOwners } from './emigrants.js';
export { MemoryLimitError, planMemory, type MemoryPlan, type MemoryShare } from './memory-plan.js';
export { momentLayout, type MomentLayout, type ScalarColumn, type ShardMoments } from './moments.js';
export { ReferenceEngine, type Engine } from './reference.js';
export { replicaCount } from './replicas.js';
export {
  allocateMemory,
  DIGEST_BYTES,
  digestOf,
  hashOfDigests,
  ParticleStore,
  type ShardParticles,
} from './store.js';
