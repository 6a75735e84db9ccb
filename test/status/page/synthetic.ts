// A run for the page to show: an Ornstein–Uhlenbeck process with a well a node, whose numbers are known in closed form and
// look like those of a real run. Implements what the server asks of a run. Not a test.

import type { EnergyRecordJson, ObservationRecord } from '../../../src/output/mod.js';
import type {
  Picture,
  RunActions,
  RunEvent,
  RunState,
  RunView,
  StatusSource,
} from '../../../src/status/mod.js';

export interface SyntheticOptions {
  readonly nodes?: number;
  readonly dimension?: number;
  readonly kind?: 'particles' | 'grid';
  readonly graph?: 'ring' | 'path' | 'grid';
  readonly steps?: number;
  readonly hasEnergy?: boolean;
  /** Of second order. */
  readonly hasMotion?: boolean;
  readonly workers?: number;
  readonly names?: readonly string[];
}

const every = 20;
const dt = 0.005;

/** A number from 0 to 1 that looks random and is always the same for the same k. */
function noise(k: number): number {
  const x = Math.sin(k * 12.9898 + 4.1414) * 43758.5453;
  return x - Math.floor(x);
}

function normal(k: number): number {
  return Math.sqrt(-2 * Math.log(1 - noise(2 * k))) * Math.cos(2 * Math.PI * noise(2 * k + 1));
}

export class SyntheticRun implements StatusSource {
  readonly asked: string[] = [];
  readonly listeners = new Set<(event: RunEvent) => void>();
  readonly nodes: number;
  readonly steps: number;
  readonly #options: SyntheticOptions;
  readonly #events: RunEvent[] = [];
  readonly #edges: { from: number[]; to: number[]; weight: number[] };
  state: RunState = 'running';
  step = 0;
  #view: RunView | undefined;
  #checkpoint: number | undefined;

  constructor(options: SyntheticOptions = {}) {
    this.#options = options;
    this.nodes = options.nodes ?? 6;
    this.steps = options.steps ?? 4000;
    this.#edges = edgesOf(this.nodes, options.graph ?? 'ring');
    this.emit('message', 'the run has begun');
    this.emit('state', 'running');
  }

  get isOver(): boolean {
    return this.state === 'finished' || this.state === 'interrupted';
  }

  get actions(): RunActions | undefined {
    if (this.isOver) return undefined;
    const set = (state: RunState, action: string): undefined => {
      this.asked.push(action);
      this.state = state;
      this.emit('state', `the run is ${state}`);
      return undefined;
    };
    return {
      pause: () => set('paused', 'pause'),
      resume: () => set('running', 'resume'),
      checkpoint: () => {
        this.asked.push('checkpoint');
        this.#checkpoint = this.step;
        this.emit('checkpoint', `checkpoint of step ${this.step}`);
        return undefined;
      },
      stop: () => set('interrupted', 'stop'),
    };
  }

