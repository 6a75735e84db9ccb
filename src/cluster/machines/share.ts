// One machine's share of a particle run in one epoch: its memory, its threads, its shards. Steps them, with other machines
// where replicas are shared, and tells what is asked of them. Knows no network (links.ts) and no requests (member.ts). An
// epoch that ends takes its share with it: nothing is moved from one to the next.

import { MessageChannel } from 'node:worker_threads';
import { loadBundle, sealConfig, type ConfigBundle } from '../../config/mod.js';
import { compileKernel, type CompiledKernel } from '../../kernel/mod.js';
import { buildModel, type Model } from '../../model/mod.js';
import {
  allocateMemory,
  DIGEST_BYTES,
  exchangesPerStep,
  initialCounts,
  KernelFault,
  momentLayout,
  ParticleStore,
  placeEmigrants,
  planMemory,
  replicaCount,
  type MemoryPlan,
  type ShardParticles,
} from '../../particles/mod.js';
import { longestFirst } from '../assignment.js';
import { controlWord } from '../barrier.js';
import { controlBytes, coreCount, threadCrew, type Crew } from '../crew.js';
import type { MachineSetup, Outgoing, SharedGroup, TaskResult, WorkerTask } from '../messages.js';
import { compileModule } from '../module.js';
import { densityGate, emigrantGate, Gates, gateWords } from './gates.js';
import type { Placement, Replies, ShardCounts } from './protocol.js';

/** A placement that does not fit the model, or a request that does not fit the placement. */
export class ShareError extends Error {
  readonly code = 'bad-placement';
}

/** What a share is made from. */
export interface ShareOptions {
  readonly bundle: ConfigBundle;
  readonly placement: Placement;
  /** Number of this machine in the placement. */
  readonly self: number;
  /** Threads. */
  readonly workers: number;
}

type Advance = Omit<Replies['advance'], 'sentBytes' | 'sentMessages' | 'askedAgain'>;

export class Share {
  #step = 0;

  private constructor(
    readonly model: Model,
    readonly kernel: CompiledKernel,
    readonly workers: number,
    /** This machine's shards, ascending. */
    readonly shards: readonly number[],
    readonly groups: readonly SharedGroup[],
    private readonly machine: MachineSetup,
    private readonly plan: MemoryPlan,
    private readonly memory: WebAssembly.Memory,
    private readonly store: ParticleStore,
    private readonly control: Int32Array,
    private readonly gates: Gates,
    private readonly crew: Crew,
  ) {
    // Shards of others are never this machine's: no worker has this number.
    const own = new Set(shards);
    for (let shard = 0; shard < plan.shardCount; shard++) if (!own.has(shard)) store.setOwner(shard, 0xffff);
  }

  /**
   * Builds model and memory, and starts the threads. There is no state until `sample` or `restore`.
   * @throws ConfigError, MemoryLimitError, ShareError
   */
  static create({ bundle, placement, self, workers }: ShareOptions): Share {
    const config = loadBundle(bundle);
    const { model } = buildModel(config, { skipPreflight: true });
    const { nodeCount } = model.graph;
    const replicas = replicaCount(model);
    const { owner, groupOfReplica } = placement;
    if (owner.length !== nodeCount * replicas || groupOfReplica.length !== replicas) {
      throw new ShareError(
        `the placement is of ${owner.length} shards, the model has ${nodeCount * replicas} (${nodeCount} nodes, ${replicas} ` +
          'replicas): coordinator and worker are not of the same version',
      );
    }
    const shards = Array.from(owner.keys()).filter((shard) => owner[shard] === self);
    const groups = groupsOf(placement, self, nodeCount);
    const counts = initialCounts(model, replicas);
    const total = (of: readonly number[]): number =>
      of.reduce((sum, replica) => {
        for (let node = 0; node < nodeCount; node++) sum += counts[replica * nodeCount + node];
        return sum;
      }, 0);
    const kernel = compileKernel(model);
    const share = {
      // A replica keeps its particles: more than it has cannot come here.
      capacity: groups.reduce((sum, group) => sum + total(group.replicas), 0),
      inboxes: groups.map(({ peers, replicas: of }) => (peers.length === 0 ? 0 : total(of))),
    };
    const plan = planMemory(model, kernel.plan, replicas, workers, share);
    const memory = allocateMemory(kernel, plan);
    const control = new SharedArrayBuffer(controlBytes(replicas));
    const gates = new SharedArrayBuffer(4 * gateWords(1 + Math.max(0, ...groups.map(({ group }) => group))));
    const machine: MachineSetup = { ...share, owner, self, nodeCount, gates };
    const crew = threadCrew({
      config: sealConfig(config),
      module: compileModule(model, kernel),
      memory,
      replicas,
      workers,
      cores: coreCount(),
      control,
      machine,
    });
    const { fields, precision } = kernel.plan;
    return new Share(
      model,
      kernel,
      workers,
      shards,
      groups,
      machine,
      plan,
      memory,
      new ParticleStore(memory, plan, nodeCount, fields, precision),
      new Int32Array(control),
      new Gates(new Int32Array(gates)),
      crew,
    );
  }

