// What is wrong with what a search was asked for.

export class OptimizeError extends Error {
  readonly code = 'optimize';
  readonly exitCode = 2;

  constructor(
    message: string,
    readonly hint: string,
    cause?: unknown,
  ) {
    super(`${message}\n    fix: ${hint}`, cause === undefined ? undefined : { cause });
    this.name = 'OptimizeError';
  }
}
