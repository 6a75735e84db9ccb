// Placements: everything is given out once, evenly, and in the shape that was asked for.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planPlacement, type Plan, type PlanInput } from '../../../src/cluster/machines/plan.js';
import { generator, graphOf, grid, randomGraph, ring } from './graphs.js';
import { inputOf, machinesOf } from './plans.js';

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

/** Particles of each machine over its speed, largest over mean. */
function unevenness(input: PlanInput, plan: Plan): number {
  const seconds = input.machines.map(() => 0);
  plan.owner.forEach((machine, shard) => (seconds[machine] += input.counts[shard]));
  const times = seconds.map((work, machine) => work / input.machines[machine].speed);
  const speed = input.machines.reduce((sum, machine) => sum + machine.speed, 0);
  return Math.max(...times) / (seconds.reduce((a, b) => a + b, 0) / speed);
}

const ownersOf = (plan: Plan, nodeCount: number, replica: number): number[] =>
  [...new Set(plan.owner.subarray(replica * nodeCount, (replica + 1) * nodeCount))].sort((a, b) => a - b);

/** What holds of every plan. */
function expectWhole(input: PlanInput, plan: Plan): void {
  const { nodeCount, replicas, machines } = input;
  expect(plan.owner).toHaveLength(nodeCount * replicas);
  expect(plan.groupOfReplica).toHaveLength(replicas);
  for (const machine of plan.owner) expect(machine).toBeLessThan(machines.length);
  const used = new Set(plan.owner);
  expect(plan.idle).toEqual(range(machines.length).filter((machine) => !used.has(machine)));
  expect(plan.teams.flat().sort((a, b) => a - b)).toEqual([...used].sort((a, b) => a - b));
  // Groups are 0, 1, … without gaps, each of one team.
  const groups = [...new Set(plan.groupOfReplica)].sort((a, b) => a - b);
  expect(groups).toEqual(range(groups.length));
  const teamOf = (machine: number): number => plan.teams.findIndex((team) => team.includes(machine));
  const teamOfGroup = new Map<number, number>();
  for (const replica of range(replicas)) {
    for (const machine of ownersOf(plan, nodeCount, replica)) {
      const group = plan.groupOfReplica[replica];
      if (!input.coupled) expect(teamOfGroup.get(group) ?? teamOf(machine)).toBe(teamOf(machine));
      teamOfGroup.set(group, teamOf(machine));
    }
  }
  const { predicted } = plan;
  expect(predicted.stepSeconds).toBeGreaterThan(0);
  expect(predicted.computeSeconds).toHaveLength(machines.length);
  expect(Math.max(...predicted.computeSeconds)).toBeLessThanOrEqual(predicted.stepSeconds);
  if (plan.partition === 'replicas') {
    expect(plan.teams.every((team) => team.length === 1)).toBe(true);
    expect(predicted).toMatchObject({ messagesPerStep: 0, bytesPerStep: 0, cut: 0 });
  }
}

