// Rates of the density family in particle form (mathematics, section 4): q(x; g->g') = K theta(f,f')/f max(0, mu - mu'), as
// expressions. Where the densities come from is density-mesh.ts and density-reader.ts.
//
// Densities are in particles per cell: only their ratio counts, but for mobility `constant`. They follow the model's
// coordinates as coordinates of the compiler's own: d is f at the particle's node, d + 1 is f' at the edge's other end.

import { cheapest, type Expression } from '../expression/mod.js';
import type { DensityMobility, Model } from '../model/mod.js';
import type { EdgeKind } from './reaction.js';
import type { KernelSymbols } from './symbols.js';

/** q(x; g -> g') of the density family; no density occurs in it for `upwind` at temperature 0. */
export function densityRate(
  model: Model,
  mobility: DensityMobility,
  kind: EdgeKind,
  symbols: KernelSymbols,
): Expression {
  const { builder: b, dimension } = model;
  const constant = (value: number): Expression => b.constant(value);
  const positive = (e: Expression): Expression => b.maximum(e, constant(0));
  const { temperature, weight } = symbols;
  /** V(x, g) - V(x, g'). */
  const fall = cheapest(b, b.subtract(kind.source, b.toSide(kind.target, 'target')));
  const { densities } = model;
  if (!densities) return b.multiply(weight, positive(fall));

  const atLeast = (e: Expression): Expression => b.maximum(e, constant(densities.least));
  const own = atLeast(b.coordinate(dimension));
  const target = b.coordinate(dimension + 1);
  const ratio = b.divide(target, own);
  const bounded = b.divide(atLeast(target), own);
  /** mu - mu', bounded where f' vanishes. */
  const drop = (): Expression => positive(b.subtract(fall, b.multiply(temperature, b.call('log', bounded))));
  const times = (factor: Expression): Expression => b.multiply(weight, b.multiply(factor, drop()));
  switch (mobility) {
    case 'log-mean': {
      // L(f, f') (log f - log f') = f - f'. Its logarithm is bounded, too: L falls so slowly with f' that 0 for an empty
      // place would let mass run uphill wherever there is less than a particle in a cell (docs/theory.md).
      const quotient = b.divide(b.subtract(bounded, constant(1)), b.call('log', bounded));
      const mean = b.where(b.call('equal', bounded, constant(1)), constant(1), quotient);
      const mixing = b.multiply(temperature, b.subtract(constant(1), bounded));
      return b.multiply(weight, positive(b.add(b.multiply(fall, mean), mixing)));
    }
    case 'arithmetic':
      return times(b.multiply(constant(0.5), b.add(constant(1), ratio)));
    case 'geometric':
      return times(b.squareRoot(ratio));
    case 'harmonic':
      return times(b.divide(b.multiply(constant(2), ratio), b.add(constant(1), ratio)));
    case 'upwind':
      return b.multiply(weight, drop());
    case 'constant':
      return times(b.divide(constant(1 / densities.onePerCell), own));
    default:
      return mobility satisfies never;
  }
}
