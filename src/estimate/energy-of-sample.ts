// From an observation of all particles and samples of the nodes to the record of an energy: entropies, shares of the nodes,
// E, KL, dissipation, with their errors. The balance needs the records before and is balance.ts; the estimators of entropy
// are entropy/.

import { mathF64 } from '../elementary/mod.js';
import { isConstantTemperature, temperatureAt, type Model } from '../model/mod.js';
import type { EnergyEstimate } from './balance.js';
import { DissipationEstimator } from './dissipation.js';
import { gaussianEntropy } from './entropy/gaussian.js';
import { gridEntropy } from './entropy/grid.js';
import { knnEntropyOf } from './entropy/knn.js';
import { NeighbourTree } from './entropy/neighbour-tree.js';
import type { Estimate, Sample } from './entropy/sample.js';
import { LogPartition } from './log-partition.js';
import { ballLaw, gaussianLaw, noLaw, type NodeLaw } from './node-law.js';
import type { Observation } from './observation.js';

/** What is estimated and how: `observe` of the config. */
export interface EnergySettings {
  readonly entropy:
    | {
        readonly method: 'knn' | 'grid' | 'gaussian';
        readonly neighbours: number;
        readonly samples: number | 'auto';
      }
    | 'none';
  readonly logZ: number | 'auto';
}

/** What an energy is estimated from: numbers of all particles, and a sample of each node, [particle * d + coordinate]. */
export interface EnergyInput extends Pick<
  Observation,
  'step' | 'time' | 'mass' | 'potential' | 'potentialError'
> {
  readonly samples: readonly Float64Array<ArrayBuffer>[];
}

/** Particles looked at in all, and the least and the most per node, where a config leaves it open. */
const AUTO_SAMPLES = { all: 3200, least: 64, most: 2000 };

/** Most particles looked at per node and observation. */
export function samplesPerNode(samples: number | 'auto', nodes: number): number {
  if (samples !== 'auto') return samples;
  const { all, least, most } = AUTO_SAMPLES;
  return Math.max(least, Math.min(most, Math.floor(all / nodes)));
}

const nothing: Estimate = { value: NaN, error: NaN, bias: NaN };

/** Estimates the energies of one model. Not for several threads at once: evaluators have a memory. */
export class EnergyEstimator {
  readonly #model: Model;
  readonly #settings: EnergySettings;
  readonly #logPartition: LogPartition;
  readonly #dissipation: DissipationEstimator;
  readonly #periods: readonly (number | undefined)[];

  constructor(model: Model, settings: EnergySettings) {
    this.#model = model;
    this.#settings = settings;
    this.#logPartition = new LogPartition(model, settings.logZ);
    this.#dissipation = new DissipationEstimator(model);
    this.#periods = model.boundaries.map((b) => (b.kind === 'periodic' ? b.high - b.low : undefined));
  }

