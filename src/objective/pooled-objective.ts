// A module on the threads of a pool: points of a call are dealt out to them. All else (dimensions, neighbours, transfers) is asked of the module on
// the calling thread, where it is little. Results do not depend on the number of threads: a point's answer depends on the point alone.

import { Piscina } from 'piscina';
import type { ObjectivePoint } from '../lumped/mod.js';
import { ObjectiveError } from './errors.js';
import { loadObjectiveModule } from './load-module.js';
import { moduleObjective } from './module-objective.js';
import type { MeasuredObjective } from './module-types.js';

/** What a thread is told when it starts. */
export interface ObjectiveThreadSetup {
  readonly path: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Points for a thread, as plain data. */
export type ObjectiveTask =
  | {
      readonly kind: 'evaluate';
      readonly points: readonly (Omit<ObjectivePoint, 'gradient'> & { readonly wantsGradient: boolean })[];
    }
  | { readonly kind: 'measure'; readonly x: Float64Array; readonly node: string };

/** What comes back. */
export type ObjectiveAnswer =
  | {
      readonly kind: 'evaluate';
      readonly values: Float64Array;
      readonly gradients: readonly (Float64Array | undefined)[];
    }
  | { readonly kind: 'measure'; readonly measured: Readonly<Record<string, number>> }
  | { readonly kind: 'failed'; readonly message: string; readonly hint: string };

/** Parts that the points of a call are dealt out in, per thread: who is done early takes another one. */
const PARTS_PER_THREAD = 3;

/**
 * @param threads 1 or more
 * @throws ObjectiveError if the module cannot be loaded
 */
export async function pooledObjective(
  setup: ObjectiveThreadSetup,
  threads: number,
): Promise<MeasuredObjective> {
  const where = `the module ${setup.path}`;
  const local = moduleObjective(await loadObjectiveModule(setup.path, setup.options), where);
  if (threads <= 1) return local;
  const pool = new Piscina({
    filename: threadFile(),
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Infinity,
    workerData: setup,
  });
  const ask = async (task: ObjectiveTask): Promise<ObjectiveAnswer> => {
    const answer = (await pool.run(task)) as ObjectiveAnswer;
    if (answer.kind === 'failed') throw new ObjectiveError(answer.message, answer.hint);
    return answer;
  };
  return {
    ...local,
    evaluate: async (points) => {
      const values = new Float64Array(points.length);
      const part = Math.max(1, Math.ceil(points.length / (threads * PARTS_PER_THREAD)));
      const starts = Array.from({ length: Math.ceil(points.length / part) }, (_, i) => i * part);
      await Promise.all(
        starts.map(async (start) => {
          const mine = points.slice(start, start + part);
          const answer = await ask({
            kind: 'evaluate',
            points: mine.map(({ node, x, gradient, time, batch }) => ({
              ...{ node, x, time, batch, wantsGradient: gradient !== undefined },
            })),
          });
          if (answer.kind !== 'evaluate') return;
          values.set(answer.values, start);
          mine.forEach(({ gradient }, i) => {
            const given = answer.gradients[i];
            if (gradient && given) gradient.set(given);
          });
        }),
      );
      return values;
    },
    ...(local.measure !== undefined && {
      measure: async (x: Float64Array, node: string) => {
        const answer = await ask({ kind: 'measure', x, node });
        return answer.kind === 'measure' ? answer.measured : {};
      },
    }),
    close: async () => {
      await pool.destroy();
      await local.close?.();
    },
  };
}

/** Does a task with an objective: what a thread does all day. */
export async function answerTask(
  objective: MeasuredObjective,
  task: ObjectiveTask,
): Promise<ObjectiveAnswer> {
  switch (task.kind) {
    case 'evaluate': {
      const points = task.points.map(({ wantsGradient, ...point }): ObjectivePoint => ({
        ...point,
        gradient: wantsGradient ? new Float64Array(point.x.length) : undefined,
      }));
      const values = Float64Array.from(await objective.evaluate(points));
      return { kind: 'evaluate', values, gradients: points.map(({ gradient }) => gradient) };
    }
    case 'measure':
      return { kind: 'measure', measured: (await objective.measure?.(task.x, task.node)) ?? {} };
    default:
      return task satisfies never;
  }
}

/** The built entrance of the threads, also when these sources are run as they are (tests). */
function threadFile(): string {
  const inSources = import.meta.url.endsWith('.ts');
  return new URL(`../../${inSources ? 'dist/' : ''}workers/objective.js`, import.meta.url).href;
}
