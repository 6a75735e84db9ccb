// Emigrants on their way to shards in another memory: out of the outboxes into batches of bytes, and from such bytes to
// where the exchange (kernel/exchange.ts) looks for the emigrants of their source. Who sends them where is not known here.
//
//   batch:  count of shard a │ count of shard b │ …  (u32)  │ destination nodes (u16, or u32 where there are more than 65536; filled up
//           to 4 bytes) │ fields of an emigrant after another     emigrants of a, then those of b, …
//
// The source shards are those of one sender in one group of replicas, ascending; both sides know them. What an entry has in memory
// besides, the slot that it left, stays with the sender.

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

/** Receiver of each entry of some shards, and of each owner, by its place among those asked for or -1. Kept from call to call. */
let receivers = new Int16Array(1 << 12);
const places = new Int16Array(1 << 16).fill(-1);

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
  const boxes = sources.map((shard) => store.outbox(shard, parity));
  const total = boxes.reduce((sum, { count }) => sum + count, 0);
  if (receivers.length < total) receivers = new Int16Array(2 * total);
  to.forEach((other, index) => (places[other] = index));
  const counts = to.map(() => new Uint32Array(sources.length));
  let seen = 0;
  for (let source = 0; source < sources.length; source++) {
    const { address, count } = boxes[source];
    const firstShard = sources[source] - (sources[source] % nodeCount);
    let at = (address + emigrant.node) >>> 2;
    for (const end = seen + count; seen < end; seen++, at += entryWords) {
      const receiver = places[owner[firstShard + words[at]]];
      receivers[seen] = receiver;
      if (receiver >= 0) counts[receiver][source]++;
    }
  }
  for (const other of to) places[other] = -1;
  const fields = entryWords - HEAD_WORDS;
  const parts = counts.map((of) => {
    const entries = of.reduce((sum, count) => sum + count, 0);
    const { nodes, first, length } = batchParts(of.length, entries, fields, nodeCount);
    const batch = new Uint32Array(length);
    batch.set(of);
    return { batch, nodes: nodesOf(batch, nodes, entries, nodeCount), node: 0, field: first };
  });
  seen = 0;
  for (const { address, count } of boxes) {
    let at = address >>> 2;
    for (const end = seen + count; seen < end; seen++, at += entryWords) {
      const receiver = receivers[seen];
      if (receiver < 0) continue;
      const part = parts[receiver];
      part.nodes[part.node++] = words[at + emigrant.node / 4];
      for (let i = 0; i < fields; i++) part.batch[part.field++] = words[at + HEAD_WORDS + i];
    }
  }
  return new Map(to.map((other, index) => [other, parts[index].batch]));
}

/** Words of an entry in memory before its fields. */
const HEAD_WORDS = emigrant.fields / 4;

/** Bytes of an emigrant in a batch. */
export function travellingBytes(fields: number, fieldBytes: number, nodeCount: number): number {
  return fields * fieldBytes + nodeBytes(nodeCount);
}

const nodeBytes = (nodeCount: number): 2 | 4 => (nodeCount > 0x10000 ? 4 : 2);

/** Where the nodes and the fields of a batch begin, and how long it is, in words. `fields`: of an emigrant, in words. */
function batchParts(
  sources: number,
  entries: number,
  fields: number,
  nodeCount: number,
): { readonly nodes: number; readonly first: number; readonly length: number } {
  const first = sources + Math.ceil((entries * nodeBytes(nodeCount)) / 4);
  return { nodes: sources, first, length: first + entries * fields };
}

/** The nodes in a batch. */
function nodesOf(
  { buffer, byteOffset }: Uint32Array,
  word: number,
  entries: number,
  nodeCount: number,
): Uint16Array | Uint32Array {
  const start = byteOffset + 4 * word;
  return nodeBytes(nodeCount) === 2
    ? new Uint16Array(buffer, start, entries)
    : new Uint32Array(buffer, start, entries);
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
  if (batch.length < 4 * sources.length || batch.length % 4 !== 0) throw bad('has an odd length');
  // Received bytes lie anywhere.
  const { buffer, byteOffset, length } = batch.byteOffset % 4 === 0 ? batch : batch.slice();
  const received = new Uint32Array(buffer, byteOffset, length / 4);
  const counts = received.subarray(0, sources.length);
  const entries = counts.reduce((sum, count) => sum + count, 0);
  const bytes = entries * entryWords * 4;
  const fields = entryWords - HEAD_WORDS;
  const part = batchParts(sources.length, entries, fields, nodeCount);
  if (received.length !== part.length) throw bad(`has ${batch.length} bytes for ${entries} entries`);
  if (bytes > inbox.bytes) throw bad(`of ${bytes} bytes does not fit into the ${inbox.bytes} of its inbox`);
  const nodes = nodesOf(received, part.nodes, entries, nodeCount);
  let entry = 0;
  sources.forEach((shard, source) => {
    const firstShard = shard - (shard % nodeCount);
    for (const end = entry + counts[source]; entry < end; entry++) {
      if (nodes[entry] >= nodeCount || owner[firstShard + nodes[entry]] !== self)
        throw bad('has one for another machine');
    }
  });
  let from = part.first;
  for (let number = 0, at = inbox.address >>> 2; number < entries; number++, at += entryWords) {
    words[at + emigrant.node / 4] = nodes[number];
    for (let i = 0; i < fields; i++) words[at + HEAD_WORDS + i] = received[from++];
  }
  let address = inbox.address;
  sources.forEach((shard, source) => {
    store.setOutbox(shard, parity, address, counts[source]);
    address += counts[source] * entryWords * 4;
  });
  return bytes;
}
