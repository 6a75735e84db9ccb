// What keeps an export from being written, and what to do about it. Trouble with the run folder itself are the errors of
// src/output.

/**
 * Kinds of trouble: something is there already; what is there was not written by an export; the tables of the run became
 * shorter while they were read; a table does not fit the model; the system refuses.
 */
export type ExportErrorCode =
  'export-exists' | 'not-an-export' | 'run-changed' | 'corrupt-table' | 'disk-full' | 'input-output';

/** `message` says what happened and what to do; `exitCode` is what a command should end with. */
export class ExportError extends Error {
  readonly code: ExportErrorCode;
  readonly hint: string;
  readonly exitCode: 1 | 2;

  constructor(code: ExportErrorCode, message: string, hint: string, cause?: unknown) {
    super(`${message}\n    fix: ${hint}`, cause === undefined ? undefined : { cause });
    this.name = 'ExportError';
    this.code = code;
    this.hint = hint;
    this.exitCode = code === 'disk-full' || code === 'input-output' ? 1 : 2;
  }
}

const FULL: readonly string[] = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/**
 * What the system threw while `path` was written, as an ExportError. An error without one of the system's codes (`ENOSPC`,
 * `EACCES` …) is another's and comes back as it is.
 */
export function asExportError(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/u.test(code)) return error;
  const isFull = FULL.includes(code);
  return new ExportError(
    isFull ? 'disk-full' : 'input-output',
    `cannot write ${path}: ${isFull ? 'there is no space left for it' : (error as Error).message}`,
    isFull
      ? 'free space, or choose another disk with --out; fewer snapshots (--at STEP) need less'
      : 'check the path and who may write there, or choose another place with --out',
    error,
  );
}
