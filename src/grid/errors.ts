// What can go wrong on the grid, as errors that say what to do.

/** The grid cannot do what was asked, or its state is not what it must be. */
export class GridError extends Error {
  readonly code: 'grid-memory' | 'grid-not-finite' | 'grid-tolerance' | 'grid-unconverged' | 'outside-box';
  readonly hint: string;

  constructor(code: GridError['code'], message: string, hint: string) {
    super(`${message}; ${hint}`);
    this.code = code;
    this.hint = hint;
  }
}
