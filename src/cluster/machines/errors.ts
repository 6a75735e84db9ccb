// What ends or interrupts a run on many machines, as errors: trouble that a machine tells of, and a run that has to stop
// before its end. A lost state is no such trouble (`StateLost`, evolution.ts): a run goes back and on from there.

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

/** The run cannot go on just now, for a reason that is none of its own; `resume` goes on. */
export class RunStopped extends Error {
  override readonly name = 'RunStopped';
  readonly code = 'stopped';
  /** What a command ends with: 130 after an interrupt, 3 else. */
  readonly exitCode: 3 | 130;
  /** Whether another process has the run now, so that this one must not write to its folder any more. */
  readonly isTakenOver: boolean;

  constructor(message: string, options: { exitCode?: 3 | 130; isTakenOver?: boolean } = {}) {
    super(message);
    this.exitCode = options.exitCode ?? 3;
    this.isTakenOver = options.isTakenOver ?? false;
  }
}

/** The error of the class that this process would have thrown itself, where that matters to those who catch it. */
export function workError(machine: string, code: string, message: string, cause: unknown): Error {
  if (code === 'kernel-fault' || code === 'not-finite') return new KernelFault(message, code, { cause });
  return new MachineError(machine, code, message, cause);
}
