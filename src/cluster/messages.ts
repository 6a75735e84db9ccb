// What the coordinator of a process and its worker threads say to each other. Both sides import this file.

import type { ConfigBundle } from '../config/mod.js';
import type { Energy } from '../grid/mod.js';
import type { ShardMoments } from '../particles/mod.js';

/** What a thread is given once, when it starts. */
export interface WorkerSetup {
  readonly config: ConfigBundle;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly replicas: number;
  readonly workers: number;
  readonly cores: number;
  /** Control block (barrier.ts). */
  readonly control: SharedArrayBuffer;
}

/** What the thread that estimates energies is given once, when it starts. */
export interface EstimateSetup {
  readonly config: ConfigBundle;
}

/** One worker's share of a piece of work. A task is a worker's whole loop over many steps, not a step. */
export type WorkerTask =
  | { readonly kind: 'sample'; readonly shards: readonly number[]; readonly seed: number }
  | {
      readonly kind: 'replicas';
      readonly from: number;
      readonly to: number;
      readonly own: readonly number[];
      /** Replicas of other workers, to be taken over when one's own are done. */
      readonly others: readonly number[];
    }
  | {
      readonly kind: 'nodes';
      readonly from: number;
      readonly to: number;
      readonly worker: number;
      readonly shards: readonly number[];
    }
  | { readonly kind: 'moments'; readonly shards: readonly number[]; readonly time: number }
  | { readonly kind: 'hashes'; readonly shards: readonly number[] };

/**
 * Trouble in a thread, as data: of an error that is thrown there only the message arrives, neither its class nor its
 * code.
 */
export interface TaskFailure {
  readonly failure: { readonly code: string | undefined; readonly message: string; readonly stack: string };
}

export interface TaskResult {
  readonly busySeconds: number;
  readonly moments: readonly (readonly [shard: number, moments: ShardMoments])[];
  /** Of `hashes`: of each shard 32 bytes, side by side. */
  readonly digests?: Uint8Array;
}

/** What a thread of a grid run is given once. */
export interface GridSetup {
  readonly config: ConfigBundle;
  /** The arrays that all share (grid/memory.ts). */
  readonly memory: SharedArrayBuffer;
  readonly workers: number;
  readonly cores: number;
  /** Control block (barrier.ts). */
  readonly control: SharedArrayBuffer;
}

/** A piece of work on the grid, the same for all workers, who meet many times within it. */
export type GridTask =
  | { readonly kind: 'start' }
  | { readonly kind: 'advance'; readonly from: number; readonly to: number }
  | { readonly kind: 'measure'; readonly time: number };

export interface GridResult {
  readonly busySeconds: number;
  /** Of `measure`. */
  readonly energy: Energy | undefined;
}
