// Wall-clock time for schedules, progress and rates. The only place below the CLI that looks at a clock: no result may
// depend on it.

/** Seconds since an arbitrary moment. */
export function now(): number {
  return performance.now() / 1000;
}
