// A process of its own that packs emigrants for other machines and places them there: entries of an outbox, in the order
// they were made, go to a batch for each owner; a batch is checked entry by entry and copied. Loops of the same shape as those
// of src/particles, over memory of its own.

export interface PackingJob {
  readonly emigrants: number;
  readonly owners: number;
  readonly entryWords: number;
  readonly repeats: number;
}

export interface PackingResult {
  /** Seconds per emigrant that goes to another machine. */
  readonly packSeconds: number;
  readonly placeSeconds: number;
}

const NODES = 64;
const job = JSON.parse(process.argv[2]) as PackingJob;
const { emigrants, owners, entryWords } = job;
const memory = new WebAssembly.Memory({ initial: 1024, maximum: 1024, shared: true });
const words = new Uint32Array(memory.buffer);
const owner = Uint16Array.from({ length: NODES }, (_, node) => Math.floor((node * owners) / NODES));
for (let entry = 0; entry < emigrants; entry++) words[entry * entryWords] = (entry * 7919) % NODES;

function pack(): Uint32Array[] {
  const counts = new Uint32Array(owners);
  for (let entry = 0, at = 0; entry < emigrants; entry++, at += entryWords) counts[owner[words[at]]]++;
  const batches = Array.from(counts, (count) => new Uint32Array(1 + count * entryWords));
  const next = new Uint32Array(owners).fill(1);
  for (let entry = 0, at = 0; entry < emigrants; entry++, at += entryWords) {
    const to = owner[words[at]];
    const batch = batches[to];
    const start = next[to];
    for (let i = 0; i < entryWords; i++) batch[start + i] = words[at + i];
    next[to] = start + entryWords;
  }
  return batches;
}

function place(batch: Uint32Array, self: number): void {
  const view = new DataView(batch.buffer);
  for (let at = 4; at < view.byteLength; at += 4 * entryWords) {
    if (owner[view.getUint32(at, true)] !== self) throw new Error('an emigrant has gone astray');
  }
  words.set(batch.subarray(1), emigrants * entryWords);
}

let [packing, placing] = [Infinity, Infinity];
for (let repeat = 0; repeat < job.repeats; repeat++) {
  const start = performance.now();
  const batches = pack();
  const packed = performance.now();
  batches.forEach(place);
  packing = Math.min(packing, packed - start);
  placing = Math.min(placing, performance.now() - packed);
}
const result: PackingResult = {
  packSeconds: packing / 1000 / emigrants,
  placeSeconds: placing / 1000 / emigrants,
};
console.log(JSON.stringify(result));
