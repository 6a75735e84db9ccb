// The coordinator against machines that share one simulation: same results as in one process, whatever is lost, late or
// wrong. How machines compute is member.test.ts; real processes are test/integration/cluster.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import {
  LocalHub,
  RunStopped,
  Simulation,
  StateLost,
  TakenOver,
  startRun,
  resumeRun,
} from '../../../src/cluster/mod.js';
import { MachineSimulation } from '../../../src/cluster/machines/coordinator.js';
import type { MachineOptions } from '../../../src/cluster/machines/particle-epochs.js';
import { Mail } from '../../../src/cluster/machines/mail.js';
import type { Request } from '../../../src/cluster/machines/protocol.js';
import { Roster } from '../../../src/cluster/machines/roster.js';
import { readIdentity, writeIdentity } from '../../../src/cluster/machines/run-identity.js';
import { sampleParticles } from '../../../src/cluster/sample-particles.js';
import { parseConfig } from '../../../src/config/mod.js';
import { CheckpointStore, heldCheckpoint, type PartStorage } from '../../../src/output/mod.js';
import { KernelFault } from '../../../src/particles/mod.js';
import { protocolVersion } from '../../../src/cluster/transport/frame.js';
import { ringOfWells } from '../simulations.js';
import { FakeMachine, type World } from './fake-machines.js';

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-coordinator-'));
  endings.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

// Several replicas, so that machines can have whole ones.
const changes = { particles: 34_000, precision: 'f64', graph: { ring: 3, weight: 2 }, seed: 11 };
const configOf = (more: object = {}) => parseConfig(JSON.stringify({ ...ringOfWells, ...changes, ...more }));

