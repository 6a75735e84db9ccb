// What can be wrong with two densities, as errors that say what to do.

export class GeodesicError extends Error {
  readonly code: 'mass-mismatch' | 'not-a-density' | 'geodesic-memory' | 'unequal-diffusivity';
  readonly hint: string;

  constructor(code: GeodesicError['code'], message: string, hint: string) {
    super(`${message}; ${hint}`);
    this.code = code;
    this.hint = hint;
  }
}
