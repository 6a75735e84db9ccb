// Machine code for a kernel: compiled eagerly and, where V8 offers it, with wider vectors, if a small run shows that the
// bits stay the same.

import type { CompiledKernel } from '../kernel/mod.js';
import type { Model } from '../model/mod.js';
import { allocateMemory, initialCounts, planMemory, ShardEngine } from '../particles/mod.js';
import { canRevectorize, compileEagerly, setRevectorize } from './engine-flags.js';

/** Particles per node and steps of the run that must agree. */
const TRIAL_PARTICLES = 256;
const TRIAL_STEPS = 4;
/** Nodes beyond which the trial would cost more than it is worth: then vectors stay as they are. */
const TRIAL_NODES = 4096;

/** Compiles a kernel. */
export function compileModule(model: Model, kernel: CompiledKernel): WebAssembly.Module {
  compileEagerly();
  const plain = new WebAssembly.Module(kernel.bytes);
  if (!canRevectorize || model.graph.nodeCount > TRIAL_NODES) return plain;
  setRevectorize(true);
  try {
    const wide = new WebAssembly.Module(distinct(kernel.bytes));
    return trialHash(model, kernel, wide) === trialHash(model, kernel, plain) ? wide : plain;
  } finally {
    setRevectorize(false);
  }
}

/** The same module in other bytes (an empty custom section at the end): V8 would return the code it has for equal bytes. */
function distinct(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...bytes, 0, 1, 0]);
}

function trialHash(model: Model, kernel: CompiledKernel, module: WebAssembly.Module): string {
  const small: Model = { ...model, particleCount: TRIAL_PARTICLES * model.graph.nodeCount };
  const plan = planMemory(small, kernel.plan, 1, 1);
  const memory = allocateMemory(kernel, plan);
  const engine = new ShardEngine(small, kernel, plan, memory, module, 0);
  initialCounts(small, 1).forEach((count, shard) => {
    engine.store.allocate(shard, count);
    engine.sample(shard, small.seed);
  });
  engine.stepAll(0, TRIAL_STEPS);
  return engine.store.stateHash();
}
