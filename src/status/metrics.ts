// The metrics of a run for Prometheus, made of its view when somebody asks. Names and units follow the conventions of Prometheus
// (base units, `_total` for counters, `_ratio` for parts); the table below is what docs/monitoring.md and deploy/monitoring name, and tests
// compare them. Nothing is measured here.

import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  type MetricType,
  Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from 'prom-client';
import type { RunState, RunView, StatusSource, StepDurations, WorkerView } from './source.js';

/** Nodes, and workers, with a series of their own. A time series database is no place for thousands. */
export const SERIES_CAP = 64;

/** Metrics of prom-client that are called totals and are none: `promtool check metrics` refuses them. The same numbers by type remain. */
const MISNAMED = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

const STATES: readonly RunState[] = [
  ...(['starting', 'running', 'paused', 'waiting'] as const),
  ...(['finished', 'interrupted', 'failed', 'unknown'] as const),
];
const WORKER_STATES: readonly WorkerView['state'][] = ['idle', 'working', 'leaving', 'lost'];

/** A value with its labels; what is not known has no value. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | null | undefined];

interface Entry {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly labels?: readonly string[];
  readonly samples: (view: RunView) => number | null | undefined | readonly Sample[];
}

const gauge = (name: string, help: string, samples: Entry['samples'], labels?: readonly string[]): Entry => ({
  ...{ name: `wasserwerk_${name}`, type: 'gauge', help, samples },
  ...(labels && { labels }),
});
const counter = (
  name: string,
  help: string,
  samples: Entry['samples'],
  labels?: readonly string[],
): Entry => ({
  ...gauge(name, help, samples, labels),
  type: 'counter',
});

const entries: readonly Entry[] = [
  gauge(
    'info',
    'What runs; the value is 1.',
    ({ name, id, version, representation }) => [[{ name, run: id, version, representation }, 1]],
    ['name', 'run', 'version', 'representation'],
  ),
  gauge(
    'run_state',
    'State of the run: 1 for the one that it is in.',
    (view) => STATES.map((state) => [{ state }, view.state === state ? 1 : 0]),
    ['state'],
  ),
  gauge('step', 'Steps of the run that are done.', ({ step }) => step),
  gauge('steps_planned', 'Steps of the run in all.', ({ steps }) => steps),
  gauge('model_time', 'Time of the model, dimensionless.', ({ time }) => time),
  gauge('temperature', 'Temperature of the model, dimensionless.', ({ temperature }) => temperature),
  gauge('particles', 'Particles; on a grid cells of all nodes.', ({ units }) => units),
  gauge('nodes', 'Nodes of the graph.', ({ nodeNames }) => nodeNames.length),
  counter(
    'particle_steps_total',
    'Particle-steps done (on a grid: cell-steps), those of earlier processes of the run and steps done again among them.',
    ({ unitSteps }) => unitSteps,
  ),
  counter(
    'run_seconds_total',
    'Seconds that processes have worked on the run.',
    ({ wallSeconds }) => wallSeconds,
  ),
  gauge(
    'remaining_seconds',
    'Seconds to the end of the run at the pace of the last seconds.',
    ({ secondsLeft }) => secondsLeft,
  ),
  gauge(
    'energy',
    'Energy E with its entropy, at the last observation for which it is known.',
    ({ energy }) => energy?.energy,
  ),
  gauge('energy_standard_error', 'Standard error of the energy.', ({ energy }) => energy?.energyError),
  gauge(
    'relative_entropy',
    'KL(f|pi), at the last observation for which it is known.',
    ({ energy }) => energy?.relativeEntropy,
  ),
  gauge(
    'relative_entropy_standard_error',
    'Standard error of the relative entropy.',
    ({ energy }) => energy?.relativeEntropyError,
  ),
  gauge('dissipation', 'Rate at which the energy falls.', ({ energy }) => energy?.dissipation),
  gauge(
    'kinetic_energy',
    'T of second-order dynamics, at the last observation; of particles the mean of |w|^2/2.',
    ({ motion }) => motion?.kinetic,
  ),
  gauge(
    'hamiltonian',
    'H = E + T of second-order dynamics, at the last observation for which it is known.',
    ({ motion }) => motion?.hamiltonian,
  ),
  gauge(
    'friction',
    'Friction gamma of second-order dynamics, dimensionless.',
    ({ motion }) => motion?.friction,
  ),
  gauge(
    'potential_energy',
    'Mean of V over all particles at the last observation.',
    ({ observation }) => observation?.potentialEnergy,
  ),
  gauge(
    'node_mass_ratio',
    `Part of the mass on a node; of the first ${SERIES_CAP} nodes only.`,
    ({ mass, nodeNames }) =>
      mass.slice(0, SERIES_CAP).map((value, g): Sample => [{ node: nodeNames[g] ?? String(g) }, value]),
    ['node'],
  ),
  gauge(
    'checkpoint_age_seconds',
    'Seconds since the last checkpoint; there is no value before the first one.',
    ({ checkpoint }) => checkpoint?.ageSeconds,
  ),
  gauge('checkpoint_step', 'Step of the last checkpoint.', ({ checkpoint }) => checkpoint?.step),
  gauge(
    'workers',
    'Threads of this process, or machines, by state.',
    ({ workers }) =>
      WORKER_STATES.map((state) => [{ state }, workers.filter((worker) => worker.state === state).length]),
    ['state'],
  ),
  counter(
    'worker_busy_seconds_total',
    `Seconds that a worker computed, mean over the threads of a machine; of the first ${SERIES_CAP} workers only.`,
    ({ workers }) =>
      workers.slice(0, SERIES_CAP).map(({ name, busySeconds }): Sample => [{ worker: name }, busySeconds]),
    ['worker'],
  ),
  gauge(
    'worker_lag_seconds',
    `Seconds since the last sign of life of a worker, 0 for threads; of the first ${SERIES_CAP} workers only.`,
    ({ workers }) =>
      workers.slice(0, SERIES_CAP).map(({ name, lagSeconds }): Sample => [{ worker: name }, lagSeconds]),
    ['worker'],
  ),
  gauge(
    'imbalance_ratio',
    'Largest load of a worker over the mean load, minus 1.',
    ({ imbalance }) => imbalance,
  ),
  counter(
    'exchange_bytes_total',
    'Bytes of particles that machines have sent each other.',
    ({ exchange }) => exchange.sentBytes,
  ),
  counter(
    'exchange_messages_total',
    'Messages that machines have sent each other.',
    ({ exchange }) => exchange.sentMessages,
  ),
  counter(
    'exchange_repeats_total',
    'Messages that had to be asked for again.',
    ({ exchange }) => exchange.askedAgain,
  ),
  gauge(
    'epoch',
    'Number of the epoch: how often the work was shared out; 0 for threads.',
    ({ epoch }) => epoch,
  ),
  counter(
    'reforms_total',
    'How often the run went back to a checkpoint or its work was shared out anew.',
    ({ reforms }) => reforms,
  ),
  counter('warnings_total', 'Warnings of the run.', ({ warnings }) => warnings.length),
];

/** The metrics of one run. */
export class Metrics {
  readonly registry = new Registry();

