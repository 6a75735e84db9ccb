// Several shares of one run in this process, without a network: what one wants to be sent is put into the others some
// milliseconds later, each pair of machines with a delay of its own. The bits are those of a run in one memory.

import { afterEach, describe, expect, it } from 'vitest';
import type { Placement, Share } from '../../../src/cluster/mod.js';
import { cluster, config as configs, particles } from '../built.js';


const ring = {
  name: 'ring',
  space: { variables: ['x', 'y'] },
  graph: { ring: 8 },
  potential: {
    formula: '0.5*((x-a)^2 + (y-b)^2) + h',
    parameters: { a: '2*cos(2*pi*node/8)', b: '2*sin(2*pi*node/8)', h: '0.25*node' },
  },
  temperature: 1,
  dynamics: { mobility: 'symmetric' },
  // Enough for two replicas.
  particles: 70_000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.01, steps: 40 },
  seed: 7,
};

const load = (model: object) => configs.parseConfig(JSON.stringify(model));

/** What is on its way between shares: `from` has it ready for the exchange, all others get it. */
function join(shares: readonly Share[]) {
  const arrived = new Map<string, number>();
  const complete = new Map<string, number>();
  return shares.map((share, from) => (outgoing: Parameters<Parameters<Share['advance']>[2]>[0]): void => {
    const { kind, exchange } = outgoing;
    const densities = kind === 'densities' ? share.densities() : undefined;
    const group = share.groups.find((candidate) => candidate.group === outgoing.group);
    for (const to of group?.peers ?? []) {
      const batch = outgoing.kind === 'emigrants' ? outgoing.batches.get(to) : undefined;
      setTimeout(
        () => {
          const other = shares[to];
          const theirs = other.groups.find((candidate) => candidate.group === outgoing.group);
          if (!theirs) throw new Error('the peer does not know the group');
          if (densities) other.placeDensities(from, densities);
          else if (batch) other.placeEmigrants(theirs, from, exchange, new Uint8Array(batch.buffer));
          const gate = `${to}/${kind}/${outgoing.group}`;
          const key = `${gate}/${exchange}`;
          arrived.set(key, (arrived.get(key) ?? 0) + 1);
          // In order, though exchanges may come out of order.
          let next = complete.get(gate) ?? 0;
          for (; arrived.get(`${gate}/${next}`) === theirs.peers.length; next++) {
            other.open(kind, outgoing.group, next);
          }
          complete.set(gate, next);
        },
        (from * 3 + to * 5 + exchange) % 4,
      );
    }
  });
}

const open: Share[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((share) => share.close()));
});

async function hashOf(
  config: ReturnType<typeof load>,
  placement: Placement,
  workers: number,
  stops: readonly number[],
): Promise<string> {
  const bundle = config.source.bundle();
  const shares = placement.members.map((_, self) =>
    cluster.Share.create({ bundle, placement, self, workers }),
  );
  open.push(...shares);
  const send = join(shares);
  await Promise.all(shares.map((share) => share.sample()));
  let step = 0;
  for (const to of stops) {
    await Promise.all(shares.map((share, self) => share.advance(step, to, send[self])));
    step = to;
  }
  const all = shares.flatMap((share) => [...share.particles()]).sort((a, b) => a.shard - b.shard);
  expect(all.map(({ shard }) => shard)).toEqual(Array.from(placement.owner.keys()));
  return particles.hashShards(all.map((shard) => () => shard));
}

async function alone(config: ReturnType<typeof load>, steps: number): Promise<string> {
  const simulation = cluster.Simulation.create(config, { workers: 0 });
  await simulation.start();
  await simulation.advance(steps);
  return simulation.stateHash();
}

const members = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `m${index}`, instance: 'i' }));

/** Nodes to machines by a rule, replicas to groups one by one. */
function placement(
  config: ReturnType<typeof load>,
  machines: number,
  rule: (node: number, replica: number) => number,
  groups: (replica: number) => number,
): Placement {
  const simulation = cluster.Simulation.create(config, { workers: 0 });
  const { replicas, model } = simulation;
  const n = model.graph.nodeCount;
  return {
    epoch: 1,
    members: members(machines),
    owner: Uint16Array.from({ length: n * replicas }, (_, shard) => rule(shard % n, Math.floor(shard / n))),
    groupOfReplica: Uint16Array.from({ length: replicas }, (_, replica) => groups(replica)),
    partition: 'nodes',
  };
}

describe('shares of a run give the bits of one memory', () => {
  const models: [string, object][] = [
    ['a ring', ring],
    [
      'strang splitting, heun, f64',
      {
        ...ring,
        precision: 'f64',
        dynamics: { mobility: 'barker', integrator: 'heun', splitting: 'strang' },
      },
    ],
    [
      'a potential that changes with time',
      {
        ...ring,
        potential: { formula: '0.5*(x - sin(10*t))^2 + 0.5*y^2 + 0.2*node*cos(7*t)' },
        dynamics: { mobility: 'metropolis', splitting: 'strang' },
      },
    ],
    [
      'particles that cross several nodes in a step',
      { ...ring, graph: { ring: 8, weight: 60 }, dynamics: { mobility: 'metropolis' } },
    ],
  ];
  for (const [name, model] of models) {
    it.each([
      ['two machines, halves of the nodes', 2, 1, (node: number) => (node < 4 ? 0 : 1)],
      ['three machines, two threads, nodes in turns', 3, 2, (node: number) => node % 3],
      ['two machines, more threads than groups', 2, 3, (node: number) => (node < 3 ? 0 : 1)],
      ['replicas apart', 2, 1, (_: number, replica: number) => replica % 2],
      ['one machine without anything', 3, 1, (node: number) => (node < 4 ? 0 : 2)],
    ])(`${name}: %s`, async (_, machines, workers, rule) => {
      const config = load(model);
      const place = placement(config, machines, rule, (replica) => replica);
      expect(await hashOf(config, place, workers, [1, 7, 8, 21])).toBe(await alone(config, 21));
    });
  }
  it.each([
    ['lie', 1],
    ['strang', 2],
  ])('rates that need densities: %s, %i threads', async (splitting, workers) => {
    const config = load({
      ...ring,
      dynamics: { mobility: 'log-mean', splitting },
      grid: {
        cells: 24,
        box: [
          [-5, 5],
          [-5, 5],
        ],
      },
    });
    const place = placement(
      config,
      3,
      (node) => node % 3,
      () => 0,
    );
    expect(await hashOf(config, place, workers, [1, 12])).toBe(await alone(config, 12));
  });
});

describe('a share that is given up', () => {
  it('throws out threads that wait for others', async () => {
    const config = load(ring);
    const place = placement(
      config,
      2,
      (node) => node % 2,
      (replica) => replica,
    );
    const share = cluster.Share.create({
      bundle: config.source.bundle(),
      placement: place,
      self: 0,
      workers: 2,
    });
    open.push(share);
    await share.sample();
    const steps = share.advance(0, 5, () => undefined);
    setTimeout(() => {
      share.giveUp();
    }, 50);
    await expect(steps).rejects.toMatchObject({ code: 'barrier-aborted' });
  });
});
