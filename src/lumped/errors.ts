// What can go wrong with a lumped flow, as errors that say what to do.

/** The flow cannot go on, or was asked for what it cannot do. */
export class LumpedError extends Error {
  override readonly name = 'LumpedError';
  readonly code:
    | 'lumped-not-finite'
    | 'lumped-tolerance'
    | 'lumped-objective'
    | 'lumped-state'
    | 'lumped-grow'
    | 'lumped-size';
  readonly hint: string;

  constructor(code: LumpedError['code'], message: string, hint: string) {
    super(`${message}; ${hint}`);
    this.code = code;
    this.hint = hint;
  }
}
