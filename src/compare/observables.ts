// Observations of two runs at one time, number by number: masses, means, variances, potential energies.

import { countScore } from './binomial.js';
import { scoreOf, type Comparison, type Quantity } from './comparison.js';
import type { Side } from './side.js';
import type { ObservationRecord } from '../output/mod.js';

/** How strict a comparison is, and what it knows beside the observations. */
export interface Strictness {
  /**
   * Differences that do not count, as a part of: a mass, a variance, a standard deviation (means, mean potentials), the
   * temperature (energies), 1 (L1 distance).
   */
  readonly allow: number;
  /** Size of a known bias between the two, which does not count either; 0 where none is known. */
  readonly bias?: Bias;
  /** Kurtosis of x_i given the node, [node][coordinate], on each side; undefined where it is not known. */
  readonly kurtosis?: readonly [Kurtosis, Kurtosis];
}

export type Bias = (quantity: Quantity, node: string | undefined, coordinate: string | undefined) => number;
export type Kurtosis = (node: number, coordinate: number) => number | undefined;

/** Fewer particles than this on a node: their mean is not normal enough to be judged. */
export const fewestParticles = 300;
/** Less mass than this on a node of a grid: what is known given the node is rounding. */
const leastMass = 1e-9;

/**
 * All comparisons of two observations of the same time. A node is left out of means, variances and potentials where a
 * side has fewer than 300 particles there. Errors of masses: the exact binomial law under the pooled mass (or the grid's).
 */
export function compareObservations(
  sideA: Side,
  sideB: Side,
  a: ObservationRecord,
  b: ObservationRecord,
  { allow, bias = () => 0, kurtosis }: Strictness,
): Comparison[] {
  const { nodeNames, coordinateNames } = sideA;
  const found: Comparison[] = [];
  const common = { step: a.step, time: a.time };
  const add = (
    quantity: Comparison['quantity'],
    node: string | undefined,
    coordinate: string | undefined,
    [valueA, valueB]: Pair,
    [errorA, errorB]: Pair,
    scale: number,
    counted = true,
  ): void => {
    if (valueA === null || valueB === null || errorA === null || errorB === null) return;
    const allowed = allow * scale + bias(quantity, node, coordinate);
    const z = scoreOf(valueA, valueB, Math.sqrt(errorA * errorA + errorB * errorB), allowed);
    found.push({
      ...common,
      quantity,
      node,
      coordinate,
      a: valueA,
      aError: errorA,
      b: valueB,
      bError: errorB,
      allowed,
      z,
      counted,
    });
  };

  nodeNames.forEach((node, g) => {
    const mass = compareMass(sideA, sideB, a, b, g, (mass) => allow * mass + bias('mass', node, undefined));
    if (mass)
      found.push({ ...common, ...mass, quantity: 'mass', node, coordinate: undefined, counted: true });
    if (!isTold(sideA, a, g) || !isTold(sideB, b, g)) return;
    coordinateNames.forEach((coordinate, i) => {
      const variances: Pair = [a.variance[g][i], b.variance[g][i]];
      const spread = Math.sqrt(Math.max(variances[0] ?? 0, variances[1] ?? 0));
      add(
        'mean',
        node,
        coordinate,
        [a.mean[g][i], b.mean[g][i]],
        [a.meanError[g][i], b.meanError[g][i]],
        spread,
      );
      const known = [kurtosis?.[0](g, i), kurtosis?.[1](g, i)];
      const errors: Pair = [
        varianceError(sideA, a, g, i, known[0] ?? known[1]),
        varianceError(sideB, b, g, i, known[1] ?? known[0]),
      ];
      // Without a fourth moment the error is that of a normal law, which says nothing about other laws.
      const isKnown =
        known.some((value) => value !== undefined) ||
        (sideA.representation !== 'particles' && sideB.representation !== 'particles');
      add('variance', node, coordinate, variances, errors, spread * spread, isKnown);
    });
    const errors: Pair = [a.potentialError[g], b.potentialError[g]];
    const spread = Math.max(spreadOf(errors[0], a.count[g]), spreadOf(errors[1], b.count[g]));
    const potentials: Pair = [a.potential[g], b.potential[g]];
    add('potential', node, undefined, potentials, errors, spread || Math.abs(potentials[0] ?? 0));
  });

  const errors: Pair = [a.potentialEnergyError, b.potentialEnergyError];
  const spread = Math.max(spreadOf(errors[0], sideA.particles), spreadOf(errors[1], sideB.particles));
  const energies: Pair = [a.potentialEnergy, b.potentialEnergy];
  add('mean potential', undefined, undefined, energies, errors, spread || Math.abs(energies[0] ?? 0));
  const kinetic: Pair = [a.kineticEnergy ?? null, b.kineticEnergy ?? null];
  const kineticErrors: Pair = [a.kineticEnergyError ?? null, b.kineticEnergyError ?? null];
  const kineticSpread = Math.max(
    spreadOf(kineticErrors[0], sideA.particles),
    spreadOf(kineticErrors[1], sideB.particles),
  );
  add('mean kinetic energy', undefined, undefined, kinetic, kineticErrors, kineticSpread);
  return found;
}

