// Jump rates of the mobilities and their cheap upper bounds, as expressions (mathematics, section 4; those of the density
// family are in density-rate.ts). How the bound thins the exact test is told in decision.ts.

import { cheapest, type Expression, type ExpressionBuilder } from '../expression/mod.js';
import type { Model } from '../model/mod.js';
import { densityRate } from './density-rate.js';
import { SPARE_LEVELS } from './layout.js';
import type { KernelSymbols } from './symbols.js';

/** Directed edges of one kind share their formulas: potentials at both ends and, for free rates, the rate. */
export interface EdgeKind {
  readonly source: Expression;
  readonly target: Expression;
  readonly rate: Expression | undefined;
}

/** V(x, g') - V(x, g), with equal terms cancelled. */
export function potentialDifference(model: Model, kind: EdgeKind): Expression {
  const { builder: b } = model;
  return cheapest(b, b.subtract(b.toSide(kind.target, 'target'), kind.source));
}

/** q(x; g -> g'). */
export function jumpRate(model: Model, kind: EdgeKind, symbols: KernelSymbols): Expression {
  const { builder: b } = model;
  const scaled = (): Expression => b.multiply(potentialDifference(model, kind), symbols.inverseTemperature);
  switch (model.mobility) {
    case 'metropolis':
      return b.multiply(symbols.weight, b.call('exp', b.negate(b.call('maximum', scaled(), b.constant(0)))));
    case 'barker':
      return b.multiply(symbols.weight, b.call('sigmoid', b.negate(scaled())));
    case 'symmetric':
      return b.multiply(symbols.weight, b.call('exp', b.multiply(b.constant(-0.5), scaled())));
    case 'free':
      if (!kind.rate) throw new Error('a free rate has no formula');
      return kind.rate;
    default:
      return densityRate(model, model.mobility, kind, symbols);
  }
}

/**
 * An upper bound of the probability to jump, in units of 1/SPARE_LEVELS.
 * - `uniform`: the same for all particles of the node.
 * - `exponents`: the sum over edges of 2^y; the kernel has a cheap exponential that is never too small.
 * - `terms`: the sum over edges of plain expressions.
 */
export type JumpBound =
  | { readonly kind: 'uniform'; readonly value: Expression }
  | { readonly kind: 'exponents'; readonly exponent: (edge: EdgeKind) => Expression }
  | { readonly kind: 'terms'; readonly term: (edge: EdgeKind) => Expression };

/** A sum as two: of the terms that vary from particle to particle, and of those that do not. */
export function splitSum(
  builder: ExpressionBuilder,
  sum: Expression,
): { varying: Expression; uniform: Expression } {
  const zero = builder.constant(0);
  if (!sum.varies) return { varying: zero, uniform: sum };
  if (sum.kind !== 'call' || sum.operator !== 'add') return { varying: sum, uniform: zero };
  const [a, b] = sum.arguments.map((term) => splitSum(builder, term));
  return { varying: builder.add(a.varying, b.varying), uniform: builder.add(a.uniform, b.uniform) };
}

/** Room for the rounding of rates that reach their bound; relative. */
const SLACK = 1 + 1 / 1024;

/**
 * Added to the exponents: what does not vary is rounded to 1/256 of a power of two (1/128 where it is above 16000), and so is
 * the sum; they may be 1/512 (1/256) and 1/512 low before linear interpolation rounds up.
 */
const EXPONENT_SLACK = 1 / 128;

export function jumpBound(model: Model, symbols: KernelSymbols): JumpBound {
  const { builder: b } = model;
  const scale = b.multiply(b.constant(SPARE_LEVELS * SLACK), symbols.reactionTime);
  switch (model.mobility) {
    case 'metropolis':
    case 'barker':
      return { kind: 'uniform', value: b.multiply(scale, symbols.totalWeight) };
    case 'symmetric': {
      const toBinary = 1 / 0.6931471805599453;
      const offset = b.add(
        b.multiply(b.constant(toBinary), b.call('log', b.multiply(scale, symbols.weight))),
        b.constant(EXPONENT_SLACK),
      );
      const factor = b.multiply(b.constant(-0.5 * toBinary), symbols.inverseTemperature);
      return {
        kind: 'exponents',
        exponent: (edge) => cheapest(b, b.add(offset, b.multiply(factor, potentialDifference(model, edge)))),
      };
    }
    default:
      return { kind: 'terms', term: (edge) => b.multiply(scale, jumpRate(model, edge, symbols)) };
  }
}
