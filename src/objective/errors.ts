// What goes wrong with objectives that are not formulas. An error says which file or command, which node, and what to do.

/** A module or an external process that does not do what an objective must. */
export class ObjectiveError extends Error {
  readonly code = 'objective';

  constructor(
    message: string,
    readonly hint: string,
    cause?: unknown,
  ) {
    super(`${message}\n    fix: ${hint}`, cause === undefined ? undefined : { cause });
    this.name = 'ObjectiveError';
  }
}

/** The config asks for code to be run, and nobody has said that it may. */
export class TrustError extends Error {
  readonly code = 'not-trusted';
  readonly exitCode = 2;

  constructor(what: string) {
    super(
      `the config runs code: ${what}\n    fix: if you trust it, add --allow-modules; it can do all that you can do on this machine`,
    );
    this.name = 'TrustError';
  }
}
