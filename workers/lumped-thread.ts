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
} from '../src/cluster/lumped-thread.js';
import { openSealed } from '../src/config/thread.js';
import { NodeWorker, type NodeTask } from '../src/lumped/mod.js';
import { buildModel } from '../src/model/mod.js';

async function open({ config: sealed, isTrusted }: LumpedSetup): Promise<NodeWorker> {
  const config = openSealed(sealed);
  const { model } = buildModel(config, { skipPreflight: true });
  const objective = await objectiveOf(config, model, { isTrusted, workers: 1 });
  return new NodeWorker(objective, nodeSettings(config, model));
}

const opened = open(workerData as LumpedSetup);
// What goes wrong is told by the first task.
opened.catch(() => undefined);

export default async function run(task: NodeTask): Promise<LumpedResult | TaskFailure> {
  try {
    const worker = await opened;
    const started = now();
    const result = await worker.run(task);
    return { ...result, busySeconds: now() - started };
  } catch (error) {
    return asFailure(error);
  }
}
