// The dissipation I of a state, from samples of its nodes: the part of transport and the part of reaction, at points of
// the samples. The laws of x at those points are node-law.ts.

import { mathF64 } from '../elementary/mod.js';
import { gradient } from '../expression/mod.js';
import {
  isDensityMobility,
  PointEvaluator,
  rateFactor,
  type DensityMobility,
  type Model,
} from '../model/mod.js';
import type { NodeLaw } from './node-law.js';

/** Points over all nodes at which the dissipation is looked at, and the least per node. */
const mostPoints = 256;
const leastPoints = 32;
/** Edges looked at per point; of more, these many at even distances, other ones for each point. */
const mostEdges = 16;

/** A state as the dissipation sees it. */
export interface DissipationInput {
  readonly time: number;
  readonly temperature: number;
  readonly mass: Float64Array;
  /** Sample of each node, [particle * d + coordinate], and the law of each. */
  readonly samples: readonly Float64Array[];
  readonly laws: readonly NodeLaw[];
}

export interface Dissipation {
  readonly transport: number;
  readonly reaction: number;
  readonly error: number;
}

/**
 * I = sum_g m_g ( D E|grad V + eps s|^2 + sum_g' E[ q(x; g -> g') (mu(g) - mu(g')) ] ), s the score of the node's law
 * (mathematics, sections 3 and 4). The second sum over directed edges is that over pairs of section 3, since K theta (mu -
 * mu') is the net flux; it holds for the linear and the density family alike. NaN for free rates, which have no
 * dissipation of this form, and where a node with mass has no law.
 *
 * What the noise of scores adds on average is subtracted. The standard error has the spread over points, and the noise that
 * near points share because their balls overlap: of n points of a node there are n over `shared` balls apart. Masses are
 * taken as known. At reflecting walls the law's gradient is that of a ball cut by the wall.
 */
export class DissipationEstimator {
  readonly #model: Model;
  readonly #fields: readonly PointEvaluator[];
  readonly #potentials: readonly PointEvaluator[];

