// Entrance of the thread that estimates energies (piscina). Builds the model once from what the coordinator sends.

import './low-priority.js';
import { workerData } from 'piscina';
import { asFailure, type EstimateSetup, type TaskFailure } from '../src/cluster/thread.js';
import { openSealed } from '../src/config/thread.js';
import { EnergyEstimator, type EnergyEstimate, type EnergyInput } from '../src/estimate/mod.js';
import { buildModel } from '../src/model/mod.js';

const config = openSealed((workerData as EstimateSetup).config);
const { model } = buildModel(config, { skipPreflight: true });
const estimator = new EnergyEstimator(model, config.observe);

export default function run(input: EnergyInput): EnergyEstimate | TaskFailure {
  try {
    return estimator.estimate(input);
  } catch (error) {
    return asFailure(error);
  }
}
