// Several machines of one run in this process: shares and links, joined by a hub that may lose, repeat, delay and damage.
// The bits are those of a run in one memory, whatever happens on the way. Joining, leaving and checkpoints are members'.

import { afterEach, describe, expect, it } from 'vitest';
import type { Placement } from '../../../src/cluster/mod.js';
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

type Hub = InstanceType<typeof cluster.LocalHub>;

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

/** The machines of a placement in this process, joined by a hub. */
function machinesOf(config: ReturnType<typeof load>, placement: Placement, workers: number, hub: Hub) {
  const bundle = config.source.bundle();
  return placement.members.map(({ name }, self) => {
    const transport = hub.join({ role: 'worker', name });
    const share = cluster.Share.create({ bundle, placement, self, workers });
    const links = new cluster.Links(transport, share, { run: 'test', placement, self });
    opened.push(links, share, transport);
    return { share, links };
  });
}

async function hashOf(
  config: ReturnType<typeof load>,
  placement: Placement,
  workers: number,
  stops: readonly number[],
  hub = new cluster.LocalHub(),
) {
  const machines = machinesOf(config, placement, workers, hub);
  await Promise.all(
    machines.map(async ({ share, links }) => {
      await share.sample();
      links.begin();
    }),
  );
  let step = 0;
  for (const to of stops) {
    await Promise.all(
      machines.map(({ share, links }) =>
        share.advance(step, to, (outgoing) => {
          links.send(outgoing);
        }),
      ),
    );
    step = to;
  }
  const digests = new Uint8Array(particles.DIGEST_BYTES * placement.owner.length);
  for (const { share } of machines) {
    const found = await share.hashes();
    found.shards.forEach((shard, index) => {
      const [first, last] = [index, index + 1].map((at) => at * particles.DIGEST_BYTES);
      digests.set(found.digests.subarray(first, last), particles.DIGEST_BYTES * shard);
    });
  }
  const counts = machines.map(({ links }) => links.counts);
  return { hash: particles.hashOfDigests(digests), counts };
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
    ['velocities', { ...ring, dynamics: { kind: 'accelerated', friction: 1, splitting: 'strang' } }],
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
      const { hash } = await hashOf(config, place, workers, [1, 7, 8, 21]);
      expect(hash).toBe(await alone(config, 21));
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
    const { hash } = await hashOf(config, place, workers, [1, 12]);
    expect(hash).toBe(await alone(config, 12));
  });
});

describe('a bad network changes no bit', () => {
  const thirds = (config: ReturnType<typeof load>) =>
    placement(
      config,
      3,
      (node) => node % 3,
      (replica) => replica,
    );

  it('delays messages and mixes them up', async () => {
    const config = load(ring);
    const hub = new cluster.LocalHub();
    hub.faults.delayMs = ({ index, from }) => ((index * 7 + from.name.charCodeAt(1) * 3) % 5) * 2;
    const { hash } = await hashOf(config, thirds(config), 2, [15], hub);
    expect(hash).toBe(await alone(config, 15));
  });

  it('repeats every message, some late', async () => {
    const config = load(ring);
    const hub = new cluster.LocalHub();
    hub.faults.duplicate = () => 2;
    hub.faults.delayMs = ({ index }) => index % 3;
    const { hash, counts } = await hashOf(config, thirds(config), 1, [15], hub);
    expect(hash).toBe(await alone(config, 15));
    expect(counts[0].refused['repeated']).toBeGreaterThan(10);
  });

  it('loses messages, which are asked for again', async () => {
    const config = load({
      ...ring,
      dynamics: { mobility: 'log-mean' },
      grid: {
        cells: 16,
        box: [
          [-5, 5],
          [-5, 5],
        ],
      },
    });
    const hub = new cluster.LocalHub();
    hub.faults.drop = ({ index }) => index % 40 === 7;
    const one = placement(
      config,
      3,
      (node) => node % 3,
      () => 0,
    );
    const { hash, counts } = await hashOf(config, one, 1, [15], hub);
    expect(hash).toBe(await alone(config, 15));
    expect(counts.reduce((sum, { askedAgain }) => sum + askedAgain, 0)).toBeGreaterThan(0);
  });

  it('damages messages, cuts them short, and forges some', async () => {
    const config = load(ring);
    const hub = new cluster.LocalHub();
    // A stranger in the same network, who has seen what travels.
    const stranger = hub.join({ role: 'worker', name: 'stranger' });
    hub.faults.delayMs = ({ index, receiver, bytes }) => {
      if (index % 50 === 9) bytes[64 + (index % Math.max(1, bytes.length - 64))] ^= 1;
      if (index % 10 === 3) {
        stranger.send(receiver, 'bulk', bytes.slice());
        stranger.send(receiver, 'bulk', bytes.slice(0, 40));
      }
      return 0;
    };
    const { hash, counts } = await hashOf(config, thirds(config), 1, [15], hub);
    expect(hash).toBe(await alone(config, 15));
    const refused = (reason: string): number =>
      counts.reduce((sum, count) => sum + (count.refused[reason] ?? 0), 0);
    expect(refused('crc')).toBeGreaterThan(0);
    expect(refused('length')).toBeGreaterThan(0);
    expect(refused('forged')).toBeGreaterThan(0);
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
    opened.push(share);
    await share.sample();
    const steps = share.advance(0, 5, () => undefined);
    setTimeout(() => {
      share.giveUp();
    }, 50);
    await expect(steps).rejects.toMatchObject({ code: 'barrier-aborted' });
  });
});
