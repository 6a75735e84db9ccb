// A process of its own that times the metric between two densities on two nodes, reading and writing left out. Takes a job as JSON, prints one line of JSON.

import { solveMetricTeam } from '../../src/cluster/mod.js';
import { cellsOf } from '../../src/grid/mod.js';

export interface DistanceJob {
  /** Cells per coordinate, in the plane. */
  readonly cells: number;
  readonly levels: number;
  readonly workers: number;
}

export interface DistanceBenchResult {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly iterations: number;
  readonly converged: boolean;
  readonly gap: number;
  readonly distance: number;
}

/** The case of configs/geodesic.yaml: normal laws that move apart while mass changes the node. */
function density(
  cells: ReturnType<typeof cellsOf>,
  means: number[][],
  deviation: number,
  masses: number[],
): Float64Array {
  const field = new Float64Array(2 * cells.count);
  means.forEach((mean, g) => {
    let sum = 0;
    for (let i = 0; i < cells.count; i++) {
      let square = 0;
      mean.forEach((m, k) => {
        const x =
          cells.low[k] + ((Math.floor(i / cells.strides[k]) % cells.sizes[k]) + 0.5) * cells.widths[k];
        square += (x - m) ** 2;
      });
      sum += field[g * cells.count + i] = Math.exp(-square / (2 * deviation * deviation));
    }
    for (let i = 0; i < cells.count; i++) field[g * cells.count + i] *= masses[g] / (sum * cells.volume);
  });
  return field;
}

const job = JSON.parse(process.argv[2]) as DistanceJob;
const cells = cellsOf({
  cells: [job.cells, job.cells],
  low: [-5, -5],
  high: [5, 5],
  periodic: [false, false],
});
const [start, cpuStart] = [performance.now(), process.cpuUsage()];
const path = await solveMetricTeam(
  {
    cells,
    nodeCount: 2,
    edges: [{ from: 0, to: 1, weight: 2 }],
    diffusivity: Float64Array.of(1, 1),
    mobility: 'log-mean',
    levels: job.levels,
    start: density(
      cells,
      [
        [0, 0],
        [0, 0],
      ],
      1,
      [0.8, 0.2],
    ),
    end: density(
      cells,
      [
        [1, 1],
        [-1, 1],
      ],
      0.8,
      [0.3, 0.7],
    ),
  },
  { tolerance: 1e-3, mostIterations: 5000, workers: job.workers },
);
const { user, system } = process.cpuUsage(cpuStart);
const { iterations, converged, gap, distance } = path;
const result: DistanceBenchResult = {
  seconds: (performance.now() - start) / 1000,
  cpuSeconds: (user + system) / 1e6,
  ...{ iterations, converged, gap, distance },
};
console.log(JSON.stringify(result));
