// A run that is none: views, tables, pictures and events out of the air, for tests of the server and of the dashboard. With
// `advance` it goes on.

import type { EnergyRecordJson, ObservationRecord } from '../../src/output/mod.js';
import type { Picture, RunActions, RunEvent, RunState, RunView, StatusSource } from '../../src/status/mod.js';

export interface FakeOptions {
  readonly nodes?: number;
  readonly steps?: number;
  /** Two unless given. */
  readonly dimension?: number;
  readonly kind?: 'particles' | 'grid';
}

export class FakeSource implements StatusSource {
  readonly asked: string[] = [];
  readonly listeners = new Set<(event: RunEvent) => void>();
  state: RunState = 'running';
  step = 0;
  reason: string | null = null;
  views = 0;
  isOver = false;
  fails: string | undefined;
  readonly #events: RunEvent[] = [];
  readonly #nodes: number;
  readonly #dimension: number;
  readonly #steps: number;
  readonly #kind: 'particles' | 'grid';
  #view: RunView | undefined;

  constructor({ nodes = 8, steps = 4000, dimension = 2, kind = 'particles' }: FakeOptions = {}) {
    this.#nodes = nodes;
    this.#steps = steps;
    this.#dimension = dimension;
    this.#kind = kind;
  }

  readonly stepDurations = { bounds: [0.001, 0.01], counts: [3, 10, 12], seconds: 0.07 };

  get actions(): RunActions | undefined {
    if (this.isOver) return undefined;
    const set = (state: RunState, text: string): string | undefined => {
      this.state = state;
      this.asked.push(text);
      this.emit('state', text);
      return undefined;
    };
    return {
      pause: () => {
        if (this.state === 'paused') return 'the run is paused already';
        return set('paused', 'pause');
      },
      resume: () => {
        if (this.state !== 'paused') return 'the run is not paused';
        return set('running', 'resume');
      },
      checkpoint: () => {
        this.asked.push('checkpoint');
        this.emit('checkpoint', `checkpoint of step ${this.step}`);
        return undefined;
      },
      stop: (reason) => {
        this.reason = reason;
        this.isOver = true;
        return set('interrupted', 'stop');
      },
    };
  }