async function scene(options: Partial<MachineOptions> & { config?: object } = {}) {
  const { config: more, ...rest } = options;
  const hub = new LocalHub();
  const worlds = new Map<string, World>();
  const machines = new Map<string, FakeMachine>();
  let time = 0;
  const transport = hub.join({ role: 'coordinator', name: 'run' });
  const mail = new Mail(transport, { retryMs: 20 });
  const warnings: string[] = [];
  const told: string[] = [];
  const roster = new Roster(mail, transport, { clock: () => time, warned: (text) => warnings.push(text) });
  endings.push(async () => {
    roster.close();
    mail.close();
    for (const machine of machines.values()) await machine.kill();
    await transport.close();
  });
  const add = async (name: string, instance?: string, objects?: (bucket: string) => PartStorage) => {
    const machine = new FakeMachine(hub, worlds, name, instance, objects);
    machines.set(name, machine);
    machine.beat();
    await until(() => roster.find(name) !== undefined);
    return machine;
  };
  const beats = async (): Promise<void> => {
    for (const machine of machines.values()) machine.beat();
    // Through the event loop to the roster.
    for (let i = 0; i < 5; i++) await turn();
  };
  const folder = temporaryFolder();
  const settings: MachineOptions = {
    ...{ run: 'run', mail, roster, machines: 2, waitSeconds: 30, skipPreflight: true },
    told: (text) => told.push(text),
    ...rest,
  };
  const config = configOf(more);
  return {
    ...{ hub, machines, roster, mail, folder, worlds, warnings, told, add, beats, settings, config },
    simulation: MachineSimulation.create(config, settings),
    /** Kills a machine, and lets its lease run out while the others' do not. */
    lose: async (name: string) => {
      await machines.get(name)?.kill();
      machines.delete(name);
      // The roster's own timer may take a jump of the clock for one of its own process, and give everybody a fresh lease.
      while (roster.find(name) !== undefined) {
        time += 2;
        await beats();
        roster.check();
      }
    },
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  for (let i = 0; !isTrue(); i++) {
    if (i > 2000) throw new Error('waited in vain');
    await sleep(5);
  }
}

async function alone(steps: number, more: object = {}): Promise<Simulation> {
  const simulation = Simulation.create(configOf(more), { workers: 0, skipPreflight: true });
  await simulation.start();
  await simulation.advance(steps);
  return simulation;
}

describe('a run on machines', () => {
  it.each([
    {},
    { partition: 'nodes' },
    { precision: 'f32', particles: 70_000 },
    { dynamics: { splitting: 'strang' } },
  ])('has the results of one process: %j', async (config) => {
    const { simulation, add, folder } = await scene({ config });
    await add('w1');
    await add('w2');
    await simulation.storages(folder);
    await simulation.start();
    await simulation.advance(7);
    await simulation.advance(20);
    const other = await alone(20, config);
    expect(await simulation.stateHash()).toBe(await other.stateHash());
    expect(await simulation.observe()).toEqual(await other.observe());
    expect(simulation.masses()).toEqual(other.masses());
    expect(simulation.jumps()).toEqual(other.jumps());
    expect(simulation.replicas).toBe(other.replicas);
    for (const wanted of [1, 1000, 34_000]) {
      expect(await sampleParticles(simulation, wanted)).toEqual(await sampleParticles(other, wanted));
    }
    await simulation.close();
  });

  it('takes a checkpoint that any number of machines, or one process, goes on from', async () => {
    const { simulation, add, folder, settings, config } = await scene();
    await add('w1');
    await add('w2');
    const storages = await simulation.storages(folder);
    await simulation.start();
    await simulation.advance(10);
    const store = await CheckpointStore.open(folder, 2, storages);
    const draft = await store.begin(10);
    await simulation.save(draft);
    const checkpoint = await draft.commit({});
    await simulation.close();
    const storage = await store.storage(checkpoint);

    const here = Simulation.create(config, { workers: 0, skipPreflight: true });
    await here.restore(checkpoint, storage);
    await here.advance(25);

    await add('w3');
    const again = MachineSimulation.create(config, { ...settings, machines: 3 });
    await again.storages(folder);
    await again.restore(checkpoint, storage);
    await again.advance(25);
    expect(await again.stateHash()).toBe(await here.stateHash());
    expect(again.jumps()).toEqual(here.jumps());
    expect((await readIdentity(folder))?.epoch).toBe(2);
    await again.close();
  });

  it('copies a checkpoint of one process to machines that do not see the folder', async () => {
    const held = heldCheckpoint(5);
    const other = await alone(5);
    await other.save(held.draft);
    const objects = memoryStorage();
    const { simulation, add, folder } = await scene({
      objectStore: { bucket: 'b', open: () => Promise.resolve(objects.storage) },
    });
    for (const name of ['w1', 'w2']) (await add(name, undefined, () => objects.storage)).seesFolder = false;
    const storages = await simulation.storages(folder);
    expect(storages.place).toEqual({ kind: 'object-store', bucket: 'b' });
    await simulation.restore(held.checkpoint, held.storage);
    expect(await simulation.stateHash()).toBe(await other.stateHash());
    expect(objects.locations()).toEqual([]);
    await simulation.close();
  });

  it('says what to do where machines share no folder and the server stores nothing', async () => {
    const { simulation, add, folder } = await scene();
    await add('w1');
    (await add('w2')).seesFolder = false;
    await expect(simulation.storages(folder)).rejects.toThrow(/JetStream/u);
    await expect(simulation.storages(folder)).rejects.toBeInstanceOf(RunStopped);
    expect(readdirSync(join(folder, 'checkpoints'))).toEqual([]);
  });
});

describe('a machine that is lost', () => {
  const requests: Request['type'][] = ['sample', 'restore', 'advance', 'moments', 'hashes', 'rows', 'save'];
  it.each(requests)('during %s: the state is lost, and the next epoch goes on without it', async (type) => {
    const { simulation, add, folder, lose } = await scene();
    await add('w1');
    const second = await add('w2');
    let isAsked: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (isAsked = resolve));
    second.hooks.before = (request) => {
      if (request.type !== type) return;
      isAsked();
      return new Promise(() => undefined);
    };
    await simulation.storages(folder);
    const store = await CheckpointStore.open(folder, 2);
    const draft = await store.begin(5);
    await (await alone(5)).save(draft);
    const checkpoint = await draft.commit({});
    const work = (async () => {
      if (type === 'sample') return simulation.start();
      if (type === 'restore') return simulation.restore(checkpoint, await store.storage(checkpoint));
      await simulation.start();
      if (type === 'moments') return simulation.observe();
      if (type === 'hashes') return simulation.stateHash();
      if (type === 'rows') return sampleParticles(simulation, 34_000);
      if (type === 'save') return simulation.save(await store.begin(0));
      return simulation.advance(9);
    })();
    const failed = expect(work).rejects.toThrow(StateLost);
    await asked;
    await lose('w2');
    await failed;
    await expect(work).rejects.toThrow(/w2 gave no sign of life/u);
    await expect(simulation.advance(10)).rejects.toThrow(StateLost);
    await simulation.reform();
    await simulation.start();
    await simulation.advance(9);
    expect(await simulation.stateHash()).toBe(await (await alone(9)).stateHash());
    expect(simulation.report.machines.map(({ name }) => name)).toEqual(['w1']);
    await simulation.close();
  });

  it('while it joins: the others are asked again', async () => {
    const { simulation, add, folder, lose } = await scene({ machines: 2 });
    await add('w1');
    await add('w3');
    const second = await add('w2');
    second.hooks.before = ({ type }) => (type === 'join' ? new Promise(() => undefined) : undefined);
    // The fastest come first.
    second.beat({ speed: 1e9 });
    await until(() => simulation !== undefined && second.isAlive);
    await sleep(20);
    const begun = simulation.storages(folder);
    await until(() => second.asked.includes('join'));
    await lose('w2');
    await begun;
    await simulation.start();
    expect(simulation.report.machines.map(({ name }) => name).sort()).toEqual(['w1', 'w3']);
    await simulation.close();
  });

  it('and started anew under its name is told from what it was', async () => {
    const { simulation, add, folder } = await scene();
    await add('w1');
    const second = await add('w2');
    await simulation.storages(folder);
    await simulation.start();
    // The new process knows nothing of the epoch.
    second.hooks.before = ({ type }) => {
      if (type === 'advance') throw Object.assign(new Error('epoch 1 is over'), { code: 'stale-epoch' });
    };
    await expect(simulation.advance(3)).rejects.toThrow(StateLost);
    await simulation.close();
  });
});

