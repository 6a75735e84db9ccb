// The parts of the status endpoint by themselves: budget, events, pace, pictures, ranges of tables, metrics and their documents, the monitor's
// place in a run.

import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { energyLines, observationLines } from '../../src/output/mod.js';
import { Budget } from '../../src/status/budget.js';
import { coarseCells, coarsen } from '../../src/status/coarse-densities.js';
import { EventLog } from '../../src/status/event-log.js';
import { hostCheck, isLoopback, newToken, tokenCheck } from '../../src/status/guard.js';
import { Metrics, SERIES_CAP } from '../../src/status/metrics.js';
import { Durations, Loads, Pace } from '../../src/status/pace.js';
import { pictureBytes } from '../../src/status/picture-bytes.js';
import { thinned } from '../../src/status/picture-maker.js';
import { FakeSource } from './fake-source.js';

describe('the budget of time', () => {
  it('is a burst at first, and a part of the time in the long run', () => {
    let now = 0;
    const budget = new Budget(0.05, () => now);
    let spent = 0;
    for (let tick = 0; tick < 10_000; tick++) {
      now += 0.01;
      while (budget.admit()) {
        budget.spend(0.005);
        spent += 0.0051;
      }
    }
    expect(spent).toBeGreaterThan(0.045 * now);
    expect(spent).toBeLessThan(0.05 * now + 0.6);
  });
});

describe('events', () => {
  it('are numbered, remembered up to a thousand, and told', () => {
    const log = new EventLog();
    const told: number[] = [];
    const end = log.subscribe(({ id }) => told.push(id));
    for (let i = 0; i < 1500; i++) log.add('message', i, String(i));
    end();
    log.add('message', 0, 'unheard');
    expect(told).toHaveLength(1500);
    expect(log.after(0)).toHaveLength(1000);
    expect(log.after(1499).map(({ text }) => text)).toEqual(['1499', 'unheard']);
  });

  it('looks are told, not kept; observations are kept once a second', () => {
    const log = new EventLog();
    let told = 0;
    log.subscribe(() => told++);
    for (let i = 0; i < 100; i++) log.add('look', i, '');
    for (let i = 0; i < 100; i++) log.add('observation', i, '', new Date(i * 100));
    expect(told).toBe(110);
    expect(log.after(0).map(({ step }) => step)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90]);
  });
});

describe('pace', () => {
  it('is of the last seconds, and begins anew where a run goes back', () => {
    const pace = new Pace();
    expect(pace.stepsPerSecond).toBeNull();
    for (let at = 0; at <= 20; at++) pace.add(at * 100, at);
    for (let at = 21; at <= 40; at++) pace.add(2000 + (at - 20) * 10, at);
    expect(pace.stepsPerSecond).toBeCloseTo(10, 9);
    pace.add(5, 41);
    expect(pace.stepsPerSecond).toBeNull();
  });

  it('the histogram counts steps, not looks', () => {
    const durations = new Durations();
    durations.add(100, 0.02);
    durations.add(100, 0.02);
    durations.add(110, 20.02);
    const { bounds, counts, seconds } = durations.data;
    const below = (bound: number): number => counts[bounds.findIndex((other) => other === bound)];
    expect([below(1e-4), below(3e-4), below(1), below(3), counts.at(-1)]).toEqual([0, 100, 100, 110, 110]);
    expect(seconds).toBeCloseTo(20.02, 9);
  });

  it('loads and imbalance', () => {
    const loads = new Loads();
    loads.add(
      new Map([
        ['a', 0],
        ['b', 0],
      ]),
      0,
    );
    loads.add(
      new Map([
        ['a', 0.2],
        ['b', 0.2],
      ]),
      0.5,
    );
    expect(loads.imbalance).toBeNull();
    loads.add(
      new Map([
        ['a', 1],
        ['b', 3],
      ]),
      4,
    );
    expect([loads.of('a'), loads.of('b'), loads.of('c')]).toEqual([0.25, 0.75, 0]);
    expect(loads.imbalance).toBeCloseTo(0.5, 9);
  });
});

