// What every validation study shares: the row of the table, how far a row may be off, the table itself. The
// statistics of a single study are in its own file. Rows compare a run with an exact answer; none of them
// looks at a clock.
//
// How far a row may be off is chosen so that correct code fails the whole tier with a probability of at most
// FALSE_ALARM: every row may fail by chance with FALSE_ALARM / MOST_ROWS (Bonferroni), and a tier has no more
// than MOST_ROWS rows. On top of that comes, where a row says so, what the method itself is known to be off
// by (its bias at this time step).

import { normalQuantile } from './special.js';

/** Probability that correct code fails a tier, were the seeds free. They are fixed: what passed passes again. */
export const FALSE_ALARM = 1e-4;

/** No tier has more rows. A fixed budget, so that a study run alone is judged as it is in the whole tier. */
export const MOST_ROWS = 1000;

/** Probability that one row of correct code fails. */
export const ROW_ALARM = FALSE_ALARM / MOST_ROWS;

/** Two-sided standard normal deviation of probability ROW_ALARM: 5.33. */
export const SIGMAS = normalQuantile(1 - ROW_ALARM / 2);

export interface Row {
  readonly quantity: string;
  readonly exact: number;
  readonly got: number;
  /** Largest |got - exact| that passes. */
  readonly allowed: number;
  /** Statistical standard error, where the row has one; printed only. */
  readonly standardError?: number;
}

/** `full`: minutes. `short`: for every change, seconds a study. */
export type Tier = 'full' | 'short';

export interface StudyContext {
  readonly tier: Tier;
  /** `full` or `short`, as the tier is. */
  pick<T>(full: T, short: T): T;
  /** A line that is printed above the table: what the rows are made of. */
  note(text: string): void;
}

export interface Study {
  readonly name: string;
  readonly title: string;
  run(context: StudyContext): Promise<Row[]>;
}

/** A row whose error is normal with the given standard deviation, plus a bias of at most `bias`. */
export function normalRow(
  quantity: string,
  exact: number,
  got: number,
  standardError: number,
  bias = 0,
): Row {
  return { quantity, exact, got, allowed: SIGMAS * standardError + bias, standardError };
}

/**
 * A row for a count with Poisson (or binomial) fluctuations, right for small means too. By Bernstein's
 * inequality a deviation of d has a probability of at most 2 exp(-d^2 / (2 (mean + d/3))).
 */
export function countRow(quantity: string, mean: number, got: number): Row {
  const l = Math.log(2 / ROW_ALARM);
  const allowed = l / 3 + Math.sqrt((l * l) / 9 + 2 * mean * l);
  return { quantity, exact: mean, got, allowed, standardError: Math.sqrt(mean) };
}

/**
 * Distance of an empirical distribution function of n independent draws from the true one (0): sqrt(n) D
 * beyond l has probability 2 exp(-2 l^2) at most (Dvoretzky, Kiefer, Wolfowitz; Massart 1990).
 */
export function kolmogorovRow(quantity: string, distance: number, n: number): Row {
  return { quantity, exact: 0, got: distance, allowed: Math.sqrt(Math.log(2 / ROW_ALARM) / (2 * n)) };
}

/** Chi-squared with many degrees of freedom: its cube root is normal enough (Wilson and Hilferty 1931). */
export function chiSquaredRow(quantity: string, freedom: number, got: number): Row {
  const v = 2 / (9 * freedom);
  const upper = freedom * (1 - v + SIGMAS * Math.sqrt(v)) ** 3;
  return {
    quantity,
    exact: freedom,
    got,
    allowed: upper - freedom,
    standardError: Math.sqrt(2 * freedom),
  };
}

/** Whether a row passes; what is not a number does not. */
export function passes(row: Row): boolean {
  return Math.abs(row.got - row.exact) <= row.allowed;
}

export interface TableRow extends Row {
  readonly study: string;
}

const columns = ['study', 'quantity', 'exact', 'got', 'error', 'std. error', 'allowed', 'verdict'] as const;

/** The table as lines of text, columns padded to equal width. */
export function table(rows: readonly TableRow[]): string[] {
  const cells = rows.map((row) => [
    row.study,
    row.quantity,
    figure(row.exact),
    figure(row.got),
    small(row.got - row.exact),
    row.standardError === undefined ? '' : small(row.standardError),
    small(row.allowed),
    passes(row) ? 'pass' : 'FAIL',
  ]);
  const widths = columns.map((title, c) => Math.max(title.length, ...cells.map((line) => line[c].length)));
  const line = (parts: readonly string[]): string =>
    parts
      .map((text, c) => (c < 2 || c === 7 ? text.padEnd(widths[c]) : text.padStart(widths[c])))
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)];
}

const figure = (x: number): string =>
  x !== 0 && (Math.abs(x) >= 1e6 || Math.abs(x) < 1e-3)
    ? x.toExponential(4)
    : String(Number(x.toPrecision(6)));
const small = (x: number): string => x.toExponential(1);