  /** Goes on by so many steps, with the events that come with them. */
  advance(steps: number): void {
    if (this.state !== 'running') return;
    const before = this.step;
    this.step = Math.min(this.steps, this.step + steps);
    this.#view = undefined;
    if (Math.floor(this.step / every) > Math.floor(before / every)) {
      this.emit('observation', `observation of step ${Math.floor(this.step / every) * every}`);
      if (this.#options.hasEnergy !== false) {
        this.emit('energy', `energy of step ${Math.floor(this.step / every) * every}`);
      }
    }
    if (this.step === this.steps) {
      this.state = 'finished';
      this.emit('state', 'the run is finished');
    } else this.emit('look', '');
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

  async observations(since: number, most: number): Promise<readonly ObservationRecord[]> {
    return this.#stepsAfter(since, most).map((step) => this.observationAt(step));
  }

  async energies(since: number, most: number): Promise<readonly EnergyRecordJson[]> {
    if (this.#options.hasEnergy === false) return [];
    return this.#stepsAfter(since, most).map((step) => this.energyAt(step));
  }

  async picture(most: number): Promise<Picture | undefined> {
    const d = this.#options.dimension ?? 2;
    const t = this.step * dt;
    if (this.#options.kind === 'grid') return this.#densities(t);
    const count = Math.min(most, 12_000);
    const x = new Float32Array(count * d);
    const node = new Int32Array(count);
    const mass = this.massAt(this.step);
    let [g, sum] = [0, mass[0]];
    for (let k = 0; k < count; k++) {
      while (g < this.nodes - 1 && (k + 0.5) / count > sum) sum += mass[++g];
      node[k] = g;
      const { mean, deviation } = this.#law(g, t);
      for (let i = 0; i < d; i++) {
        const centre = i === 0 ? mean : i === 1 ? 0.5 * mean * Math.cos(g) : 0;
        x[k * d + i] = centre + deviation * normal(k * d + i + 7 * this.step);
      }
    }
    return { kind: 'particles', step: this.step, x, node };
  }

  events(after: number): readonly RunEvent[] {
    return this.#events.filter(({ id }) => id > after);
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Masses that go from the first nodes to all of them. */
  massAt(step: number): number[] {
    const t = step * dt;
    const weights = Array.from({ length: this.nodes }, (_, g) => {
      const end = 1 + 0.6 * Math.sin(1.7 * g);
      const start = g === 0 ? this.nodes : 0.02;
      return start * Math.exp(-0.6 * t) + end * (1 - Math.exp(-0.6 * t));
    });
    const sum = weights.reduce((all, w) => all + w, 0);
    return weights.map((w) => w / sum);
  }

  observationAt(step: number): ObservationRecord {
    const d = this.#options.dimension ?? 2;
    const t = step * dt;
    const mass = this.massAt(step);
    const rows = (value: number): number[][] =>
      Array.from({ length: this.nodes }, () => Array.from({ length: d }, () => value));
    return {
      ...{ step, time: t, temperature: 1, mass, massError: mass.map((m) => Math.sqrt((m * (1 - m)) / 1e5)) },
      count: mass.map((m) => Math.round(m * 1e6)),
      ...{ mean: rows(0.1), meanError: rows(0.01), variance: rows(1), varianceError: rows(0.01) },
      ...{ potential: mass.map(() => 1), potentialError: mass.map(() => 0.01) },
      potentialEnergy: 0.8 + 2.4 * Math.exp(-1.1 * t) + 0.01 * normal(step),
      potentialEnergyError: 0.01,
      mixingEnergy: mass.reduce((sum, m) => sum + m * Math.log(m), 0),
      jumps: this.#edges.from.map((from, e) =>
        Math.round(1e5 * (t + (from < this.#edges.to[e] ? 0.1 * (1 + noise(e)) * t : 0))),
      ),
    };
  }

  energyAt(step: number): EnergyRecordJson {
    const moving = this.#options.hasMotion === true ? { kinetic: 0.25, hamiltonian: -1.75 } : {};
    const t = step * dt;
    const kl = 2.2 * Math.exp(-0.9 * t) + 2e-4;
    const list = Array.from({ length: this.nodes }, () => 1);
    return {
      ...{
        step,
        time: t,
        temperature: 1,
        method: 'knn',
        entropy: list,
        entropyError: list,
        entropyBias: list,
      },
      ...{ nodeEnergy: list, nodeEnergyError: list },
      ...{ energy: kl - 2.1 + 0.004 * normal(step + 3), energyError: 0.004, energyBias: 0 },
      ...{ relativeEntropy: kl + 2e-4 * normal(step + 3), relativeEntropyError: 2e-4 },
      ...{ dissipation: 1.98 * Math.exp(-0.9 * t), dissipationError: 0.01 },
      dissipationTransport: 1.2 * Math.exp(-0.9 * t),
      dissipationReaction: 0.78 * Math.exp(-0.9 * t),
      ...{ balance: step === 0 ? null : 0.001, balanceError: 0.004, ...moving },
    };
  }

  #law(g: number, t: number): { mean: number; deviation: number } {
    return {
      mean: 2 * Math.cos((2 * Math.PI * g) / Math.min(12, this.nodes)) * (1 - Math.exp(-t)),
      deviation: Math.sqrt(0.3 + 0.7 * Math.exp(-2 * t)),
    };
  }

  #densities(t: number): Picture {
    const d = this.#options.dimension ?? 2;
    const cells = Array.from({ length: d }, () => 48);
    const size = 48 ** d;
    const density = new Float32Array(size * this.nodes);
    const at = (k: number): number => -5 + (k + 0.5) * (10 / 48);
    for (let g = 0; g < this.nodes; g++) {
      const { mean, deviation } = this.#law(g, t);
      for (let cell = 0; cell < size; cell++) {
        let square = 0;
        for (let i = 0, rest = cell; i < d; i++, rest = Math.floor(rest / 48)) {
          const centre = i === d - 1 ? mean : 0.5 * mean * Math.cos(g);
          square += ((at(rest % 48) - centre) / deviation) ** 2;
        }
        density[g * size + cell] = Math.exp(-square / 2);
      }
    }
    const [low, high] = [cells.map(() => -5), cells.map(() => 5)];
    return { kind: 'densities', step: this.step, cells, low, high, density };
  }

  #stepsAfter(since: number, most: number): number[] {
    const first = Math.floor(since / every) + 1;
    const last = Math.floor(this.step / every);
    return Array.from(
      { length: Math.max(0, Math.min(most, last - first + 1)) },
      (_, k) => (first + k) * every,
    );
  }

  #makeView(): RunView {
    const {
      dimension = 2,
      kind = 'particles',
      workers = 2,
      names,
      hasEnergy = true,
      hasMotion = false,
    } = this.#options;
    const observed = Math.floor(this.step / every) * every;
    const isRunning = this.state === 'running';
    return {
      ...{ name: 'ring of wells', id: 'synthetic', folder: 'runs/ring-of-wells', version: '0.1.0' },
      ...{ state: this.state, reason: null, startedAt: '2026-01-31T14:23:59.000Z' },
      finishedAt: this.isOver ? '2026-01-31T15:23:59.000Z' : null,
      ...{ representation: kind, units: 1_000_000 },
      coordinateNames: Array.from({ length: dimension }, (_, i) => (dimension < 4 ? 'xyz'[i] : `x${i + 1}`)),
      nodeNames: Array.from({ length: this.nodes }, (_, g) => names?.[g] ?? `well ${g}`),
      edges: this.#edges,
      ...{ step: this.step, steps: this.steps, time: this.step * dt, endTime: this.steps * dt },
      ...{ temperature: 1, unitStepsPerSecond: isRunning ? 4.1e8 * (1 + 0.05 * normal(this.step)) : null },
      secondsLeft: isRunning ? (this.steps - this.step) / 20 : null,
      ...{ wallSeconds: this.step / 20, unitSteps: this.step * 1e6, mass: this.massAt(this.step) },
      observation: this.observationAt(observed),
      energy: hasEnergy ? this.energyAt(observed) : null,
      workers: Array.from({ length: workers }, (_, w) => ({
        name: `thread ${w + 1}`,
        state: isRunning ? ('working' as const) : ('idle' as const),
        ...{ threads: 1, shards: 12, particles: Math.round(1e6 / workers) },
        ...{ busySeconds: this.step / 22, waitedSeconds: this.step / 220 },
        ...{ load: isRunning ? 0.95 - 0.04 * (w % 5) : 0, lagSeconds: w === 3 ? 0.4 : 0 },
      })),
      ...{ partition: 'replicas', imbalance: 0.02, epoch: 0, reforms: 0 },
      motion: hasMotion
        ? { friction: 0.5, kinetic: 0.25, kineticError: 0, hamiltonian: -1.75, hamiltonianError: 0 }
        : null,
      exchange: { sentBytes: 0, sentMessages: 0, askedAgain: 0 },
      checkpoint: this.#checkpoint === undefined ? null : { step: this.#checkpoint, ageSeconds: 12.5 },
      ...{ warnings: [], stateHash: null },
    };
  }
}

function edgesOf(
  n: number,
  graph: 'ring' | 'path' | 'grid',
): { from: number[]; to: number[]; weight: number[] } {
  const wide = Math.ceil(Math.sqrt(n));
  const from: number[] = [];
  const to: number[] = [];
  for (let g = 0; g < n; g++) {
    const next =
      graph === 'grid'
        ? [g - wide, g % wide === 0 ? -1 : g - 1, g % wide === wide - 1 ? -1 : g + 1, g + wide]
        : graph === 'path'
          ? [g - 1, g + 1]
          : [(g + 1) % n, (g + n - 1) % n];
    for (const other of next.sort((a, b) => a - b)) {
      if (other < 0 || other >= n) continue;
      from.push(g);
      to.push(other);
    }
  }
  return { from, to, weight: from.map(() => 1) };
}
