// The metric solved by several threads: memory, a crew, and what they tell on the way. The work itself is src/geodesic, whose
// bits do not depend on the size of the team. `MetricWorker` is what one thread does.

import {
  checkProblem,
  MetricPlan,
  pathOf,
  restingPath,
  solveMember,
  GeodesicError,
  type MetricPath,
  type MetricProblem,
  type MetricResult,
} from '../geodesic/mod.js';
import { totalmem } from 'node:os';
import { abortBarrier, Barrier, BarrierAborted } from './barrier.js';
import { controlBytes, coreCount, crewOf } from './crew.js';

/** What a thread is given once. */
export interface MetricSetup {
  readonly problem: MetricProblem;
  readonly memory: SharedArrayBuffer;
  readonly workers: number;
  readonly cores: number;
  readonly control: SharedArrayBuffer;
  /** What the first member tells: iterations, above, below. */
  readonly news: SharedArrayBuffer;
  readonly tolerance: number;
  readonly mostIterations: number;
}

export interface MetricTask {
  readonly kind: 'solve';
}

export interface MetricOptions {
  readonly tolerance: number;
  readonly mostIterations: number;
  /** Threads; 0 for the calling one. By default the cores, where the problem is large enough. */
  readonly workers?: number | undefined;
  /** Told now and then. */
  readonly listen?: (state: MetricNews) => void;
}

export interface MetricNews {
  readonly iterations: number;
  readonly above: number;
  readonly below: number;
}

/** Cells times levels for which another thread is worth its meetings: about 1 ms of an iteration. */
const cellsPerWorker = 4096;
const newsMilliseconds = 500;
/** Part of the machine's memory that is taken at most. */
const memoryPart = 0.7;

export class MetricWorker {
  constructor(
    private readonly setup: MetricSetup,
    private readonly index: number,
  ) {}

  /** @throws BarrierAborted where another worker failed */
  run(): MetricResult {
    const { setup, index } = this;
    const { problem, memory, workers, cores, tolerance, mostIterations } = setup;
    const plan = new MetricPlan(problem);
    const control = new Int32Array(setup.control);
    const barrier = new Barrier(control, workers, cores);
    const news = new Float64Array(setup.news);
    const tell = ({ iterations, above, below }: MetricNews): void => news.set([iterations, above, below]);
    const work = solveMember(
      plan,
      plan.view(memory),
      { index, size: workers },
      {
        ...{ tolerance, mostIterations },
        ...(index === 0 && { look: tell }),
      },
    );
    try {
      for (;;) {
        const next = work.next();
        if (next.done === true) return next.value;
        if (workers > 1) barrier.wait();
      }
    } catch (error) {
      if (!(error instanceof BarrierAborted)) abortBarrier(control);
      throw error;
    }
  }
}

/**
 * Solves for W_K and a geodesic.
 * @throws GeodesicError where there is no path, or not enough memory
 */
export async function solveMetricTeam(problem: MetricProblem, options: MetricOptions): Promise<MetricPath> {
  checkProblem(problem);
  const resting = restingPath(problem);
  if (resting) return resting;
  const plan = new MetricPlan(problem);
  if (plan.bytes > memoryPart * totalmem()) {
    throw new GeodesicError(
      'geodesic-memory',
      `the path needs ${Math.ceil(plan.bytes / 2 ** 20)} MiB of memory`,
      'use fewer cells (--set grid.cells=…) or levels (--levels)',
    );
  }
  const memory = plan.allocate();
  const units = problem.levels * plan.layer;
  const workers = Math.max(
    1,
    options.workers ?? Math.min(coreCount(), Math.ceil(units / cellsPerWorker), problem.levels),
  );
  const { tolerance, mostIterations, listen } = options;
  const setup: MetricSetup = {
    ...{ problem, memory, workers, tolerance, mostIterations },
    cores: coreCount(),
    control: new SharedArrayBuffer(controlBytes(0)),
    news: new SharedArrayBuffer(24),
  };
  const result = await (workers === 1 && options.workers === 0
    ? new MetricWorker(setup, 0).run()
    : onThreads(setup, listen));
  return pathOf(plan, plan.view(memory), result);
}

async function onThreads(setup: MetricSetup, listen: MetricOptions['listen']): Promise<MetricResult> {
  const crew = crewOf<MetricTask, MetricResult>('metric-thread', setup);
  const news = new Float64Array(setup.news);
  const timer = setInterval(() => {
    const [iterations, above, below] = news;
    if (iterations > 0) listen?.({ iterations, above, below });
  }, newsMilliseconds);
  try {
    const results = await crew.run(Array.from({ length: setup.workers }, () => ({ kind: 'solve' })));
    return results[0];
  } finally {
    clearInterval(timer);
    await crew.close();
  }
}
