// The particles in shared memory as JavaScript sees them: allocation of the memory, shards in and out. Used between
// segments of steps (sampling, snapshots, checkpoints, hashes), never while workers step.

import { createHash } from 'node:crypto';
import { BLOCKS_PER_CHUNK, CHUNK, fixedMemory, LANES, layout, type CompiledKernel } from '../kernel/mod.js';
import type { MemoryPlan } from './memory-plan.js';

const { chunkHeader, poolHeader, shardHeader } = layout;

/** Particles of a shard, in storage order: field f of particle i at [f * count + i]. */
export interface ShardParticles {
  readonly node: number;
  readonly replica: number;
  readonly count: number;
  readonly fields: Float32Array | Float64Array;
  /** 64 words of generator state. */
  readonly generator: Uint32Array;
}

/** Reserves the shared memory of a run and writes its fixed parts. */
export function allocateMemory(kernel: CompiledKernel, plan: MemoryPlan): WebAssembly.Memory {
  const pages = Math.ceil(plan.end / 65_536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65_536, shared: true });
  kernel.literals.write(memory.buffer);
  const words = new Uint32Array(memory.buffer);
  words[(fixedMemory.pool + poolHeader.next) / 4] = plan.chunks;
  words[(fixedMemory.pool + poolHeader.end) / 4] = plan.end;
  return memory;
}

/** Access to the shards of one memory. */
export class ParticleStore {
  readonly #words: Uint32Array;
  readonly #floats: Float32Array | Float64Array;
  readonly #size: number;
  /** Words of an emigrant's entry. */
  readonly entryWords: number;

  constructor(
    memory: WebAssembly.Memory,
    private readonly plan: MemoryPlan,
    private readonly nodeCount: number,
    readonly fields: number,
    precision: 'f32' | 'f64',
  ) {
    this.#words = new Uint32Array(memory.buffer);
    this.#size = precision === 'f32' ? 4 : 8;
    this.#floats = precision === 'f32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
    this.entryWords = layout.emigrantBytes(fields, this.#size) / 4;
  }

  /** The whole memory. */
  get words(): Uint32Array {
    return this.#words;
  }

  get shardCount(): number {
    return this.plan.shardCount;
  }

  headerAddress(shard: number): number {
    return this.plan.shards + shard * shardHeader.size;
  }

  #header(shard: number, offset: number): number {
    return (this.headerAddress(shard) + offset) >>> 2;
  }

  count(shard: number): number {
    return this.#words[this.#header(shard, shardHeader.count)];
  }

  /** Where the emigrants of a shard wait after the step before the exchange of this parity. */
  outbox(shard: number, parity: number): { address: number; count: number } {
    return {
      address: this.#words[this.#header(shard, shardHeader.outAddress) + parity],
      count: this.#words[this.#header(shard, shardHeader.outCount) + parity],
    };
  }

  /** Says so of a shard whose particles are in another memory. */
  setOutbox(shard: number, parity: number, address: number, count: number): void {
    this.#words[this.#header(shard, shardHeader.outAddress) + parity] = address;
    this.#words[this.#header(shard, shardHeader.outCount) + parity] = count;
  }

  /** Hands the shard to a worker, where nodes are shared out among workers. */
  setOwner(shard: number, worker: number): void {
    this.#words[this.#header(shard, shardHeader.owner)] = worker;
  }

