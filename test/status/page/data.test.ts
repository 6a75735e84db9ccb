// What the page does with the data that it gets: the stream of events, the bounded history, the choice of nodes, flows, and the
// types of what the server sends.

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EnergyRecordJson, ObservationRecord } from '../../../src/output/mod.js';
import type { RunEvent, RunView } from '../../../src/status/mod.js';
import {
  eventKinds,
  type Energy,
  type LogEvent,
  type Observation,
  type View,
} from '../../../src/status/page/client/api.js';
import { Decimated } from '../../../src/status/page/client/decimated.js';
import { isCertain, netFlows, reverseEdges } from '../../../src/status/page/client/flows.js';
import { entropyParts, History, motionPoints } from '../../../src/status/page/client/history.js';
import { byMass, chooseNodes, mostNamed, searchNodes } from '../../../src/status/page/client/node-choice.js';
import { EventParser, type ServerEvent } from '../../../src/status/page/client/sse.js';
import { SyntheticRun } from './synthetic.js';

// What the server sends is what the page reads: held by the compiler.
const take = <Wanted>(value: Wanted): Wanted => value;
export const views = (view: RunView): View => take<View>(view);
export const observations = (record: ObservationRecord): Observation => take<Observation>(record);
export const energies = (record: EnergyRecordJson): Energy => take<Energy>(record);
export const events = (event: RunEvent): LogEvent => take<LogEvent>(event);

describe('the stream of events', () => {
  const text =
    'retry: 2000\n\n: alive\n\nid: 7\nevent: state\ndata: {"a":1}\n\nevent: view\r\ndata: one\r\ndata:two\r\n\r\ndata: x\r\r';
  const wanted: ServerEvent[] = [
    { kind: 'state', data: '{"a":1}', id: '7' },
    { kind: 'view', data: 'one\ntwo', id: '7' },
    { kind: 'message', data: 'x', id: '7' },
  ];

  it('is read as it comes', () => {
    const parser = new EventParser();
    // The last event ends with a CR, which may yet become a CR LF.
    expect([...parser.push(text), ...parser.push('\n')]).toEqual(wanted);
  });

  it('may be cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
        const ends = [...cuts, text.length].sort((a, b) => a - b);
        const parser = new EventParser();
        let start = 0;
        const found = ends.flatMap((end) => parser.push(text.slice(start, (start = end))));
        expect([...found, ...parser.push('\n')]).toEqual(wanted);
      }),
    );
  });

  it('keeps what is not whole to itself', () => {
    const parser = new EventParser();
    expect(parser.push('data: half')).toEqual([]);
    expect(parser.push(' and half\n')).toEqual([]);
    expect(parser.push('\n')).toEqual([{ kind: 'message', data: 'half and half', id: undefined }]);
  });
});

describe('a decimated list', () => {
  it('never grows beyond its limit, is evenly spread, and has the first and the newest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 40 }), fc.integer({ min: 1, max: 3000 }), (limit, count) => {
        const list = new Decimated<number>(limit);
        for (let k = 0; k < count; k++) list.add(k);
        const items = list.items();
        expect(items.length).toBeLessThanOrEqual(limit + 1);
        expect(items[0]).toBe(0);
        expect(items.at(-1)).toBe(count - 1);
        expect(list.added).toBe(count);
        const gaps = new Set(items.slice(1, -1).map((item, k) => item - items[k]));
        expect(gaps.size).toBeLessThanOrEqual(1);
        // Not thinner than it needs to be.
        expect(items.length).toBeGreaterThanOrEqual(Math.min(count, limit / 2));
      }),
    );
  });
});

