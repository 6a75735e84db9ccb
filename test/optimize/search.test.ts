// A search: what it finds, why it ends, that it goes on to the same bits, and how rounds make one answer.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { nodeSettings, StateLost } from '../../src/cluster/mod.js';
import { parseConfig } from '../../src/config/mod.js';
import { localCrew, LocalPoints, NodeWorker } from '../../src/lumped/mod.js';
import { buildModel } from '../../src/model/mod.js';
import {
  answerOf,
  roundWeights,
  Search,
  setUp,
  type RoundResult,
  type SearchEnding,
  type SearchState,
} from '../../src/optimize/mod.js';
import { readState, writeState } from '../../src/optimize/state-file.js';

const folder = mkdtempSync(join(tmpdir(), 'search-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Bits s of a hypercube of 2^4 nodes: V is least where s is 1011 and x = (1, -1), by 0.5 per wrong bit. */
const text = `
representation: lumped
space: { variables: [x, y] }
grow: { letters: { name: s, length: 4 }, every: 5, birth: 0.02, floor: 0.001, grace: 10 }
potential:
  formula: 0.5*((x-1)^2 + (y+1)^2) + 0.5*((s[0]-1)^2 + s[1]^2 + (s[2]-1)^2 + (s[3]-1)^2)
temperature: { exponential: { from: 0.5, to: 0.05, duration: 10 } }
dynamics: { integrator: heun }
initial: { gaussian: { std: 1 } }
time: { step: 0.1, end: 30 }
observe: { every: 20 }
`;

async function search(
  overrides: readonly string[] = [],
  options: { seed?: number; state?: SearchState; stop?: AbortSignal; onStep?: (step: number) => void } = {},
): Promise<{ search: Search; ending: SearchEnding; saved: SearchState[] }> {
  const config = parseConfig(text, { overrides });
  const { model } = buildModel(config);
  const setup = await setUp(config, model, { isTrusted: false, workers: 1 });
  const found = new Search(setup, config.optimize, options.seed ?? 1, config.observe.every, options.state);
  const saved: SearchState[] = [];
  const ending = await found.run(options.stop ?? new AbortController().signal, {
    wantsCheckpoint: (step) => {
      options.onStep?.(step);
      return false;
    },
    checkpoint: async (state) => void saved.push(state),
  });
  return { search: found, ending, saved };
}

/** Machines that are lost at some steps, by a host that has the points in this process after all. */
async function losing(steps: readonly number[], keepsCheckpoints: boolean): Promise<Search> {
  const config = parseConfig(text, { overrides: ['optimize.restarts=1'] });
  const { model } = buildModel(config);
  const losses = [...steps];
  let reforms = 0;
  const setup = await setUp(
    config,
    model,
    { isTrusted: false, workers: 1 },
    {
      folder,
      makeHost: (run) => ({
        ...{ workers: 1, load: { busySeconds: [0], partition: 'nodes' as const } },
        crew: {
          kind: 'machines',
          members: [],
          epoch: 1,
          reforms,
          sentBytes: 0,
          sentMessages: 0,
          askedAgain: 0,
        },
        open: async (objective) => {
          const points = new LocalPoints(
            localCrew(new NodeWorker(objective, nodeSettings(run.config, run.model))),
          );
          const move = points.move.bind(points);
          points.move = async (motion) => {
            if (losses[0] === motion.step) {
              losses.shift();
              throw new StateLost(`machine lost in step ${motion.step}`);
            }
            return move(motion);
          };
          return points;
        },
        pendingReform: () =>
          run.step() === 150 && reforms === steps.length ? 'machine w3 has come' : undefined,
        reform: async () => {
          reforms++;
        },
        close: async () => undefined,
      }),
    },
  );
  const found = new Search(setup, config.optimize, 1, config.observe.every);
  let saved: SearchState | undefined;
  const ending = await found.run(new AbortController().signal, {
    wantsCheckpoint: (step) => keepsCheckpoints && step % 40 === 0,
    checkpoint: async (state) => void (saved = structuredClone(state)),
    lost: async () => structuredClone(saved),
  });
  expect(ending).toBe('rounds');
  expect(losses).toEqual([]);
  expect(reforms).toBe(steps.length + 1);
  return found;
}

describe('a search whose points are elsewhere', () => {
  it.each([
    ['from its checkpoints', true],
    ['from the start, where there are none', false],
  ])('goes back when they are lost: %s', async (_, keepsCheckpoints) => {
    const { search: undisturbed } = await search(['optimize.restarts=1']);
    const found = await losing([30, 130, 131], keepsCheckpoints);
    expect(found.rounds).toEqual(undisturbed.rounds);
    expect({ ...found.best, seconds: 0 }).toEqual({ ...undisturbed.best, seconds: 0 });
    expect(found.counts).toEqual(undisturbed.counts);
  });
});

describe('a search', () => {
  it('finds the best node, and masses near those of Gibbs', async () => {
    const { search: found, ending } = await search(['temperature.exponential.to=0.2']);
    expect(ending).toBe('rounds');
    const [round] = found.rounds;
    expect(round).toMatchObject({ round: 1, seed: 1, ending: 'end', step: 300 });
    expect(found.best).toMatchObject({ node: '1011', round: 1 });
    expect(found.best?.value).toBeLessThan(1e-10);
    const [first, second] = answerOf(found.rounds, 3);
    expect(first.node).toBe('1011');
    expect(Array.from(first.x, (at) => Math.round(1e6 * at) / 1e6)).toEqual([1, -1]);
    // exp(-0.5/0.2) for a wrong bit.
    expect(second.mass / first.mass).toBeCloseTo(Math.exp(-2.5), 3);
    expect(second.value).toBeCloseTo(0.5, 8);
  });

  it('ends by evaluations', async () => {
    const { search: found, ending } = await search(['optimize.stop.evaluations=500']);
    expect(ending).toBe('evaluations');
    expect(found.rounds).toHaveLength(1);
    expect(found.rounds[0].ending).toBe('stopped');
    const { gradients, evaluations } = found.counts;
    expect(gradients + evaluations).toBeGreaterThanOrEqual(500);
    // No more than one step of 16 nodes with two gradients each, and one look at the best, beyond.
    expect(gradients + evaluations).toBeLessThan(500 + 3 * 16);
  });

  it('ends by the time', async () => {
    const { ending } = await search(['optimize.stop.seconds=1ms', 'optimize.restarts=1000']);
    expect(ending).toBe('seconds');
  });

  it('ends a round that stagnates, and starts anew with the next seed', async () => {
    const changes = ['optimize.restarts=2', 'optimize.stop.stagnation=30', 'optimize.improvement=0.001'];
    const { search: found, ending } = await search(changes);
    expect(ending).toBe('rounds');
    expect(found.rounds.map(({ ending: why, seed }) => [why, seed])).toEqual([
      ['stagnation', 1],
      ['stagnation', 2],
      ['stagnation', 3],
    ]);
    // Another seed starts elsewhere; the first round is that of a search without restarts.
    expect(new Set(found.rounds.map(({ step }) => step)).size).toBeGreaterThan(1);
    const alone = await search(changes.slice(1));
    expect(alone.search.rounds[0]).toEqual(found.rounds[0]);
    const second = await search(changes.slice(1), { seed: 2 });
    expect(second.search.rounds[0]).toEqual({ ...found.rounds[1], round: 1 });
  });

  it.each([
    ['first order', []],
    ['second order', ['dynamics={kind: accelerated, friction: 1, mobility: log-mean}']],
  ])('that is interrupted goes on to the same bits: %s', async (_, dynamics) => {
    const changes = [...dynamics, 'optimize.restarts=1', 'time.end=8'];
    const whole = await search(changes);
    // In the second round.
    let looks = 0;
    const stop = new AbortController();
    const part = await search(changes, {
      stop: stop.signal,
      onStep: () => {
        if (++looks === 117) stop.abort();
      },
    });
    expect(part.ending).toBe('interrupted');
    expect(part.search.rounds.at(-1)).toMatchObject({ ending: 'stopped', round: 2, step: 37 });
    const file = join(folder, 'state.msgpack');
    const state = part.saved.at(-1)!;
    await writeState(file, { state, progressLength: 7 });
    const read = await readState(file);
    expect(read?.progressLength).toBe(7);
    const rest = await search(changes, { state: read!.state });
    expect(rest.ending).toBe('rounds');
    expect(rest.search.rounds).toEqual(whole.search.rounds);
    expect(rest.search.counts).toEqual(whole.search.counts);
    const { seconds: _a, ...best } = rest.search.best!;
    const { seconds: _b, ...expected } = whole.search.best!;
    expect(best).toEqual(expected);
  });

  it('wants representation lumped', async () => {
    const config = parseConfig(
      'space: { variables: [x] }\npotential: { formula: x^2 }\ntemperature: 1\nparticles: 10\ninitial: { point: 0 }\ntime: { step: 0.1, end: 1 }\n',
    );
    const { model } = buildModel(config);
    await expect(setUp(config, model, { isTrusted: true, workers: 1 })).rejects.toThrow(
      /representation: lumped/u,
    );
  });
});

describe('the state file', () => {
  it('is refused when it is damaged', async () => {
    const { saved } = await search(['time.end=1']);
    const file = join(folder, 'damaged.msgpack');
    await writeState(file, { state: saved[0], progressLength: 0 });
    const bytes = readFileSync(file);
    bytes[bytes.length - 5] ^= 1;
    writeFileSync(file, bytes);
    await expect(readState(file)).rejects.toThrow(/is damaged/u);
    writeFileSync(file, bytes.subarray(0, 10));
    await expect(readState(file)).rejects.toThrow(/is damaged/u);
    expect(await readState(join(folder, 'none.msgpack'))).toBeUndefined();
  });
});

describe('the answer of several rounds', () => {
  const round = (
    number: number,
    energy: number,
    temperature: number,
    masses: Record<string, number>,
  ): RoundResult => ({
    ...{ round: number, seed: number, ending: 'end', step: 1, time: 1, temperature, energy, alive: 2 },
    nodes: Object.entries(masses).map(([node, mass]) => ({
      ...{
        node,
        mass,
        value: energy + (node === 'a' ? 0 : number),
        x: Float64Array.of(number),
        born: 0,
        parent: undefined,
      },
    })),
  });

  it('weighs rounds by exp(-E/eps)', () => {
    const rounds = [round(1, 1, 0.5, { a: 0.75, b: 0.25 }), round(2, 1.5, 0.5, { b: 1 })];
    const weights = roundWeights(rounds);
    expect(weights[1] / weights[0]).toBeCloseTo(Math.exp(-1), 12);
    expect(weights[0] + weights[1]).toBeCloseTo(1, 15);
    const answer = answerOf(rounds, 5);
    expect(answer.map(({ node }) => node)).toEqual(['a', 'b']);
    expect(answer[0].mass).toBeCloseTo(0.75 * weights[0], 12);
    expect(answer[1].mass).toBeCloseTo(0.25 * weights[0] + weights[1], 12);
    // b is better in round 1, at 2.
    expect(answer[1]).toMatchObject({ round: 1, value: 2 });
    expect(answerOf(rounds, 1)).toHaveLength(1);
  });

  it('at temperature 0 is that of the lowest energy', () => {
    const rounds = [round(1, 2, 0, { a: 1 }), round(2, 1, 0, { b: 1 })];
    expect(roundWeights(rounds)).toEqual([0, 1]);
    expect(answerOf(rounds, 1)[0].node).toBe('b');
    expect(roundWeights([])).toEqual([]);
  });
});
