// Who computes a run, as plain data for people to look at: threads or machines. Nothing follows from it: neither results nor
// plans.

/** A thread or a machine, as far as it is known here. */
export interface CrewMember {
  readonly name: string;
  /** `lost`: without a sign of life within its lease; `leaving`: it wants to leave, and may once its work is given to others. */
  readonly state: 'here' | 'leaving' | 'lost';
  readonly threads: number;
  readonly shards: number;
  readonly particles: number;
  /** Computing since it takes part, mean over its threads. */
  readonly busySeconds: number;
  /** Waiting for others since then; undefined where nobody measures it. */
  readonly waitedSeconds: number | undefined;
  readonly lagSeconds: number;
}

/** Who computes. For people to look at: nothing follows from it. */
export interface CrewReport {
  readonly kind: 'threads' | 'machines';
  readonly members: readonly CrewMember[];
  readonly epoch: number;
  readonly reforms: number;
  readonly sentBytes: number;
  readonly sentMessages: number;
  readonly askedAgain: number;
}

/** A crew of threads of this process. */
export function crewOfThreads(
  work: readonly { readonly shards: number; readonly particles: number; readonly busySeconds: number }[],
): CrewReport {
  return {
    kind: 'threads',
    members: work.map((own, thread) => ({
      ...{ name: `thread ${thread + 1}`, state: 'here', threads: 1, ...own },
      ...{ waitedSeconds: undefined, lagSeconds: 0 },
    })),
    ...{ epoch: 0, reforms: 0, sentBytes: 0, sentMessages: 0, askedAgain: 0 },
  };
}
