// Entrance of threads that evaluate an objective module (piscina). Loads the module once; what is done is src/objective.

import { workerData } from 'piscina';
import {
  answerTask,
  loadObjectiveModule,
  moduleObjective,
  ObjectiveError,
  type ObjectiveAnswer,
  type ObjectiveTask,
  type ObjectiveThreadSetup,
} from '../src/objective/mod.js';

const { path, options } = workerData as ObjectiveThreadSetup;
const loading = loadObjectiveModule(path, options).then((module) =>
  moduleObjective(module, `the module ${path}`),
);
// Whoever asks hears of it.
loading.catch(() => undefined);

export default async function run(task: ObjectiveTask): Promise<ObjectiveAnswer> {
  try {
    return await answerTask(await loading, task);
  } catch (error) {
    if (!(error instanceof ObjectiveError)) throw error;
    const [message] = error.message.split('\n    fix: ');
    return { kind: 'failed', message, hint: error.hint };
  }
}
