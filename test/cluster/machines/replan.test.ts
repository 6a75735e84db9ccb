// Re-planning: only where the imbalance is large and a new plan gains more than a reform costs.

import { describe, expect, it } from 'vitest';
import { planPlacement } from '../../../src/cluster/machines/plan.js';
import { imbalance, worthReplanning } from '../../../src/cluster/machines/replan.js';
import { inputOf, machinesOf } from './plans.js';

describe('imbalance', () => {
  it('is the busiest over the mean, less one', () => {
    expect(imbalance([1, 1, 1])).toBe(0);
    expect(imbalance([3, 1])).toBeCloseTo(0.5);
    expect(imbalance([0, 0])).toBe(0);
    expect(imbalance([])).toBe(0);
  });
});

describe('worthReplanning', () => {
  const input = inputOf({ machines: machinesOf(2), particles: 4e6, rest: { partition: 'replicas' } });
  const plan = planPlacement(input);
  // Machine 0 turns out to be half as fast as it said.
  const slow = { busySeconds: [0.01, 0.005], stepSeconds: 0.01 };

  it('follows the speeds that machines show', () => {
    const {
      worth,
      imbalance: uneven,
      gainSeconds,
      speeds,
      plan: next,
    } = worthReplanning(input, plan, slow, { stepsLeft: 10_000 });
    expect(uneven).toBeCloseTo(1 / 3);
    expect(speeds[1] / speeds[0]).toBeCloseTo(2);
    const replicas = [0, 0];
    for (let replica = 0; replica < 24; replica++) replicas[next!.owner[8 * replica]]++;
    expect(replicas).toEqual([8, 16]);
    // 12 to 8 replicas on the slow one: a third of 100 s.
    expect(gainSeconds).toBeCloseTo(100 / 3, 0);
    expect(worth).toBe(true);
  });

  it('does not for a few steps, or where a reform is dear', () => {
    expect(worthReplanning(input, plan, slow, { stepsLeft: 100 })).toMatchObject({ worth: false });
    expect(worthReplanning(input, plan, slow, { stepsLeft: 0 })).toMatchObject({
      worth: false,
      gainSeconds: 0,
    });
    expect(worthReplanning(input, plan, slow, { stepsLeft: 10_000, reformSeconds: 60 })).toMatchObject({
      worth: false,
    });
  });

  it('does not at 15 % or less', () => {
    const fair = { busySeconds: [0.0115, 0.0095], stepSeconds: 0.0115 };
    expect(worthReplanning(input, plan, fair, { stepsLeft: 1e9 })).toEqual({
      worth: false,
      imbalance: imbalance(fair.busySeconds),
      gainSeconds: 0,
      speeds: expect.any(Array) as number[],
    });
  });

  it('does not where pieces are too coarse for anything better', () => {
    // Three replicas on two machines: 2 and 1, for ever.
    const coarse = inputOf({ machines: machinesOf(2), replicas: 3, rest: { partition: 'replicas' } });
    const { worth, imbalance: uneven } = worthReplanning(
      coarse,
      planPlacement(coarse),
      { busySeconds: [0.002, 0.001], stepSeconds: 0.002 },
      { stepsLeft: 1e6 },
    );
    expect(uneven).toBeCloseTo(1 / 3);
    expect(worth).toBe(false);
  });

  it('leaves machines out that had nothing to do', () => {
    const spare = inputOf({ machines: machinesOf(3), replicas: 2, rest: { partition: 'replicas' } });
    const idle = planPlacement(spare);
    expect(idle.idle).toEqual([2]);
    const { imbalance: uneven, speeds } = worthReplanning(
      spare,
      idle,
      { busySeconds: [0.005, 0.005, 0], stepSeconds: 0.005 },
      { stepsLeft: 1e6 },
    );
    expect(uneven).toBe(0);
    // It keeps the speed that it told, as the others kept theirs.
    expect(speeds[2]).toBeCloseTo(speeds[0], -1);
  });
});