describe('the history', () => {
  const run = new SyntheticRun({ nodes: 3, steps: 100_000 });
  const page = (steps: readonly number[], energySteps = steps) => ({
    observations: steps.map((step) => run.observationAt(step)),
    energies: energySteps.map((step) => run.energyAt(step)),
  });

  it('takes each step once', () => {
    const history = new History();
    expect([history.lastStep, history.lastEnergyStep]).toEqual([-1, -1]);
    expect(history.add(page([0, 20, 40]), -1)).toEqual({ observations: 3, energies: 3 });
    expect(history.add(page([20, 40, 60]), 0)).toEqual({ observations: 1, energies: 1 });
    expect(history.scalars.map(({ step }) => step)).toEqual([0, 20, 40, 60]);
    expect(history.energies.map(({ step }) => step)).toEqual([0, 20, 40, 60]);
  });

  it('leaves energies that do not join on for later', () => {
    const history = new History();
    history.add(page([0, 20, 40, 60], [0, 20]), -1);
    expect(history.add(page([80], [80]), 60)).toEqual({ observations: 1, energies: 0 });
    expect(history.add(page([40, 60, 80], [40, 60, 80]), 20)).toEqual({ observations: 0, energies: 3 });
    expect(history.energies.map(({ step }) => step)).toEqual([0, 20, 40, 60, 80]);
    const late = new History();
    late.add(page([0, 20], []), -1);
    expect(late.add(page([40], [40]), 20).energies).toBe(0);
  });

  it('is bounded for long runs and for many nodes', () => {
    const history = new History();
    for (let step = 0; step < 5000; step++) history.add(page([step]), step - 1);
    expect(history.scalars.length).toBeLessThanOrEqual(1201);
    expect(history.energies.length).toBeLessThanOrEqual(1201);
    expect(history.jumps.length).toBe(8);
    const wide = new History();
    const mass = Array.from({ length: 20_000 }, () => 1 / 20_000);
    for (let step = 0; step < 250; step++) {
      wide.add({ observations: [{ ...run.observationAt(step), mass, massError: mass }], energies: [] }, step);
    }
    expect(wide.masses.length).toBeLessThanOrEqual(101);
    expect(wide.masses.at(-1)?.step).toBe(249);
  });

  it('knows the parts of the energy: they add up', () => {
    const history = new History();
    history.add(page([0, 20, 40], [0, 40]), -1);
    const parts = entropyParts(history.energies, history.scalars);
    expect(parts.map(({ time }) => time)).toEqual([0, 0.2]);
    const { potential, mixing } = history.scalars[2];
    expect(parts[1].value + potential + mixing).toBeCloseTo(history.energies[1].energy, 12);
  });

  it('knows H, E and T: as the energies tell them, or of particles from T of the same step', () => {
    const grid = new History();
    const second = { ...run.energyAt(20), energy: -1, kinetic: 0.25, hamiltonian: -0.75 };
    grid.add({ observations: [run.observationAt(20)], energies: [second] }, -1);
    expect(motionPoints(grid.energies, grid.scalars)).toEqual([
      { time: 0.1, kinetic: 0.25, kineticError: 0, energy: -1, hamiltonian: -0.75 },
    ]);
    const particles = new History();
    const moving = (step: number) => ({
      ...run.observationAt(step),
      kineticEnergy: 1,
      kineticEnergyError: 0.1,
    });
    const still = { ...run.energyAt(0), energy: -3 };
    particles.add({ observations: [moving(0), moving(20)], energies: [still] }, -1);
    expect(motionPoints(particles.energies, particles.scalars)).toEqual([
      { time: 0, kinetic: 1, kineticError: 0.1, energy: -3, hamiltonian: -2 },
      { time: 0.1, kinetic: 1, kineticError: 0.1, energy: NaN, hamiltonian: NaN },
    ]);
  });

  it('has what is null as not a number', () => {
    const history = new History();
    history.add(
      {
        observations: [{ ...run.observationAt(0), potentialEnergy: null, mass: [null, 1, 0] }],
        energies: [{ ...run.energyAt(0), relativeEntropy: null }],
      },
      -1,
    );
    expect(history.scalars[0].potential).toBeNaN();
    expect(Array.from(history.masses[0].mass)).toEqual([NaN, 1, 0]);
    expect(history.energies[0].relativeEntropy).toBeNaN();
  });
});

