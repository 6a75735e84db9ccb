// The cost model: what hides what, and what it says of many machines.

import { describe, expect, it } from 'vitest';
import {
  DEFAULT_COSTS,
  framesOf,
  predictStep,
  type MachineStep,
  type StepAmounts,
} from '../../../src/cluster/machines/cost.js';
import { predictPlacement, planPlacement } from '../../../src/cluster/machines/plan.js';
import { scaling, type ScalingCase } from '../../../src/cluster/machines/scaling.js';
import { grid, ring } from './graphs.js';
import { inputOf, machinesOf } from './plans.js';

const alone: MachineStep = {
  work: 4e6,
  speed: 4e8,
  threads: 1,
  cores: 2,
  groups: 0,
  pieces: 24,
  emigrantsOut: 0,
  emigrantsIn: 0,
  messagesOut: 0,
  messagesIn: 0,
  bytesOut: 0,
  bytesIn: 0,
};
const sharing: MachineStep = {
  ...alone,
  groups: 4,
  pieces: 4,
  emigrantsOut: 40_000,
  emigrantsIn: 40_000,
  messagesOut: 4,
  messagesIn: 4,
  bytesOut: 640_000,
  bytesIn: 640_000,
};
const step = (machines: MachineStep[], rest: Partial<StepAmounts> = {}) =>
  predictStep({ machines, exchangesPerStep: 1, coupled: false, ...rest });

describe('predictStep', () => {
  it('is computing alone where there are no messages', () => {
    const { stepSeconds, bound, serverSeconds, coordinatorSeconds } = step([alone, { ...alone, work: 2e6 }]);
    expect(bound).toBe('computing');
    expect(serverSeconds).toBe(0);
    expect(stepSeconds - coordinatorSeconds).toBeCloseTo(0.01, 12);
  });

  it('hides the exchange behind computing where there are groups, and not where there is one', () => {
    const hidden = step([sharing, sharing]);
    expect(hidden.bound).toBe('computing');
    const one = step([sharing, sharing].map((machine) => ({ ...machine, groups: 1, pieces: 1 })));
    expect(one.bound).toBe('latency');
    expect(one.stepSeconds).toBeGreaterThan(hidden.stepSeconds + DEFAULT_COSTS.latencySeconds);
  });

  it('takes input and output from computing where there is no core to spare', () => {
    const spare = step([sharing, sharing]);
    const none = step([sharing, sharing].map((machine) => ({ ...machine, cores: 1 })));
    const own = ({ stepSeconds, coordinatorSeconds }: typeof spare): number =>
      stepSeconds - coordinatorSeconds;
    expect(own(none) - own(spare)).toBeCloseTo(none.ioSeconds[0], 9);
    // Messages cost more beside a thread that computes, bytes do not.
    const messages = 4 * (DEFAULT_COSTS.sendSeconds + DEFAULT_COSTS.receiveSeconds);
    expect(none.ioSeconds[0] - spare.ioSeconds[0]).toBeCloseTo(
      (DEFAULT_COSTS.crowdedFactor - 1) * messages,
      9,
    );
  });

  it('counts messages dearer on a host that all share without a core to spare, whatever each could use alone', () => {
    const alone = { ...sharing, cores: 2 };
    const of = (hostCores: number) =>
      predictStep({ machines: [alone, alone], exchangesPerStep: 1, coupled: false, hostCores });
    const messages = 4 * (DEFAULT_COSTS.sendSeconds + DEFAULT_COSTS.receiveSeconds);
    const threads = 2 * sharing.threads;
    expect(of(threads).ioSeconds[0] - of(threads + 1).ioSeconds[0]).toBeCloseTo(
      (DEFAULT_COSTS.crowdedHostFactor - 1) * messages,
      9,
    );
    expect(of(threads + 1).ioSeconds).toEqual(step([alone, alone]).ioSeconds);
  });

  it('is bound by the server where many share one', () => {
    const many = Array.from({ length: 100 }, () => sharing);
    expect(step(many).bound).toBe('server');
    expect(
      predictStep({ machines: many, exchangesPerStep: 1, coupled: false }, { ...DEFAULT_COSTS, servers: 100 })
        .bound,
    ).toBe('computing');
  });

  it('counts threads that have nothing whole to do', () => {
    const even = step([{ ...alone, threads: 8 }]);
    expect(even.computeSeconds[0]).toBeCloseTo(0.01);
    // Nine pieces on eight threads: two rounds.
    expect(step([{ ...alone, threads: 8, pieces: 9 }]).computeSeconds[0]).toBeCloseTo(0.01 * (16 / 9));
  });

  it('shares the cores of one host', () => {
    const two = step([sharing, sharing, sharing, sharing], { hostCores: 2 });
    expect(two.bound).toBe('host');
    expect(two.stepSeconds).toBeGreaterThan(0.02);
    // A server that wakes up for each message takes from the same cores.
    const awake = predictStep(
      { machines: [sharing, sharing, sharing, sharing], exchangesPerStep: 1, coupled: false, hostCores: 2 },
      { ...DEFAULT_COSTS, serverWakeSeconds: 0 },
    );
    expect(two.stepSeconds - awake.stepSeconds).toBeCloseTo((16 * DEFAULT_COSTS.serverWakeSeconds) / 2, 6);
  });

  it('makes more of everything dearer, never cheaper', () => {
    const base = step([sharing, sharing]).stepSeconds;
    for (const key of [
      'work',
      'emigrantsOut',
      'emigrantsIn',
      'messagesOut',
      'messagesIn',
      'bytesOut',
      'bytesIn',
    ] as const) {
      const more = { ...sharing, [key]: 1000 * sharing[key] };
      expect(step([more, sharing]).stepSeconds).toBeGreaterThan(base);
    }
  });

  it('counts frames of at most 512 KiB', () => {
    expect([0, 1, 524_288, 524_289].map(framesOf)).toEqual([1, 1, 1, 2]);
  });
});

