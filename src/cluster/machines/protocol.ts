// What a coordinator and the machines of its run say to each other, as types. The coordinator asks, a machine answers; each
// request is answered once its work is done, however long that takes. Requests may arrive twice: the second time they are
// answered as the first (mail.ts). Maps on the wire are msgpackr's; what arrives is checked (check.ts) before it is used.

import type { ConfigBundle } from '../../config/mod.js';
import type { CodeFile } from '../../objective/mod.js';
import type { PartEntry } from '../../output/mod.js';
import type { PointsReply, PointsRequest } from './points-protocol.js';

/**
 * Who takes part in an epoch. An epoch begins when machines join, leave or are lost, or when work is shared out
 * anew; whatever belongs to an older one is dropped wherever it arrives. A machine's number is its index in `members`.
 */
export interface Membership {
  readonly epoch: number;
  readonly members: readonly { readonly name: string; readonly instance: string }[];
}

/** Who has which shard in an epoch of a particle run. */
export interface Placement extends Membership {
  /** Number of the machine that has shard (node g, replica k), at [k n + g]. */
  readonly owner: Uint16Array;
  /**
   * Group of each replica. All emigrants between two machines in one exchange of a group travel as one message, and while
   * they do the machines step their next group. One group where rates need densities: all replicas then step together.
   */
  readonly groupOfReplica: Uint16Array;
  /** How the shards were cut: `replicas` needs no messages. */
  readonly partition: 'replicas' | 'nodes';
}

/** Where machines put their parts of checkpoints and find them. */
export type StorageDescription =
  /** A folder that all see, as they did when the coordinator looked (`probe`): the folder `checkpoints` of the run. */
  | { readonly kind: 'folder'; readonly path: string }
  /** A JetStream object store. */
  | { readonly kind: 'object-store'; readonly bucket: string };

/** A part of a checkpoint with the shards that it holds, in the order in which it holds them. */
export interface ShardPart {
  readonly entry: PartEntry;
  readonly shards: Uint32Array;
}

/** A request; every one but `probe`, `join` and `join-lumped` is of the epoch that was joined last, others are refused (`stale-epoch`). */
export type Request =
  /** Whether this machine sees the file, with this content: tells a folder that is shared from one of the same name. */
  | { readonly type: 'probe'; readonly path: string; readonly content: string }
  /** Takes part in a run: builds model and memory. What it did before for this or an older epoch of the run ends. */
  | {
      readonly type: 'join';
      readonly run: string;
      readonly bundle: ConfigBundle;
      readonly placement: Placement;
      /** Number of this machine in the placement. */
      readonly self: number;
      readonly storage: StorageDescription;
    }
  /**
   * Takes part in a lumped run: builds model and objective, and has no points yet. Code of an objective is a file of this machine, run only
   * where the machine allows it and the file is the same.
   */
  | {
      readonly type: 'join-lumped';
      readonly run: string;
      readonly bundle: ConfigBundle;
      /** Folder of the config, absolute: objectives are found from there. */
      readonly folder: string;
      readonly code: readonly CodeFile[];
      readonly membership: Membership;
      readonly self: number;
    }
  /** Of a lumped run: changes of the points that are here, then work on them. */
  | PointsRequest
  /** Draws the initial state of its shards. */
  | { readonly type: 'sample' }
  /** Reads its shards from the parts of a checkpoint. `location`: below the storage, `step-…`. */
  | {
      readonly type: 'restore';
      readonly step: number;
      readonly location: string;
      readonly parts: readonly ShardPart[];
    }
  /** Steps its shards; answered when the last exchange is done. */
  | { readonly type: 'advance'; readonly from: number; readonly to: number }
  | { readonly type: 'moments'; readonly time: number }
  | { readonly type: 'hashes' }
  /** The first fields of some particles: ascending indices of shards. */
  | {
      readonly type: 'rows';
      readonly fields: number;
      readonly of: readonly { readonly shard: number; readonly indices: Uint32Array }[];
    }
  /** Writes its shards as parts of a checkpoint whose names begin with `prefix`. */
  | { readonly type: 'save'; readonly step: number; readonly location: string; readonly prefix: string }
  /** Ends its part in the run; it is free for others then. */
  | { readonly type: 'leave'; readonly reason: string };

/** What a machine answers to each type of request. Shards ascend, and arrays that go with them are in their order. */
export interface Replies {
  readonly probe: { readonly seen: boolean };
  readonly join: { readonly workers: number };
  readonly 'join-lumped': { readonly workers: number };
  readonly points: PointsReply;
  readonly sample: ShardCounts;
  readonly restore: ShardCounts;
  readonly advance: ShardCounts & {
    /** Jumps per directed edge on this machine since it joined. */
    readonly jumps: Float64Array;
    /** Of each thread, in this request: computing, and waiting for other machines. */
    readonly busySeconds: readonly number[];
    readonly waitedSeconds: readonly number[];
    /** Bytes and messages to other machines, and messages that were asked for again. */
    readonly sentBytes: number;
    readonly sentMessages: number;
    readonly askedAgain: number;
  };
  readonly moments: {
    readonly shards: Uint32Array;
    readonly counts: Float64Array;
    /** [shard * columns + column], and [shard * pairs + pair] (particles' ShardMoments, side by side). */
    readonly means: Float64Array;
    readonly products: Float64Array;
  };
  /** SHA-256 digests of 32 bytes, side by side. */
  readonly hashes: { readonly shards: Uint32Array; readonly digests: Uint8Array };
  /** Coordinates, row after row, request after request, in the kernel's precision. */
  readonly rows: { readonly rows: Float32Array | Float64Array };
  readonly save: { readonly parts: readonly ShardPart[] };
  readonly leave: Record<string, never>;
}

export interface ShardCounts {
  readonly shards: Uint32Array;
  readonly counts: Uint32Array;
}

/** Trouble on a machine, as data. `code` is that of the error, or one of this protocol's. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
}

/**
 * Codes of trouble that are about the membership, not about the work: `stale-epoch` (the request is of an epoch that is
 * over), `busy` (the machine is in another run), `protocol-version`, `lost` (no sign of life within the lease),
 * `superseded` (the work was given up because a newer epoch began), `unfit` (the machine will not run the code of this run, or has not got it).
 */
export type MembershipCode = 'stale-epoch' | 'busy' | 'protocol-version' | 'lost' | 'superseded' | 'unfit';

/** What a worker says to all every 500 ms, and at once when something of it changes. */
export interface WorkerHeartbeat {
  readonly type: 'worker';
  readonly name: string;
  /** Drawn at the start of the process: tells a machine from one that came later under its name. */
  readonly instance: string;
  readonly version: string;
  readonly protocol: number;
  readonly cores: number;
  /** Threads it computes with. */
  readonly workers: number;
  readonly memoryBytes: number;
  /** Particle-steps per second of all threads in a short benchmark. */
  readonly speed: number;
  readonly allowModules: boolean;
  readonly state: 'idle' | 'joined' | 'draining';
  /** Of the run that it is in: id, epoch, and the step that was done last. */
  readonly run: string | null;
  readonly epoch: number;
  readonly step: number;
}

/** What a coordinator says to all every 500 ms. */
export interface CoordinatorHeartbeat {
  readonly type: 'coordinator';
  readonly run: string;
  readonly protocol: number;
  readonly epoch: number;
  readonly step: number;
  readonly members: readonly { readonly name: string; readonly instance: string }[];
}

/** Milliseconds between heartbeats, and without one after which a machine counts as lost. */
export const HEARTBEAT_MS = 500;
export const LEASE_MS = 3000;
