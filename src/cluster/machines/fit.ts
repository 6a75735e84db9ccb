// Constants of the cost model from measurements: least squares with coefficients that are not negative. Small problems of a
// few unknowns; not a general solver.

/** A measured time and the amounts that it is made of: seconds = sum of (constant of a term) x (its amount). */
export interface Measurement<Term extends string> {
  readonly seconds: number;
  readonly amounts: Readonly<Partial<Record<Term, number>>>;
}

export interface Fit<Term extends string> {
  /** Seconds per unit of each term; 0 where the measurements show no cost, or have nothing of the term. */
  readonly constants: Readonly<Record<Term, number>>;
  /** Largest error of a measurement, relative. */
  readonly worst: number;
}

/**
 * Fits constants >= 0, every measurement counting by its relative error. Active sets (Lawson & Hanson, Solving Least Squares
 * Problems, 1974, chapter 23).
 * @throws RangeError of a time that is not positive
 */
export function fitCosts<Term extends string>(
  measurements: readonly Measurement<Term>[],
  terms: readonly Term[],
): Fit<Term> {
  const rows = measurements.map(({ seconds, amounts }, i) => {
    if (!(seconds > 0 && seconds < Infinity))
      throw new RangeError(`measurement ${i} took ${seconds} seconds; a time is positive`);
    return terms.map((term) => (amounts[term] ?? 0) / seconds);
  });
  // Columns of length 1, so that no unit is favoured.
  const lengths = terms.map((_, j) => Math.sqrt(rows.reduce((sum, row) => sum + row[j] * row[j], 0)) || 1);
  const scaled = rows.map((row) => row.map((value, j) => value / lengths[j]));
  const solution = nonNegative(scaled, terms.length);
  const found = solution.map((value, j) => value / lengths[j]);
  const worst = rows.reduce(
    (most, row) => Math.max(most, Math.abs(row.reduce((sum, value, j) => sum + value * found[j], -1))),
    0,
  );
  const constants = Object.fromEntries(terms.map((term, j) => [term, found[j]])) as Record<Term, number>;
  return { constants, worst };
}

/** The x >= 0 that makes the sum of (row . x - 1)^2 least. */
function nonNegative(rows: readonly (readonly number[])[], unknowns: number): number[] {
  const all = Array.from({ length: unknowns }, (_, j) => j);
  const normal = all.map((i) => all.map((j) => rows.reduce((sum, row) => sum + row[i] * row[j], 0)));
  const right = all.map((i) => rows.reduce((sum, row) => sum + row[i], 0));
  let x = all.map(() => 0);
  let active: number[] = [];
  /** What goes along with the active ones: nothing can be told from it. */
  const dependent = new Set<number>();
  for (let round = 0; round < 3 * unknowns; round++) {
    // The one whose growth helps most.
    const slope = all.map((i) => right[i] - normal[i].reduce((sum, value, j) => sum + value * x[j], 0));
    const next = all
      .filter((i) => !active.includes(i) && !dependent.has(i) && slope[i] > 1e-12 * right[i])
      .sort((a, b) => slope[b] - slope[a] || a - b)
      .at(0);
    if (next === undefined) break;
    active = [...active, next].sort((a, b) => a - b);
    for (;;) {
      const wanted = solve(active, normal, right);
      if (wanted === undefined) {
        dependent.add(next);
        active = active.filter((i) => i !== next);
        break;
      }
      const blocked = active.filter((_, i) => wanted[i] <= 0);
      const to = all.map((j) => (active.includes(j) ? wanted[active.indexOf(j)] : 0));
      if (blocked.length === 0) {
        x = to;
        break;
      }
      // As far as possible, then without those that have become 0.
      const along = Math.min(...blocked.map((j) => x[j] / (x[j] - to[j] || 1)));
      x = x.map((value, j) => value + along * (to[j] - value));
      active = active.filter((j) => x[j] > 1e-15);
      x = x.map((value, j) => (active.includes(j) ? value : 0));
    }
  }
  return x;
}

/** Solves the normal equations of some unknowns by elimination; undefined where they do not determine them. */
function solve(
  active: readonly number[],
  normal: readonly (readonly number[])[],
  right: readonly number[],
): number[] | undefined {
  const n = active.length;
  const rows = active.map((i) => [...active.map((j) => normal[i][j]), right[i]]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let i = column + 1; i < n; i++)
      if (Math.abs(rows[i][column]) > Math.abs(rows[pivot][column])) pivot = i;
    // Columns have length 1: what is left of one after the others is its distance from them, squared.
    if (!(Math.abs(rows[pivot][column]) > 1e-12)) return undefined;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    for (let i = column + 1; i < n; i++) {
      const factor = rows[i][column] / rows[column][column];
      for (let j = column; j <= n; j++) rows[i][j] -= factor * rows[column][j];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--) {
    let value = rows[i][n];
    for (let j = i + 1; j < n; j++) value -= rows[i][j] * x[j];
    x[i] = value / rows[i][i];
  }
  return x;
}