type Pair = readonly [number | null, number | null];

/** Standard deviation out of the error of a mean; 0 on a grid. */
function spreadOf(error: number | null, count: number | null): number {
  return (error ?? 0) * Math.sqrt(count ?? 0);
}

/** Whether what an observation says given node g can be judged. */
function isTold(side: Side, observation: ObservationRecord, g: number): boolean {
  return side.representation !== 'particles'
    ? (observation.mass[g] ?? 0) >= leastMass
    : (observation.count[g] ?? 0) >= fewestParticles;
}

/** Standard error of a sample variance by the kurtosis of the law, or as of a normal law. */
function varianceError(
  side: Side,
  observation: ObservationRecord,
  g: number,
  i: number,
  kurtosis: number | undefined,
): number | null {
  const [n, variance] = [observation.count[g], observation.variance[g][i]];
  if (side.representation !== 'particles' || kurtosis === undefined || n === null || variance === null)
    return observation.varianceError[g][i];
  return variance * Math.sqrt(Math.max(0, (kurtosis - (n - 3) / (n - 1)) / n));
}

type MassComparison = Pick<Comparison, 'a' | 'aError' | 'b' | 'bError' | 'allowed' | 'z'>;

function compareMass(
  sideA: Side,
  sideB: Side,
  a: ObservationRecord,
  b: ObservationRecord,
  g: number,
  allowedOf: (mass: number) => number,
): MassComparison | undefined {
  const [massA, massB] = [a.mass[g], b.mass[g]];
  // Nothing on either side is nothing to compare.
  if (massA === null || massB === null || (massA === 0 && massB === 0)) return undefined;
  const allowed = allowedOf(Math.max(massA, massB));
  const [nA, nB] = [sideA.particles, sideB.particles];
  const found = { a: massA, aError: a.massError[g] ?? 0, b: massB, bError: b.massError[g] ?? 0, allowed };
  // The side with the difference that is allowed taken off, as far as there is one.
  const nearer = massB + Math.max(-allowed, Math.min(allowed, massA - massB));
  if (sideA.representation === 'particles' && sideB.representation === 'particles') {
    // Given how many the two have together, each is of the second run with the same odds.
    const together = massA * nA + nearer * nB;
    return { ...found, z: countScore(nearer * nB, together, nB / (nA + nB)) };
  }
  if (sideB.representation === 'particles')
    return { ...found, z: countScore(nearer * nB, nB, clamped(massA)) };
  if (sideA.representation === 'particles')
    return { ...found, z: -countScore(massA * nA, nA, clamped(nearer)) };
  return { ...found, z: scoreOf(massA, massB, 0, allowed) };
}

const clamped = (probability: number): number => Math.max(0, Math.min(1, probability));
