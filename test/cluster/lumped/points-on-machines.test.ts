// Points on machines, without a network: what a coordinator asks, as bytes and back, answered by the parts of machines in this process. Any number
// of them gives the bits of one memory. Networks, losses and processes are test/integration/cluster/lumped.test.ts.

import { describe, expect, it } from 'vitest';
import { lumpedAlone } from '../../../src/cluster/lumped/crew.js';
import { MachinePoints } from '../../../src/cluster/lumped/machine-points.js';
import { checkReply, checkRequest } from '../../../src/cluster/machines/check.js';
import { packControl, unpackControl } from '../../../src/cluster/machines/control-codec.js';
import type { Members } from '../../../src/cluster/machines/members.js';
import { MOST_NUMBERS, type PointsRequest } from '../../../src/cluster/machines/points-protocol.js';
import { PointsPart } from '../../../src/cluster/machines/points-part.js';
import type { Membership, Replies } from '../../../src/cluster/machines/protocol.js';
import { LumpedFlow, NodeWorker, type LumpedProblem, type Objective } from '../../../src/lumped/mod.js';
import { StructureSpace } from '../../../src/model/mod.js';
import { problem, run, wells } from '../../lumped/flows.js';

const settings = (whole: LumpedProblem) => ({
  dynamics: whole.dynamics,
  walls: undefined,
  start: (_: string, x: Float64Array) => void x.fill(2),
});

/** What was asked of each machine. */
type Asked = PointsRequest[][];

function machines(count: number, whole: LumpedProblem, objective: Objective) {
  const parts = Array.from(
    { length: count },
    () => new PointsPart(lumpedAlone(new NodeWorker(objective, settings(whole)))),
  );
  const asked: Asked = parts.map(() => []);
  const placement: Membership = {
    epoch: 1,
    members: parts.map((_, member) => ({ name: `m${member}`, instance: 'i' })),
  };
  const over = (value: unknown): unknown => unpackControl(packControl(value));
  const members = {
    placement,
    each: (work: (ask: unknown, member: number) => Promise<unknown>) =>
      Promise.all(
        parts.map((part, member) =>
          work(async (type: 'points', fields: object): Promise<Replies['points']> => {
            const request = checkRequest(over({ type, ...fields }));
            if (request.type !== 'points') throw new Error('not of points');
            asked[member].push(request);
            return checkReply(type, over(await part.serve(request)));
          }, member),
        ),
      ),
  } as unknown as Members<Membership>;
  const worker = new NodeWorker(objective, settings(whole));
  const points = new MachinePoints(
    members,
    parts.map((_, member) => 1 + member),
    {
      dimensions: async (nodes) => (await worker.run({ kind: 'dimensions', nodes })).dimensions,
      neighbours: async (nodes) => (await worker.run({ kind: 'neighbours', nodes })).neighbours,
    },
    { asked: () => undefined },
  );
  return { points, parts, asked };
}

const space = new StructureSpace({ name: 's', length: 8, count: 2, edit: 'any', weight: 1 });

/** Words of 8 letters; x has as many coordinates as the word has ones, and one more. */
const words = (miniBatches: boolean): Objective => {
  const ones = (node: string): number => Array.from(node).filter((letter) => letter === '1').length;
  return {
    miniBatches,
    dimension: (node) => 1 + ones(node),
    neighbours: (node) => space.neighbours(node),
    transfer: (x, _, to) => Float64Array.from({ length: 1 + ones(to) }, (_, i) => x[i] ?? x[0] / 2),
    evaluate: (points) =>
      points.map(({ node, x, gradient, batch }) => {
        let value = Math.abs(ones(node) - 5) / 4 + (batch === undefined ? 0 : (batch % 3) / 100);
        x.forEach((at, i) => {
          value += ((at - i / 8) * (at - i / 8)) / 2;
          if (gradient) gradient[i] = at - i / 8;
        });
        return value;
      }),
  };
};

const growing = problem({
  mobility: 'metropolis',
  timeStep: 0.1,
  tolerance: 1e-4,
  temperature: { kind: 'constant', value: 0.1 },
  graph: {
    kind: 'grow',
    nodes: [{ node: space.zero, mass: 1 }],
    rules: { every: 4, birth: 0.3, share: 0.5, floor: 2e-3, grace: 8, maxNodes: 40 },
  },
});

const cases: [string, LumpedProblem, Objective][] = [
  ['a fixed graph', problem({ timeStep: 0.05 }), wells([0.3, 0, 0.1], 3)],
  [
    'second order with restarts',
    problem({
      timeStep: 0.05,
      dynamics: { kind: 'accelerated', friction: { kind: 'nesterov', factor: 3, restart: 'energy' } },
    }),
    wells([0.3, 0, 0.1], 3),
  ],
  ['a graph that grows', growing, words(false)],
  ['mini-batches', { ...growing, miniBatches: true, judgeEvery: 5 }, words(true)],
];

