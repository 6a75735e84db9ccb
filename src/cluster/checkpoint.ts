// The state of a particle run as bytes and back: what a checkpoint holds besides the folder's own book-keeping (output/).
//
//   counts.bin   u32 per shard
//   jumps.bin    f64 per directed edge, since step 0
//   index.bin    u32 per shard: which of the other parts has it, counted in the order of the checkpoint's list
//   all others   any shards in any order, each shard in one part:
//                magic │ number of shards │ shard, count │ shard, count │ … (u32), then of each shard
//                its generator (64 u32) and its fields (field after field)
//
// A part says what is in it, so whoever has some of the shards can write them, and whoever wants some can read them.
// Numbers are little-endian. Who writes what is told by a simulation.

import type { Model } from '../model/mod.js';
import type { Checkpoint, CheckpointPart, PartEntry, PartStorage } from '../output/mod.js';
import type { ShardParticles } from '../particles/mod.js';

/** Shards are gathered into parts of about this size. */
const PART_BYTES = 8 * 1024 * 1024;

const GENERATOR_BYTES = 256;

/** "WWsp", read as a little-endian u32. */
const MAGIC = 0x70735757;

const COUNTS = 'counts.bin';
const JUMPS = 'jumps.bin';
const INDEX = 'index.bin';

/** A shard as a part holds it. */
export interface SavedShard extends Pick<ShardParticles, 'count' | 'fields' | 'generator'> {
  readonly shard: number;
}

/** A part, and the shards in it. */
export interface SavedPart {
  readonly part: CheckpointPart;
  readonly shards: Uint32Array;
}

/**
 * Shards gathered into parts of at least `partBytes`, made one at a time. Names begin with `prefix`: parts of one checkpoint
 * that come from several machines need different ones.
 */
export function* shardParts(
  shards: Iterable<SavedShard>,
  { partBytes = PART_BYTES, prefix = 'shards-' }: { partBytes?: number; prefix?: string } = {},
): Generator<SavedPart> {
  let gathered: SavedShard[] = [];
  let bytes = 0;
  let number = 0;
  const part = (): SavedPart => {
    const head = Uint32Array.from([
      MAGIC,
      gathered.length,
      ...gathered.flatMap(({ shard, count }) => [shard, count]),
    ]);
    const pieces = gathered.flatMap(({ generator, fields }) => [asBytes(generator), asBytes(fields)]);
    const content = {
      part: {
        name: `${prefix}${String(number++).padStart(5, '0')}.bin`,
        bytes: Buffer.concat([asBytes(head), ...pieces]),
      },
      shards: Uint32Array.from(gathered, ({ shard }) => shard),
    };
    gathered = [];
    bytes = 0;
    return content;
  };
  for (const shard of shards) {
    gathered.push(shard);
    bytes += GENERATOR_BYTES + shard.fields.byteLength;
    if (bytes >= partBytes) yield part();
  }
  if (bytes > 0) yield part();
}

/**
 * The shards in a part, in the order in which it holds them. Arrays are views of `bytes` where these are aligned.
 * @throws RangeError if this is no such part, or one of another precision or integrator
 */
export function* readShardPart(
  bytes: Uint8Array,
  precision: Model['precision'],
  fieldCount: number,
): Generator<SavedShard> {
  // Views need alignment, which bytes out of a larger buffer may not have.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const buffer = aligned.buffer as ArrayBuffer;
  const first = aligned.byteOffset;
  const wrong = (what: string): RangeError => new RangeError(`a part of the checkpoint ${what}`);
  const whole = aligned.byteLength - (aligned.byteLength % 4);
  const words = new Uint32Array(buffer, first, whole / 4);
  if (words[0] !== MAGIC) throw wrong('does not hold shards');
  const length = words[1];
  if (!(words.length >= 2 + 2 * length)) throw wrong('is cut');
  const Fields = precision === 'f32' ? Float32Array : Float64Array;
  const size = fieldCount * Fields.BYTES_PER_ELEMENT;
  let end = 4 * (2 + 2 * length);
  for (let i = 0; i < length; i++) end += GENERATOR_BYTES + words[3 + 2 * i] * size;
  if (end !== aligned.byteLength)
    throw wrong('is of another precision or integrator than the config of its folder');
  let offset = first + 4 * (2 + 2 * length);
  for (let i = 0; i < length; i++) {
    const [shard, count] = words.subarray(2 + 2 * i, 4 + 2 * i);
    const generator = new Uint32Array(buffer, offset, GENERATOR_BYTES / 4);
    const fields = new Fields(buffer, offset + GENERATOR_BYTES, count * fieldCount);
    offset += GENERATOR_BYTES + fields.byteLength;
    yield { shard, count, fields, generator };
  }
}

