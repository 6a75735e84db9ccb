// What a worker does with a task, on whatever thread it runs. It owns one engine (one region of the shared memory).

import { packEmigrants, type ShardEngine, type ShardMoments } from '../particles/mod.js';
import { abortBarrier, Barrier, BarrierAborted, controlWord } from './barrier.js';
import { now } from './clock.js';
import { densityGate, emigrantGate, Gates } from './machines/gates.js';
import type { MachineSetup, Outgoing, SharedGroup, TaskResult, WorkerTask } from './messages.js';

type SharedTask = Extract<WorkerTask, { kind: 'groups' | 'lockstep' }>;

/** A worker's shards of one replica. */
interface ReplicaPart {
  readonly replica: number;
  readonly shards: readonly number[];
}

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

  /** Shards (ascending) of a worker, replica by replica. */
  #parts(shards: readonly number[]): ReplicaPart[] {
    const { nodeCount } = this.engine.model.graph;
    const parts = new Map<number, number[]>();
    for (const shard of shards) {
      const replica = Math.floor(shard / nodeCount);
      const part = parts.get(replica);
      if (part) part.push(shard);
      else parts.set(replica, [shard]);
    }
    return [...parts].map(([replica, of]) => ({ replica, shards: of }));
  }

  /**
   * Delivers what the exchange before this one has brought to a part of a replica, if there was one, and steps it: right one after
   * the other, because what is delivered goes to places all over the part, which then are in the cache (docs/performance.md).
   */
  #stepPart({ replica, shards }: ReplicaPart, exchange: number, delivers: boolean): void {
    const { engine } = this;
    if (delivers) this.#deliverTo(replica, exchange - 1);
    for (const shard of shards) engine.stepShard(shard, exchange % engine.exchanges, exchange % 2);
  }

  /**
   * Steps groups of replicas that other machines have a part of. While a group's emigrants are on their way the next group
   * is stepped: a group is delivered to just before its next step. All machines go through their groups in ascending order,
   * so the group that is furthest behind never waits for another one.
   */
  #stepGroups({ from, to, worker, groups, port }: SharedTask): void {
    const { engine } = this;
    const { exchanges } = engine;
    const parts = groups.map(({ shards }) => this.#parts(shards));
    engine.setOwner(worker);
    try {
      for (let exchange = from * exchanges; exchange < to * exchanges; exchange++) {
        const delivers = exchange > from * exchanges;
        if (engine.changesWithTime) engine.prepare(Math.floor(exchange / exchanges), exchange % exchanges);
        engine.beginExchange(exchange % 2);
        groups.forEach((group, index) => {
          if (delivers) this.#await(group, exchange - 1);
          for (const part of parts[index]) this.#stepPart(part, exchange, delivers);
          this.#send(group, exchange, port);
        });
      }
      if (to > from) for (const group of groups) this.#deliver(group, to * exchanges - 1);
    } finally {
      port.close();
    }
  }

  /** Steps shards of all replicas together with the other workers of this process, which is alone. */
  #stepNodes(task: Extract<WorkerTask, { kind: 'nodes' }>): number {
    const workers = this.engine.memoryPlan.workers.length;
    const { nodeCount } = this.engine.model.graph;
    const nodes: number[] = [];
    for (let node = task.worker; node < nodeCount; node += workers) nodes.push(node);
    return this.#stepTogether({ ...task, nodes });
  }

  /** The same where other machines have a part of the replicas. */
  #stepLockstep({ groups, port, ...task }: SharedTask): number {
    try {
      return this.#stepTogether(task, { groups, port });
    } finally {
      port.close();
    }
  }

  /**
   * Steps shards together with the other workers, and with other machines where there are some. Where rates need densities: deposit |
   * add up, node by node | react | deliver, with a meeting at each bar. Returns the seconds spent waiting for other workers.
   */
  #stepTogether(
    { from, to, worker, shards, nodes }: Pick<SharedTask, 'from' | 'to' | 'worker' | 'shards' | 'nodes'>,
    machines?: Pick<SharedTask, 'groups' | 'port'>,
  ): number {
    const { engine } = this;
    const { exchanges } = engine;
    const parts = this.#parts(shards);
    const groups = machines?.groups ?? [];
    let waited = 0;
    const meet = (): void => {
      const arrived = now();
      this.#barrier.wait();
      waited += now() - arrived;
    };
    engine.setOwner(worker);
    try {
      for (let exchange = from * exchanges; exchange < to * exchanges; exchange++) {
        const delivers = exchange > from * exchanges;
        if (engine.changesWithTime) engine.prepare(Math.floor(exchange / exchanges), exchange % exchanges);
        if (delivers) for (const group of groups) this.#await(group, exchange - 1);
        if (engine.needsDensities) {
          for (const { replica, shards: own } of parts) {
            if (delivers) this.#deliverTo(replica, exchange - 1);
            for (const shard of own) engine.depositShard(shard, exchange % exchanges);
          }
          meet();
          for (const node of nodes) engine.reduceDensities(node);
          meet();
          for (const { group, peers } of groups) {
            if (peers.length === 0) continue;
            if (worker === 0 && machines) this.#post(machines.port, { kind: 'densities', group, exchange });
            this.#pass(densityGate(group), exchange);
          }
        }
        engine.beginExchange(exchange % 2);
        for (const part of parts) this.#stepPart(part, exchange, delivers && !engine.needsDensities);
        meet();
        if (worker === 0 && machines) for (const group of groups) this.#send(group, exchange, machines.port);
      }
      if (to > from) {
        for (const group of groups) this.#await(group, to * exchanges - 1);
        for (const { replica } of parts) this.#deliverTo(replica, to * exchanges - 1);
      }
    } catch (error) {
      if (!(error instanceof BarrierAborted)) abortBarrier(this.#control);
      throw error;
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

  /** Waits until a group's emigrants on other machines are there. */
  #await({ group, peers }: SharedGroup, exchange: number): void {
    if (peers.length > 0) this.#pass(emigrantGate(group), exchange);
  }

  /** Delivers the emigrants of a group to this worker's shards, once those of other machines are there. */
  #deliver(group: SharedGroup, exchange: number): void {
    this.#await(group, exchange);
    for (const replica of group.replicas) this.#deliverTo(replica, exchange);
  }

  /** Delivers a replica's emigrants to this worker's shards. */
  #deliverTo(replica: number, exchange: number): void {
    this.engine.exchange(replica, exchange % 2, false);
  }

  #pass(gate: number, exchange: number): void {
    const arrived = now();
    this.#gates?.wait(gate, exchange);
    this.#waited += now() - arrived;
  }
}