describe.each(cases)('points on machines: %s', (_, whole, objective) => {
  it.each([1, 2, 5])('%i of them give the bits of one memory', async (count) => {
    const expected = await run(whole, objective, 60);
    const { points, asked } = machines(count, whole, objective);
    const flow = await LumpedFlow.start(whole, points);
    for (let i = 0; i < 60; i++) await flow.advance();
    expect(await flow.state()).toEqual(await expected.state());
    expect(flow.energies()).toEqual(expected.energies());
    for (const requests of asked) {
      // One request a step, however many nodes; a machine that has none is not asked.
      expect(requests.filter(({ work }) => work.kind === 'move').length).toBeLessThanOrEqual(60);
    }
    if (whole.graph.kind === 'grow' && count > 1)
      expect(asked.flat().some(({ work }) => work.kind === 'lend')).toBe(true);
  });

  it('a state goes from two machines to three', async () => {
    const expected = await run(whole, objective, 60);
    const first = machines(2, whole, objective);
    const flow = await LumpedFlow.start(whole, first.points);
    for (let i = 0; i < 27; i++) await flow.advance();
    const second = machines(3, whole, objective);
    const on = await LumpedFlow.restore(whole, second.points, await flow.state());
    for (let i = 0; i < 33; i++) await on.advance();
    expect(await on.state()).toEqual(await expected.state());
  });
});

describe('points that are longer than a message', () => {
  it('travel in pieces', async () => {
    const dimension = MOST_NUMBERS - 5;
    const long: Objective = {
      miniBatches: false,
      dimension: () => dimension,
      initial: (node) => Float64Array.from({ length: dimension }, (_, i) => (i % 1000) + Number(node)),
      evaluate: (points) =>
        points.map(({ x, gradient }) => {
          gradient?.fill(1);
          return x[dimension - 1];
        }),
    };
    const whole = problem({ dynamics: { kind: 'accelerated', friction: { kind: 'constant', value: 1 } } });
    const { points, asked } = machines(2, whole, long);
    const flow = await LumpedFlow.start(whole, points);
    await flow.advance();
    const expected = await run(whole, long, 1);
    const nodes = flow.nodes().map(({ node }) => node);
    const [found, known] = [await flow.read(nodes), await expected.read(nodes)];
    const same = (a: Float64Array, b: Float64Array): boolean =>
      Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
        Buffer.from(b.buffer, b.byteOffset, b.byteLength),
      );
    found.forEach(({ x, v }, g) => {
      expect(same(x, known[g].x) && same(v, known[g].v)).toBe(true);
    });
    expect(asked.flat().filter(({ work }) => work.kind === 'read').length).toBeGreaterThan(4);
    const again = machines(2, whole, long);
    await again.points.put(found.map(({ x, v }, g) => ({ node: nodes[g], x, v })));
    const [last] = await again.points.read([nodes[2]]);
    expect(same(last.x, known[2].x) && same(last.v, known[2].v)).toBe(true);
  });
});

describe('a machine', () => {
  const whole = problem({});
  const sound = { kind: 'move', step: 1, time: 0.1, timeStep: 0.1, decay: [1, 1] } as const;
  const size = { node: '0', dimension: 2, velocities: 0 };

  it.each<[string, PointsRequest['work']]>([
    ['a node that is not there', { kind: 'read', pieces: [{ node: 'x', from: 0, to: 1 }] }],
    ['numbers that are not there', { kind: 'read', pieces: [{ node: '0', from: 1, to: 3 }] }],
    ['what was never kept', { kind: 'kept', from: 0, to: 1 }],
    [
      'a parent that nobody lent',
      { kind: 'bear', nodes: [{ ...size, node: '1', parent: '2' }], step: 1, time: 0 },
    ],
    [
      'the end of a point without its beginning',
      { kind: 'put', pieces: [{ ...size, node: '7', from: 1, to: 2 }], numbers: Float64Array.of(1) },
    ],
    [
      'a piece of a point of another size',
      { kind: 'put', pieces: [{ ...size, dimension: 3, from: 1, to: 2 }], numbers: Float64Array.of(1) },
    ],
  ])('is asked for %s: an error, and it goes on', async (_, work) => {
    const [part] = machines(1, whole, wells([0, 1, 2], 2)).parts;
    await part.serve({
      ...{ type: 'points', changes: [] },
      work: { kind: 'start', nodes: [size], step: 0, time: 0, seed: 1 },
    });
    await expect(part.serve({ type: 'points', changes: [], work })).rejects.toThrow();
    const { numbers } = await part.serve({ type: 'points', changes: [], work: sound });
    expect(numbers).toHaveLength(3);
  });

  it('that is given up, or is asked for particles, says so', async () => {
    const [part] = machines(1, whole, wells([0, 1, 2])).parts;
    await expect(part.serve({ type: 'sample' })).rejects.toMatchObject({ code: 'stale-epoch' });
    part.giveUp();
    await expect(part.serve({ type: 'points', changes: [], work: sound })).rejects.toMatchObject({
      code: 'superseded',
    });
  });

  it('that answers with too few numbers is named', async () => {
    const { points, parts } = machines(2, whole, wells([0, 1, 2]));
    parts[1].serve = async () => ({
      numbers: new Float64Array(1),
      gradients: 0,
      evaluations: 0,
      busySeconds: 0,
    });
    await expect(LumpedFlow.start(whole, points)).rejects.toThrow(/on machine m1: 1 numbers, not/u);
  });
});
