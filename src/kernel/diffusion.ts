// One step of the integrators as expressions (mathematics, section 5). The compiler's own coordinates follow the model's: x
// is 0 … d-1, the step's Gaussians xi are d … 2d-1, integrator memory (fields d … 2d-1 of a particle) is 2d … 3d-1. No lanes
// or memory here; the step of particles with velocities is kinetic.ts.

import { cheapest, gradient, type Expression } from '../expression/mod.js';
import type { Integrator, Model } from '../model/mod.js';
import { contained } from './boundary.js';
import { kineticStep } from './kinetic.js';
import type { KernelSymbols } from './symbols.js';

/** Fields a particle carries: its coordinates, and the last Gaussians (leimkuhler-matthews) or velocities (baoab). */
export function fieldCount({ dimension, integrator }: Pick<Model, 'dimension' | 'integrator'>): number {
  switch (integrator) {
    case 'euler-maruyama':
    case 'heun':
      return dimension;
    case 'leimkuhler-matthews':
    case 'baoab':
      return 2 * dimension;
    default:
      return integrator satisfies never;
  }
}

/** New value of each field after a step of length dt in the given potential (in its cheapest form). */
export function diffusionStep(model: Model, potential: Expression, symbols: KernelSymbols): Expression[] {
  if (model.integrator === 'baoab') return kineticStep(model, potential, symbols);
  return overdampedStep(model, model.integrator, potential, symbols);
}

/** A step of particles without velocities. */
function overdampedStep(
  model: Model,
  integrator: Exclude<Integrator, 'baoab'>,
  potential: Expression,
  symbols: KernelSymbols,
): Expression[] {
  const { builder: b, dimension } = model;
  const coordinate = (index: number): Expression => b.symbol({ kind: 'coordinate', index });
  const indices = Array.from({ length: dimension }, (_, i) => i);
  const x = indices.map(coordinate);
  const noise = indices.map((i) => coordinate(dimension + i));
  const memory = indices.map((i) => coordinate(2 * dimension + i));
  const { timeStep, diffusivity, diffusionTemperature } = symbols;
  const mobility = b.negate(b.multiply(timeStep, diffusivity));

  const slope = gradient(b, potential, dimension);
  /** -dt D dV/dx_i, with the uniform factors folded into the coefficients where that is cheaper. */
  const drift = slope.map((component) => cheapest(b, b.multiply(mobility, component)));
  const atTime = (expressions: readonly Expression[], time: Expression): Expression[] =>
    expressions.map((e) => b.substitute(e, ({ symbol }) => (symbol.kind === 'time' ? time : undefined)));
  const explicit = atTime(drift, symbols.diffusionStart);
  const variance = b.multiply(b.multiply(diffusionTemperature, diffusivity), timeStep);

  const moved = (): Expression[] => {
    switch (integrator) {
      case 'euler-maruyama': {
        const sigma = b.call('squareRoot', b.multiply(b.constant(2), variance));
        return indices.map((i) => b.add(b.add(x[i], explicit[i]), b.multiply(sigma, noise[i])));
      }
      case 'leimkuhler-matthews': {
        const sigma = b.call('squareRoot', b.multiply(b.constant(0.5), variance));
        return indices.map((i) =>
          b.add(b.add(x[i], explicit[i]), b.multiply(sigma, b.add(memory[i], noise[i]))),
        );
      }
      case 'heun': {
        const sigma = b.call('squareRoot', b.multiply(b.constant(2), variance));
        const kicked = indices.map((i) => b.multiply(sigma, noise[i]));
        const predicted = indices.map((i) => b.add(b.add(x[i], explicit[i]), kicked[i]));
        const corrected = atTime(drift, symbols.diffusionEnd).map((e) =>
          b.substitute(e, ({ symbol }) =>
            symbol.kind === 'coordinate' ? predicted[symbol.index] : undefined,
          ),
        );
        return indices.map((i) =>
          b.add(b.add(x[i], b.multiply(b.constant(0.5), b.add(explicit[i], corrected[i]))), kicked[i]),
        );
      }
      default:
        return integrator satisfies never;
    }
  };
  const kept = moved().map((e, i) => contained(model, e, i));
  return integrator === 'leimkuhler-matthews' ? [...kept, ...noise] : kept;
}
