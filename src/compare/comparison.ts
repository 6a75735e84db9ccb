// One number of two runs at one time, and how far apart the two are. What is compared is observables.ts, energies.ts and
// laws.ts; what follows from all of them is verdict.ts.

export type Quantity =
  | 'mass'
  | 'mean'
  | 'variance'
  | 'potential'
  | 'mean potential'
  | 'mean kinetic energy'
  | 'energy'
  | 'relative entropy'
  | 'density';

/** Errors are standard errors, 0 where there is no randomness. Dimensionless. */
export interface Comparison {
  /** Step of the first run, and the time that both share. */
  readonly step: number;
  readonly time: number;
  readonly quantity: Quantity;
  /** The node; undefined for what is of all nodes. */
  readonly node: string | undefined;
  readonly coordinate: string | undefined;
  readonly a: number;
  readonly aError: number;
  readonly b: number;
  readonly bError: number;
  /** Size of a difference b - a that does not count: stated biases, and what the caller allows. */
  readonly allowed: number;
  /**
   * b - a beyond what is allowed in combined standard errors, as a normal number of the same two-sided tail; infinite
   * where there is a difference and nothing to explain it.
   */
  readonly z: number;
  /** Whether it counts in the verdict; if not, its error is not known well enough. */
  readonly counted: boolean;
}

/** Numbers below this part of the size of what is compared are rounding. */
const rounding = 1e-9;

/** z of a difference with a known standard error, where `allowed` and rounding do not count. */
export function scoreOf(a: number, b: number, error: number, allowed: number): number {
  const difference = b - a;
  const excess = Math.abs(difference) - allowed - rounding * Math.max(Math.abs(a), Math.abs(b));
  if (!(excess > 0)) return 0;
  return Math.sign(difference) * (excess / error);
}