  /** Step that was done last. */
  get step(): number {
    return this.#step;
  }

  /** Whether rates need densities, which other machines must have, too. */
  get coupled(): boolean {
    return this.kernel.plan.densities !== undefined;
  }

  /** Exchanges since step 0 that are done. */
  get exchange(): number {
    return this.#step * exchangesPerStep(this.model);
  }

  /** Draws the initial state of its shards. */
  async sample(): Promise<ShardCounts> {
    const { model, shards, store } = this;
    const counts = initialCounts(model, this.plan.replicas);
    for (const shard of shards) store.allocate(shard, counts[shard]);
    const { work } = longestFirst(
      shards.map((shard) => counts[shard]),
      this.workers,
    );
    await this.crew.run(
      work.map((of): WorkerTask => ({
        kind: 'sample',
        shards: of.map((index) => shards[index]),
        seed: model.seed,
      })),
    );
    this.begin(0);
    return this.counts();
  }

  /** Puts a shard back, once, in place of `sample`; `begin` ends it. */
  fill(shard: number, particles: Pick<ShardParticles, 'count' | 'fields' | 'generator'>): void {
    this.store.fill(shard, particles);
  }

  /** All shards are there, as they were after `step`. */
  begin(step: number): void {
    this.#step = step;
    for (const { group } of this.groups) {
      this.gates.open(emigrantGate(group), this.exchange - 1);
      this.gates.open(densityGate(group), this.exchange - 1);
    }
  }

