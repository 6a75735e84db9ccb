// Leases: who is there, who is lost and when, and who is never used.

import { afterEach, describe, expect, it } from 'vitest';
import { Roster, type HeartbeatSource, type RosterChange } from '../../../src/cluster/machines/roster.js';
import type { CoordinatorHeartbeat, WorkerHeartbeat } from '../../../src/cluster/machines/protocol.js';
import { protocolVersion } from '../../../src/cluster/transport/frame.js';
import type { Address } from '../../../src/cluster/transport/transport.js';

const made: Roster[] = [];
afterEach(() => {
  for (const roster of made.splice(0)) roster.close();
});

function scene() {
  let time = 100;
  let beat: Parameters<HeartbeatSource['onBeat']>[0] = () => undefined;
  let told: (connected: boolean) => void = () => undefined;
  const connection = {
    connected: true,
    onConnection: (handler: (connected: boolean) => void) => {
      told = handler;
      return () => undefined;
    },
  };
  const changes: RosterChange[] = [];
  const warnings: string[] = [];
  const roster = new Roster(
    {
      onBeat: (handler) => {
        beat = handler;
        return () => undefined;
      },
    },
    connection,
    { clock: () => time, warned: (text) => warnings.push(text) },
  );
  made.push(roster);
  roster.onChange((change) => changes.push(change));
  return {
    roster,
    changes,
    warnings,
    seen: () => changes.map(({ kind, machine }) => `${kind} ${machine.name} ${machine.instance}`),
    beat: (changed: Partial<WorkerHeartbeat> = {}, from?: Address) => {
      const heartbeat = { ...worker, ...changed };
      beat(from ?? { role: 'worker', name: heartbeat.name }, heartbeat);
    },
    coordinator: (heartbeat: CoordinatorHeartbeat, from?: Address) => {
      beat(from ?? { role: 'coordinator', name: heartbeat.run }, heartbeat);
    },
    after: (seconds: number) => {
      time += seconds;
      roster.check();
    },
    connect: (connected: boolean) => {
      connection.connected = connected;
      told(connected);
    },
  };
}

const worker: WorkerHeartbeat = {
  type: 'worker',
  name: 'w1',
  instance: 'a',
  version: '1.2.3',
  protocol: protocolVersion,
  cores: 2,
  workers: 2,
  memoryBytes: 1e9,
  speed: 1e8,
  allowModules: false,
  state: 'idle',
  run: null,
  epoch: 0,
  step: 0,
};

describe('the roster', () => {
  it('loses a machine without a sign of life for three seconds, not sooner', () => {
    const { roster, beat, after, seen } = scene();
    beat();
    after(2.9);
    beat();
    after(2.9);
    expect(roster.machines.map(({ name }) => name)).toEqual(['w1']);
    after(0.2);
    expect(roster.machines).toEqual([]);
    expect(seen()).toEqual(['came w1 a', 'lost w1 a']);
    beat();
    expect(seen().at(-1)).toBe('came w1 a');
  });

  it('lets no lease run while its own connection is down, and gives fresh ones afterwards', () => {
    const { beat, after, seen, connect } = scene();
    beat();
    after(2.5);
    connect(false);
    after(100);
    connect(true);
    after(2.9);
    expect(seen()).toEqual(['came w1 a']);
    after(0.2);
    expect(seen()).toEqual(['came w1 a', 'lost w1 a']);
  });

  it('takes a process that was started anew for another machine, once the old one is silent', () => {
    const { beat, after, seen, changes, warnings } = scene();
    beat();
    after(0.4);
    beat({ instance: 'b' });
    after(0.5);
    beat({ instance: 'b' });
    expect(seen()).toEqual(['came w1 a']);
    after(0.6);
    expect(seen()).toEqual(['came w1 a', 'lost w1 a', 'came w1 b']);
    expect(changes[1]).toMatchObject({ reason: 'was started anew' });
    expect(warnings).toEqual([]);
  });

  it('keeps the first of two that live under one name, and says so once', () => {
    const { roster, beat, after, seen, warnings } = scene();
    for (let round = 0; round < 8; round++) {
      beat();
      after(0.3);
      beat({ instance: 'b' });
      after(0.3);
    }
    expect(seen()).toEqual(['came w1 a']);
    expect(roster.find('w1', 'a')).toBeDefined();
    expect(roster.find('w1', 'b')).toBeUndefined();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('--name');
  });

  it('never uses another version of the protocol, and names both, once', () => {
    const { roster, beat, warnings } = scene();
    beat({ protocol: 99 });
    beat({ protocol: 99 });
    expect(roster.machines).toEqual([]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('version 99');
    expect(warnings[0]).toContain(`version ${protocolVersion}`);
  });

  it('says once that a machine wants to leave', () => {
    const { beat, seen } = scene();
    beat();
    beat({ state: 'draining' });
    beat({ state: 'draining' });
    expect(seen()).toEqual(['came w1 a', 'draining w1 a']);
  });

  it('believes nobody who speaks for another', () => {
    const { roster, beat, coordinator } = scene();
    beat({}, { role: 'worker', name: 'w2' });
    beat({}, { role: 'coordinator', name: 'w1' });
    coordinator(
      { type: 'coordinator', run: 'r', protocol: protocolVersion, epoch: 9, step: 0, members: [] },
      { role: 'coordinator', name: 'other' },
    );
    expect(roster.machines).toEqual([]);
    expect(roster.commandedEpoch('r')).toBe(0);
    expect(roster.claimedEpoch('r')).toBe(0);
  });

  it('remembers the largest epoch of a run, and whether a coordinator or a machine spoke of it', () => {
    const { roster, beat, coordinator } = scene();
    beat({ state: 'joined', run: 'r', epoch: 4 });
    beat({ state: 'joined', run: 'r', epoch: 3 });
    expect(roster.claimedEpoch('r')).toBe(4);
    expect(roster.commandedEpoch('r')).toBe(0);
    coordinator({
      type: 'coordinator',
      run: 'r',
      protocol: protocolVersion,
      epoch: 7,
      step: 0,
      members: [],
    });
    expect(roster.commandedEpoch('r')).toBe(7);
    expect(roster.claimedEpoch('r')).toBe(4);
    expect(roster.commandedEpoch('other')).toBe(0);
  });
});