  /** Makes room for particles in a shard that has none yet; where they are is not said. */
  allocate(shard: number, count: number): void {
    const words = this.#words;
    words[this.#header(shard, shardHeader.node)] = shard % this.nodeCount;
    words[this.#header(shard, shardHeader.count)] = count;
    let previous = 0;
    for (let index = 0; index < Math.max(1, Math.ceil(count / CHUNK)); index++) {
      const chunk = this.#takeChunk();
      words[(chunk + chunkHeader.previous) >>> 2] = previous;
      if (previous === 0) words[this.#header(shard, shardHeader.firstChunk)] = chunk;
      else words[(previous + chunkHeader.next) >>> 2] = chunk;
      previous = chunk;
    }
    words[this.#header(shard, shardHeader.lastChunk)] = previous;
  }

  /** Puts particles into a shard that has none yet, and sets its generator. */
  fill(shard: number, particles: Pick<ShardParticles, 'count' | 'fields' | 'generator'>): void {
    const { count, fields, generator } = particles;
    this.allocate(shard, count);
    this.#words.set(generator, this.#header(shard, shardHeader.generator));
    let first = 0;
    for (const { address, count: inChunk } of this.chunks(shard)) {
      for (let i = 0; i < inChunk; i++) {
        const slot = this.#slot(address - chunkHeader.size, i);
        for (let f = 0; f < this.fields; f++) this.#floats[slot + f * LANES] = fields[f * count + first + i];
      }
      first += inChunk;
    }
  }

  #array(length: number): Float32Array | Float64Array {
    return this.#size === 4 ? new Float32Array(length) : new Float64Array(length);
  }

  /**
   * Copies the first fields of some particles of a shard (coordinates, and what follows them): row r of `out` (of `fields` numbers) gets
   * particle indices[r - firstRow], for rows from `firstRow` on. Indices ascend.
   */
  copyFields(
    shard: number,
    indices: readonly number[],
    out: Float32Array | Float64Array,
    firstRow: number,
    fields: number,
  ): void {
    let [next, before] = [0, 0];
    for (const { address, count } of this.chunks(shard)) {
      for (; next < indices.length && indices[next] < before + count; next++) {
        const slot = this.#slot(address - chunkHeader.size, indices[next] - before);
        for (let i = 0; i < fields; i++) out[(firstRow + next) * fields + i] = this.#floats[slot + i * LANES];
      }
      before += count;
    }
  }

  #takeChunk(): number {
    const next = (fixedMemory.pool + poolHeader.next) / 4;
    const chunk = this.#words[next];
    this.#words[next] = chunk + this.plan.chunkBytes;
    return chunk;
  }

  /** Index into the float view of field 0 of particle i, in its chunk. */
  #slot(chunk: number, i: number): number {
    const block = (i >>> 4) & (BLOCKS_PER_CHUNK - 1);
    return (chunk + chunkHeader.size) / this.#size + block * LANES * this.fields + (i & (LANES - 1));
  }

  /** Visits the chunks of a shard in order: address of the first block, particles in the chunk. */
  *chunks(shard: number): Generator<{ address: number; count: number }> {
    let remaining = this.count(shard);
    let chunk = this.#words[this.#header(shard, shardHeader.firstChunk)];
    while (remaining > 0) {
      const count = Math.min(remaining, CHUNK);
      yield { address: chunk + chunkHeader.size, count };
      remaining -= count;
      chunk = this.#words[(chunk + chunkHeader.next) >>> 2];
    }
  }

  /** A copy of a shard, in the given array if it is large enough (it is then lent, not owned). */
  read(shard: number, into?: Float32Array | Float64Array): ShardParticles {
    const count = this.count(shard);
    const fieldCount = this.fields;
    const length = fieldCount * count;
    const fields = into && into.length >= length ? into.subarray(0, length) : this.#array(length);
    let first = 0;
    for (const { address, count: inChunk } of this.chunks(shard)) {
      for (let i = 0; i < inChunk; i++) {
        const slot = this.#slot(address - chunkHeader.size, i);
        for (let f = 0; f < fieldCount; f++) fields[f * count + first + i] = this.#floats[slot + f * LANES];
      }
      first += inChunk;
    }
    const generator = this.#header(shard, shardHeader.generator);
    return {
      node: shard % this.nodeCount,
      replica: Math.floor(shard / this.nodeCount),
      count,
      fields,
      generator: this.#words.slice(generator, generator + 4 * LANES),
    };
  }

  /**
   * SHA-256 digests of shards, 32 bytes each, side by side: of the count (u32), the fields, the generator. Any process that
   * has the shard finds the same.
   */
  digests(shards: readonly number[]): Uint8Array<ArrayBuffer> {
    const largest = shards.reduce((most, shard) => Math.max(most, this.count(shard)), 0);
    // One array for all: copies of a large run would otherwise pile up until they are collected.
    const scratch = this.#array(largest * this.fields);
    const digests = new Uint8Array(DIGEST_BYTES * shards.length);
    shards.forEach((shard, i) => {
      digests.set(digestOf(this.read(shard, scratch)), DIGEST_BYTES * i);
    });
    return digests;
  }

  /** See `hashOfDigests`. */
  stateHash(): string {
    return hashOfDigests(this.digests(Array.from({ length: this.shardCount }, (_, shard) => shard)));
  }
}

export const DIGEST_BYTES = 32;

/** The digest of a shard. */
export function digestOf({ count, fields, generator }: ShardParticles): Uint8Array {
  return createHash('sha256').update(Uint32Array.of(count)).update(fields).update(generator).digest();
}

/** The hash of a state: SHA-256 over the digests of all shards, in the order of the shards. Hexadecimal. */
export function hashOfDigests(digests: Uint8Array): string {
  return createHash('sha256').update(digests).digest('hex');
}
