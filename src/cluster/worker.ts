// What a worker does with a task, on whatever thread it runs. It owns one engine (one region of the shared memory).

import { packEmigrants, type ShardEngine, type ShardMoments } from '../particles/mod.js';
import { abortBarrier, Barrier, BarrierAborted, controlWord } from './barrier.js';
import { now } from './clock.js';
import { densityGate, emigrantGate, Gates } from './machines/gates.js';
import type { MachineSetup, Outgoing, SharedGroup, TaskResult, WorkerTask } from './messages.js';

type SharedTask = Extract<WorkerTask, { kind: 'groups' | 'lockstep' }>;

export class Worker {
  readonly #control: Int32Array;
  readonly #barrier: Barrier;
  readonly #gates: Gates | undefined;
  #waited = 0;

  constructor(
    private readonly engine: ShardEngine,
    control: SharedArrayBuffer,
    workers: number,
    cores: number,
    private readonly machine?: MachineSetup,
  ) {
    this.#control = new Int32Array(control);
    this.#barrier = new Barrier(this.#control, workers, cores);
    this.#gates = machine && new Gates(new Int32Array(machine.gates));
  }

  /** @throws KernelFault; BarrierAborted where another worker failed */
  run(task: WorkerTask): TaskResult {
    const start = now();
    const moments: [number, ShardMoments][] = [];
    let digests: Uint8Array | undefined;
    let waited = 0;
    this.#waited = 0;
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
      case 'groups':
        this.#stepGroups(task);
        break;
      case 'lockstep':
        waited = this.#stepLockstep(task);
        break;
      case 'moments':
        this.engine.preparePotentials(task.time);
        for (const shard of task.shards) moments.push([shard, this.engine.moments(shard)]);
        break;
      case 'hashes':
        digests = this.engine.store.digests(task.shards);
        break;
      default:
        task satisfies never;
    }
    return {
      busySeconds: now() - start - waited - this.#waited,
      waitedSeconds: this.#waited,
      moments,
      ...(digests && { digests }),
    };
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

  /**
   * Steps groups of replicas that other machines have a part of. While a group's emigrants are on their way the next group
   * is stepped: a group is delivered to just before its next step. All machines go through their groups in ascending order,
   * so the group that is furthest behind never waits for another one.
   */
  #stepGroups({ from, to, worker, groups, port }: SharedTask): void {
    const { engine } = this;
    const { exchanges } = engine;
    engine.setOwner(worker);
    try {
      for (let exchange = from * exchanges; exchange < to * exchanges; exchange++) {
        const half = exchange % exchanges;
        const parity = exchange % 2;
        if (engine.changesWithTime) engine.prepare(Math.floor(exchange / exchanges), half);
        engine.beginExchange(parity);
        for (const group of groups) {
          if (exchange > from * exchanges) this.#deliver(group, exchange - 1);
          for (const shard of group.shards) engine.stepShard(shard, half, parity);
          this.#send(group, exchange, port);
        }
      }
      if (to > from) for (const group of groups) this.#deliver(group, to * exchanges - 1);
    } finally {
      port.close();
    }
  }

  /** Steps shards of all groups together with the other workers. Returns the seconds spent waiting for those. */
  #stepLockstep({ from, to, worker, groups, shards, nodes, port }: SharedTask): number {
    const { engine } = this;
    const { exchanges } = engine;
    let waited = 0;
    const meet = (): void => {
      const arrived = now();
      this.#barrier.wait();
      waited += now() - arrived;
    };
    engine.setOwner(worker);
    try {
      for (let exchange = from * exchanges; exchange < to * exchanges; exchange++) {
        const half = exchange % exchanges;
        const parity = exchange % 2;
        if (engine.changesWithTime) engine.prepare(Math.floor(exchange / exchanges), half);
        if (engine.needsDensities) {
          for (const shard of shards) engine.depositShard(shard, half);
          meet();
          for (const node of nodes) engine.reduceDensities(node);
          meet();
          for (const { group, peers } of groups) {
            if (peers.length === 0) continue;
            if (worker === 0) this.#post(port, { kind: 'densities', group, exchange });
            this.#pass(densityGate(group), exchange);
          }
        }
        engine.beginExchange(parity);
        for (const shard of shards) engine.stepShard(shard, half, parity);
        meet();
        if (worker === 0) for (const group of groups) this.#send(group, exchange, port);
        for (const group of groups) this.#deliver(group, exchange);
      }
    } catch (error) {
      if (!(error instanceof BarrierAborted)) abortBarrier(this.#control);
      throw error;
    } finally {
      port.close();
    }
    return waited;
  }

  /** Hands the emigrants of a group to other machines to the thread that sends them. */
  #send({ group, shards, peers }: SharedGroup, exchange: number, port: SharedTask['port']): void {
    const { machine } = this;
    if (peers.length === 0 || !machine) return;
    const batches = packEmigrants(this.engine.store, shards, exchange % 2, machine, peers);
    this.#post(port, { kind: 'emigrants', group, exchange, batches });
  }

  #post(port: SharedTask['port'], outgoing: Outgoing): void {
    const transfer =
      outgoing.kind === 'emigrants' ? [...outgoing.batches.values()].map(({ buffer }) => buffer) : [];
    port.postMessage(outgoing, transfer);
  }

  /** Delivers the emigrants of a group to this worker's shards, once those of other machines are there. */
  #deliver({ group, replicas, peers }: SharedGroup, exchange: number): void {
    if (peers.length > 0) this.#pass(emigrantGate(group), exchange);
    for (const replica of replicas) this.engine.exchange(replica, exchange % 2, false);
  }

  #pass(gate: number, exchange: number): void {
    const arrived = now();
    this.#gates?.wait(gate, exchange);
    this.#waited += now() - arrived;
  }
}