  /**
   * The energy of a state (mathematics, sections 1, 3 and 10). Errors, all by first-order propagation:
   *
   * - masses are those of independent particles (multinomial): a node's share reacts to its mass by V + eps log m + eps -
   *   eps h, and masses of nodes are correlated;
   * - <V> given the node is the mean over all its particles, with the standard error of the observation;
   * - h has the error of its estimator, taken for independent of that of <V>: the sample of h is a small part of the
   *   particles. Where it is all of them, errors of V and of eps log f tend to cancel, and the error given is too large.
   *
   * At temperature 0 the energy is that of the potential alone, and there is no KL.
   */
  estimate(input: EnergyInput): EnergyEstimate {
    const { graph, particleCount } = this.#model;
    const { step, time, mass, potential, potentialError } = input;
    const { entropy: spec } = this.#settings;
    if (spec === 'none') throw new Error('an energy was asked for, and no method to estimate it');
    const temperature = temperatureAt(this.#model.temperature, time);
    const n = graph.nodeCount;
    const laws: NodeLaw[] = [];
    const numbers = (): Float64Array => new Float64Array(n);
    const [entropy, entropyError, entropyBias, nodeEnergy, nodeEnergyError] = [
      numbers(),
      numbers(),
      numbers(),
      numbers(),
      numbers(),
    ];
    let [energy, bias, given, first, second] = [0, 0, 0, 0, 0];
    for (let g = 0; g < n; g++) {
      const { estimate: h, law } = this.#lawOf(input.samples[g]);
      laws.push(law);
      entropy[g] = h.value;
      entropyError[g] = h.error;
      entropyBias[g] = h.bias;
      const m = mass[g];
      if (m === 0) continue;
      const [heat, heatError] = temperature > 0 ? [temperature * h.value, temperature * h.error] : [0, 0];
      const perMass = potential[g] + temperature * mathF64.log(m) - heat;
      const reacts = perMass + temperature;
      // Given the masses: independent from node to node.
      const fixed = m * m * (potentialError[g] * potentialError[g] + heatError * heatError);
      nodeEnergy[g] = m * perMass;
      nodeEnergyError[g] = Math.sqrt((reacts * reacts * m * (1 - m)) / particleCount + fixed);
      energy += m * perMass;
      if (temperature > 0) bias -= m * temperature * h.bias;
      given += fixed;
      first += m * reacts;
      second += m * reacts * reacts;
    }
    const variance = given + Math.max(0, second - first * first) / particleCount;
    const energyError = Math.sqrt(variance);
    const logZ = this.#logPartition.at(time);
    // That of the gradient flow is not what E loses where particles have velocities.
    const dissipation = this.#model.kinetics
      ? { transport: NaN, reaction: NaN, error: NaN }
      : this.#dissipation.estimate({ ...input, temperature, laws });
    return {
      step,
      time,
      temperature,
      method: spec.method,
      entropy,
      entropyError,
      entropyBias,
      nodeEnergy,
      nodeEnergyError,
      energy,
      energyError,
      energyBias: bias,
      relativeEntropy: temperature > 0 ? energy / temperature + logZ : NaN,
      relativeEntropyError: temperature > 0 && !Number.isNaN(logZ) ? energyError / temperature : NaN,
      dissipation: dissipation.transport + dissipation.reaction,
      dissipationError: dissipation.error,
      dissipationTransport: dissipation.transport,
      dissipationReaction: dissipation.reaction,
    };
  }

  #lawOf(points: Float64Array): { estimate: Estimate; law: NodeLaw } {
    const { dimension: d, mesh } = this.#model;
    const { entropy: spec } = this.#settings;
    const sample: Sample = { points, dimension: d, periods: this.#periods };
    const count = points.length / d;
    if (count < 2 || spec === 'none') return { estimate: nothing, law: noLaw(d) };
    if (spec.method === 'gaussian') return { estimate: gaussianEntropy(sample), law: gaussianLaw(sample) };
    const tree = new NeighbourTree(sample);
    const law = ballLaw(tree);
    if (spec.method === 'knn') {
      return { estimate: knnEntropyOf(tree, Math.min(spec.neighbours, count - 1)), law };
    }
    // The model has a mesh wherever this method is allowed.
    return { estimate: mesh ? gridEntropy(sample, mesh) : nothing, law };
  }
}

/** How the energies of a run come about, for its manifest; empty where none are estimated. */
export function energyNotes(model: Model, settings: EnergySettings): string[] {
  const { entropy: spec } = settings;
  if (spec === 'none') return [];
  const how = {
    knn: `nearest neighbours (k = ${spec.neighbours}), bias of second order in their distance`,
    grid: `counts in the cells of a grid of ${model.mesh?.cells.join(' x ') ?? ''}, smoothed by cells`,
    gaussian: 'normal laws of the same covariance, an upper bound for others',
  }[spec.method];
  const notes = [
    `entropy from ${how}; at most ${samplesPerNode(spec.samples, model.graph.nodeCount)} particles per node and observation; ` +
      new LogPartition(model, settings.logZ).words,
  ];
  if (model.kinetics) {
    notes.push(
      'particles have velocities: E need not fall, and there is no dissipation and no balance of it',
    );
    return notes;
  }
  if (model.mobility === 'free') {
    notes.push('free rates: there is no dissipation and no balance, and E need not fall');
  } else if (spec.method === 'gaussian') {
    notes.push('dissipation with normal laws on the nodes: right for such laws only');
  } else {
    notes.push(
      'dissipation from balls of about 2/3 n^(4/(4+d)) of the n sampled particles: what their radius smooths is not in its error' +
        (model.boundaries.some(({ kind }) => kind === 'reflecting')
          ? '; near reflecting walls scores are those of balls that the wall cuts'
          : ''),
    );
  }
  if (!hasBalance(model)) {
    notes.push('there is no energy balance: potential or temperature change with time, and do work');
  }
  return notes;
}

/**
 * Whether E(t) - E(0) + integral of I is 0 for the exact flow: not where potentials or the temperature change, doing work, nor
 * where particles have velocities.
 */
export function hasBalance(model: Model): boolean {
  return (
    model.kinetics === undefined &&
    isConstantTemperature(model.temperature) &&
    model.potentials.every((potential) => !potential.timeDependent)
  );
}
