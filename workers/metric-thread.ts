// Entrance of a worker thread that solves for a geodesic (piscina).

import { workerData } from 'piscina';
import {
  asFailure,
  controlWord,
  MetricWorker,
  type MetricSetup,
  type TaskFailure,
} from '../src/cluster/metric-thread.js';
import type { MetricResult } from '../src/geodesic/mod.js';

const setup = workerData as MetricSetup;
const index = Atomics.add(new Int32Array(setup.control), controlWord.engines, 1);
const worker = new MetricWorker(setup, index);

export default function run(): MetricResult | TaskFailure {
  try {
    return worker.run();
  } catch (error) {
    return asFailure(error);
  }
}
