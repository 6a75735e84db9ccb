// Emigrants on their way to shards in another memory: out of the outboxes into batches of bytes, and from such bytes to
// where the exchange (kernel/exchange.ts) looks for the emigrants of their source. Who sends them where is not known here.
//
//   batch:  count of shard a │ count of shard b │ …  │ entries of a │ entries of b │ …     (u32; layout.emigrant)
//
// The source shards are those of one sender in one group of replicas, ascending; both sides know them. An entry's slot means
// nothing to the receiver.

import { layout } from '../kernel/mod.js';
import type { ParticleStore } from './store.js';

const { emigrant } = layout;

/** Who has which shard. */
export interface ShardOwners {
  /** Owner of each shard. */
  readonly owner: Uint16Array;
  readonly self: number;
  readonly nodeCount: number;
}

/** A batch does not hold what its sender and receiver have agreed on. */
export class BatchError extends Error {
  readonly code = 'bad-batch';
}

/**
 * The emigrants of some shards (ascending) to each of the given owners, as batches; entries keep the order of their shard.
 */
export function packEmigrants(
  store: ParticleStore,
  sources: readonly number[],
  parity: number,
  { owner, nodeCount }: ShardOwners,
  to: readonly number[],
): Map<number, Uint32Array<ArrayBuffer>> {
  const { words, entryWords } = store;
  const place = new Int32Array(1 + Math.max(...to)).fill(-1);
  to.forEach((other, index) => (place[other] = index));
  const counts = to.map(() => new Uint32Array(sources.length));
  sources.forEach((shard, source) => {
    const { address, count } = store.outbox(shard, parity);
    const firstShard = shard - (shard % nodeCount);
    for (let entry = 0, at = address >>> 2; entry < count; entry++, at += entryWords) {
      const index = place[owner[firstShard + words[at + emigrant.node / 4]]] ?? -1;
      if (index >= 0) counts[index][source]++;
    }
  });
  const batches = counts.map((of) => {
    const entries = of.reduce((sum, count) => sum + count, 0);
    const batch = new Uint32Array(of.length + entries * entryWords);
    batch.set(of);
    return batch;
  });
  const next = counts.map((of) => of.length);
  for (const shard of sources) {
    const { address, count } = store.outbox(shard, parity);
    const firstShard = shard - (shard % nodeCount);
    for (let entry = 0, at = address >>> 2; entry < count; entry++, at += entryWords) {
      const index = place[owner[firstShard + words[at + emigrant.node / 4]]] ?? -1;
      if (index < 0) continue;
      const batch = batches[index];
      const start = next[index];
      for (let i = 0; i < entryWords; i++) batch[start + i] = words[at + i];
      next[index] = start + entryWords;
    }
  }
  return new Map(to.map((other, index) => [other, batches[index]]));
}

/**
 * Puts a batch into an inbox and makes it what the exchange of its parity finds in the outboxes of the source shards.
 * @throws BatchError if it is not a batch of these sources to this owner; nothing is changed then
 */
export function placeEmigrants(
  store: ParticleStore,
  sources: readonly number[],
  parity: number,
  { owner, self, nodeCount }: ShardOwners,
  batch: Uint8Array,
  inbox: { readonly address: number; readonly bytes: number },
): number {
  const { words, entryWords } = store;
  const bad = (what: string): BatchError => new BatchError(`a batch of emigrants ${what}`);
  if (batch.length < 4 * sources.length) throw bad('is too short');
  // Received bytes lie anywhere.
  const view = new DataView(batch.buffer, batch.byteOffset, batch.length);
  const counts = sources.map((_, source) => view.getUint32(4 * source, true));
  const entries = counts.reduce((sum, count) => sum + count, 0);
  const bytes = entries * entryWords * 4;
  const first = 4 * sources.length;
  if (batch.length !== first + bytes) throw bad(`has ${batch.length - first} bytes for ${entries} entries`);
  if (bytes > inbox.bytes) throw bad(`of ${bytes} bytes does not fit into the ${inbox.bytes} of its inbox`);
  let at = first;
  counts.forEach((count, source) => {
    const firstShard = sources[source] - (sources[source] % nodeCount);
    for (let entry = 0; entry < count; entry++, at += entryWords * 4) {
      const node = view.getUint32(at + emigrant.node, true);
      if (node >= nodeCount || owner[firstShard + node] !== self) throw bad('has one for another machine');
    }
  });
  new Uint8Array(words.buffer).set(batch.subarray(first), inbox.address);
  let address = inbox.address;
  sources.forEach((shard, source) => {
    store.setOutbox(shard, parity, address, counts[source]);
    address += counts[source] * entryWords * 4;
  });
  return bytes;
}
