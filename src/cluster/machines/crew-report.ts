// The machines of an epoch as a person sees them: what each has, whether it lives, how busy it was. Nothing follows from it; what plans
// are made of is plan-input.ts.

import type { CrewMember } from '../crew-report.js';
import type { Placement } from './protocol.js';
import type { Roster, RosterMachine } from './roster.js';

export interface WatchedEpoch {
  readonly machines: readonly RosterMachine[];
  readonly members: { readonly placement: Pick<Placement, 'owner'> };
  readonly busySeconds: Float64Array;
  readonly waitedSeconds: Float64Array;
}

/** @param counts particles of each shard */
export function crewOf(
  { machines, members, busySeconds, waitedSeconds }: WatchedEpoch,
  counts: Uint32Array,
  roster: Pick<Roster, 'find' | 'lag'>,
): CrewMember[] {
  const shards = new Float64Array(machines.length);
  const particles = new Float64Array(machines.length);
  counts.forEach((count, shard) => {
    const member = members.placement.owner[shard];
    shards[member]++;
    particles[member] += count;
  });
  return machines.map(({ name, instance, heartbeat }, member) => {
    const living = roster.find(name, instance);
    return {
      name,
      state: living === undefined ? 'lost' : living.heartbeat.state === 'draining' ? 'leaving' : 'here',
      threads: heartbeat.workers,
      ...{ shards: shards[member], particles: particles[member] },
      ...{ busySeconds: busySeconds[member], waitedSeconds: waitedSeconds[member] },
      lagSeconds: living ? roster.lag(name) : 0,
    };
  });
}
