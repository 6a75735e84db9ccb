// Entrance of a worker thread (piscina). Builds its engine once from what the coordinator sends, then runs tasks.

import { workerData } from 'piscina';
import {
  asFailure,
  controlWord,
  Worker,
  type TaskFailure,
  type TaskResult,
  type WorkerSetup,
  type WorkerTask,
} from '../src/cluster/thread.js';
import { openSealed } from '../src/config/thread.js';
import { planKernel } from '../src/kernel/mod.js';
import { buildModel } from '../src/model/mod.js';
import { planMemory, ShardEngine } from '../src/particles/mod.js';
import { standBack } from './stand-back.js';

const setup = workerData as WorkerSetup;
const number = Atomics.add(new Int32Array(setup.control), controlWord.engines, 1);
const { model } = buildModel(openSealed(setup.config), { skipPreflight: true });
// The code is there already: the module has it.
const kernel = { plan: planKernel(model) };
const plan = planMemory(model, kernel.plan, setup.replicas, setup.workers, setup.machine);
const engine = new ShardEngine(model, kernel, plan, setup.memory, setup.module, number);
// A machine's input and output, and its server where that is on the same host, must get in between.
if (setup.machine) standBack();
const worker = new Worker(engine, setup.control, setup.workers, setup.cores, setup.machine);

export default function run(task: WorkerTask): TaskResult | TaskFailure {
  try {
    return worker.run(task);
  } catch (error) {
    return asFailure(error);
  }
}