describe('pictures', () => {
  it('densities on fewer cells keep the mass of each node', () => {
    const cells = [13, 7];
    const density = Float64Array.from({ length: 2 * 91 }, (_, i) => 1 + Math.sin(i) ** 2);
    const coarse = coarseCells(cells, 20);
    expect(coarse.reduce((a, b) => a * b)).toBeLessThanOrEqual(20);
    const found = coarsen(density, cells, coarse);
    for (let g = 0; g < 2; g++) {
      const mean = (values: ArrayLike<number>): number =>
        Array.from(values).reduce((a, b) => a + b) / values.length;
      const fine = density.subarray(91 * g, 91 * (g + 1));
      const less = found.subarray((found.length / 2) * g, (found.length / 2) * (g + 1));
      expect(mean(less)).toBeCloseTo(mean(fine), 6);
    }
    expect(coarseCells(cells, 1000)).toEqual(cells);
    expect(coarseCells([4096, 4096, 4096], 64).reduce((a, b) => a * b)).toBeLessThanOrEqual(64);
    expect(Array.from(coarsen(Float64Array.of(1, 3, 5, 7), [4], [2]))).toEqual([2, 6]);
  });

  it('fewer particles at even distances', () => {
    const picture = {
      ...({ kind: 'particles', step: 1 } as const),
      x: Float64Array.from({ length: 20 }, (_, i) => i),
      node: Int32Array.from({ length: 10 }, (_, i) => i),
    };
    expect(thinned(picture, 10)).toBe(picture);
    expect(thinned(picture, 2)).toEqual({
      kind: 'particles',
      step: 1,
      x: Float64Array.of(4, 5, 14, 15),
      node: Int32Array.of(2, 7),
    });
  });

  it('bytes of densities', () => {
    const density = Float64Array.of(1, 2, 3, 4, 5, 6);
    const bytes = pictureBytes({ kind: 'densities', step: 3, cells: [3], low: [0], high: [1], density });
    const length = new DataView(bytes.buffer).getUint32(0, true);
    expect(JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)))).toEqual({
      ...{ kind: 'densities', step: 3, cells: [3], low: [0], high: [1], nodes: 2, precision: 'f64' },
    });
    expect(new Float64Array(bytes.buffer, 4 + length)).toEqual(density);
  });
});

describe('who may ask', () => {
  it('hosts, loopback, tokens', () => {
    const check = hostCheck('node7.cluster');
    expect(check('node7.cluster:9000')).toBe(true);
    expect(check('NODE7.cluster.')).toBe(true);
    expect(check('node8.cluster')).toBe(false);
    expect(check(undefined)).toBe(false);
    expect(['127.0.0.1', '127.1.2.3', 'localhost', '::1', '[::1]'].every(isLoopback)).toBe(true);
    expect(['0.0.0.0', '::', '10.0.0.1', '127.evil.example'].some(isLoopback)).toBe(false);
    const token = newToken();
    const isToken = tokenCheck(token);
    expect(isToken(`Bearer ${token}`)).toBe(true);
    expect(isToken(`bearer ${token}`)).toBe(true);
    for (const wrong of [
      undefined,
      '',
      'Bearer',
      token,
      `Basic ${token}`,
      `Bearer ${token}x`,
      `Bearer ${token} x`,
    ]) {
      expect(isToken(wrong)).toBe(false);
    }
  });
});

describe('ranges of tables', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'wasserwerk-status-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const source = new FakeSource();
  source.advance(4000);

  it('by step, as the file grows, is cut back and grows again; half lines are left out', async () => {
    const records = await source.observations(-1, 100);
    const lines = records.map((record) => `${JSON.stringify(record)}\n`);
    const path = join(folder, 'observables.jsonl');
    const table = observationLines(folder);
    const steps = async (since: number, most = 100, bytes = 1e9): Promise<number[]> =>
      (await table.read(since, most, bytes)).map(({ step }) => step);
    expect(await steps(-1)).toEqual([]);
    expect(await table.last()).toBeUndefined();
    writeFileSync(path, lines.slice(0, 3).join('') + lines[3].slice(0, 50));
    expect(await steps(-1)).toEqual([0, 100, 200]);
    appendFileSync(path, lines[3].slice(50) + lines.slice(4, 30).join(''));
    expect(await steps(100, 3)).toEqual([200, 300, 400]);
    expect(await steps(250, 1)).toEqual([300]);
    expect((await steps(-1, 100, lines[0].length * 4)).length).toBeLessThanOrEqual(5);
    expect(await steps(-1, 100, 1)).toEqual([0]);
    expect(await table.last()).toEqual(records[29]);
    // A run that goes back to a checkpoint.
    truncateSync(path, lines.slice(0, 10).join('').length);
    expect(await steps(500)).toEqual([600, 700, 800, 900]);
    appendFileSync(path, lines.slice(10, 12).join(''));
    expect(await steps(500)).toEqual([600, 700, 800, 900, 1000, 1100]);
    writeFileSync(path, '');
    expect(await steps(-1)).toEqual([]);
    writeFileSync(path, `nonsense\n${lines[5]}`);
    expect(await steps(-1)).toEqual([500]);
    // Many at a time.
    writeFileSync(path, lines.join(''));
    expect(await Promise.all([steps(-1, 2), steps(3700), steps(100, 1)])).toEqual([
      [0, 100],
      [3800, 3900, 4000],
      [200],
    ]);
  });

  it('energies', async () => {
    const records = await source.energies(-1, 5);
    writeFileSync(
      join(folder, 'energy.jsonl'),
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    );
    expect(await energyLines(folder).read(0, 2, 1e9)).toEqual(records.slice(1, 3));
  });
});

