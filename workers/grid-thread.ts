// Entrance of a worker thread of a grid run (piscina). Builds its member of the team once from what the coordinator sends,
// then runs tasks.

import { workerData } from 'piscina';
import {
  asFailure,
  controlWord,
  GridWorker,
  type GridResult,
  type GridSetup,
  type GridTask,
  type TaskFailure,
} from '../src/cluster/thread.js';
import { openSealed } from '../src/config/thread.js';
import { GridPlan, gridSolver } from '../src/grid/mod.js';
import { buildModel } from '../src/model/mod.js';

const setup = workerData as GridSetup;
const index = Atomics.add(new Int32Array(setup.control), controlWord.engines, 1);
const { model } = buildModel(openSealed(setup.config), { skipPreflight: true });
const plan = new GridPlan(model);
const engine = gridSolver(plan, plan.view(setup.memory), { index, size: setup.workers });
const worker = new GridWorker(engine, setup.control, setup.workers, setup.cores);

export default function run(task: GridTask): GridResult | TaskFailure {
  try {
    return worker.run(task);
  } catch (error) {
    return asFailure(error);
  }
}
