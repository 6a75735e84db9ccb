// An objective module as the lumped flow wants it: answers are checked, so that a slip in a module is told with the node and the function, rather
// than being met much later as a state that is not finite. On the calling thread; several threads are pooled-objective.ts.

import type { Neighbour, ObjectivePoint } from '../lumped/mod.js';
import { ObjectiveError } from './errors.js';
import { textOf } from './load-module.js';
import type { MeasuredObjective, ObjectiveModule, ObjectiveMoment } from './module-types.js';

/**
 * @param where the module in words, for messages
 */
export function moduleObjective(module: ObjectiveModule, where: string): MeasuredObjective {
  const evaluateOne = async ({ node, x, gradient, time, batch }: ObjectivePoint): Promise<number> => {
    const at: ObjectiveMoment = { time, batch };
    if (gradient === undefined) {
      if (module.value) return finite(await guarded(where, 'value', node, () => module.value?.(x, node, at)));
      const both = await guarded(where, 'valueAndGradient', node, () =>
        module.valueAndGradient?.(x, node, at),
      );
      return finite(both?.value);
    }
    if (module.valueAndGradient) {
      const both = await guarded(where, 'valueAndGradient', node, () =>
        module.valueAndGradient?.(x, node, at),
      );
      fill(gradient, both?.gradient, where, 'valueAndGradient', node);
      return finite(both?.value);
    }
    fill(
      gradient,
      await guarded(where, 'gradient', node, () => module.gradient?.(x, node, at)),
      ...([where, 'gradient', node] as const),
    );
    return finite(await guarded(where, 'value', node, () => module.value?.(x, node, at)));
  };
  const { initial, transfer, neighbours, diffusivity, measure, close } = module;
  return {
    miniBatches: module.miniBatches === true,
    dimension: async (node) => {
      const given = typeof module.dimension === 'number' ? module.dimension : await module.dimension(node);
      if (Number.isSafeInteger(given) && given >= 1) return given;
      throw wrong(where, 'dimension', node, `gives ${String(given)}`, 'give a whole number >= 1');
    },
    evaluate: async (points) => {
      const values = new Float64Array(points.length);
      for (const [i, point] of points.entries()) values[i] = await evaluateOne(point);
      return values;
    },
    ...(initial && {
      initial: async (node, seed) => {
        const given = await guarded(where, 'initial', node, () => initial(node, seed));
        return given === undefined ? undefined : numbers(given, where, 'initial', node);
      },
    }),
    ...(transfer && {
      transfer: async (x, from, to) =>
        numbers(
          await guarded(where, 'transfer', `${from}" to "${to}`, () => transfer(x, from, to)),
          ...([where, 'transfer', `${from}" to "${to}`] as const),
        ),
    }),
    ...(neighbours && {
      neighbours: async (node) =>
        neighbourList(await guarded(where, 'neighbours', node, () => neighbours(node)), where, node),
    }),
    ...(diffusivity && {
      diffusivity: (node) => {
        const given = diffusivity(node);
        if (given > 0 && Number.isFinite(given)) return given;
        throw wrong(where, 'diffusivity', node, `gives ${given}`, 'give a number > 0');
      },
    }),
    ...(measure && {
      measure: async (x, node) => guarded(where, 'measure', node, () => measure(x, node)),
    }),
    close: async () => {
      await close?.();
    },
  };
}

/** A list of neighbours as modules and processes give it, checked. */
export function neighbourList(given: unknown, where: string, node: string): Neighbour[] {
  if (!Array.isArray(given))
    throw wrong(where, 'neighbours', node, 'gives no list', 'give names or [name, weight]');
  return given.map((item: unknown): Neighbour => {
    const [name, weight] = Array.isArray(item) ? (item as unknown[]) : [item, 1];
    if (typeof name === 'string' && typeof weight === 'number' && weight > 0 && Number.isFinite(weight))
      return { node: name, weight };
    throw wrong(
      where,
      'neighbours',
      node,
      `gives ${JSON.stringify(item)}`,
      'give names or [name, weight], weights > 0',
    );
  });
}

function wrong(
  where: string,
  call: string,
  node: string,
  what: string,
  hint: string,
  cause?: unknown,
): ObjectiveError {
  return new ObjectiveError(`${where}: ${call} of node "${node}" ${what}`, hint, cause);
}

async function guarded<T>(where: string, call: string, node: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ObjectiveError) throw error;
    throw wrong(where, call, node, `failed: ${textOf(error)}`, 'mend it there', error);
  }
}

/** A value as it is; what is no number becomes NaN, which the flow refuses with node and step. */
function finite(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

function fill(target: Float64Array, given: unknown, where: string, call: string, node: string): void {
  const values = numbers(given, where, call, node);
  if (values.length !== target.length) {
    const what = `gives a gradient of ${values.length} numbers for ${target.length} coordinates`;
    throw wrong(where, call, node, what, 'give one number per coordinate');
  }
  target.set(values);
}

/** Numbers out of any list of them. */
export function numbers(given: unknown, where: string, call: string, node: string): Float64Array {
  const isList =
    Array.isArray(given) || (ArrayBuffer.isView(given) && !(given instanceof DataView) && 'length' in given);
  if (!isList) throw wrong(where, call, node, 'gives no list of numbers', 'give an array');
  return Float64Array.from(given as ArrayLike<number>);
}