describe('metrics', () => {
  const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
  const known = async (): Promise<Map<string, string>> => {
    const metrics = new Metrics(new FakeSource());
    return new Map((await metrics.registry.getMetricsAsJSON()).map(({ name, help }) => [name, help]));
  };
  /** Names in a text; those of a histogram's series are that of the histogram. */
  const named = (source: string): Set<string> =>
    new Set(
      [...source.matchAll(/\b(?:wasserwerk|process|nodejs)_[a-z_]+\b/gu)].map(([name]) =>
        name.replace(/_seconds_(?:bucket|sum|count)$/u, '_seconds'),
      ),
    );

  it.each([
    'deploy/monitoring/grafana-dashboard.json',
    'deploy/monitoring/alerts.yml',
    'deploy/monitoring/alerts-test.yml',
    'docs/monitoring.md',
  ])('all that %s names are there', async (path) => {
    const names = await known();
    const used = [...named(text(path))];
    expect(used.length).toBeGreaterThan(5);
    expect(used.filter((name) => !names.has(name))).toEqual([]);
  });

  it('docs/monitoring.md has all of them, with type, and in the words of HELP', async () => {
    const rows = text('docs/monitoring.md')
      .split('\n')
      .map((line) => line.split(/(?<!\\)\|/u).map((cell) => cell.trim()));
    const metrics = await new Metrics(new FakeSource()).registry.getMetricsAsJSON();
    const own = metrics.filter(({ name }) => name.startsWith('wasserwerk_'));
    expect(own.length).toBeGreaterThan(25);
    for (const { name, type, help } of own) {
      const row = rows.find((cells) => cells[1] === `\`${name}\``);
      expect([row?.[2], row?.[4].replaceAll('\\|', '|')], name).toEqual([String(type), help]);
    }
  });

  it('nodes have series up to a cap, which HELP tells; what is not known has none', async () => {
    const source = new FakeSource({ nodes: 200 });
    const metrics = new Metrics(source);
    const first = (await metrics.text()).text;
    expect(first.match(/^wasserwerk_node_mass_ratio\{/gmu)).toHaveLength(SERIES_CAP);
    expect(first).toContain(`of the first ${SERIES_CAP} nodes only`);
    expect(first).not.toMatch(/^wasserwerk_checkpoint_age_seconds /mu);
    expect(first).not.toMatch(/^wasserwerk_(?:hamiltonian|kinetic_energy|friction) /mu);
    const moving = (await new Metrics(new FakeSource({ kind: 'grid' })).text()).text;
    expect(moving).toMatch(/^wasserwerk_hamiltonian -0.75$/mu);
    expect(moving).toMatch(/^wasserwerk_kinetic_energy 0.25$/mu);
    expect(moving).toMatch(/^wasserwerk_friction 0.5$/mu);
    expect(first).toMatch(/^wasserwerk_step_seconds_bucket\{le="0.01"\} 10$/mu);
    expect(first).toMatch(/^wasserwerk_step_seconds_count 12$/mu);
    source.advance(2000);
    const second = (await metrics.text()).text;
    expect(second).toMatch(/^wasserwerk_checkpoint_age_seconds 12.5$/mu);
    expect(second).toMatch(/^wasserwerk_particle_steps_total 2000000000$/mu);
    expect(second).toMatch(/^process_resident_memory_bytes /mu);
  });
});
