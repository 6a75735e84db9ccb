// An external program, in whatever language, as an objective: several processes of it, so that points are evaluated at once. Who answers which
// point does not matter: answers depend on the question alone. Restarts are child.ts.

import { ObjectiveError } from './errors.js';
import { ObjectiveChild, type ChildOptions } from './child.js';
import { neighbourList } from './module-objective.js';
import type { MeasuredObjective } from './module-types.js';

/**
 * Starts the processes and asks the first what it can do.
 *
 * @param processes 1 or more
 * @throws ObjectiveError if it cannot be started
 */
export async function processObjective(options: ChildOptions, processes: number): Promise<MeasuredObjective> {
  const children = Array.from({ length: processes }, () => new ObjectiveChild(options));
  const [first] = children;
  const where = `the process ${options.command.join(' ')}`;
  const close = async (): Promise<void> => {
    await Promise.all(children.map((child) => child.close()));
  };
  let hello: Awaited<ReturnType<ObjectiveChild['hello']>>;
  try {
    hello = await first.hello();
  } catch (error) {
    await close();
    throw error;
  }
  const can = new Set(hello.has);
  return {
    miniBatches: hello.miniBatches,
    dimension: async (node) => (await first.ask<'dimension'>({ call: 'dimension', node })).dimension,
    evaluate: async (points) => {
      const values = new Float64Array(points.length);
      let next = 0;
      const work = async (child: ObjectiveChild): Promise<void> => {
        while (next < points.length) {
          const place = next++;
          const { node, x, gradient, time, batch } = points[place];
          const answer = await child.ask<'evaluate'>({
            ...{ call: 'evaluate', node, x: Array.from(x), gradient: gradient !== undefined },
            ...{ time, batch: batch ?? null },
          });
          values[place] = answer.value;
          if (gradient === undefined) continue;
          if (answer.gradient?.length !== gradient.length) {
            throw new ObjectiveError(
              `${where} gives a gradient of ${answer.gradient?.length ?? 0} numbers for ${gradient.length} coordinates of node "${node}"`,
              'answer "evaluate" with gradient, one number per coordinate, where it is wanted',
            );
          }
          gradient.set(answer.gradient);
        }
      };
      await Promise.all(children.map(work));
      return values;
    },
    ...(can.has('initial') && {
      initial: async (node, seed) => {
        const { x } = await first.ask<'initial'>({ call: 'initial', node, seed });
        return x === null ? undefined : Float64Array.from(x);
      },
    }),
    ...(can.has('transfer') && {
      transfer: async (x, from, to) =>
        Float64Array.from((await first.ask<'transfer'>({ call: 'transfer', x: Array.from(x), from, to })).x),
    }),
    ...(can.has('neighbours') && {
      neighbours: async (node) =>
        neighbourList(
          (await first.ask<'neighbours'>({ call: 'neighbours', node })).neighbours,
          ...([where, node] as const),
        ),
    }),
    ...(can.has('measure') && {
      measure: async (x, node) =>
        (await first.ask<'measure'>({ call: 'measure', x: Array.from(x), node })).measured,
    }),
    close,
  };
}
