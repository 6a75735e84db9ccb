// What the status endpoint, the dashboard and `wasserwerk status` know of a run: plain data, whether the run goes on in this
// process (a monitor behind the run loop) or is a folder on the disk. Not how it is served (server.ts) and not how it is
// found out.

import type { EnergyRecordJson, ObservationRecord } from '../output/mod.js';
import type { MotionView } from './motion.js';

/** Where a run stands. `paused`: held up at a look; `waiting`: no machine is there to go on with. */
export type RunState =
  'starting' | 'running' | 'paused' | 'waiting' | 'finished' | 'interrupted' | 'failed' | 'unknown';

/** A thread of this process or a machine, as far as it is known. */
export interface WorkerView {
  readonly name: string;
  /** `lost`: no sign of life within its lease; `leaving`: its work is being given to others. */
  readonly state: 'idle' | 'working' | 'leaving' | 'lost';
  readonly threads: number;
  readonly shards: number;
  readonly particles: number;
  /** Seconds of computing, and of waiting for others, since it took part. */
  readonly busySeconds: number;
  readonly waitedSeconds: number;
  /** Part of the time of the last looks (of a second or more) that it computed, from 0 to 1. */
  readonly load: number;
  /** Seconds since its last sign of life; 0 for threads. */
  readonly lagSeconds: number;
}

/** A run as it stands, one JSON object. Dimensionless but for names that end in Seconds or Bytes, and rates per second. */
export interface RunView {
  readonly name: string;
  readonly id: string;
  readonly folder: string;
  readonly version: string;
  readonly state: RunState;
  /** Why it is not running, where there is a reason. */
  readonly reason: string | null;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly representation: 'particles' | 'grid' | 'lumped';
  /** Particles, or cells of all nodes. */
  readonly units: number;
  readonly coordinateNames: readonly string[];
  readonly nodeNames: readonly string[];
  /** Directed edges: from node `from[e]` to node `to[e]` with weight `weight[e]`. */
  readonly edges: {
    readonly from: readonly number[];
    readonly to: readonly number[];
    readonly weight: readonly number[];
  };
  readonly step: number;
  readonly steps: number;
  readonly time: number;
  readonly endTime: number;
  readonly temperature: number;
  /** Particle-steps (cell-steps) per second over the last seconds, and the seconds left at that rate; null if not known. */
  readonly unitStepsPerSecond: number | null;
  readonly secondsLeft: number | null;
  readonly wallSeconds: number;
  readonly unitSteps: number;
  /** Fraction of the mass on each node, now. */
  readonly mass: readonly number[];
  readonly observation: ObservationRecord | null;
  readonly energy: EnergyRecordJson | null;
  /** Null where dynamics are of first order. */
  readonly motion: MotionView | null;
  readonly workers: readonly WorkerView[];
  readonly partition: 'replicas' | 'nodes' | null;
  /** Largest load over mean load, minus 1. */
  readonly imbalance: number | null;
  readonly epoch: number;
  readonly reforms: number;
  readonly exchange: {
    readonly sentBytes: number;
    readonly sentMessages: number;
    readonly askedAgain: number;
  };
  /** The last complete checkpoint. */
  readonly checkpoint: { readonly step: number; readonly ageSeconds: number } | null;
  readonly warnings: readonly string[];
  readonly stateHash: string | null;
}

/** Something that happened, numbered from 1 on. */
export interface RunEvent {
  readonly id: number;
  /** ISO 8601. */
  readonly at: string;
  readonly kind:
    | 'state'
    | 'look'
    | 'observation'
    | 'energy'
    | 'checkpoint'
    | 'snapshot'
    | 'reform'
    | 'warning'
    | 'message';
  readonly step: number;
  readonly text: string;
}

/** A picture of the state: some particles, or the densities, of one step. */
export type Picture =
  | {
      readonly kind: 'particles';
      readonly step: number;
      /** [particle * dimension + coordinate], and the node of each particle. */
      readonly x: Float32Array | Float64Array;
      readonly node: Int32Array;
    }
  | {
      readonly kind: 'densities';
      readonly step: number;
      readonly cells: readonly number[];
      readonly low: readonly number[];
      readonly high: readonly number[];
      /** [node * cells + cell], cells in C order. */
      readonly density: Float32Array | Float64Array;
    };

/**
 * What may be asked of a run that goes on. Each returns when it was taken note of, not when it is done, or tells why it makes no sense
 * now: `the run is finished`.
 */
export interface RunActions {
  pause(): string | undefined;
  resume(): string | undefined;
  checkpoint(): string | undefined;
  stop(reason: string): string | undefined;
}

/** How long steps took, for a histogram: `counts[i]` steps took `bounds[i]` seconds or less; the last count is of all. */
export interface StepDurations {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly seconds: number;
}

export interface StatusSource {
  /** The run as it stands now. Cheap: called at every request. */
  view(): RunView;
  /** Observations of steps after `since`, oldest first, at most `most`. */
  observations(since: number, most: number): Promise<readonly ObservationRecord[]>;
  energies(since: number, most: number): Promise<readonly EnergyRecordJson[]>;
  /** A picture of the state, at most `most` particles; undefined while there is none. */
  picture(most: number): Promise<Picture | undefined>;
  /** Events after number `after` that are still remembered (the last thousand or so). */
  events(after: number): readonly RunEvent[];
  /** Calls the listener for every event from now on. Returns a function that ends it. */
  subscribe(listener: (event: RunEvent) => void): () => void;
  /** Undefined where nobody has timed the steps. */
  readonly stepDurations?: StepDurations | undefined;
  /** Undefined where the run is over or elsewhere. */
  readonly actions: RunActions | undefined;
}
