// Trouble that a machine tells of, as errors. A lost state is no such trouble (`StateLost`, evolution.ts): a run goes back
// and on from there.

import { KernelFault } from '../../particles/mod.js';

/** Trouble on a machine with its work, or an answer of it that cannot be right. */
export class MachineError extends Error {
  override readonly name = 'MachineError';

  constructor(
    readonly machine: string,
    readonly code: string,
    message: string,
    cause?: unknown,
  ) {
    super(`on machine ${machine}: ${message}`, cause === undefined ? undefined : { cause });
  }
}

/** The error of the class that this process would have thrown itself, where that matters to those who catch it. */
export function workError(machine: string, code: string, message: string, cause: unknown): Error {
  if (code === 'kernel-fault' || code === 'not-finite') return new KernelFault(message, code, { cause });
  return new MachineError(machine, code, message, cause);
}
