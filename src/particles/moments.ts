// Which moments are taken of the particles of a shard: columns of numbers, and pairs of columns whose products are summed. Not
// the summing (engine.ts, kernel/moments.ts), nor what becomes of them (estimate/).

import type { Model } from '../model/mod.js';

/** Moments of the particles of one shard. Products are centred at the shard's own means. */
export interface ShardMoments {
  readonly count: number;
  /** Means of the columns: x_0 … x_{d-1}, V, and |w|^2/2 where particles have velocities. */
  readonly mean: Float64Array;
  /** sum of (a - mean_a)(b - mean_b) over the pairs of columns (a, b). */
  readonly products: Float64Array;
}

export interface MomentLayout {
  readonly columns: number;
  /** The coordinates' upper triangle by rows, then every further column with itself. */
  readonly pairs: readonly (readonly [number, number])[];
  /** Columns of V and of |w|^2/2 (undefined where there are no velocities), and where their pairs are. */
  readonly potential: ScalarColumn;
  readonly kinetic: ScalarColumn | undefined;
}

/** A column that is no coordinate. */
export interface ScalarColumn {
  readonly column: number;
  /** Index of the pair of the column with itself. */
  readonly pair: number;
}

/** What is summed over the particles of a model. */
export function momentLayout({
  dimension: d,
  kinetics,
}: Pick<Model, 'dimension' | 'kinetics'>): MomentLayout {
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0; i < d; i++) for (let j = i; j < d; j++) pairs.push([i, j]);
  const add = (column: number): ScalarColumn => ({ column, pair: pairs.push([column, column]) - 1 });
  const potential = add(d);
  const kinetic = kinetics && add(d + 1);
  return { columns: kinetic ? d + 2 : d + 1, pairs, potential, kinetic };
}