describe('predictPlacement', () => {
  it('adds up messages, bytes and the cut of a plan', () => {
    const input = inputOf({ machines: machinesOf(2), rest: { partition: 'nodes' } });
    const plan = planPlacement(input);
    const groups = new Set(plan.groupOfReplica).size;
    expect(plan.predicted.messagesPerStep).toBe(2 * groups);
    // Two of the eight edges of the ring are cut, in both directions.
    expect(plan.predicted.cut).toBeCloseTo((2 / 8) * 20_000);
    const bytes = plan.predicted.cut * 16 + plan.predicted.messagesPerStep * (64 + 72);
    expect(plan.predicted.bytesPerStep).toBeCloseTo(bytes, 5);
    expect(predictPlacement(input, plan)).toEqual(plan.predicted);
    const twice = planPlacement({ ...input, exchangesPerStep: 2 });
    expect(twice.predicted.messagesPerStep).toBe(4 * new Set(twice.groupOfReplica).size);
  });

  it('adds up densities where rates need them', () => {
    const input = inputOf({
      machines: machinesOf(4),
      graph: grid(8, 8),
      rest: { coupled: true, densityBytes: 100_000 },
    });
    const { predicted } = planPlacement(input);
    // Densities of 64 nodes to three others each, at 16 nodes (1.6 MB: four frames) a machine; and a batch to each.
    expect(predicted.messagesPerStep).toBe(4 * 3 * (4 + 1));
    expect(predicted.bytesPerStep).toBeCloseTo(3 * 64 * 100_000 + predicted.cut * 16 + 60 * 136, 3);
  });
});

describe('scaling', () => {
  const of: ScalingCase = {
    graph: ring(8),
    nodeCount: 8,
    particles: { perMachine: 1e6 },
    replicasOf: (particles) =>
      [1, 2, 4, 6, 12, 24, 60, 120, 240, 360, 720, 1440, 2520, 5040]
        .filter((r) => r <= particles / 32_768)
        .at(-1) ?? 1,
    jumps: 0.015,
    machine: { speed: 4e8, threads: 1, cores: 2 },
    coupled: false,
    densityBytes: 0,
    entryBytes: 16,
    partition: 'auto',
  };
  const counts = [2, 8, 100, 1000, 10_000];

  it('needs no messages with independent particles until there are more machines than replicas', () => {
    const rows = scaling(of, counts);
    expect(rows.slice(0, 4).map(({ plan }) => plan.predicted.messagesPerStep)).toEqual([0, 0, 0, 0]);
    expect(rows[1].efficiency).toBeGreaterThan(0.9);
    for (const { plan, efficiency } of rows) {
      expect(plan.predicted.stepSeconds).toBeGreaterThan(0);
      expect(efficiency).toBeLessThanOrEqual(1);
    }
  });

  it('is bound by the one server when nodes are cut on many machines, and auto is never worse', () => {
    const nodes = scaling({ ...of, partition: 'nodes' }, counts);
    expect(nodes[3].plan.predicted.bound).toBe('server');
    scaling(of, counts).forEach(({ efficiency }, i) =>
      expect(efficiency).toBeGreaterThanOrEqual(0.98 * nodes[i].efficiency),
    );
  });
});
