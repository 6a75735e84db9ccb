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
  const isFirstOrder = dynamics.kind === 'gradient-flow';
  const reaction = isFirstOrder ? masses.dissipation({ value, temperature }) : NaN;
  // Nothing moves at the start, however large the friction.
  const byFriction =
    isFirstOrder || kinetic === 0 ? 0 : 2 * frictionAt(dynamics.friction, sinceRestart) * kinetic;
  const hamiltonian = energy + kinetic;
  return {
    ...moment,
    ...{ energy, potential, entropic, kinetic, hamiltonian },
    dissipation: isFirstOrder ? transport + reaction : byFriction,
    dissipationTransport: isFirstOrder ? transport : NaN,
    dissipationReaction: reaction,
    residual: hamiltonian - expected,
  };
}

/** What H should lose over a step of length h, by the trapezoid rule. */
export function lawfulLoss(before: LumpedEnergies, after: LumpedEnergies, h: number): number {
  // An infinite rate at one end (mass into an empty node) cannot be integrated by its ends: the other end stands for both.
  const finite = [before.dissipation, after.dissipation].filter((rate) => Number.isFinite(rate));
  return finite.length === 0 ? NaN : (h * finite.reduce((sum, rate) => sum + rate, 0)) / finite.length;
}

/**
 * What a change of the temperature over a step does to E.
 * @param mixing sum m log m after the step
 */
export function heatOf(before: LumpedEnergies, after: LumpedEnergies, mixing: number): number {
  if (before.temperature === after.temperature) return 0;
  // From temperature 0 the entropy before is not known.
  const earlier = before.temperature === 0 ? mixing : before.entropic / before.temperature;
  return ((after.temperature - before.temperature) * (earlier + mixing)) / 2;
}
