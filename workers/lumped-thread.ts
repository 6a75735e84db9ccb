// Entrance of a worker thread of a lumped run (piscina). Builds model and objective once from what the leading thread sends, then does tasks
// on points in shared memory.

import { workerData } from 'piscina';
import {
  asFailure,
  nodeSettings,
  now,
  objectiveOf,
  type LumpedResult,
  type LumpedSetup,
  type TaskFailure,
} from '../src/cluster/mod.js';
import { loadBundle } from '../src/config/mod.js';
import { NodeWorker, type NodeTask } from '../src/lumped/mod.js';
import { buildModel } from '../src/model/mod.js';

const config = loadBundle((workerData as LumpedSetup).config);
const { model } = buildModel(config, { skipPreflight: true });
const worker = new NodeWorker(await objectiveOf(config, model), nodeSettings(config, model));

export default async function run(task: NodeTask): Promise<LumpedResult | TaskFailure> {
  const started = now();
  try {
    const result = await worker.run(task);
    return { ...result, busySeconds: now() - started };
  } catch (error) {
    return asFailure(error);
  }
}
