// Energies of a lumped state, what they lose per time by their laws, and what that makes of them over a step (mathematics, section 7).

import type { LumpedEnergies } from './flow-types.js';
import type { MassSystem } from './masses.js';
import { frictionAt, type LumpedDynamics } from './problem.js';

/** What is known of the points, per node: V, D|∇V|^2, D|v|^2/2. */
export interface PointNumbers {
  readonly value: Float64Array;
  readonly slope: Float64Array;
  readonly lift: Float64Array;
}

export interface Moment {
  readonly step: number;
  readonly time: number;
  readonly temperature: number;
  /** Time since the friction schedule began anew. */
  readonly sinceRestart: number;
}

/** @param expected what H would be by its law */
export function energiesOf(
  dynamics: LumpedDynamics,
  masses: MassSystem,
  { value, slope, lift }: PointNumbers,
  { sinceRestart, ...moment }: Moment,
  expected: number,
): LumpedEnergies {
  const { mass } = masses;
  const { temperature } = moment;
  let potential = 0;
  let transport = 0;
  let kinetic = masses.kinetic();
  for (let g = 0; g < mass.length; g++) {
    potential += mass[g] * value[g];
    transport += mass[g] * slope[g];
    kinetic += mass[g] * lift[g];
  }
  const entropic = temperature === 0 ? 0 : temperature * masses.mixing();
  const energy = potential + entropic;
  let [dissipation, reaction] = [NaN, NaN];
  if (dynamics.kind === 'accelerated') {
    transport = NaN;
    // Nothing moves at the start, however large the friction.
    dissipation = kinetic === 0 ? 0 : 2 * frictionAt(dynamics.friction, sinceRestart) * kinetic;
  } else {
    reaction = masses.dissipation({ value, temperature });
    dissipation = transport + reaction;
  }
  const hamiltonian = energy + kinetic;
  return {
    ...moment,
    ...{ energy, potential, entropic, kinetic, hamiltonian },
    ...{ dissipation, dissipationTransport: transport, dissipationReaction: reaction },
    residual: hamiltonian - expected,
  };
}

/**
 * What H should change by over a step of length h, by the trapezoid rule: minus the dissipation, and what a change of the
 * temperature does to the entropy.
 * @param mixing sum m log m after the step
 */
export function lawfulChange(
  before: LumpedEnergies,
  after: LumpedEnergies,
  h: number,
  mixing: number,
): number {
  // An infinite rate at one end (mass into an empty node) cannot be integrated by its ends: the other end stands for both.
  const finite = [before.dissipation, after.dissipation].filter((rate) => Number.isFinite(rate));
  const lost = finite.length === 0 ? NaN : (h * finite.reduce((sum, rate) => sum + rate, 0)) / finite.length;
  if (before.temperature === after.temperature) return -lost;
  // From temperature 0 the entropy before is not known.
  const earlier = before.temperature === 0 ? mixing : before.entropic / before.temperature;
  return -lost + ((after.temperature - before.temperature) * (earlier + mixing)) / 2;
}
