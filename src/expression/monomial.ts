// Monomials: products of atoms, numbered, with their products remembered. The numbers index the dense arrays
// of polynomial.ts. Coefficients are not here.
//
// An atom is a coordinate, a symbol, or any sub-expression taken as it is ("opaque").

import type { Expression } from './expression.js';

/** Most uniform atoms in one monomial: beyond, expanding rarely collects anything and the terms multiply. */
const largestUniformDegree = 8;

export interface Monomial {
  /** Ascending by id, repeated for powers. */
  readonly atoms: readonly Expression[];
  /** Numbers of the monomials of the varying and of the uniform atoms alone. */
  readonly varyingPart: number;
  readonly uniformPart: number;
  /** Number of varying atoms, and of those that are not coordinates. */
  readonly degree: number;
  readonly opaque: number;
}

const noProduct = -1;

/** Numbers monomials. Number 0 is the empty product, 1. */
export class MonomialTable {
  readonly list: Monomial[] = [{ atoms: [], varyingPart: 0, uniformPart: 0, degree: 0, opaque: 0 }];
  readonly #numbers = new Map<string, number>([['', 0]]);
  // Memo of products: open addressing over pairs of numbers.
  #left = new Int32Array(256).fill(-1);
  #right = new Int32Array(256);
  #result = new Int32Array(256);
  #memoCount = 0;

  /** The monomial of one atom. */
  atom(expression: Expression): number {
    return this.#number([expression]);
  }

  /**
   * The product, or -1 where it is not to be expanded: more than two varying atoms, more than one of them
   * opaque, or too many uniform ones.
   */
  product(a: number, b: number): number {
    if (a === 0) return b;
    if (b === 0) return a;
    const [low, high] = a < b ? [a, b] : [b, a];
    const mask = this.#left.length - 1;
    let slot = hashPair(low, high) & mask;
    for (; this.#left[slot] !== -1; slot = (slot + 1) & mask) {
      if (this.#left[slot] === low && this.#right[slot] === high) return this.#result[slot];
    }
    const result = this.#multiply(this.list[low], this.list[high]);
    this.#left[slot] = low;
    this.#right[slot] = high;
    this.#result[slot] = result;
    if (++this.#memoCount * 2 > this.#left.length) this.#grow();
    return result;
  }

  #multiply(a: Monomial, b: Monomial): number {
    const degree = a.degree + b.degree;
    if (degree > 2 || a.opaque + b.opaque > 1) return noProduct;
    if (a.atoms.length + b.atoms.length - degree > largestUniformDegree) return noProduct;
    return this.#number([...a.atoms, ...b.atoms].sort((one, other) => one.id - other.id));
  }

  #number(atoms: readonly Expression[]): number {
    const key = atoms.map((atom) => atom.id).join(' ');
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const varying = atoms.filter((atom) => atom.varies);
    const uniform = atoms.filter((atom) => !atom.varies);
    // Parts first: they have numbers of their own, unless the monomial is its own part.
    const varyingPart = uniform.length === 0 ? undefined : this.#number(varying);
    const uniformPart = varying.length === 0 ? undefined : this.#number(uniform);
    const number = this.list.length;
    this.#numbers.set(key, number);
    this.list.push({
      atoms,
      varyingPart: varyingPart ?? number,
      uniformPart: uniformPart ?? number,
      degree: varying.length,
      opaque: varying.filter((atom) => atom.kind !== 'symbol').length,
    });
    return number;
  }

  #grow(): void {
    const [left, right, result] = [this.#left, this.#right, this.#result];
    const size = left.length * 4;
    const mask = size - 1;
    this.#left = new Int32Array(size).fill(-1);
    this.#right = new Int32Array(size);
    this.#result = new Int32Array(size);
    for (let index = 0; index < left.length; index++) {
      if (left[index] === -1) continue;
      let slot = hashPair(left[index], right[index]) & mask;
      while (this.#left[slot] !== -1) slot = (slot + 1) & mask;
      this.#left[slot] = left[index];
      this.#right[slot] = right[index];
      this.#result[slot] = result[index];
    }
  }
}

function hashPair(a: number, b: number): number {
  const hash = Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}
