// What a worker does with a task, on whatever thread it runs. It owns one engine (one region of the shared memory).

import type { ShardEngine, ShardMoments } from '../particles/mod.js';
import { abortBarrier, Barrier, BarrierAborted, controlWord } from './barrier.js';
import { now } from './clock.js';
import type { TaskResult, WorkerTask } from './messages.js';

export class Worker {
  readonly #control: Int32Array;
  readonly #barrier: Barrier;

  constructor(
    private readonly engine: ShardEngine,
    control: SharedArrayBuffer,
    workers: number,
    cores: number,
  ) {
    this.#control = new Int32Array(control);
    this.#barrier = new Barrier(this.#control, workers, cores);
  }

  /** @throws KernelFault; BarrierAborted where another worker failed */
  run(task: WorkerTask): TaskResult {
    const start = now();
    const moments: [number, ShardMoments][] = [];
    let waited = 0;
    switch (task.kind) {
      case 'sample':
        for (const shard of task.shards) this.engine.sample(shard, task.seed);
        break;
      case 'replicas':
        this.#stepReplicas(task);
        break;
      case 'nodes':
        waited = this.#stepNodes(task);
        break;
      case 'moments':
        this.engine.preparePotentials(task.time);
        for (const shard of task.shards) moments.push([shard, this.engine.moments(shard)]);
        break;
      case 'hashes':
        return { busySeconds: now() - start, moments, digests: this.engine.store.digests(task.shards) };
      default:
        task satisfies never;
    }
    return { busySeconds: now() - start - waited, moments };
  }

  #stepReplicas({ from, to, own, others }: Extract<WorkerTask, { kind: 'replicas' }>): void {
    const { engine } = this;
    if (engine.changesWithTime) {
      // Uniforms are written once per step and serve all replicas; whoever steps a replica steps it to the end.
      for (let step = from; step < to; step++) {
        for (let exchange = 0; exchange < engine.exchanges; exchange++) {
          engine.prepare(step, exchange);
          for (const replica of own) engine.exchangeReplica(replica, exchange);
        }
      }
      return;
    }
    for (const replica of [...own, ...others]) {
      if (Atomics.exchange(this.#control, controlWord.claims + replica, 1) === 0) {
        engine.stepReplica(replica, from, to);
      }
    }
  }

  /**
   * Returns the seconds spent waiting for others. Where rates need densities: deposit | add up, node by node | react |
   * deliver, with a meeting at each bar.
   */
  #stepNodes({ from, to, worker, shards }: Extract<WorkerTask, { kind: 'nodes' }>): number {
    const { engine } = this;
    const { replicas } = engine.memoryPlan;
    const workers = engine.memoryPlan.workers.length;
    const { nodeCount } = engine.model.graph;
    let waited = 0;
    let parity = 0;
    const meet = (): void => {
      const arrived = now();
      this.#barrier.wait();
      waited += now() - arrived;
    };
    engine.setOwner(worker);
    try {
      for (let step = from; step < to; step++) {
        for (let exchange = 0; exchange < engine.exchanges; exchange++) {
          if (engine.changesWithTime) engine.prepare(step, exchange);
          if (engine.needsDensities) {
            for (const shard of shards) engine.depositShard(shard, exchange);
            meet();
            for (let node = worker; node < nodeCount; node += workers) engine.reduceDensities(node);
            meet();
          }
          engine.beginExchange(parity);
          for (const shard of shards) engine.stepShard(shard, exchange, parity);
          meet();
          for (let replica = 0; replica < replicas; replica++) engine.exchange(replica, parity, false);
          parity = 1 - parity;
        }
      }
    } catch (error) {
      if (!(error instanceof BarrierAborted)) abortBarrier(this.#control);
      throw error;
    }
    return waited;
  }
}
