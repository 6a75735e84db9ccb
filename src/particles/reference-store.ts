// The particles of the slow engine, as rows of numbers in one array per shard, and the exchange of emigrants: the plain
// counterpart of store.ts and kernel/exchange.ts. Not how they move and jump (reference.ts).

import { LANES, type KernelPlan } from '../kernel/mod.js';
import type { Model } from '../model/mod.js';
import { digestOf, hashOfDigests, type ShardParticles } from './store.js';

/** The fields of a particle: x_0 … x_{d-1}, then integrator memory or velocities. Always exact in the kernel's precision. */
export type Particle = number[];

export interface Shard {
  readonly node: number;
  readonly replica: number;
  /** Undefined: a hole that an emigrant left. There is none between steps. */
  readonly particles: (Particle | undefined)[];
  generator: Uint32Array;
}

/** A particle on its way to another node's shard. */
export interface Emigrant {
  readonly node: number;
  readonly slot: number;
  readonly particle: Particle;
}

/** The particles of all shards. Shard (node g, replica k) has number k n + g. */
export class ReferenceStore {
  readonly #shards: Shard[];
  readonly #nodeCount: number;

  constructor(
    { graph }: Model,
    private readonly plan: KernelPlan,
    replicas: number,
  ) {
    this.#nodeCount = graph.nodeCount;
    this.#shards = Array.from({ length: graph.nodeCount * replicas }, (_, shard) => ({
      node: shard % graph.nodeCount,
      replica: Math.floor(shard / graph.nodeCount),
      particles: [],
      generator: new Uint32Array(4 * LANES),
    }));
  }

  get shardCount(): number {
    return this.#shards.length;
  }

  shard(shard: number): Shard {
    return this.#shards[shard];
  }

  get replicas(): number {
    return this.#shards.length / this.#nodeCount;
  }

  replica(replica: number): Shard[] {
    return this.#shards.slice(replica * this.#nodeCount, (replica + 1) * this.#nodeCount);
  }

  count(shard: number): number {
    return this.#shards[shard].particles.length;
  }

  fill(
    shard: number,
    { count, fields, generator }: Pick<ShardParticles, 'count' | 'fields' | 'generator'>,
  ): void {
    const own = this.#shards[shard];
    own.generator = generator.slice();
    for (let i = 0; i < count; i++) {
      own.particles[i] = Array.from({ length: this.plan.fields }, (_, f) => fields[f * count + i]);
    }
  }

  read(shard: number): ShardParticles {
    const fieldCount = this.plan.fields;
    const { node, replica, particles, generator } = this.#shards[shard];
    const count = particles.length;
    const fields = new (this.plan.precision === 'f32' ? Float32Array : Float64Array)(fieldCount * count);
    particles.forEach((particle, i) => {
      for (let f = 0; f < fieldCount; f++) fields[f * count + i] = (particle as Particle)[f];
    });
    return { node, replica, count, fields, generator: generator.slice() };
  }

  stateHash(): string {
    return hashOfDigests(Buffer.concat(this.#shards.map((_, shard) => digestOf(this.read(shard)))));
  }
}

/** Immigrants fill holes, the rest is appended; then every shard closes the holes it has left. */
export function deliver(shards: readonly Shard[], emigrants: readonly (readonly Emigrant[])[]): void {
  const holes = emigrants.map((own) => own.map(({ slot }) => slot));
  for (const { node, particle } of emigrants.flat()) {
    const { particles } = shards[node];
    const hole = holes[node].shift();
    if (hole === undefined) particles.push(particle);
    else particles[hole] = particle;
  }
  shards.forEach(({ particles }, node) => {
    for (const hole of holes[node]) {
      while (particles.length > hole && particles.at(-1) === undefined) particles.pop();
      if (hole < particles.length) particles[hole] = particles.pop();
    }
  });
}
