// Exit codes, and what a person sees when something fails. One place, so that every command speaks alike.

/** 0 done, 1 the run failed, 2 bad usage or config, 3 stopped before its end (resumable), 130 interrupted (resumable). */
export const exitCode = { done: 0, failed: 1, usage: 2, stopped: 3, interrupted: 130 } as const;

/** A mistake on the command line. */
export class UsageError extends Error {
  readonly code = 'usage';
  readonly exitCode = exitCode.usage;
}

/** Prints an error to stderr and says which code to exit with. Errors that are defects come with their stack. */
export function report(error: unknown): number {
  if (!(error instanceof Error)) {
    process.stderr.write(`error: ${String(error)}\n`);
    return exitCode.failed;
  }
  const { code, exitCode: wanted } = error as Error & { code?: unknown; exitCode?: unknown };
  const known = typeof code === 'string';
  process.stderr.write(`error: ${known ? error.message : (error.stack ?? error.message)}\n`);
  const { hint } = error as Error & { hint?: unknown };
  if (typeof hint === 'string' && !error.message.includes(hint)) process.stderr.write(`  fix: ${hint}\n`);
  if (!known)
    process.stderr.write('This looks like a defect of wasserwerk. Please report it with the config.\n');
  return typeof wanted === 'number'
    ? wanted
    : USAGE_CODES.has(String(code))
      ? exitCode.usage
      : exitCode.failed;
}

/** Trouble that comes from what was asked for, not from the run. */
const USAGE_CODES = new Set([
  'memory-limit',
  'grid-memory',
  'lumped-size',
  'outside-box',
  'mass-mismatch',
  'not-a-density',
  'geodesic-memory',
  'unequal-diffusivity',
  'folder-exists',
  'not-a-folder',
  'not-a-run',
  'newer-format',
  'corrupt-manifest',
  'locked',
]);