describe('trouble on a machine', () => {
  it.each(['kernel-fault', 'not-finite'])('%s comes out as in one process', async (code) => {
    const { simulation, add, folder } = await scene();
    await add('w1');
    (await add('w2')).hooks.before = ({ type }) => {
      if (type === 'advance') throw Object.assign(new Error('the rates are hopeless'), { code });
    };
    await simulation.storages(folder);
    await simulation.start();
    const work = simulation.advance(4);
    await expect(work).rejects.toBeInstanceOf(KernelFault);
    await expect(work).rejects.toMatchObject({
      code,
      message: 'between steps 0 and 4: the rates are hopeless',
    });
    await simulation.close();
  });

  it('a full disk names the machine, and is no lost state', async () => {
    const { simulation, add, folder } = await scene();
    await add('w1');
    (await add('w2')).hooks.before = ({ type }) => {
      if (type === 'save')
        throw Object.assign(new Error('cannot write /x: the disk is full'), { code: 'disk-full' });
    };
    await simulation.storages(folder);
    await simulation.start();
    const store = await CheckpointStore.open(folder, 2);
    const work = simulation.save(await store.begin(0));
    await expect(work).rejects.toMatchObject({
      code: 'disk-full',
      message: 'on machine w2: cannot write /x: the disk is full',
    });
    await expect(work).rejects.not.toBeInstanceOf(StateLost);
    await simulation.close();
  });

  it('finds a particle that is missing, a shard that is told twice, and one that nobody told of', async () => {
    const { simulation, add, folder } = await scene();
    await add('w1');
    const second = await add('w2');
    await simulation.storages(folder);
    await simulation.start();
    type Counts = { shards: Uint32Array; counts: Uint32Array };
    const changed = async (change: (reply: Counts) => object): Promise<unknown> => {
      second.hooks.change = (type, reply) =>
        type === 'advance' ? { ...reply, ...change(reply as unknown as Counts) } : reply;
      return simulation.advance(simulation.step + 1).catch((error: unknown) => error);
    };
    const lessOne = await changed(({ counts }) => ({
      counts: counts.map((count, i) => count - (i === 0 ? 1 : 0)),
    }));
    expect(lessOne).toMatchObject({ code: 'mass-lost' });
    expect(String(lessOne)).toContain('33999 particles instead of 34000');
    const others = await changed(({ shards }) => ({ shards: shards.map((shard) => (shard + 3) % 6).sort() }));
    expect(others).toMatchObject({ code: 'incomplete-answer' });
    expect(String(others)).toMatch(/on machine w2: .* is another machine's/u);
    const fewer = await changed(({ shards, counts }) => ({
      shards: shards.slice(1),
      counts: counts.slice(1),
    }));
    expect(String(fewer)).toMatch(/on machine w2: .* is missing/u);
    await simulation.close();
  });
});

describe('machines that come and go', () => {
  it('waits for as many as are wanted, and says how many are there', async () => {
    const { simulation, add, folder, told } = await scene();
    const begun = simulation.storages(folder);
    await add('w1');
    await until(() => told.some((text) => text.includes('1 of 2 there (w1)')));
    await add('w2');
    await begun;
    expect(simulation.workers).toBe(2);
    await simulation.close();
  });

  it('stops where too few come, with advice; resumable', async () => {
    const { simulation, add, folder } = await scene({ waitSeconds: 0.1 });
    await add('w1');
    const work = simulation.storages(folder);
    await expect(work).rejects.toBeInstanceOf(RunStopped);
    await expect(work).rejects.toThrow(/1 of 2 machines are there after 0.1 s.*--wait/u);
    await simulation.close();
  });

  it('takes newcomers up to the most that are wanted', async () => {
    const { simulation, add, folder } = await scene({ machines: 1, maxMachines: 2 });
    await add('w1');
    await simulation.storages(folder);
    await simulation.start();
    expect(simulation.pendingReform()).toBeUndefined();
    await add('w2');
    expect(simulation.pendingReform()).toBe('machine w2 has come');
    await simulation.reform();
    await simulation.start();
    expect(simulation.workers).toBe(2);
    await add('w3');
    expect(simulation.pendingReform()).toBeUndefined();
    await simulation.close();
  });

  it('lets a machine go that wants to leave', async () => {
    const { simulation, add, folder, roster } = await scene();
    await add('w1');
    const second = await add('w2');
    await simulation.storages(folder);
    await simulation.start();
    second.state = 'draining';
    second.beat();
    await until(() => roster.find('w2')?.heartbeat.state === 'draining');
    expect(simulation.pendingReform()).toBe('machine w2 wants to leave');
    await simulation.reform();
    await until(() => second.asked.includes('leave'));
    await simulation.start();
    await simulation.advance(5);
    expect(await simulation.stateHash()).toBe(await (await alone(5)).stateHash());
    expect(simulation.report.machines.map(({ name }) => name)).toEqual(['w1']);
    await simulation.close();
  });

  it('shares the work out anew where it is uneven for long, and the gain is worth it', async () => {
    let clock = 0;
    const { simulation, add, folder } = await scene({
      config: { partition: 'replicas', time: { step: 0.02, steps: 100_000 }, particles: 140_000 },
      clock: () => clock,
    });
    const machines = [await add('w1'), await add('w2')];
    // Eight times as slow as the other, which nobody could know before.
    machines.forEach((machine, i) => {
      machine.hooks.change = (type, reply) => {
        if (type !== 'advance') return reply;
        clock += 4;
        return { ...reply, busySeconds: [i === 0 ? 8 : 1] } as typeof reply;
      };
    });
    await simulation.storages(folder);
    await simulation.start();
    const shards = (): number[] => simulation.report.machines.map((machine) => machine.shards);
    expect(shards()).toEqual([9, 9]);
    for (let step = 1; step < 4; step++) {
      await simulation.advance(step);
      expect(simulation.pendingReform(), `step ${step}`).toBeUndefined();
    }
    await simulation.advance(4);
    expect(simulation.pendingReform()).toBe('the work is unevenly shared out');
    // Not asked again at once: it takes time to find out.
    expect(simulation.pendingReform()).toBeUndefined();
    await simulation.reform();
    const [slow, fast] = shards();
    expect(slow).toBeLessThan(fast);
    expect(slow + fast).toBe(18);
    await simulation.close();
  });

  it('passes over machines of other runs, and dismisses its own at the end', async () => {
    const { simulation, add, folder } = await scene({ machines: 1 });
    const other = await add('w0');
    other.state = 'joined';
    other.run = 'another';
    other.beat();
    await sleep(20);
    const own = await add('w1');
    await simulation.storages(folder);
    await simulation.close();
    expect(other.asked).toEqual([]);
    expect(own.asked.at(-1)).toBe('leave');
  });

  it('begins with an epoch above all that machines have heard of, after a crash of the coordinator', async () => {
    const { simulation, add, folder, roster } = await scene({ machines: 1 });
    await writeIdentity(folder, { run: 'run', epoch: 3 });
    const machine = await add('w1');
    Object.assign(machine, { state: 'joined', run: 'run', epoch: 7 });
    machine.beat();
    await until(() => roster.claimedEpoch('run') === 7);
    await simulation.storages(folder);
    expect(machine.epoch).toBe(8);
    expect((await readIdentity(folder))?.epoch).toBe(8);
    await simulation.close();
  });

  it('does not believe a machine that claims to be in an epoch beyond all measure', async () => {
    const { simulation, add, folder, roster } = await scene({ machines: 1 });
    const machine = await add('w1');
    machine.beat({ state: 'joined', run: 'run', epoch: 0xfffffffe });
    await until(() => roster.claimedEpoch('run') === 0xfffffffe);
    await simulation.storages(folder);
    expect(machine.epoch).toBe(1);
    await simulation.close();
  });

  it('stops, and leaves machines and folder alone, when another coordinator has the run', async () => {
    const { simulation, add, folder, roster, hub } = await scene({ machines: 1 });
    const machine = await add('w1');
    await simulation.storages(folder);
    await simulation.start();
    machine.hooks.before = ({ type }) => (type === 'advance' ? new Promise(() => undefined) : undefined);
    const work = simulation.advance(5);
    const failed = expect(work).rejects.toBeInstanceOf(TakenOver);
    // The word of a machine is not enough.
    machine.epoch = 9;
    machine.beat();
    await until(() => roster.claimedEpoch('run') === 9);
    const other = new Mail(hub.join({ role: 'coordinator', name: 'run' }));
    other.beat({
      type: 'coordinator',
      run: 'run',
      protocol: protocolVersion,
      epoch: 8,
      step: 0,
      members: [],
    });
    await until(() => roster.commandedEpoch('run') === 8);
    await failed;
    other.close();
    await simulation.close();
    expect(machine.asked).not.toContain('leave');
  });
});

describe('the run loop over machines', () => {
  it('leaves the files of one process, though machines are lost and leave on the way', async () => {
    const config = configOf({
      time: { step: 0.02, steps: 60 },
      observe: { every: 6 },
      snapshots: { every: 20, particles: 500 },
      checkpoint: { every: 10 },
    });
    const plain = temporaryFolder();
    await startRun(config, { out: join(plain, 'run'), workers: 0, skipPreflight: true });

    const { settings, add, folder, lose, machines, beats } = await scene({ machines: 2, maxMachines: 3 });
    await add('w1');
    await add('w2');
    let isLost = false;
    const run = await startRun(config, {
      out: join(folder, 'run'),
      evolve: async (given, { signal }) =>
        MachineSimulation.create(given, { ...settings, ...(signal && { signal }) }),
      gate: () => {
        const { asked } = machines.get('w1') ?? { asked: [] };
        const advanced = asked.filter((type) => type === 'advance').length;
        if (isLost || advanced !== 6) return undefined;
        isLost = true;
        return lose('w2');
      },
      looked: ({ step }) => {
        if (step === 36 && !machines.has('w3')) void add('w3').then(beats);
      },
      workers: 0,
    });
    expect(run.status).toBe('finished');
    const manifest = readFileSync(join(folder, 'run', 'manifest.json'), 'utf8');
    expect((JSON.parse(manifest) as { reforms: unknown }).reforms).toMatchObject([
      { reason: 'machine w2 gave no sign of life for 3 s' },
      { reason: 'machine w3 has come' },
    ]);
    for (const name of ['observables.csv', 'observables.jsonl', 'jumps.csv']) {
      const of = (path: string): string => readFileSync(join(path, 'run', name), 'utf8');
      expect(of(folder), name).toBe(of(plain));
    }
    const again = await resumeRun(join(folder, 'run'));
    expect(again.alreadyFinished).toBe(true);
    expect(run.stateHash).toBe((await resumeRun(join(plain, 'run'))).stateHash);
  });
});

function memoryStorage() {
  const held = new Map<string, Map<string, Uint8Array>>();
  const inner = heldCheckpoint(0);
  const storage: PartStorage = {
    write: async (location, name, bytes) => {
      const parts = held.get(location) ?? new Map<string, Uint8Array>();
      held.set(location, parts.set(name, bytes));
      return inner.storage.write(location, name, bytes);
    },
    read: async (location, { name }) => {
      const bytes = held.get(location)?.get(name);
      if (!bytes) throw new Error(`no part ${name} in ${location}`);
      return bytes;
    },
    discard: async (location) => void held.delete(location),
  };
  return { storage, locations: () => [...held.keys()] };
}
