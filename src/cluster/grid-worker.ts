// What a worker of a grid run does with a task, on whatever thread it runs: it drives its member of the team, and meets the
// others wherever that yields.

import type { Energy, GridSolver } from '../grid/mod.js';
import { abortBarrier, Barrier, BarrierAborted } from './barrier.js';
import { now } from './clock.js';
import type { GridResult, GridTask } from './messages.js';

export class GridWorker {
  readonly #control: Int32Array;
  readonly #barrier: Barrier;

  constructor(
    private readonly engine: GridSolver,
    control: SharedArrayBuffer,
    workers: number,
    cores: number,
  ) {
    this.#control = new Int32Array(control);
    this.#barrier = new Barrier(this.#control, workers, cores);
  }

  /** @throws GridError; BarrierAborted where another worker failed */
  run(task: GridTask): GridResult {
    const start = now();
    let waited = 0;
    const work = this.#begin(task);
    try {
      for (;;) {
        const next = work.next();
        if (next.done === true) return { busySeconds: now() - start - waited, energy: next.value };
        const arrived = now();
        this.#barrier.wait();
        waited += now() - arrived;
      }
    } catch (error) {
      if (!(error instanceof BarrierAborted)) abortBarrier(this.#control);
      throw error;
    }
  }

  #begin(task: GridTask): Generator<void, Energy | undefined> {
    switch (task.kind) {
      case 'start':
        return this.engine.start();
      case 'advance':
        return this.engine.advance(task.from, task.to);
      case 'measure':
        return this.engine.measure(task.time);
      default:
        return task satisfies never;
    }
  }
}
