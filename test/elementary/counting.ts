// Operations that count themselves instead of computing: what a function costs when it is recorded. Literals
// are free; they sit in a pool. It does not know what one operation costs on the machine (shared/spec: kernel
// notes do).

import type { Operations, Precision } from '../../src/elementary/mod.js';

type Value = object;

export interface Counter {
  readonly ops: Operations<Value, Value, Value>;
  readonly counts: Map<string, number>;
  readonly total: () => number;
}

/** Reinterpretations are no instruction in SIMD: a vector has no type. */
const FREE = new Set(['constant', 'integer', 'bits', 'fromBits', 'precision']);

export function counter(precision: Precision): Counter {
  const counts = new Map<string, number>();
  const ops = new Proxy({} as Operations<Value, Value, Value>, {
    get(_target, name: string) {
      if (name === 'precision') return precision;
      if (precision === 'f64' && name === 'toFloat') throw new TypeError('toFloat is not for f64');
      return () => {
        if (!FREE.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
        return {};
      };
    },
  });
  return { ops, counts, total: () => [...counts.values()].reduce((sum, n) => sum + n, 0) };
}
