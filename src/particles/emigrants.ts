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

/** Of entries: their owners; and where in memory (in words) those for one owner are. */
interface Scratch {
  readonly owners: Uint16Array;
  readonly places: Uint32Array;
}

const scratchFor = (entries: number): Scratch => ({
  owners: new Uint16Array(entries),
  places: new Uint32Array(entries),
});

/** Kept from call to call. */
let scratch = scratchFor(1 << 12);

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
  const boxes = sources.map((shard) => ({ shard, ...store.outbox(shard, parity) }));
  const total = boxes.reduce((sum, { count }) => sum + count, 0);
  if (scratch.owners.length < total) scratch = scratchFor(2 * total);
  const room = scratch;
  const { owners } = room;
  let entry = 0;
  for (const { shard, address, count } of boxes) {
    const firstShard = shard - (shard % nodeCount);
    let at = (address + emigrant.node) >>> 2;
    for (const end = entry + count; entry < end; entry++, at += entryWords) {
      owners[entry] = owner[firstShard + words[at]];
    }
  }
  return new Map(to.map((other) => [other, batchFor(other, boxes, room, store, nodeCount)]));
}

/** What of the boxes is for one owner. */
function batchFor(
  other: number,
  boxes: readonly { readonly address: number; readonly count: number }[],
  { owners, places }: Scratch,
  { words, entryWords }: ParticleStore,
  nodeCount: number,
): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(boxes.length);
  let [entry, entries] = [0, 0];
  for (let source = 0; source < boxes.length; source++) {
    const { address, count } = boxes[source];
    const before = entries;
    let at = address >>> 2;
    for (const end = entry + count; entry < end; entry++, at += entryWords) {
      places[entries] = at;
      // 1 for this owner, else 0: no branch, since who is next is anybody's guess.
      entries += ((owners[entry] ^ other) - 1) >>> 31;
    }
    counts[source] = entries - before;
  }
  const fields = entryWords - HEAD_WORDS;
  const parts = batchParts(counts.length, entries, fields, nodeCount);
  const batch = new Uint32Array(parts.length);
  batch.set(counts);
  const nodes = nodesOf(batch, parts.nodes, entries, nodeCount);
  let field = parts.first;
  for (let number = 0; number < entries; number++) {
    const at = places[number];
    nodes[number] = words[at + emigrant.node / 4];
    for (let i = HEAD_WORDS; i < entryWords; i++) batch[field++] = words[at + i];
  }
  return batch;
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