  constructor(model: Model) {
    this.#model = model;
    this.#fields = model.potentials.map(
      (v) => new PointEvaluator([v, ...gradient(model.builder, v, model.dimension)], model.parameters),
    );
    // Of their own: an evaluator's answer is overwritten by the next.
    this.#potentials = model.potentials.map((v) => new PointEvaluator([v], model.parameters));
  }

  estimate(input: DissipationInput): Dissipation {
    const { graph } = this.#model;
    const most = Math.max(leastPoints, Math.floor(mostPoints / graph.nodeCount));
    let [transport, reaction, variance] = [0, 0, 0];
    for (let g = 0; g < graph.nodeCount; g++) {
      const mass = input.mass[g];
      if (mass === 0) continue;
      const node = this.#ofNode(input, g, most);
      transport += mass * node.transport;
      reaction += mass * node.reaction;
      variance += mass * mass * node.variance;
    }
    return { transport, reaction, error: Math.sqrt(variance) };
  }

  /** The parts per mass, and the variance of their sum. */
  #ofNode(
    input: DissipationInput,
    g: number,
    most: number,
  ): { transport: number; reaction: number; variance: number } {
    const { dimension: d, diffusivity, potentialOfNode } = this.#model;
    const { temperature, samples, laws, time } = input;
    const sample = samples[g];
    const count = sample.length / d;
    const points = Math.min(count, most);
    const law = laws[g];
    const shared = temperature > 0 ? law.shared / count : 0;
    const diffusion = diffusivity[g];
    const ofDensity = isDensityMobility(this.#model.mobility);
    let [transport, reaction, mean, squares, sharedNoise] = [0, 0, 0, 0, 0];
    for (let k = 0; k < points; k++) {
      const own = Math.floor(((k + 0.5) * count) / points);
      const x = sample.subarray(own * d, (own + 1) * d);
      const values = this.#fields[potentialOfNode[g]].run({ x, node: g, time });
      const here = values[0];
      let [length, noise, logDensity] = [0, 0, 0];
      if (temperature > 0 || ofDensity) {
        const local = law.at(x, own);
        logDensity = ofDensity ? local.logDensity : local.nearLogDensity;
        noise = temperature === 0 ? 0 : temperature * temperature * local.noise;
        for (let i = 0; i < d; i++) {
          const velocity = values[1 + i] + (temperature === 0 ? 0 : temperature * local.score[i]);
          length += velocity * velocity;
        }
      } else for (let i = 0; i < d; i++) length += values[1 + i] * values[1 + i];
      const moved = diffusion * (length - noise);
      const jumped = this.#reactionAt(input, { g, x, here, logDensity, turn: k });
      transport += moved;
      reaction += jumped.flow;
      const value = moved + jumped.flow;
      // Welford's recurrence.
      const difference = value - mean;
      mean += difference / (k + 1);
      squares += difference * (value - mean);
      // |v + xi|^2 with a xi of variance `noise`, shared by near points; and the noise of the log densities.
      const speed = Math.max(0, length - noise);
      sharedNoise +=
        diffusion * diffusion * ((2 * noise * noise) / d + (4 * speed * noise) / d) * shared +
        jumped.noise / count;
    }
    if (points < 2) return { transport: transport / points, reaction: reaction / points, variance: NaN };
    return {
      transport: transport / points,
      reaction: reaction / points,
      variance: squares / (points - 1) / points + sharedNoise / points,
    };
  }

  /**
   * sum_g' q(x; g -> g') (mu(g) - mu(g')) at a point, and the variance of it that the noise of log densities makes, times
   * the points that share it. Rates of the linear family do not see densities, so that noise averages out of the force:
   * log densities by few points are better, being less smoothed. In the density family it would not.
   */
  #reactionAt(
    { temperature, time, laws, mass }: DissipationInput,
    point: { g: number; x: Float64Array; here: number; logDensity: number; turn: number },
  ): { flow: number; noise: number } {
    const { graph, mobility, potentialOfNode } = this.#model;
    const { g, x, here, logDensity, turn } = point;
    const first = graph.offsets[g];
    const degree = graph.offsets[g + 1] - first;
    if (degree === 0) return { flow: 0, noise: 0 };
    if (mobility === 'free') return { flow: NaN, noise: NaN };
    const edges = Math.min(degree, mostEdges);
    const logHere = mathF64.log(mass[g]) + logDensity;
    const ofDensity = isDensityMobility(mobility);
    const own = ofDensity ? laws[g].shared : laws[g].near;
    let [flow, noise] = [0, 0];
    for (let k = 0; k < edges; k++) {
      const e = first + ((Math.floor((k * degree) / edges) + turn) % degree);
      const target = graph.targets[e];
      const weight = graph.weights[e];
      if (weight === 0) continue;
      const [there] = this.#potentials[potentialOfNode[target]].run({ x, node: target, time });
      let force = here - there;
      let logThere = NaN;
      let sharing = 1;
      if (temperature > 0 || (ofDensity && mobility !== 'upwind')) {
        // A node without mass takes up without limit.
        if (mass[target] === 0) logThere = -Infinity;
        else {
          const law = laws[target];
          logThere =
            mathF64.log(mass[target]) + (ofDensity ? law.at(x, -1).logDensity : law.nearLogDensity(x));
          sharing += ofDensity ? own / law.shared : own / law.near;
        }
        if (temperature > 0) force += temperature * (logHere - logThere);
      }
      let rate: number;
      if (ofDensity) {
        if (force <= 0) continue;
        rate = weight * relativeMobility(mobility, logThere - logHere, logHere);
      } else rate = weight * rateFactor(mobility, there - here, temperature);
      if (rate === 0) continue;
      flow += rate * force;
      // The force of the density family is in its rate, too: twice the sensitivity.
      const sensitivity = (ofDensity ? 2 : 1) * rate * temperature;
      noise += sensitivity * sensitivity * sharing;
    }
    return { flow: (flow * degree) / edges, noise: (noise * degree) / edges };
  }
}

/**
 * theta(f, f')/f for log(f'/f) = `difference`, where mass leaves the end with f (mathematics, section 4). 0 in the limit of
 * no mass at the other end where the mobility vanishes there.
 */
function relativeMobility(mobility: DensityMobility, difference: number, logHere: number): number {
  const ratio = difference === -Infinity ? 0 : mathF64.exp(difference);
  switch (mobility) {
    case 'log-mean':
      if (Math.abs(difference) < 1e-6) return 1 + difference / 2;
      return (ratio - 1) / difference;
    case 'arithmetic':
      return (1 + ratio) / 2;
    case 'geometric':
      return Math.sqrt(ratio);
    case 'harmonic':
      return ratio === Infinity ? 2 : (2 * ratio) / (1 + ratio);
    case 'upwind':
      return 1;
    case 'constant':
      return mathF64.exp(-logHere);
    default:
      return mobility satisfies never;
  }
}