/** What a checkpoint holds besides shards. */
export interface Totals {
  /** Particles of each shard. */
  readonly counts: Uint32Array;
  readonly jumps: Float64Array;
  /** Where the shards are. */
  readonly parts: readonly { readonly entry: PartEntry; readonly shards: Uint32Array }[];
}

/** The parts for it. `parts`: the shards in each of the other parts, in the order in which the draft got them. */
export function totalsParts(
  counts: ArrayLike<number>,
  jumps: Float64Array,
  parts: readonly Uint32Array[],
): CheckpointPart[] {
  const index = new Uint32Array(counts.length);
  parts.forEach((shards, part) => {
    for (const shard of shards) index[shard] = part;
  });
  return [
    { name: COUNTS, bytes: asBytes(Uint32Array.from(counts)) },
    { name: JUMPS, bytes: asBytes(jumps) },
    { name: INDEX, bytes: asBytes(index) },
  ];
}

/**
 * Reads it back.
 * @throws RangeError if the checkpoint is of another model
 */
export async function readTotals(
  checkpoint: Checkpoint,
  storage: PartStorage,
  { graph, particleCount }: Pick<Model, 'graph' | 'particleCount'>,
  shardCount: number,
): Promise<Totals> {
  const bytesOf = async (name: string): Promise<ArrayBuffer> => {
    const entry = checkpoint.parts.find((candidate) => candidate.name === name);
    if (!entry) throw new RangeError(`the checkpoint has no part ${name}`);
    return (await storage.read(checkpoint.location, entry)).slice().buffer;
  };
  const counts = new Uint32Array(await bytesOf(COUNTS));
  const jumps = new Float64Array(await bytesOf(JUMPS));
  const index = new Uint32Array(await bytesOf(INDEX));
  if (counts.length !== shardCount || jumps.length !== graph.targets.length) {
    throw new RangeError('the checkpoint is of another graph than the config of its folder');
  }
  const particles = counts.reduce((sum, count) => sum + count, 0);
  if (particles !== particleCount) {
    throw new RangeError(`the checkpoint is of ${particles} particles, its config of ${particleCount}`);
  }
  const shardsOf = shardEntries(checkpoint).map((): number[] => []);
  if (index.length !== shardCount) throw new RangeError(`the checkpoint's ${INDEX} is of another model`);
  index.forEach((part, shard) => {
    if (!(part in shardsOf)) throw new RangeError(`the checkpoint has no shard ${shard}`);
    shardsOf[part].push(shard);
  });
  const parts = shardEntries(checkpoint).map((entry, i) => ({
    entry,
    shards: Uint32Array.from(shardsOf[i]),
  }));
  return { counts, jumps, parts };
}

/** The parts of a checkpoint that hold shards. */
function shardEntries({ parts }: Checkpoint): readonly PartEntry[] {
  // The first one is the header.
  return parts.slice(1).filter(({ name }) => ![COUNTS, JUMPS, INDEX].includes(name));
}

/**
 * Reads all shards of a checkpoint, one part at a time.
 * @throws RangeError unless each shard is there once, with the particles that `counts` says
 */
export async function restoreShards(
  checkpoint: Checkpoint,
  storage: PartStorage,
  {
    precision,
    fieldCount,
    counts,
    use,
  }: {
    readonly precision: Model['precision'];
    readonly fieldCount: number;
    readonly counts: Uint32Array;
    readonly use: (shard: SavedShard) => void;
  },
): Promise<void> {
  const seen = new Uint8Array(counts.length);
  for (const entry of shardEntries(checkpoint)) {
    const bytes = await storage.read(checkpoint.location, entry);
    for (const saved of readShardPart(bytes, precision, fieldCount)) {
      const { shard, count } = saved;
      if (shard >= counts.length) throw new RangeError(`the checkpoint has a shard ${shard} that is none`);
      if (seen[shard]++ > 0) throw new RangeError(`the checkpoint has shard ${shard} twice`);
      if (count !== counts[shard]) {
        throw new RangeError(`shard ${shard} of the checkpoint has ${count} particles, not ${counts[shard]}`);
      }
      use(saved);
    }
  }
  const missing = seen.indexOf(0);
  if (missing >= 0) throw new RangeError(`the checkpoint has no shard ${missing}`);
}

function asBytes(array: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}