  constructor(source: Pick<StatusSource, 'view' | 'stepDurations'>) {
    for (const entry of entries) register(this.registry, entry, source);
    new StepHistogram(() => source.stepDurations, this.registry);
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: 100 });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
  }

  async text(): Promise<{ type: string; text: string }> {
    return { type: this.registry.contentType, text: await this.registry.metrics() };
  }
}

function register(registry: Registry, entry: Entry, source: Pick<StatusSource, 'view'>): void {
  const { name, help, labels = [] } = entry;
  const found = (): readonly Sample[] => {
    const samples = entry.samples(source.view());
    return Array.isArray(samples)
      ? (samples as readonly Sample[])
      : [[{}, samples as number | null | undefined]];
  };
  const known = (value: number | null | undefined): value is number => Number.isFinite(value);
  const settings = { name, help, labelNames: [...labels], registers: [registry] };
  if (entry.type === 'gauge') {
    new Gauge({
      ...settings,
      collect(): void {
        this.reset();
        for (const [label, value] of found()) {
          if (known(value)) this.set(label, value);
          // A gauge without labels begins at 0, which would be a lie.
          else if (labels.length === 0) this.remove();
        }
      },
    });
    return;
  }
  new Counter({
    ...settings,
    collect(): void {
      this.reset();
      for (const [label, value] of found()) if (known(value)) this.inc(label, Math.max(0, value));
    },
  });
}

const STEP_SECONDS = 'wasserwerk_step_seconds';
const STEP_SECONDS_HELP =
  'Seconds of a step, without what is done between steps; steps between two looks count as equally long.';

/** A histogram whose counts are kept elsewhere: steps are far too many to be told one by one. */
class StepHistogram extends Histogram {
  constructor(
    private readonly found: () => StepDurations | undefined,
    registry: Registry,
  ) {
    super({
      name: STEP_SECONDS,
      help: STEP_SECONDS_HELP,
      registers: [registry],
      buckets: [],
    });
  }

  override get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    return this.getForPromString();
  }

  /** What the registry asks for where a metric has it, and prom-client's types do not tell. */
  async getForPromString(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const metric = {
      ...{
        name: STEP_SECONDS,
        help: STEP_SECONDS_HELP,
        aggregator: 'sum' as const,
        collect: () => undefined,
      },
      // Its types declare an enum that the package does not export.
      type: 'histogram' as unknown as MetricType,
    };
    const { bounds = [], counts = [], seconds = 0 } = this.found() ?? {};
    const all = counts.at(-1) ?? 0;
    const value = (metricName: string, number: number, labels: Record<string, string | number> = {}) => ({
      ...{ metricName, value: number, labels, exemplar: null },
    });
    return {
      ...metric,
      values: [
        ...bounds.map((le, i) => value(`${STEP_SECONDS}_bucket`, counts[i], { le })),
        value(`${STEP_SECONDS}_bucket`, all, { le: '+Inf' }),
        value(`${STEP_SECONDS}_sum`, seconds),
        value(`${STEP_SECONDS}_count`, all),
      ],
    };
  }
}
