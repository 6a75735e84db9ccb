// Machines that are no machines: all of one epoch share one simulation on the calling thread, and each answers for its own
// shards. What a coordinator asks and how it takes the answers can be tested with them, not how machines compute. Not a test.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readShardPart, shardParts, totalsParts, Simulation } from '../../../src/cluster/mod.js';
import { Mail } from '../../../src/cluster/machines/mail.js';
import { protocolVersion } from '../../../src/cluster/transport/frame.js';
import type {
  Placement,
  Replies,
  Request,
  StorageDescription,
  WorkerHeartbeat,
} from '../../../src/cluster/machines/protocol.js';
import type { LocalHub } from '../../../src/cluster/transport/threads.js';
import type { Transport } from '../../../src/cluster/transport/transport.js';
import { loadBundle } from '../../../src/config/mod.js';
import { folderStorage, heldCheckpoint, type PartStorage } from '../../../src/output/mod.js';
import type { ShardParticles } from '../../../src/particles/mod.js';

type Saved = Pick<ShardParticles, 'count' | 'fields' | 'generator'> & { readonly shard: number };

/** The state of one epoch. */
export class World {
  readonly #restored = new Map<number, Saved>();
  #isWhole: () => void = () => undefined;
  readonly #whole = new Promise<void>((resolve) => {
    this.#isWhole = resolve;
  });
  readonly #advanced = new Map<number, Promise<void>>();
  #started: Promise<void> | undefined;

  constructor(readonly simulation: Simulation) {}

  start(): Promise<void> {
    this.#started ??= this.simulation.start();
    return this.#started;
  }

  /** Resolves once the shards of all machines have come together. */
  async restore(step: number, shards: readonly Saved[]): Promise<void> {
    for (const saved of shards) this.#restored.set(saved.shard, saved);
    const { simulation } = this;
    if (this.#restored.size === simulation.shardCount) {
      const all = [...this.#restored.values()].sort((a, b) => a.shard - b.shard);
      const parts = [...shardParts(all)];
      const counts = all.map(({ count }) => count);
      const jumps = new Float64Array(simulation.model.graph.targets.length);
      const totals = totalsParts(
        counts,
        jumps,
        parts.map((part) => part.shards),
      );
      const held = heldCheckpoint(step, [...parts.map(({ part }) => part), ...totals]);
      await simulation.restore(held.checkpoint, held.storage);
      this.#isWhole();
    }
    await this.#whole;
  }

  advance(to: number): Promise<void> {
    let work = this.#advanced.get(to);
    if (!work) {
      work = this.simulation.advance(to);
      this.#advanced.set(to, work);
    }
    return work;
  }
}

interface Joined {
  readonly world: World;
  readonly placement: Placement;
  readonly self: number;
  readonly storage: StorageDescription;
}

export interface FakeHooks {
  /** Before a request is carried out; may throw, or never resolve. */
  before?: (request: Request) => Promise<void> | void;
  /** Changes an answer. */
  change?: (type: Request['type'], reply: Replies[Request['type']]) => Replies[Request['type']];
}

export class FakeMachine {
  readonly mail: Mail;
  readonly transport: Transport;
  readonly hooks: FakeHooks = {};
  readonly asked: Request['type'][] = [];
  state: WorkerHeartbeat['state'] = 'idle';
  run: string | null = null;
  epoch = 0;
  isAlive = true;
  seesFolder = true;
  #joined: Joined | undefined;

  constructor(
    hub: LocalHub,
    private readonly worlds: Map<string, World>,
    readonly name: string,
    readonly instance = `${name}-1`,
    private readonly objects: (bucket: string) => PartStorage = () => {
      throw new Error('no object store here');
    },
    private readonly speed = 1e6,
  ) {
    this.transport = hub.join({ role: 'worker', name });
    this.mail = new Mail(this.transport, { retryMs: 50 });
    this.mail.serve(async (_, scope, request) => {
      this.asked.push(request.type);
      await this.hooks.before?.(request);
      const reply = await this.#answer(scope, request);
      return this.hooks.change?.(request.type, reply) ?? reply;
    });
  }

  beat(changed: Partial<WorkerHeartbeat> = {}): void {
    if (!this.isAlive) return;
    const { name, instance, state, run, epoch, speed } = this;
    this.mail.beat({
      ...{ type: 'worker', name, instance, version: '0', protocol: protocolVersion, cores: 1, workers: 1 },
      ...{ memoryBytes: 1e9, speed, allowModules: false, state, run, epoch, step: 0, ...changed },
    });
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    this.isAlive = false;
    this.mail.close();
    await this.transport.close();
  }

