// One step of the diffusion integrators as expressions (mathematics, section 5). The compiler's own coordinates follow
// the model's: x is 0 … d-1, the step's Gaussians xi are d … 2d-1, integrator memory (fields d … 2d-1 of a particle) is
// 2d … 3d-1. No lanes or memory here.

import { cheapest, gradient, type Expression } from '../expression/mod.js';
import type { Model } from '../model/mod.js';
import type { KernelSymbols } from './symbols.js';

/** Fields a particle carries: its coordinates, and the last Gaussians for leimkuhler-matthews. */
export function fieldCount(model: Pick<Model, 'dimension' | 'integrator'>): number {
  return model.integrator === 'leimkuhler-matthews' ? 2 * model.dimension : model.dimension;
}

/** New value of each field after a diffusion step of length dt in the given potential (in its cheapest form). */
export function diffusionStep(model: Model, potential: Expression, symbols: KernelSymbols): Expression[] {
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
    switch (model.integrator) {
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
        return model.integrator satisfies never;
    }
  };
  const kept = moved().map((e, i) => contained(model, e, i));
  return model.integrator === 'leimkuhler-matthews' ? [...kept, ...noise] : kept;
}

/** Wraps (periodic) or folds (reflecting) a coordinate into its box; inside the box it is returned unchanged. */
function contained(model: Model, x: Expression, index: number): Expression {
  const { builder: b } = model;
  const boundary = model.boundaries[index];
  if (boundary.kind === 'free') return x;
  const low = b.constant(boundary.low);
  const length = b.constant(boundary.high - boundary.low);
  const inverse = b.constant(1 / (boundary.high - boundary.low));
  const position = b.multiply(b.subtract(x, low), inverse);
  const inside = b.call('and', b.call('lessOrEqual', low, x), b.call('less', x, b.constant(boundary.high)));
  const folded =
    boundary.kind === 'periodic'
      ? b.subtract(position, b.call('floor', position))
      : b.call('absolute', b.subtract(position, b.multiply(b.constant(2), nearestHalf(b, position))));
  return b.call('where', inside, x, b.add(low, b.multiply(length, folded)));
}

/** Nearest integer to p/2 (which tie goes where does not matter: |p - 2k| is the same). */
function nearestHalf(b: Model['builder'], position: Expression): Expression {
  return b.call('floor', b.add(b.multiply(b.constant(0.5), position), b.constant(0.5)));
}