  /**
   * Steps its shards. What other machines need is handed to `send` in the order in which it is ready; what comes from them
   * goes through `placeEmigrants` and `placeDensities`.
   * @throws KernelFault; BarrierAborted after `giveUp`
   */
  async advance(from: number, to: number, send: (outgoing: Outgoing) => void): Promise<Advance> {
    if (from !== this.#step) throw new ShareError(`asked to step from ${from}, but is at step ${this.#step}`);
    let results: readonly TaskResult[] = [];
    if (this.shards.length > 0) {
      try {
        results = await this.crew.run(this.#tasks(from, to, send));
      } catch (error) {
        // Threads that wait for other machines would wait for ever: those wait for the work that has failed.
        this.gates.giveUp();
        if (!(error instanceof KernelFault)) throw error;
        throw new KernelFault(`between steps ${from} and ${to}: ${error.message}`, error.code, {
          cause: error,
        });
      }
    }
    this.#step = to;
    return {
      ...this.counts(),
      jumps: this.#jumps(),
      busySeconds: results.map(({ busySeconds }) => busySeconds),
      waitedSeconds: results.map(({ waitedSeconds }) => waitedSeconds),
    };
  }

  #tasks(from: number, to: number, send: (outgoing: Outgoing) => void): WorkerTask[] {
    const { workers, groups, shards, store } = this;
    const costs = shards.map((shard) => store.count(shard));
    const port = (): MessageChannel['port1'] => {
      const { port1, port2 } = new MessageChannel();
      port2.on('message', send);
      return port1;
    };
    const alone = groups.every(({ peers }) => peers.length === 0);
    const replicas = groups.flatMap((group) => group.replicas);
    if (alone && !this.coupled && replicas.length >= workers) {
      this.control.fill(0, controlWord.claims);
      const { work } = longestFirst(
        replicas.map((replica) => this.#countOf([replica])),
        workers,
      );
      const own = work.map((of) => of.map((index) => replicas[index]));
      return own.map((mine, worker): WorkerTask => ({
        kind: 'replicas',
        from,
        to,
        own: mine,
        others: own.flatMap((of, other) => (other === worker ? [] : of)).reverse(),
      }));
    }
    if (!this.coupled && groups.length >= workers) {
      const { work } = longestFirst(
        groups.map((group) => this.#countOf(group.replicas)),
        workers,
      );
      return work.map((of, worker): WorkerTask => {
        // Ascending: see Worker.
        const mine = [...of].sort((a, b) => a - b).map((index) => groups[index]);
        for (const group of mine) for (const shard of group.shards) store.setOwner(shard, worker);
        return { kind: 'groups', from, to, worker, groups: mine, shards: [], nodes: [], port: port() };
      });
    }
    const { work } = longestFirst(costs, workers);
    const nodes = [...new Set(shards.map((shard) => shard % this.machine.nodeCount))].sort((a, b) => a - b);
    return work.map((of, worker): WorkerTask => {
      const mine = of.map((index) => shards[index]).sort((a, b) => a - b);
      for (const shard of mine) store.setOwner(shard, worker);
      const reduces = nodes.filter((_, index) => index % workers === worker);
      return {
        kind: 'lockstep',
        from,
        to,
        worker,
        groups,
        shards: mine,
        nodes: reduces,
        port: port(),
      };
    });
  }

  #countOf(replicas: readonly number[]): number {
    const { nodeCount } = this.machine;
    let sum = 0;
    for (const replica of replicas) {
      for (let node = 0; node < nodeCount; node++) {
        const shard = replica * nodeCount + node;
        if (this.machine.owner[shard] === this.machine.self) sum += this.store.count(shard);
      }
    }
    return sum;
  }

  /**
   * Puts the emigrants of a peer where the exchange finds them.
   * @throws BatchError if they are none of this peer's to this machine
   */
  placeEmigrants(group: SharedGroup, from: number, exchange: number, batch: Uint8Array): void {
    const inbox = this.plan.inboxes[this.groups.indexOf(group)][exchange % 2];
    const slot = this.#slots(group, exchange % 2, exchange);
    const sources = this.#sourcesOf(group, from);
    const room = { address: inbox.address + slot.used, bytes: inbox.bytes - slot.used };
    slot.used += placeEmigrants(this.store, sources, exchange % 2, this.machine, batch, room);
  }

  readonly #used = new Map<string, { exchange: number; used: number }>();

  /** How much of an inbox is taken in this exchange. */
  #slots({ group }: SharedGroup, parity: number, exchange: number): { used: number } {
    const key = `${group}/${parity}`;
    let slot = this.#used.get(key);
    if (slot?.exchange !== exchange) {
      slot = { exchange, used: 0 };
      this.#used.set(key, slot);
    }
    return slot;
  }

  readonly #sources = new Map<string, readonly number[]>();

  /** Shards of a group on another machine, ascending. */
  #sourcesOf({ group, replicas }: SharedGroup, machine: number): readonly number[] {
    const key = `${group}/${machine}`;
    let sources = this.#sources.get(key);
    if (!sources) {
      const { owner, nodeCount } = this.machine;
      sources = replicas.flatMap((replica) =>
        Array.from({ length: nodeCount }, (_, node) => replica * nodeCount + node).filter(
          (shard) => owner[shard] === machine,
        ),
      );
      this.#sources.set(key, sources);
    }
    return sources;
  }

  /** The densities of this machine's nodes, node after node, as they lie in memory. A copy. */
  densities(): Uint8Array<ArrayBuffer> {
    const tables = this.#tables(this.machine.self);
    const out = new Uint8Array(tables.reduce((sum, table) => sum + table.length, 0));
    let at = 0;
    for (const table of tables) {
      out.set(table, at);
      at += table.length;
    }
    return out;
  }

  /**
   * Puts the densities of a peer's nodes where all workers look for them.
   * @throws ShareError if they are of another length
   */
  placeDensities(from: number, bytes: Uint8Array): void {
    const tables = this.#tables(from);
    const length = tables.reduce((sum, table) => sum + table.length, 0);
    if (length !== bytes.length)
      throw new ShareError(`densities of ${bytes.length} bytes came, not of ${length}`);
    let at = 0;
    for (const table of tables) {
      table.set(bytes.subarray(at, at + table.length));
      at += table.length;
    }
  }

