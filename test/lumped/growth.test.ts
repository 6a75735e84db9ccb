// Nodes that are born and retired: nothing is lost, and what happens depends on nothing but the flow.

import { describe, expect, it } from 'vitest';
import type { GrowRules, LumpedProblem, Objective } from '../../src/lumped/mod.js';
import { handEdges, planBirths, planRetirement, planRoom } from '../../src/lumped/growth.js';
import { StructureSpace } from '../../src/model/mod.js';
import { problem, run, totalOf } from './flows.js';

const bits = 24;
const space = new StructureSpace({ name: 's', length: bits, count: 2, edit: 'any', weight: 1 });
/** The least V of the 2^24 words is 0, at this one. */
const target = '101100111000111100001111';

/** V = places that differ from the target, and (x - 1)^2/2. */
const search: Objective = {
  miniBatches: false,
  dimension: () => 1,
  neighbours: (node) => space.neighbours(node),
  transfer: (x) => x.slice(),
  evaluate: (points) =>
    points.map(({ node, x, gradient }) => {
      if (gradient) gradient[0] = x[0] - 1;
      return (
        Array.from(node).filter((letter, i) => letter !== target[i]).length + ((x[0] - 1) * (x[0] - 1)) / 2
      );
    }),
};

const rules: GrowRules = { every: 5, birth: 0.5, share: 0.5, floor: 1e-4, grace: 10, maxNodes: 300 };

function growing(change: Partial<LumpedProblem> = {}, own: Partial<GrowRules> = {}): LumpedProblem {
  return problem({
    mobility: 'metropolis',
    temperature: { kind: 'constant', value: 0.1 },
    timeStep: 0.1,
    tolerance: 1e-4,
    splitting: 'lie',
    graph: { kind: 'grow', nodes: [{ node: space.zero, mass: 1 }], rules: { ...rules, ...own } },
    ...change,
  });
}

describe('a graph that grows', () => {
  it('finds the best of 2^24 structures with a few hundred nodes, and loses no mass', async () => {
    const flow = await run(growing(), search, 0);
    let most = 0;
    while (flow.best!.value > 1e-3 && flow.step < 400) {
      await flow.advance();
      expect(Math.abs(totalOf(flow.masses) - 1)).toBeLessThan(1e-14);
      expect(Math.min(...flow.masses)).toBeGreaterThanOrEqual(0);
      most = Math.max(most, flow.masses.length);
    }
    expect(flow.best).toMatchObject({ node: target });
    expect(most).toBeLessThanOrEqual(300);
    const { examined, retired } = flow.counts;
    expect(retired).toBeGreaterThan(0);
    expect(examined - retired).toBe(flow.masses.length);
    expect(examined).toBeLessThan(2000);
  });

  it('goes on from a state with the same bits, also in second order', async () => {
    for (const change of [
      {},
      { mobility: 'log-mean', dynamics: { kind: 'accelerated', friction: { kind: 'constant', value: 1 } } },
    ] as const) {
      const whole = growing(change);
      const straight = await run(whole, search, 40);
      const half = await run(whole, search, 13);
      const resumed = await run(whole, search, 27, await half.state());
      expect(await resumed.state()).toEqual(await straight.state());
      expect(straight.counts.examined).toBeGreaterThan(bits);
    }
  });

  it('tells whose child a node is, with the point of its parent', async () => {
    const flow = await run(growing({}, { every: 1 }), search, 1);
    expect(flow.nodes()).toHaveLength(1 + bits);
    const [parent, ...children] = flow.nodes();
    for (const child of children) {
      expect(child).toMatchObject({ parent: space.zero, born: 1 });
      expect(child.mass).toBeCloseTo(0.5 / bits, 14);
      const [own, theirs] = await flow.read([child.node, parent.node]);
      expect(own.x).toEqual(theirs.x);
    }
    expect(parent.mass).toBeCloseTo(0.5, 14);
  });

  it('has a newborn go on as its parent does: v by the derivative of the map of the edge', async () => {
    const second = growing(
      {
        mobility: 'log-mean',
        dynamics: { kind: 'accelerated', friction: { kind: 'constant', value: 1 } },
      },
      { every: 3 },
    );
    const bent: Objective = {
      ...search,
      transfer: (x) => Float64Array.of(3 * x[0] + 0.25 * x[0] * x[0] - 1),
    };
    const plain: Objective = {
      miniBatches: false,
      dimension: () => 1,
      neighbours: (node) => space.neighbours(node),
      evaluate: (points) => search.evaluate(points),
    };
    for (const [objective, slope] of [
      [bent, (x: number) => 3 + 0.5 * x],
      [plain, () => 1],
    ] as const) {
      const flow = await run(second, objective, 3);
      const [parent, child] = await flow.read(flow.nodes().map(({ node }) => node));
      expect(parent.v[0]).toBeLessThan(-0.1);
      expect(child.v[0] / parent.v[0]).toBeCloseTo(slope(parent.x[0]), 3);
    }
  });

  it('refuses neighbours that are not mutual, or that the node itself is', async () => {
    const oneWay: Objective = {
      ...search,
      neighbours: (node) => (node === space.zero ? space.neighbours(node) : []),
    };
    await expect(run(growing({}, { every: 1 }), oneWay, 1)).rejects.toThrow('but not the other way round');
    const loop: Objective = { ...search, neighbours: (node) => [{ node, weight: 1 }] };
    await expect(run(growing(), loop, 1)).rejects.toThrow('is its own neighbour');
  });
});