  async #answer(scope: { run: string; epoch: number }, request: Request): Promise<Replies[Request['type']]> {
    if (request.type === 'probe') {
      return { seen: this.seesFolder && readFileSync(request.path, 'utf8') === request.content };
    }
    if (request.type === 'join') {
      const key = `${request.run} ${request.placement.epoch}`;
      let world = this.worlds.get(key);
      if (!world) {
        const config = loadBundle(request.bundle);
        world = new World(Simulation.create(config, { workers: 0, skipPreflight: true }));
        this.worlds.set(key, world);
      }
      this.#joined = { ...request, world };
      this.run = request.run;
      this.epoch = request.placement.epoch;
      if (this.state === 'idle') this.state = 'joined';
      return { workers: 1 };
    }
    const joined = this.#joined;
    if (!joined || scope.epoch !== this.epoch || scope.run !== this.run) {
      throw Object.assign(new Error(`epoch ${scope.epoch} is over`), { code: 'stale-epoch' });
    }
    return this.#work(joined, request);
  }

  async #work(
    { world, placement, self, storage }: Joined,
    request: Exclude<Request, { type: 'probe' | 'join' }>,
  ): Promise<Replies[Request['type']]> {
    const { simulation } = world;
    const { model } = simulation;
    const own = Uint32Array.from(
      Array.from(placement.owner.keys()).filter((shard) => placement.owner[shard] === self),
    );
    const counts = () => ({ shards: own, counts: own.map((shard) => simulation.count(shard)) });
    const parts = storage.kind === 'folder' ? folderStorage(storage.path) : this.objects(storage.bucket);
    switch (request.type) {
      case 'sample':
        await world.start();
        return counts();
      case 'restore': {
        const shards: Saved[] = [];
        for (const { entry } of request.parts) {
          const bytes = await parts.read(request.location, entry);
          for (const saved of readShardPart(bytes, model.precision, simulation.kernel.plan.fields)) {
            if (own.includes(saved.shard)) shards.push(saved);
          }
        }
        await world.restore(request.step, shards);
        return counts();
      }
      case 'advance': {
        await world.advance(request.to);
        const jumps = simulation.jumps();
        return {
          ...counts(),
          // One machine for all: sums of whole numbers.
          jumps: self === 0 ? jumps : jumps.fill(0),
          busySeconds: [0.01],
          waitedSeconds: [0],
          ...{ sentBytes: 100, sentMessages: 2, askedAgain: 0 },
        };
      }
      case 'moments': {
        const all = await simulation.moments();
        const shards = Array.from(own, (shard) => all[shard]);
        return {
          shards: own,
          counts: Float64Array.from(shards, ({ count }) => count),
          means: Float64Array.from(shards.flatMap(({ mean }) => Array.from(mean))),
          products: Float64Array.from(shards.flatMap(({ products }) => Array.from(products))),
        };
      }
      case 'hashes': {
        const digests = new Uint8Array(32 * own.length);
        own.forEach((shard, index) => {
          const { count, fields, generator } = simulation.coordinates(shard);
          const hash = createHash('sha256').update(Uint32Array.of(count)).update(fields).update(generator);
          digests.set(hash.digest(), 32 * index);
        });
        return { shards: own, digests };
      }
      case 'rows':
        return {
          rows: await simulation.rows(
            request.of.map(({ shard, indices }) => ({ shard, indices: Array.from(indices) })),
          ),
        };
      case 'save': {
        const saved = [];
        const shards = Array.from(own, (shard) => ({ shard, ...simulation.coordinates(shard) }));
        for (const { part, shards: held } of shardParts(shards, {
          prefix: request.prefix,
          partBytes: 1000,
        })) {
          saved.push({ entry: await parts.write(request.location, part.name, part.bytes), shards: held });
        }
        return { parts: saved };
      }
      case 'leave':
        this.#joined = undefined;
        this.run = null;
        if (this.state === 'joined') this.state = 'idle';
        return {};
      case 'join-lumped':
      case 'points':
        throw new Error(`${request.type} is of lumped runs: these machines are of particles`);
      default:
        return request satisfies never;
    }
  }
}
