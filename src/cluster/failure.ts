// Errors on their way between threads: to plain data in the thread where they happen, and back to errors of the class
// that the rest of the program knows. Which of several failures counts is decided here, too.

import { KernelFault } from '../particles/mod.js';
import type { TaskFailure } from './messages.js';

/** An error as data. */
export function asFailure(error: unknown): TaskFailure {
  if (!(error instanceof Error)) return { failure: { code: undefined, message: String(error), stack: '' } };
  const { code } = error as Error & { code?: unknown };
  return {
    failure: {
      code: typeof code === 'string' ? code : undefined,
      message: error.message,
      stack: error.stack ?? '',
    },
  };
}

/** The error to throw for failures of one piece of work: not that of a worker that only waited for the one that failed. */
export function errorOf(failures: readonly TaskFailure['failure'][]): Error {
  const { code, message, stack } =
    failures.find((failure) => failure.code !== 'barrier-aborted') ?? failures[0];
  if (code === 'kernel-fault' || code === 'not-finite') return new KernelFault(message, code);
  const error = new Error(message);
  if (stack !== '') error.stack = stack;
  return code === undefined ? error : Object.assign(error, { code });
}