describe('plans', () => {
  const edges = {
    from: Int32Array.from([0, 1, 1, 2]),
    to: Int32Array.from([1, 2, 3, 3]),
    weight: Float64Array.from([1, 1, 1, 1]),
  };
  const living = (masses: readonly number[]): { mass: number; born: number; expanded: boolean }[] =>
    masses.map((mass) => ({ mass, born: 0, expanded: false }));

  it('give the mass of the retired to the heaviest neighbour that stays', () => {
    expect(planRetirement(living([0.3, 1e-9, 0.2, 0.5]), edges, rules, 100)).toEqual([{ node: 1, heir: 3 }]);
    // Its only neighbour goes, too: the heaviest of all.
    expect(planRetirement(living([1e-9, 1e-9, 0.4, 0.6]), edges, rules, 100)).toEqual([
      { node: 0, heir: 3 },
      { node: 1, heir: 3 },
    ]);
    expect(planRetirement(living([1e-9, 1e-9, 1e-9, 1e-9]), edges, rules, 100)).toHaveLength(3);
    expect(planRetirement(living([0.3, 1e-9, 0.2, 0.5]), edges, rules, 9)).toEqual([]);
  });

  it('retire who is cut off, but not a start that has not had neighbours yet', () => {
    const alone = { from: Int32Array.of(0), to: Int32Array.of(1), weight: Float64Array.of(1) };
    const three = living([0.5, 0.2, 0.3]);
    expect(planRetirement(three, alone, rules, 100)).toEqual([]);
    expect(planRetirement([three[0], three[1], { ...three[2], expanded: true }], alone, rules, 100)).toEqual([
      { node: 2, heir: 0 },
    ]);
    expect(planRetirement([three[0], three[1], { ...three[2], born: 95 }], alone, rules, 100)).toEqual([]);
    expect(planRetirement([three[0], three[1], { ...three[2], born: 50 }], alone, rules, 100)).toHaveLength(
      1,
    );
  });

  it('hand the edges of the retired to their heirs, so that what was joined stays joined', () => {
    const weighted = { ...edges, weight: Float64Array.from([1, 5, 1, 2]) };
    // 1 leaves, 3 inherits: 0-1 becomes 0-3; 1-2 falls together with 3-2, and is the heavier one.
    const handed = handEdges(weighted, [{ node: 1, heir: 3 }], Int32Array.from([0, -1, 1, 2]));
    expect(handed).toEqual({
      from: Int32Array.from([0, 2]),
      to: Int32Array.from([2, 1]),
      weight: Float64Array.from([1, 5]),
    });
  });

  it('have the heaviest expand first', () => {
    expect(planBirths(living([0.3, 0.01, 0.3, 0.39]), rules)).toEqual([3, 0, 2]);
  });

  it('have the lightest make room', () => {
    const masses = living([0.3, 0.02, 0.01, 0.67]);
    const wanted = { room: 2, mass: 0.1 };
    expect(planRoom(masses, edges, rules, 100, wanted)).toEqual([
      { node: 1, heir: 3 },
      { node: 2, heir: 3 },
    ]);
    expect(planRoom(masses, edges, rules, 100, { room: 1, mass: 0.1 })).toEqual([{ node: 2, heir: 3 }]);
    expect(planRoom(masses, edges, rules, 100, { room: 2, mass: 0.015 })).toEqual([{ node: 2, heir: 3 }]);
  });
});

describe('words', () => {
  it('have neighbours one letter away, and these have them', () => {
    const three = new StructureSpace({ name: 's', length: 3, count: 12, edit: 'step', weight: 2 });
    expect(three.zero).toBe('0.0.0');
    expect(three.neighbours('0.11.5')).toEqual(
      ['1.11.5', '0.10.5', '0.11.4', '0.11.6'].map((node) => ({ node, weight: 2 })),
    );
    expect(space.neighbours(space.zero)).toHaveLength(bits);
    for (const { node } of space.neighbours(target)) {
      expect(space.neighbours(node).map((neighbour) => neighbour.node)).toContain(target);
    }
  });

  it('are read strictly', () => {
    for (const word of ['', '01', `${space.zero}0`, space.zero.replace('0', '2'), 'x'.repeat(bits)]) {
      expect(space.read(word)).toBe(undefined);
    }
  });
});