const anyInput = fc
  .record({
    nodes: fc.integer({ min: 1, max: 30 }),
    replicas: fc.constantFrom(1, 2, 4, 6, 12, 24),
    machines: fc.array(
      fc.record({
        speed: fc.oneof(fc.double({ min: 1e6, max: 1e9, noNaN: true }), fc.constantFrom(0, NaN, 1e8)),
        threads: fc.integer({ min: 1, max: 16 }),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    counts: fc.array(fc.nat(100_000), { minLength: 1, maxLength: 20 }),
    seed: fc.integer({ min: 1 }),
    coupled: fc.boolean(),
    exchangesPerStep: fc.constantFrom(1 as const, 2 as const),
    partition: fc.constantFrom('auto' as const, 'nodes' as const, 'replicas' as const),
  })
  .map(({ nodes, replicas, machines, counts, seed, ...rest }): PlanInput => {
    const graph = randomGraph(nodes, 3, seed);
    const next = generator(seed);
    return {
      nodeCount: nodes,
      replicas,
      machines,
      graph,
      counts: Array.from({ length: nodes * replicas }, (_, i) => counts[i % counts.length]),
      flux: Float64Array.from(graph.targets, () => next(1000)),
      densityBytes: 4096,
      entryBytes: 16,
      ...rest,
    };
  });

describe('planPlacement', () => {
  it('gives every shard to one machine, teams their own groups, and the same plan for the same input', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        const plan = planPlacement(input);
        expectWhole(input, plan);
        expect(planPlacement(input)).toEqual(plan);
      }),
      { numRuns: 300 },
    );
  });

  it('auto is never predicted to be slower than nodes and, but for the margin, than replicas', () => {
    fc.assert(
      fc.property(anyInput, (input) => {
        if (input.coupled) return;
        const seconds = (partition: PlanInput['partition']): number =>
          planPlacement({ ...input, partition }).predicted.stepSeconds;
        const auto = seconds('auto');
        expect(auto).toBeLessThanOrEqual(seconds('replicas'));
        expect(0.98 * auto).toBeLessThanOrEqual(seconds('nodes'));
      }),
    );
  });

  it('replicas: whole replicas by speed, no messages', () => {
    const input = inputOf({
      machines: [{ speed: 3e8 }, { speed: 1e8 }, { speed: 2e8 }],
      rest: { partition: 'replicas' },
    });
    const plan = planPlacement(input);
    expectWhole(input, plan);
    expect(plan.partition).toBe('replicas');
    const replicasOf = [0, 0, 0];
    for (const replica of range(24)) {
      const owners = ownersOf(plan, 8, replica);
      expect(owners).toHaveLength(1);
      replicasOf[owners[0]]++;
    }
    expect(replicasOf).toEqual([12, 4, 8]);
  });

  it('replicas: says which machines stay idle, the slowest ones', () => {
    const input = inputOf({
      machines: [{ speed: 1e8 }, { speed: 3e8 }, { speed: 3e8 }, { speed: 2e8 }],
      replicas: 2,
      rest: { partition: 'replicas' },
    });
    expect(planPlacement(input)).toMatchObject({ partition: 'replicas', idle: [0, 3], teams: [[1], [2]] });
  });

  it('nodes: one team, cut by flux, even over the replicas', () => {
    const input = inputOf({ machines: machinesOf(3), rest: { partition: 'nodes' } });
    const plan = planPlacement(input);
    expectWhole(input, plan);
    expect(plan).toMatchObject({ partition: 'nodes', teams: [[0, 1, 2]], idle: [] });
    // A replica of 8 nodes can only be cut into 3, 3, 2; all of them together are even.
    expect(unevenness(input, plan)).toBeLessThan(1.01);
    // Three arcs of the ring: six directed edges of sixteen.
    expect(plan.predicted.cut).toBeCloseTo((6 / 16) * 0.02 * 1e6);
  });

  it('nodes: evens out what one cut cannot, also between unequal machines', () => {
    const uneven = inputOf({ machines: [{ speed: 4e8 }, { speed: 3e8 }], rest: { partition: 'nodes' } });
    const counts = Array.from({ length: 192 }, (_, shard) => [9, 7, 5, 4, 3, 2, 1, 1][shard % 8] * 1000);
    const input = { ...uneven, counts };
    expect(unevenness(input, planPlacement(input))).toBeLessThan(1.02);
  });

  it('nodes: more machines than nodes work in as few teams as keep all busy', () => {
    const input = inputOf({ machines: machinesOf(20), rest: { partition: 'nodes' } });
    const plan = planPlacement(input);
    expectWhole(input, plan);
    expect(plan.teams).toHaveLength(3);
    expect(plan.idle).toEqual([]);
  });

  it('auto: replicas where there are enough of them', () => {
    for (const count of [2, 3, 8, 24]) {
      expect(planPlacement(inputOf({ machines: machinesOf(count) })).partition).toBe('replicas');
    }
  });

  it('auto: teams where there are more machines than replicas', () => {
    const few = new Float64Array(16).fill(2000);
    const input = inputOf({ machines: machinesOf(12), particles: 48e6, replicas: 6, rest: { flux: few } });
    const plan = planPlacement(input);
    expectWhole(input, plan);
    expect(plan.partition).toBe('nodes');
    // Two machines share each replica: larger teams would hide more of the way, but send more messages.
    expect(plan.teams.map((team) => team.length)).toEqual([2, 2, 2, 2, 2, 2]);
    expect(new Set(plan.groupOfReplica).size).toBe(6);
    expect(plan.idle).toEqual([]);
    expect(unevenness(input, plan)).toBeLessThan(1.05);
  });

  it('auto: teams where whole replicas do not divide well', () => {
    const input = inputOf({ machines: machinesOf(4), particles: 48e6, replicas: 5 });
    const plan = planPlacement(input);
    // Whole replicas: 2, 1, 1, 1.
    expect(unevenness(input, planPlacement({ ...input, partition: 'replicas' }))).toBeCloseTo(8 / 5);
    expect(plan.partition).toBe('nodes');
    expect(unevenness(input, plan)).toBeLessThan(1.05);
  });

  it('auto: no messages where a step is too short for them', () => {
    const input = inputOf({ machines: machinesOf(12), particles: 20_000, replicas: 6 });
    expect(planPlacement(input)).toMatchObject({ partition: 'replicas' });
  });

  it('coupled: whole nodes, one team, one group, whatever is wanted', () => {
    for (const partition of ['auto', 'nodes', 'replicas'] as const) {
      const input = inputOf({
        machines: machinesOf(4),
        graph: grid(8, 8),
        rest: { coupled: true, densityBytes: 16_384, partition },
      });
      const plan = planPlacement(input);
      expectWhole(input, plan);
      expect(plan.partition).toBe('nodes');
      expect(new Set(plan.groupOfReplica)).toEqual(new Set([0]));
      for (const replica of range(24)) {
        expect(plan.owner.subarray(replica * 64, replica * 64 + 64)).toEqual(plan.owner.subarray(0, 64));
      }
      expect(unevenness(input, plan)).toBeLessThan(1.04);
    }
  });

  it('coupled on one machine is one group, too', () => {
    const input = inputOf({ machines: machinesOf(1), rest: { coupled: true, densityBytes: 4096 } });
    expect(new Set(planPlacement(input).groupOfReplica)).toEqual(new Set([0]));
  });

  it('groups: about four a thread, fewer where messages cost more than they save', () => {
    const groups = (input: PlanInput): number => new Set(planPlacement(input).groupOfReplica).size;
    const rest = { partition: 'nodes' as const };
    expect(groups(inputOf({ machines: machinesOf(2), particles: 4e7, rest }))).toBe(4);
    expect(groups(inputOf({ machines: machinesOf(2, 8e8, { threads: 2 }), particles: 4e7, rest }))).toBe(8);
    // The largest member decides.
    const mixed = [...machinesOf(1), ...machinesOf(1, 8e8, { threads: 3 })];
    expect(groups(inputOf({ machines: mixed, particles: 4e7, rest }))).toBe(12);
    // In a tenth of the time a message is too dear for so many.
    expect(groups(inputOf({ machines: machinesOf(2), particles: 4e6, rest }))).toBe(3);
    expect(groups(inputOf({ machines: mixed, particles: 4e6, rest }))).toBe(3);
    // No more than replicas.
    expect(groups(inputOf({ machines: machinesOf(2), particles: 4e6, replicas: 2, rest }))).toBe(2);
    // Thirty-two machines, and next to nothing to compute: not four.
    expect(
      groups(inputOf({ machines: machinesOf(32), particles: 1e5, graph: ring(64), replicas: 4, rest })),
    ).toBe(1);
  });

  it('groups: each of them is even, so that threads wait little', () => {
    const input = inputOf({ machines: machinesOf(3), particles: 4e6, rest: { partition: 'nodes' } });
    const plan = planPlacement(input);
    const loads = new Map<string, number>();
    plan.owner.forEach((machine, shard) => {
      const key = `${plan.groupOfReplica[Math.floor(shard / 8)]} ${machine}`;
      loads.set(key, (loads.get(key) ?? 0) + input.counts[shard]);
    });
    expect(Math.max(...loads.values()) / Math.min(...loads.values())).toBeLessThan(1.15);
  });

  it('gives machines of one speed each part equally often, so that they stay level wherever particles go', () => {
    const machines = [1e8, 1.01e8, 0.99e8, 1e8].map((speed) => ({ speed }));
    const input = inputOf({ machines, particles: 4e6, rest: { partition: 'nodes' } });
    const { nodeCount, replicas } = input;
    // A particle more or less is no reason to give one machine always the same part.
    const counts = Float64Array.from(input.counts, (count, shard) => count + (shard % 3));
    const { owner } = planPlacement({ ...input, counts });
    for (const node of range(nodeCount)) {
      const often = machines.map(() => 0);
      for (const replica of range(replicas)) often[owner[replica * nodeCount + node]]++;
      expect(Math.max(...often) - Math.min(...often)).toBeLessThanOrEqual(1);
    }
  });

  it('takes a speed that is not known for the mean of the others', () => {
    const input = inputOf({
      machines: [{ speed: NaN }, { speed: 1e8 }, { speed: 3e8 }],
      rest: { partition: 'replicas' },
    });
    const counts = [0, 0, 0];
    for (const replica of range(24)) counts[planPlacement(input).owner[replica * 8]]++;
    expect(counts).toEqual([8, 4, 12]);
  });

  it('plans for thousands of machines', () => {
    const input = inputOf({ machines: machinesOf(5000), particles: 1e9, replicas: 2520 });
    expectWhole(input, planPlacement(input));
  });

  it('refuses what does not fit together', () => {
    const input = inputOf({ machines: machinesOf(2) });
    expect(() => planPlacement({ ...input, machines: [] })).toThrow(/1 to 65535 machines, not 0/);
    expect(() => planPlacement({ ...input, counts: [1, 2] })).toThrow(/there are 2 and 16/);
    expect(() => planPlacement({ ...input, flux: new Float64Array(3) })).toThrow(/there are 192 and 3/);
  });

  it('stands particles that have gone, and graphs without edges', () => {
    const graph = graphOf(5, []);
    const empty = inputOf({ machines: machinesOf(2), graph, particles: 0 });
    for (const partition of ['auto', 'nodes', 'replicas'] as const) {
      const input = { ...empty, partition };
      expectWhole(input, planPlacement(input));
    }
    const lost = { ...inputOf({ machines: machinesOf(3), graph: ring(9), rest: { partition: 'nodes' } }) };
    expectWhole({ ...lost, counts: lost.counts }, planPlacement(lost));
  });
});
