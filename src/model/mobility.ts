// Which mobilities need the density, and the density family itself as functions of two numbers (mathematics, section 4).
// In f64, for checks before a run and for tests; the rates of a run are programs (kernel/density-rate.ts).

import { mathF64 } from '../elementary/mod.js';
import type { DensityMobility, Mesh, Mobility, ParticleDensities, TemperatureSchedule } from './model.js';
import { isConstantTemperature, temperatureAt } from './temperature.js';

const densityFamily: readonly string[] = [
  'log-mean',
  'arithmetic',
  'geometric',
  'harmonic',
  'upwind',
  'constant',
] satisfies DensityMobility[];

/** Whether a mobility belongs to the density family (mathematics, section 4). */
export function isDensityMobility(mobility: Mobility): mobility is DensityMobility {
  return densityFamily.includes(mobility);
}

/**
 * Whether particles need densities for their rates: all of the density family do, but `upwind` at temperature 0, whose
 * rate is K max(0, V(x,g) - V(x,g')).
 */
export function needsDensity(mobility: Mobility, temperature: TemperatureSchedule): boolean {
  if (!isDensityMobility(mobility)) return false;
  const cold = isConstantTemperature(temperature) && temperatureAt(temperature, 0) === 0;
  return !(mobility === 'upwind' && cold);
}

/**
 * In the logarithms of densities and where one is divided by, what is less than this fraction of a particle per cell is taken
 * for it: a place without particles has no chemical potential, and mass would flow there infinitely fast. Half of the
 * least density that a particle can see where it is (its own share, spread over 2^d corners and gathered again).
 */
export const LEAST_DENSITY = 1 / 16;

/** How particles see densities on a mesh. */
export function particleDensities(mesh: Mesh, particleCount: number): ParticleDensities {
  const perDensity = mesh.cells.reduce(
    (product, n, i) => (product * (mesh.high[i] - mesh.low[i])) / n,
    particleCount,
  );
  return { onePerCell: 1 / perDensity, least: LEAST_DENSITY };
}

/** What mass leaves along an edge of weight 1, seen from one end. Densities in particles per cell. */
export interface EdgeDensities {
  readonly own: number;
  readonly target: number;
  /** V(x, g') - V(x, g). */
  readonly deltaV: number;
  readonly temperature: number;
  readonly onePerCell: number;
}

/**
 * The rate of a jump of the density family per weight K: theta(f, f')/f max(0, mu - mu'), with mu = V + eps log f and the
 * floor of LEAST_DENSITY in logarithms and denominators.
 */
export function densityRateFactor(mobility: DensityMobility, edge: EdgeDensities): number {
  const { own, target, deltaV, temperature, onePerCell } = edge;
  const least = Math.max(own, LEAST_DENSITY);
  const ratio = target / least;
  const bounded = Math.max(target, LEAST_DENSITY) / least;
  const downhill = Math.max(-deltaV - temperature * mathF64.log(bounded), 0);
  switch (mobility) {
    case 'log-mean': {
      // L(f, f') (log f - log f') = f - f'.
      const mean = bounded === 1 ? 1 : (bounded - 1) / mathF64.log(bounded);
      return Math.max(temperature * (1 - bounded) - deltaV * mean, 0);
    }
    case 'arithmetic':
      return 0.5 * (1 + ratio) * downhill;
    case 'geometric':
      return Math.sqrt(ratio) * downhill;
    case 'harmonic':
      return ((2 * ratio) / (1 + ratio)) * downhill;
    case 'upwind':
      return downhill;
    case 'constant':
      return downhill / (least * onePerCell);
    default:
      return mobility satisfies never;
  }
}
