// One step of particles with velocities as expressions (mathematics, sections 5 and 6): `baoab` of Leimkuhler and Matthews
// (2013) for
//
//   dx = s w dt,   dw = -gamma w dt - s grad V dt + sqrt(2 gamma eps) dW,   s = sqrt(D),   w = s v
//
// with the v of section 6. The stationary law is exp(-(V + |w|^2/2)/eps): w has the variance eps on every node, whatever D.
// So a jump that keeps x and w leaves that law alone, which one that keeps v would not (docs/theory.md). Fields d … 2d-1
// hold w. Coordinates of expressions are numbered as in diffusion.ts.

import { cheapest, gradient, type Expression } from '../expression/mod.js';
import type { Model } from '../model/mod.js';
import { contained, turned } from './boundary.js';
import type { KernelSymbols } from './symbols.js';

/** New value of each field after a step of length dt: kick dt/2, drift dt/2, friction and noise dt, drift dt/2, kick dt/2. */
export function kineticStep(model: Model, potential: Expression, symbols: KernelSymbols): Expression[] {
  const { builder: b, dimension, kinetics } = model;
  if (!kinetics) throw new Error('the integrator baoab needs a friction');
  const coordinate = (index: number): Expression => b.symbol({ kind: 'coordinate', index });
  const indices = Array.from({ length: dimension }, (_, i) => i);
  const { timeStep, diffusivity, diffusionTemperature } = symbols;
  const half = b.multiply(b.multiply(b.constant(0.5), timeStep), b.call('squareRoot', diffusivity));
  const damping = b.multiply(b.constant(-kinetics.friction), timeStep);
  const decay = b.call('exp', damping);
  // eps (1 - exp(-2 gamma dt)): with it the variance eps of w stays what it is.
  const lost = b.negate(b.call('expm1', b.multiply(b.constant(2), damping)));
  const sigma = b.call('squareRoot', b.multiply(diffusionTemperature, lost));

  /** -(dt/2) s dV/dx_i, with the uniform factors folded into the coefficients where that is cheaper. */
  const kicks = gradient(b, potential, dimension).map((component) =>
    cheapest(b, b.multiply(b.negate(half), component)),
  );
  const kickAt = (i: number, x: readonly Expression[] | undefined, time: Expression): Expression =>
    b.substitute(kicks[i], ({ symbol }) => {
      if (symbol.kind === 'time') return time;
      return symbol.kind === 'coordinate' ? x?.[symbol.index] : undefined;
    });

  const kicked = indices.map((i) =>
    b.add(coordinate(2 * dimension + i), kickAt(i, undefined, symbols.diffusionStart)),
  );
  const noisy = indices.map((i) =>
    b.add(b.multiply(decay, kicked[i]), b.multiply(sigma, coordinate(dimension + i))),
  );
  // Both drifts at once: nothing between them needs x. Reflections, too, are counted for both: noise is symmetric, so
  // turning w round in between gives the same law.
  const drifted = indices.map((i) => b.add(coordinate(i), b.multiply(half, b.add(kicked[i], noisy[i]))));
  const moved = drifted.map((x, i) => contained(model, x, i));
  const velocities = indices.map((i) =>
    b.add(turned(model, drifted[i], noisy[i], i), kickAt(i, moved, symbols.diffusionEnd)),
  );
  return [...moved, ...velocities];
}
