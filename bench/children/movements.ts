// A process of its own that times minimizing movements, without files. Takes a job as JSON, prints one line of JSON.

import { GridSimulation } from '../../src/cluster/mod.js';
import { parseConfig } from '../../src/config/mod.js';

export interface MovementsJob {
  /** The ring of wells in d = 1 or 2. */
  readonly dimension: 1 | 2;
  readonly nodes: number;
  readonly cells: number;
  readonly inner: number;
  readonly workers: number;
  /** Timed after the first. */
  readonly steps: number;
}

export interface MovementsResult {
  readonly seconds: readonly number[];
  readonly iterations: number;
  readonly worstGap: number;
  readonly stateHash: string;
}

const job = JSON.parse(process.argv[2]) as MovementsJob;
const plane = job.dimension === 2;
const config = parseConfig(
  JSON.stringify({
    space: { variables: plane ? ['x', 'y'] : ['x'] },
    graph: job.nodes > 1 ? { ring: job.nodes } : { nodes: 1 },
    potential: {
      formula: plane ? '0.5*((x-a)^2 + (y-b)^2) + h' : '0.5*(x-a)^2 + h',
      parameters: {
        a: `2*cos(2*pi*node/${job.nodes})`,
        ...(plane && { b: `2*sin(2*pi*node/${job.nodes})` }),
        h: '0.25*node',
      },
    },
    temperature: 1,
    dynamics: { kind: 'jko', tau: 0.05, inner: job.inner, mobility: 'log-mean' },
    representation: 'grid',
    grid: { cells: job.cells, box: [-6, 6] },
    initial: { gaussian: { mean: 0, std: 1 } },
    time: { steps: 1 + job.steps },
  }),
);
const simulation = GridSimulation.create(config, { workers: job.workers, skipPreflight: true });
await simulation.start();
// The first step also writes the coefficients, and warms up.
await simulation.advance(1);
const seconds: number[] = [];
for (let step = 2; step <= 1 + job.steps; step++) {
  const start = performance.now();
  await simulation.advance(step);
  seconds.push((performance.now() - start) / 1000);
}
await simulation.observe();
const movements = simulation.energy()?.movements;
const result: MovementsResult = {
  seconds,
  iterations: (movements?.totalIterations ?? NaN) / (1 + job.steps),
  worstGap: movements?.worstGap ?? NaN,
  stateHash: await simulation.stateHash(),
};
await simulation.close();
console.log(JSON.stringify(result));