describe('the choice of nodes', () => {
  it('is all of a small graph', () => {
    expect(chooseNodes([0.1, 0.9], new Set(), [])).toEqual([
      { index: 0, hue: 0 },
      { index: 1, hue: 1 },
    ]);
  });

  it('is the heaviest and the pinned of a large one, and keeps places and hues', () => {
    const mass = Array.from({ length: 100 }, (_, g) => g / 4950);
    const first = chooseNodes(mass, new Set(), []);
    expect(first.map(({ index }) => index).sort((a, b) => b - a)).toEqual(byMass(mass).slice(0, mostNamed));
    expect(chooseNodes(mass, new Set(), first)).toBe(first);
    // A little heavier is not enough to push one out.
    const nearly = mass.map((m, g) => (g === 5 ? mass[88] * 1.1 : m));
    expect(chooseNodes(nearly, new Set(), first)).toBe(first);
    const then = chooseNodes(mass, new Set([3]), first);
    expect(then).toHaveLength(mostNamed);
    expect(then.map(({ index }) => index)).toContain(3);
    expect(then.filter(({ index }) => index !== 3)).toEqual(first.filter(({ index }) => index !== 88));
    expect(new Set(then.map(({ hue }) => hue)).size).toBe(mostNamed);
  });

  it('finds names: the whole, the beginning, then anywhere, the heavier first', () => {
    const names = ['a well', 'well 10', 'WELL 1', 'well 12', 'other'];
    expect(searchNodes(names, [0.1, 0.2, 0.1, 0.3, 0.3], ' well 1', 9)).toEqual({
      found: [2, 3, 1],
      total: 3,
    });
    expect(searchNodes(names, [0, 0, 0, 0, 0], 'well', 2)).toEqual({ found: [1, 2], total: 4 });
    expect(searchNodes(names, [], 'nothing', 2)).toEqual({ found: [], total: 0 });
  });
});

describe('flows', () => {
  const edges = { from: [0, 1, 1, 2], to: [1, 0, 2, 1], weight: [1, 1, 1, 1] };
  const at = (step: number, jumps: number[]) => ({ step, time: step / 10, jumps: Float64Array.from(jumps) });

  it('are net, per time, the largest first, with the error of their jumps', () => {
    const reverse = reverseEdges(edges);
    expect(Array.from(reverse)).toEqual([1, 0, 3, 2]);
    const flows = netFlows(edges, reverse, [at(0, [100, 0, 5, 5]), at(20, [500, 100, 5, 905])], 1e-3);
    expect(flows.map(({ from, to }) => [from, to])).toEqual([
      [2, 1],
      [0, 1],
    ]);
    expect(flows[0].net).toBeCloseTo(0.45, 12);
    expect(flows[1].net).toBeCloseTo(0.15, 12);
    expect(flows[0].error).toBeCloseTo(0.015, 12);
    expect(flows.map(isCertain)).toEqual([true, true]);
  });

  it('are none where nothing can be compared, and without error on a grid', () => {
    const reverse = reverseEdges(edges);
    expect(netFlows(edges, reverse, [], 1)).toEqual([]);
    expect(netFlows(edges, reverse, [at(0, [1, 2, 3, 4])], 1)).toEqual([]);
    const [flow] = netFlows(edges, reverse, [at(0, [0, 0, 0, 0]), at(10, [0.5, 0.2, 0, 0])], 1);
    expect(flow).toMatchObject({ from: 0, to: 1, error: 0 });
    expect(isCertain(flow)).toBe(true);
  });
});

it('every kind of event has a switch', () => {
  const kinds: Readonly<Record<RunEvent['kind'], true>> = {
    ...{ state: true, look: true, observation: true, energy: true, checkpoint: true, snapshot: true },
    ...{ reform: true, warning: true, message: true },
  };
  expect([...eventKinds].sort()).toEqual(Object.keys(kinds).sort());
});
