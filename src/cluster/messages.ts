// What the coordinator of a process and its worker threads say to each other. Both sides import this file.

import type { MessagePort } from 'node:worker_threads';
import type { SealedConfig } from '../config/mod.js';
import type { Energy } from '../grid/mod.js';
import type { MemoryShare, ShardMoments, ShardOwners } from '../particles/mod.js';

/** What a thread is given once, when it starts. */
export interface WorkerSetup {
  readonly config: SealedConfig;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly replicas: number;
  readonly workers: number;
  readonly cores: number;
  /** Control block (barrier.ts). */
  readonly control: SharedArrayBuffer;
  /** Where the run has other machines. */
  readonly machine?: MachineSetup;
}

/** What a thread of one of several machines is given besides. */
export interface MachineSetup extends ShardOwners, MemoryShare {
  /** Where threads wait for other machines (machines/gates.ts). */
  readonly gates: SharedArrayBuffer;
}

/** What the thread that estimates energies is given once, when it starts. */
export interface EstimateSetup {
  readonly config: SealedConfig;
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
  | {
      /**
       * Steps shards of replicas that other machines have a part of. `groups`: this worker steps its own groups, one after
       * the other; `lockstep`: all workers step shards of all groups and meet, which rates that need densities want.
       */
      readonly kind: 'groups' | 'lockstep';
      readonly from: number;
      readonly to: number;
      readonly worker: number;
      readonly groups: readonly SharedGroup[];
      /** Of `lockstep`: the shards, and the nodes whose densities are added up, of this worker. */
      readonly shards: readonly number[];
      readonly nodes: readonly number[];
      /** Where what is to be sent goes (Outgoing). */
      readonly port: MessagePort;
    }
  | { readonly kind: 'moments'; readonly shards: readonly number[]; readonly time: number }
  | { readonly kind: 'hashes'; readonly shards: readonly number[] };

/** A group of replicas as a machine sees it. */
export interface SharedGroup {
  readonly group: number;
  readonly replicas: readonly number[];
  /** This machine's shards of these replicas, ascending. */
  readonly shards: readonly number[];
  /** The machines that have the others; none if this one has all. */
  readonly peers: readonly number[];
}

/** What a thread wants to be sent after a step. Exchanges are counted from step 0 on. */
export type Outgoing =
  | {
      readonly kind: 'emigrants';
      readonly group: number;
      readonly exchange: number;
      /** Per peer. */
      readonly batches: ReadonlyMap<number, Uint32Array<ArrayBuffer>>;
    }
  /** The densities of this machine's nodes are there, in shared memory. */
  | { readonly kind: 'densities'; readonly group: number; readonly exchange: number };

/**
 * Trouble in a thread, as data: of an error that is thrown there only the message arrives, neither its class nor its
 * code.
 */
export interface TaskFailure {
  readonly failure: { readonly code: string | undefined; readonly message: string; readonly stack: string };
}

export interface TaskResult {
  readonly busySeconds: number;
  /** Waiting for other machines. */
  readonly waitedSeconds: number;
  readonly moments: readonly (readonly [shard: number, moments: ShardMoments])[];
  /** Of `hashes`: of each shard 32 bytes, side by side. */
  readonly digests?: Uint8Array;
}

/** What a thread of a grid run is given once. */
export interface GridSetup {
  readonly config: SealedConfig;
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
