// Runs to compare: sides and observations in which only what a test is about is set. Not a test.

import type { Side } from '../../src/compare/mod.js';
import type { EnergyRecordJson, ObservationRecord } from '../../src/output/mod.js';

/** Two nodes joined by an edge, one coordinate on a line. */
export function side(change: Partial<Side> = {}): Side {
  return {
    label: 'runs/a',
    representation: 'particles',
    particles: 10_000,
    seed: 1,
    stateHash: 'aa',
    nodeNames: ['left', 'right'],
    coordinateNames: ['x'],
    boundaries: [{ kind: 'free' }],
    edges: { offsets: Int32Array.of(0, 1, 2), targets: Int32Array.of(1, 0) },
    config: {},
    observations: [],
    energies: [],
    ...change,
  };
}

/** A grid of the same. */
export function gridSide(change: Partial<Side> = {}): Side {
  return side({ label: 'runs/grid', representation: 'grid', particles: 0, ...change });
}

/** An observation of `side()`: standard normal x, V = 1 +- 1, half of the mass on either node. */
export function observation(change: Partial<ObservationRecord> = {}): ObservationRecord {
  const error = 1 / Math.sqrt(5000);
  return {
    step: 10,
    time: 0.1,
    temperature: 1,
    mass: [0.5, 0.5],
    massError: [0.005, 0.005],
    count: [5000, 5000],
    mean: [[0], [0]],
    meanError: [[error], [error]],
    variance: [[1], [1]],
    varianceError: [[Math.sqrt(2 / 4999)], [Math.sqrt(2 / 4999)]],
    potential: [1, 1],
    potentialError: [error, error],
    potentialEnergy: 1,
    potentialEnergyError: 0.01,
    mixingEnergy: -0.69,
    ...change,
  };
}

/** The same on a grid. */
export function gridObservation(change: Partial<ObservationRecord> = {}): ObservationRecord {
  return observation({
    massError: [0, 0],
    count: [null, null],
    meanError: [[0], [0]],
    varianceError: [[0], [0]],
    potentialError: [0, 0],
    potentialEnergyError: 0,
    ...change,
  });
}

/** An energy of the same, E = 1 +- 0.1. */
export function energy(change: Partial<EnergyRecordJson> = {}): EnergyRecordJson {
  return {
    step: 10,
    time: 0.1,
    temperature: 0.5,
    method: 'knn',
    entropy: [1, 1],
    entropyError: [0.01, 0.01],
    entropyBias: [0, 0],
    nodeEnergy: [0.5, 0.5],
    nodeEnergyError: [0.05, 0.05],
    energy: 1,
    energyError: 0.1,
    energyBias: 0,
    relativeEntropy: 2,
    relativeEntropyError: 0.2,
    dissipation: 1,
    dissipationError: 0.1,
    dissipationTransport: 0.5,
    dissipationReaction: 0.5,
    balance: 0,
    balanceError: 0.1,
    ...change,
  };
}
