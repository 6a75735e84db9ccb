// Errors of the library's own: wrong use of a call. Errors of configs, runs and files are those of the folders below.

/** What was wrong with a call. */
export type LibraryErrorCode =
  | 'unknown-node'
  | 'unknown-edge'
  | 'wrong-length'
  | 'not-particles'
  | 'not-a-grid'
  | 'needs-density'
  | 'read-twice'
  | 'failed-run'
  | 'closed'
  | 'bad-option'
  | 'modules-not-allowed'
  | 'bad-module';

/** A call that cannot be answered. `code` says why, the text what to do. */
export class LibraryError extends Error {
  override readonly name = 'LibraryError';

  constructor(
    readonly code: LibraryErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
