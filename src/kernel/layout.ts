// Where everything lies: particles in blocks of 16, blocks in chunks of 1024, chunks linked into shards; headers; the
// context of a worker. Numbers only; who writes what is control.ts (WebAssembly) and particles/ (JavaScript).
//
//   shard header ──firstChunk──▶ chunk ◀─prev/next─▶ chunk ◀──lastChunk── shard header
//
//   chunk: [next][prev]… 64 bytes, then 64 blocks
//   block: field 0 of 16 particles │ field 1 of 16 particles │ …       (fields: x_0 … x_{d-1}, then integrator memory)
//
// All particles but the last chunk's are full; particle i of a shard is lane i%16 of block (i/16)%64 of chunk i/1024.

/** Particles in a block = random streams of a shard, whatever the machine's vector width. Part of the file format. */
export const LANES = 16;

/** Values of the spare bits: what the Gaussians leave over of their angle word, for the jump test. A power of two. */
export const SPARE_LEVELS = 2048;

/** Particles in a chunk: one pass through a chunk stays in the L1 cache (docs/performance.md). Part of the format. */
export const CHUNK = 1024;
export const BLOCKS_PER_CHUNK = CHUNK / LANES;

export const chunkHeader = { next: 0, previous: 4, size: 64 } as const;

/** Byte offsets in a shard's header. The generator's state comes first: 4 rows of 16 words. */
export const shardHeader = {
  generator: 0,
  node: 256,
  /** Particles, holes included while a step is under way. */
  count: 260,
  firstChunk: 264,
  lastChunk: 268,
  /** Emigrants of the even and the odd exchange: address and number of entries. */
  outAddress: 272,
  outCount: 280,
  /** How many holes of this exchange have been filled. */
  holesFilled: 288,
  /** Worker that owns the shard, where nodes are shared out; otherwise not read. */
  owner: 292,
  size: 320,
} as const;

/** Byte offsets in a worker's context. */
export const workerContext = {
  nodeTable: 0,
  edgeTable: 4,
  words: 8,
  noise: 12,
  /** Flags of the class pass, and what they are packed into. */
  flags: 16,
  masks: 20,
  walkers: 24,
  walkerWords: 28,
  /** Scratch for one vector per edge. */
  rates: 32,
  outTop: 36,
  outEnd: 40,
  jumps: 44,
  error: 48,
  /** Worker's own number, to be compared with the shard's owner. */
  owner: 52,
  /** Reaction time of this exchange, in the kernel's precision. */
  reactionTime: 56,
  /** Node at which a rate was bad. */
  errorNode: 64,
  /** Scratch for the places of a chunk's particles on the mesh, and this worker's sums of deposits. */
  places: 68,
  deposits: 72,
  size: 128,
} as const;

/** Values of workerContext.error. */
export const kernelError = {
  none: 0,
  outboxFull: 1,
  chunksExhausted: 2,
  tooManyJumps: 3,
  badRate: 4,
} as const;

/** Emigrant entry: destination node, the hole it left (slot address), then its fields. */
export const emigrant = { node: 0, slot: 4, fields: 8 } as const;

/** Bytes of an emigrant's entry. */
export const emigrantBytes = (fields: number, size: number): number => emigrant.fields + size * fields;

/** Bytes of a chunk. */
export const chunkBytes = (fields: number, size: number): number => chunkHeader.size + CHUNK * size * fields;

/**
 * Node record: class, first edge, degree, thinGroup (nodes with the same one are thinned together: their class, or a number
 * of their own below 0 where the bound is a loop over edges or needs densities), address of its densities (where rates need
 * them), edges of each run of equal kind, then the uniform slots.
 */
export const nodeRecord = {
  class: 0,
  firstEdge: 4,
  degree: 8,
  thinGroup: 12,
  densities: 16,
  runs: 20,
} as const;

/**
 * Edge record: target node, number of the directed edge in the graph's rows, then the uniform slots; where rates need
 * densities, the address of those of the target comes before the slots.
 */
export const edgeRecord = { target: 0, edge: 4, slots: 8, densities: 8, slotsBehindDensities: 16 } as const;

/** The shared chunk pool: a spin lock, the free list, the untouched rest. */
export const poolHeader = { lock: 0, free: 4, next: 8, end: 12, size: 64 } as const;

/** A slot whose particle has left holds this in its first (f64: second) word: a NaN no arithmetic makes. */
export const HOLE = 0xfff5a5a5 | 0;

/** Bytes between the columns of places of a chunk's particles on the mesh, and of all columns in d dimensions. */
export const PLACE_COLUMN = CHUNK * 4 + 64;
export const placeBytes = (dimension: number): number => (1 + dimension) * PLACE_COLUMN;

/**
 * Candidates of a shard's chunks wait for each other until there are so many: whole vectors of walkers are cheaper than
 * the rests of each chunk. Results depend on it.
 */
export const WALKER_BATCH = 256;

/** Walkers at a time: what waits, a chunk's, and room for a vector that overhangs. */
export const WALKERS = WALKER_BATCH + CHUNK + 2 * LANES;

/**
 * Byte offsets of a walker buffer's columns, whose entries are as wide as a float of the kernel. Where a walker is it
 * has from the slot of its particle, which stands still.
 */
export function walkerLayout(size: number) {
  const column = WALKERS * size;
  return {
    /** Time left to react. */
    time: 0,
    /** Result: time left after the jump. */
    remaining: column,
    /** Result: chosen edge of the node, or -1. */
    edge: 2 * column,
    node: 3 * column,
    /** Address of the particle's first field. */
    slot: 4 * column,
    size: 5 * column,
  };
}

export type WalkerLayout = ReturnType<typeof walkerLayout>;

export const align = (value: number, to: number): number => Math.ceil(value / to) * to;