  /** The densities of a machine's nodes in this memory. */
  #tables(machine: number): Uint8Array[] {
    const { densities } = this.kernel.plan;
    if (!densities) throw new ShareError('the rates of this model need no densities');
    const { owner, nodeCount } = this.machine;
    const [{ densityTable }] = this.plan.workers;
    const { tableBytes } = densities;
    return Array.from({ length: nodeCount }, (_, node) => node)
      .filter((node) => owner[node] === machine)
      .map((node) => new Uint8Array(this.memory.buffer, densityTable + node * tableBytes, tableBytes));
  }

  /** Opens the gate of a group for the threads, when all that an exchange needs is there. */
  open(kind: 'emigrants' | 'densities', group: number, exchange: number): void {
    this.gates.open(kind === 'emigrants' ? emigrantGate(group) : densityGate(group), exchange);
  }

  /** Moments of its shards. */
  async moments(time: number): Promise<Replies['moments']> {
    const { shards, store } = this;
    const { columns, pairs } = momentLayout(this.model);
    const { work } = longestFirst(
      shards.map((shard) => store.count(shard) + 1),
      this.workers,
    );
    const results = await this.crew.run(
      work.map((of): WorkerTask => ({ kind: 'moments', shards: of.map((index) => shards[index]), time })),
    );
    const place = new Map(shards.map((shard, index) => [shard, index]));
    const reply = {
      shards: Uint32Array.from(shards),
      counts: new Float64Array(shards.length),
      means: new Float64Array(shards.length * columns),
      products: new Float64Array(shards.length * pairs.length),
    };
    for (const { moments } of results) {
      for (const [shard, { count, mean, products }] of moments) {
        const index = place.get(shard) ?? NaN;
        reply.counts[index] = count;
        reply.means.set(mean, index * columns);
        reply.products.set(products, index * pairs.length);
      }
    }
    return reply;
  }

  /** Digests of its shards. */
  async hashes(): Promise<Replies['hashes']> {
    const { shards, store } = this;
    const { work } = longestFirst(
      shards.map((shard) => store.count(shard) + 1),
      this.workers,
    );
    const digests = new Uint8Array(DIGEST_BYTES * shards.length);
    const results = await this.crew.run(
      work.map((of): WorkerTask => ({ kind: 'hashes', shards: of.map((index) => shards[index]) })),
    );
    results.forEach((result, worker) => {
      work[worker].forEach((index, i) => {
        const digest = result.digests?.subarray(DIGEST_BYTES * i, DIGEST_BYTES * (i + 1));
        if (digest) digests.set(digest, DIGEST_BYTES * index);
      });
    });
    return { shards: Uint32Array.from(shards), digests };
  }

  /** Coordinates of some particles, row after row. @throws ShareError of a shard that is not its own */
  rows(
    of: readonly { readonly shard: number; readonly indices: Uint32Array }[],
    fields: number,
  ): Float32Array | Float64Array {
    if (fields > this.store.fields)
      throw new ShareError(`asked for ${fields} fields of ${this.store.fields}`);
    const { precision } = this.model;
    const rows = of.reduce((sum, { indices }) => sum + indices.length, 0);
    const out = precision === 'f32' ? new Float32Array(rows * fields) : new Float64Array(rows * fields);
    let row = 0;
    for (const { shard, indices } of of) {
      if (this.machine.owner[shard] !== this.machine.self) {
        throw new ShareError(`shard ${shard} is on another machine`);
      }
      this.store.copyFields(shard, Array.from(indices), out, row, fields);
      row += indices.length;
    }
    return out;
  }

  /** Copies of its shards, one at a time. */
  *particles(): Generator<ShardParticles & { readonly shard: number }> {
    for (const shard of this.shards) yield { shard, ...this.store.read(shard) };
  }

  counts(): ShardCounts {
    return {
      shards: Uint32Array.from(this.shards),
      counts: Uint32Array.from(this.shards, (shard) => this.store.count(shard)),
    };
  }

  #jumps(): Float64Array {
    const total = new Float64Array(this.model.graph.targets.length);
    for (const { jumps } of this.plan.workers) {
      const counts = new BigUint64Array(this.memory.buffer, jumps, total.length);
      for (let edge = 0; edge < total.length; edge++) total[edge] += Number(counts[edge]);
    }
    return total;
  }

  /** Gives up what is under way: threads that wait for other machines are thrown out. */
  giveUp(): void {
    this.gates.giveUp();
  }

  close(): Promise<void> {
    this.giveUp();
    return this.crew.close();
  }
}

/** The groups that a machine has shards of. */
function groupsOf({ owner, groupOfReplica }: Placement, self: number, nodeCount: number): SharedGroup[] {
  const groups = new Map<number, { replicas: number[]; shards: number[]; owners: Set<number> }>();
  groupOfReplica.forEach((group, replica) => {
    let found = groups.get(group);
    if (!found) groups.set(group, (found = { replicas: [], shards: [], owners: new Set() }));
    found.replicas.push(replica);
    for (let shard = replica * nodeCount; shard < (replica + 1) * nodeCount; shard++) {
      found.owners.add(owner[shard]);
      if (owner[shard] === self) found.shards.push(shard);
    }
  });
  return [...groups]
    .sort(([a], [b]) => a - b)
    .filter(([, { shards }]) => shards.length > 0)
    .map(([group, { replicas, shards, owners }]) => ({
      group,
      replicas,
      shards,
      peers: [...owners].filter((machine) => machine !== self).sort((a, b) => a - b),
    }));
}
