// Addresses of everything in the shared memory, as a function of the model, its kernel and the number of workers.
// Numbers only: nothing is allocated or written here. Reserved memory that is never touched costs nothing, so the
// buffers whose need cannot be foreseen (chunks, outboxes) are reserved at their worst case.
//
//   literals │ shard headers │ densities │ deposits of worker 0 │ of worker 1 │ … │ worker 0 │ worker 1 │ … │ chunks
//
// Densities and deposits are there only where rates need them.

import {
  CHUNK,
  LANES,
  fixedMemory,
  layout,
  MOMENT_COLUMN,
  recordStrides,
  type KernelPlan,
} from '../kernel/mod.js';
import type { Model } from '../model/mod.js';
import { momentLayout } from './moments.js';

const { align } = layout;

/** Addresses in one worker's region. */
export interface WorkerAddresses {
  readonly context: number;
  readonly nodeTable: number;
  readonly edgeTable: number;
  readonly potentialTable: number;
  readonly words: number;
  readonly noise: number;
  readonly flags: number;
  readonly masks: number;
  readonly walkers: number;
  readonly walkerWords: number;
  readonly rates: number;
  readonly moments: number;
  readonly jumps: number;
  /** Where rates need densities (else 0): scratch for places on the mesh, own sums, the densities of node 0. */
  readonly places: number;
  readonly deposits: number;
  readonly densityTable: number;
  /** Outboxes of even and odd exchanges. */
  readonly outboxes: readonly [number, number];
}

/** A region for what comes from another memory. */
export interface Inbox {
  readonly address: number;
  readonly bytes: number;
}

/** What a machine has of a run: where it is only one of several. */
export interface MemoryShare {
  /** Most particles that its shards may have together. */
  readonly capacity: number;
  /** Most emigrants that may come from other machines in one exchange, per inbox. */
  readonly inboxes: readonly number[];
}

export interface MemoryPlan {
  readonly replicas: number;
  readonly shardCount: number;
  /** Header of shard (node g, replica k): shards + (k n + g) * layout.shardHeader.size. */
  readonly shards: number;
  readonly workers: readonly WorkerAddresses[];
  readonly outboxBytes: number;
  /** From one worker's sums of deposits to the next one's. */
  readonly depositStride: number;
  /** For even and odd exchanges, as many as the share has. */
  readonly inboxes: readonly (readonly [Inbox, Inbox])[];
  readonly chunks: number;
  readonly chunkBytes: number;
  readonly end: number;
}

/** The model needs more memory than one process can address. */
export class MemoryLimitError extends Error {
  readonly code = 'memory-limit';

  constructor(
    message: string,
    readonly hint: string,
  ) {
    super(`${message}; ${hint}`);
  }
}

/** Addressable bytes. */
const LIMIT = 65_536 * 65_536;

/** Offsets into a page that keep streams read side by side from sharing their low 12 address bits. */
const STAGGER = 1088;

/** Entries reserved for emigrants where `particles` could emigrate in one exchange: beyond 2^20 half of them. */
const reserved = (particles: number, sharers = 1): number =>
  particles <= 1 << 20 ? particles : Math.max(1 << 20, particles / 2 / sharers);

/**
 * Plans the memory, of all particles or of a machine's share.
 * @throws MemoryLimitError beyond 4 GiB
 */
export function planMemory(
  model: Model,
  plan: KernelPlan,
  replicas: number,
  workerCount: number,
  share: MemoryShare = { capacity: model.particleCount, inboxes: [] },
): MemoryPlan {
  const { graph, dimension } = model;
  const particleCount = share.capacity;
  const size = plan.precision === 'f32' ? 4 : 8;
  const strides = recordStrides(plan);
  const edgeCount = graph.targets.length;
  const shardCount = graph.nodeCount * replicas;
  const chunkBytes = layout.chunkBytes(plan.fields, size);
  const entryBytes = layout.emigrantBytes(plan.fields, size);
  let most = 0;
  for (let g = 0; g < graph.nodeCount; g++) most = Math.max(most, graph.offsets[g + 1] - graph.offsets[g]);

  const outboxBytes = align(Math.ceil(reserved(particleCount, workerCount)) * entryBytes, 64);

  let next: number = fixedMemory.free;
  let stagger = 0;
  const take = (bytes: number, page = false): number => {
    const address = page ? align(next, 4096) + (stagger++ % 4) * STAGGER : align(next, 64);
    next = address + bytes;
    return address;
  };
  const shards = take(shardCount * layout.shardHeader.size);
  const walkers = layout.walkerLayout(size).size;
  const densityTable = plan.densities ? take(graph.nodeCount * plan.densities.tableBytes) : 0;
  const depositStride = graph.nodeCount * (plan.densities?.depositBytes ?? 0);
  const deposits = plan.densities ? take(workerCount * depositStride) : 0;
  const densityBytes = next - shards;
  const workers = Array.from({ length: workerCount }, (_, worker): WorkerAddresses => {
    next = align(next, 4096);
    return {
      context: take(layout.workerContext.size),
      nodeTable: take(graph.nodeCount * strides.node),
      edgeTable: take(edgeCount * strides.edge),
      potentialTable: take(graph.nodeCount * strides.potential),
      words: take(CHUNK * 4 * plan.wordsPerParticle + 64, true),
      noise: take(CHUNK * 4 * dimension + 64, true),
      flags: take(CHUNK * size, true),
      masks: take((CHUNK / LANES) * 2 + 64),
      walkers: take(walkers, true),
      walkerWords: take(layout.WALKERS * 4 * 2 + 128),
      rates: take(most * 32 + 32),
      moments: take(momentLayout(model).columns * MOMENT_COLUMN),
      jumps: take(edgeCount * 8),
      places: plan.densities ? take(layout.placeBytes(dimension)) : 0,
      deposits: deposits + worker * depositStride,
      densityTable,
      outboxes: [take(outboxBytes), take(outboxBytes)],
    };
  });
  const inboxes = share.inboxes.map((entries): readonly [Inbox, Inbox] => {
    const bytes = align(Math.ceil(reserved(entries)) * entryBytes, 64);
    return [
      { address: take(bytes), bytes },
      { address: take(bytes), bytes },
    ];
  });
  const chunks = align(next, 4096);
  // Every shard has one chunk that may be nearly empty; while emigrants are delivered, particles are counted twice.
  const chunkCount = 2 * Math.ceil(particleCount / CHUNK) + 2 * shardCount;
  const end = chunks + chunkCount * chunkBytes;
  if (end > LIMIT) {
    if (plan.densities && densityBytes > LIMIT / 4) {
      const { cells } = plan.densities.mesh;
      throw new MemoryLimitError(
        `the densities need ${(densityBytes / 1e9).toFixed(1)} GB of the 4.3 GB of addressable memory: ${cells.join(' x ')} cells on ` +
          `${String(graph.nodeCount)} nodes, and as many sums for each of ${String(workerCount)} workers`,
        `take fewer cells, as grid: { cells: ${String(Math.max(4, Math.floor(Math.min(...cells) / 2)))} }, or fewer workers`,
      );
    }
    throw new MemoryLimitError(
      `the run needs ${(end / 1e9).toFixed(1)} GB of addressable memory, the limit is 4.3 GB`,
      `take fewer particles than ${String(model.particleCount)}${plan.precision === 'f64' ? ', precision f32' : ''} or fewer workers`,
    );
  }
  return {
    replicas,
    shardCount,
    shards,
    workers,
    outboxBytes,
    depositStride,
    inboxes,
    chunks,
    chunkBytes,
    end,
  };
}