  /** Goes on by some steps, if the run does. */
  advance(steps = 10): void {
    if (this.state !== 'running') return;
    this.step = Math.min(this.#steps, this.step + steps);
    this.#view = undefined;
    this.emit('look', `step ${this.step}`);
    if (this.step < this.#steps) return;
    this.state = 'finished';
    this.isOver = true;
    this.emit('state', 'finished');
  }

  emit(kind: RunEvent['kind'], text: string): void {
    this.#view = undefined;
    const id = (this.#events.at(-1)?.id ?? 0) + (kind === 'look' ? 0 : 1);
    const event = { id, at: new Date().toISOString(), kind, step: this.step, text };
    if (kind !== 'look') this.#events.push(event);
    for (const listener of [...this.listeners]) listener(event);
  }

  view(): RunView {
    this.#view ??= this.#makeView();
    return this.#view;
  }

  #makeView(): RunView {
    this.views++;
    const n = this.#nodes;
    const nodes = Array.from({ length: n }, (_, g) => g);
    const progress = this.step / this.#steps;
    return {
      ...{ name: 'a run that is none', id: 'fake', folder: '/nowhere/fake', version: '0.0.0' },
      ...{ state: this.state, reason: this.reason, startedAt: '2026-01-31T14:23:59.000Z' },
      finishedAt: this.isOver ? '2026-01-31T15:23:59.000Z' : null,
      ...{ representation: this.#kind, units: 1_000_000 },
      coordinateNames: Array.from({ length: this.#dimension }, (_, i) =>
        this.#dimension < 4 ? 'xyz'[i] : `x${i + 1}`,
      ),
      nodeNames: nodes.map((g) => `node ${g}`),
      edges: {
        from: nodes.flatMap((g) => [g, g]),
        to: nodes.flatMap((g) => [(g + 1) % n, (g + n - 1) % n]),
        weight: nodes.flatMap(() => [1, 1]),
      },
      ...{ step: this.step, steps: this.#steps, time: this.step / 100, endTime: this.#steps / 100 },
      ...{ temperature: 1, unitStepsPerSecond: 4.1e8, secondsLeft: (this.#steps - this.step) / 100 },
      ...{ wallSeconds: this.step / 100, unitSteps: this.step * 1e6 },
      mass: nodes.map((g) => (1 + (progress * (n - 2 * g)) / n) / (n + progress)),
      observation: observationOf(Math.floor(this.step / 100) * 100, n, this.#dimension),
      energy: energyOf(Math.floor(this.step / 100) * 100, n),
      workers: [0, 1].map((w) => ({
        ...{
          name: `thread ${w + 1}`,
          state: this.state === 'running' ? ('working' as const) : ('idle' as const),
        },
        ...{ threads: 1, shards: 12, particles: 500_000, busySeconds: this.step / 110, waitedSeconds: 1 },
        ...{ load: 0.9 - 0.1 * w, lagSeconds: 0 },
      })),
      ...{ partition: 'replicas', imbalance: 0.06, epoch: 0, reforms: 0 },
      motion:
        this.#kind === 'grid'
          ? { friction: 0.5, kinetic: 0.25, kineticError: 0, hamiltonian: -0.75, hamiltonianError: null }
          : null,
      exchange: { sentBytes: 0, sentMessages: 0, askedAgain: 0 },
      checkpoint: this.step < 100 ? null : { step: Math.floor(this.step / 1000) * 1000, ageSeconds: 12.5 },
      warnings: ['this run is none'],
      stateHash: this.isOver ? 'ab'.repeat(32) : null,
    };
  }

  async observations(since: number, most: number): Promise<readonly ObservationRecord[]> {
    if (this.fails !== undefined) throw new Error(this.fails);
    return this.#steppedFrom(since, most).map((step) => observationOf(step, this.#nodes, this.#dimension));
  }

  async energies(since: number, most: number): Promise<readonly EnergyRecordJson[]> {
    return this.#steppedFrom(since, most).map((step) => energyOf(step, this.#nodes));
  }

  #steppedFrom(since: number, most: number): number[] {
    const first = Math.max(0, Math.floor(since / 100) + 1);
    const count = Math.floor(this.step / 100) + 1 - first;
    return Array.from({ length: Math.max(0, Math.min(most, count)) }, (_, i) => (first + i) * 100);
  }

  async picture(most: number): Promise<Picture | undefined> {
    if (this.step === 0) return undefined;
    if (this.#kind === 'grid') {
      const cells = Array.from({ length: this.#dimension }, () => 24);
      const all = 24 ** this.#dimension;
      return {
        ...{ kind: 'densities', step: this.step, cells, low: cells.map(() => -3), high: cells.map(() => 3) },
        density: Float32Array.from({ length: all * this.#nodes }, (_, i) =>
          Math.exp(-(((i % 24) - 12) ** 2) / 30),
        ),
      };
    }
    const count = Math.min(most, 2000);
    return {
      ...{ kind: 'particles', step: this.step },
      x: Float32Array.from(
        { length: count * this.#dimension },
        (_, i) => 2 * Math.sin(i * 1.7 + this.step / 100),
      ),
      node: Int32Array.from({ length: count }, (_, i) => i % this.#nodes),
    };
  }

  events(after: number): readonly RunEvent[] {
    return this.#events.filter(({ id }) => id > after);
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

function observationOf(step: number, n: number, d: number): ObservationRecord {
  const list = (value: (g: number) => number | null): (number | null)[] =>
    Array.from({ length: n }, (_, g) => value(g));
  const rows = (value: (g: number, i: number) => number): number[][] =>
    Array.from({ length: n }, (_, g) => Array.from({ length: d }, (_, i) => value(g, i)));
  const relaxed = 1 - Math.exp(-step / 1000);
  return {
    ...{ step, time: step / 100, temperature: 1 },
    mass: list((g) => (1 + (relaxed * (n - 2 * g)) / n) / (n + relaxed)),
    massError: list(() => 1e-3),
    count: list(() => 125_000),
    mean: rows((g, i) => relaxed * 2 * Math.cos((2 * Math.PI * g) / n + i)),
    meanError: rows(() => 0.003),
    variance: rows(() => 1),
    varianceError: rows(() => 0.004),
    potential: list((g) => (g === n - 1 && step === 0 ? null : 1 + g / n)),
    potentialError: list(() => 0.003),
    ...{ potentialEnergy: 1.5 - relaxed, potentialEnergyError: 1e-3, mixingEnergy: -2 },
    jumps: Array.from({ length: 2 * n }, (_, e) => step * (100 + (e % 2))),
  };
}

function energyOf(step: number, n: number): EnergyRecordJson {
  const list = (value: number): number[] => Array.from({ length: n }, () => value);
  const kl = 1.2 * Math.exp(-step / 700) + 1e-3;
  return {
    ...{ step, time: step / 100, temperature: 1, method: 'knn' },
    ...{ entropy: list(2.83), entropyError: list(0.01), entropyBias: list(0) },
    ...{ nodeEnergy: list((kl - 3) / n), nodeEnergyError: list(1e-3) },
    ...{ energy: kl - 3, energyError: 2e-3, energyBias: 0, relativeEntropy: kl, relativeEntropyError: 2e-3 },
    ...{
      dissipation: 0.1 * kl,
      dissipationError: 0.01,
      dissipationTransport: 0.06 * kl,
      dissipationReaction: 0.04 * kl,
    },
    ...{ balance: step === 0 ? null : 1e-3, balanceError: 4e-3 },
  };
}
