// Polynomials as runs of (monomial, coefficient) in one growing pool, and the accumulator that sums and
// multiplies them. No objects per polynomial: a regression over hundreds of data points makes thousands of
// them. Which sub-expressions become polynomials is decided in canonical.ts.

import { MonomialTable } from './monomial.js';

/** A polynomial in the pool: terms `start` to `start + length - 1`. */
export interface Polynomial {
  readonly start: number;
  readonly length: number;
}

/** Thrown and caught within canonical.ts: the expansion is not worth going on with. */
export class ExpansionOverflow extends Error {}

/** Terms of one polynomial: room for a full quadratic form in about 190 coordinates. */
const mostTerms = 20_000;
/** Products and sums of terms in one expansion: a second or less. */
const mostWork = 30_000_000;
/** Different monomials in one expansion, about 3 microseconds and 900 bytes each. */
const mostMonomials = 100_000;
/** Terms in one pool. */
const mostStored = 8_000_000;

export class PolynomialPool {
  readonly monomials = new MonomialTable();
  #pooledMonomials = new Int32Array(4096);
  #pooledCoefficients = new Float64Array(4096);
  #size = 0;
  #work = 0;
  // The accumulator: dense by monomial number; `touched` lists what is in use.
  #sum = new Float64Array(256);
  #inUse = new Uint8Array(256);
  #touched: number[] = [];

  monomialAt(term: number): number {
    return this.#pooledMonomials[term];
  }

  coefficientAt(term: number): number {
    return this.#pooledCoefficients[term];
  }

  /** Adds coefficient * monomial to the accumulator. */
  accumulate(monomial: number, coefficient: number): void {
    if (monomial >= this.#sum.length) this.#widen(monomial);
    if (this.#inUse[monomial] === 0) {
      this.#inUse[monomial] = 1;
      this.#touched.push(monomial);
      this.#sum[monomial] = coefficient;
      return;
    }
    this.#sum[monomial] += coefficient;
  }

  /** Adds scale * polynomial to the accumulator. */
  accumulateScaled({ start, length }: Polynomial, scale: number): void {
    this.#spend(length);
    for (let term = start; term < start + length; term++) {
      this.accumulate(this.#pooledMonomials[term], scale * this.#pooledCoefficients[term]);
    }
  }

  /**
   * Adds the product to the accumulator; false, and an empty accumulator, when a term is not to be expanded.
   */
  accumulateProduct(a: Polynomial, b: Polynomial): boolean {
    const isSquare = a.start === b.start && a.length === b.length;
    this.#spend(isSquare ? (a.length * (a.length + 1)) / 2 : a.length * b.length);
    for (let i = a.start; i < a.start + a.length; i++) {
      const monomial = this.#pooledMonomials[i];
      const coefficient = this.#pooledCoefficients[i];
      // Of a square, each unordered pair once.
      for (let j = isSquare ? i : b.start; j < b.start + b.length; j++) {
        const product = this.monomials.product(monomial, this.#pooledMonomials[j]);
        if (product < 0) {
          this.discard();
          return false;
        }
        const value = coefficient * this.#pooledCoefficients[j];
        this.accumulate(product, isSquare && j > i ? 2 * value : value);
      }
    }
    return true;
  }

  /** Moves the accumulator into the pool, without exact zeros. Throws ExpansionOverflow. */
  commit(): Polynomial {
    const start = this.#size;
    const count = this.#touched.length;
    if (count > mostTerms || start + count > mostStored) throw new ExpansionOverflow();
    if (start + count > this.#pooledMonomials.length) this.#extend(start + count);
    for (const monomial of this.#touched) {
      this.#inUse[monomial] = 0;
      const coefficient = this.#sum[monomial];
      if (coefficient === 0) continue;
      if (!Number.isFinite(coefficient)) throw new ExpansionOverflow();
      this.#pooledMonomials[this.#size] = monomial;
      this.#pooledCoefficients[this.#size] = coefficient;
      this.#size++;
    }
    this.#touched.length = 0;
    return { start, length: this.#size - start };
  }

  /** Empties the accumulator. */
  discard(): void {
    for (const monomial of this.#touched) this.#inUse[monomial] = 0;
    this.#touched.length = 0;
  }

  #spend(work: number): void {
    this.#work += work;
    if (this.#work > mostWork) throw new ExpansionOverflow();
  }

  #widen(monomial: number): void {
    if (monomial > mostMonomials) throw new ExpansionOverflow();
    const size = Math.max(monomial + 1, this.#sum.length * 2);
    const sum = new Float64Array(size);
    sum.set(this.#sum);
    this.#sum = sum;
    const inUse = new Uint8Array(size);
    inUse.set(this.#inUse);
    this.#inUse = inUse;
  }

  #extend(needed: number): void {
    const size = Math.max(needed, this.#pooledMonomials.length * 4);
    const monomials = new Int32Array(size);
    monomials.set(this.#pooledMonomials);
    this.#pooledMonomials = monomials;
    const coefficients = new Float64Array(size);
    coefficients.set(this.#pooledCoefficients);
    this.#pooledCoefficients = coefficients;
  }
}
