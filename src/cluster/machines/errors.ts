// What ends or interrupts a run on many machines, as errors: trouble that a machine tells of, and a run that has to stop
// before its end. A lost state is no such trouble (`StateLost`, evolution.ts): a run goes back and on from there.

import { KernelFault } from '../../particles/mod.js';
import { RunStopped } from '../evolution.js';

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

/** Another process goes on with the run: this one must not write to its folder any more. */
export class TakenOver extends RunStopped {}

/** The error of the class that this process would have thrown itself, where that matters to those who catch it. */
export function workError(machine: string, code: string, message: string, cause: unknown): Error {
  if (code === 'kernel-fault' || code === 'not-finite') return new KernelFault(message, code, { cause });
  return new MachineError(machine, code, message, cause);
}
