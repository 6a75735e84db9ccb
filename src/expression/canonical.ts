// Polynomial normal form: so that quadratics collapse (a sum over 442 data points to 66 terms) and
// differences V(x,g') - V(x,g) cancel. Varying degree at most 2; what does not fit is kept as it is.
//
// Expanding trades rounding errors: (x-a)^2 as x^2 - 2ax + a^2 loses digits where x is near a and a is large.
// `cheapest` expands only where that saves work, and a single square never does.

import type { ExpressionBuilder } from './builder.js';
import { operationCount } from './cost.js';
import type { Expression } from './expression.js';
import { expand } from './expand.js';
import { ExpansionOverflow } from './polynomial.js';

/** One varying monomial and its uniform coefficient. */
export interface CanonicalTerm {
  /** Up to two varying atoms, ascending by id; none for the uniform part, two equal ones for a square. */
  readonly atoms: readonly Expression[];
  /** Uniform: does not depend on coordinates. */
  readonly coefficient: Expression;
}

/** constant + sum linear[i] x[i] + sum over i <= j of quadratic[i][j] x[i] x[j]; all coefficients uniform. */
export interface QuadraticForm {
  readonly constant: Expression;
  readonly linear: readonly Expression[];
  /** Upper triangle: quadratic[i][j] is meant for i <= j, and 0 below. */
  readonly quadratic: readonly (readonly Expression[])[];
}

/** The terms of the normal form, or undefined when there would be too many. */
export function canonicalTerms(
  builder: ExpressionBuilder,
  expression: Expression,
): CanonicalTerm[] | undefined {
  try {
    return collectTerms(builder, expression);
  } catch (error) {
    if (error instanceof ExpansionOverflow) return undefined;
    throw error;
  }
}

function collectTerms(builder: ExpressionBuilder, expression: Expression): CanonicalTerm[] {
  const { pool, polynomial } = expand(builder, expression);
  const { list } = pool.monomials;
  const groups = new Map<number, { monomial: number; coefficient: number }[]>();
  for (let term = polynomial.start; term < polynomial.start + polynomial.length; term++) {
    const monomial = pool.monomialAt(term);
    const { varyingPart, uniformPart } = list[monomial];
    const entry = { monomial: uniformPart, coefficient: pool.coefficientAt(term) };
    const group = groups.get(varyingPart);
    if (group === undefined) groups.set(varyingPart, [entry]);
    else group.push(entry);
  }
  const atomsOf = (monomial: number): readonly Expression[] => list[monomial].atoms;
  const terms: CanonicalTerm[] = [];
  for (const [varyingPart, entries] of groups) {
    entries.sort((a, b) => compareAtoms(atomsOf(a.monomial), atomsOf(b.monomial)));
    let coefficient: Expression = builder.constant(0);
    for (const entry of entries) {
      let product: Expression = builder.constant(1);
      for (const atom of atomsOf(entry.monomial)) product = builder.multiply(product, atom);
      product = builder.multiply(builder.constant(Math.abs(entry.coefficient)), product);
      coefficient =
        entry.coefficient < 0 ? builder.subtract(coefficient, product) : builder.add(coefficient, product);
    }
    terms.push({ atoms: atomsOf(varyingPart), coefficient });
  }
  return terms.sort((a, b) => compareAtoms(a.atoms, b.atoms));
}

/**
 * Lexicographic by id, longer first among equals: a square comes before its linear term, the constant last.
 */
function compareAtoms(a: readonly Expression[], b: readonly Expression[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    if (i >= a.length) return 1;
    if (i >= b.length) return -1;
    if (a[i] !== b[i]) return a[i].id - b[i].id;
  }
  return 0;
}

/**
 * The normal form as an expression. Each varying monomial has one uniform coefficient; terms that share their
 * first atom are grouped, x*(q*x + r*y + c) + y*(s*y + d) + e, which halves the multiplications. Equal to the
 * expression up to rounding. The expression itself when the form would have too many terms.
 */
export function canonicalForm(builder: ExpressionBuilder, expression: Expression): Expression {
  const terms = canonicalTerms(builder, expression);
  if (terms === undefined) return expression;
  let result: Expression = builder.constant(0);
  for (let start = 0; start < terms.length;) {
    const leading = terms[start].atoms[0] as Expression | undefined;
    let end = start;
    let inner: Expression = builder.constant(0);
    for (; end < terms.length && terms[end].atoms[0] === leading; end++) {
      const { atoms, coefficient } = terms[end];
      const rest = atoms[1] as Expression | undefined;
      inner = builder.add(inner, rest === undefined ? coefficient : builder.multiply(coefficient, rest));
    }
    result = builder.add(result, leading === undefined ? inner : builder.multiply(leading, inner));
    start = end;
  }
  return result;
}

/**
 * The expression or its normal form, whichever takes fewer operations per particle; the expression when
 * equal.
 */
export function cheapest(builder: ExpressionBuilder, expression: Expression): Expression {
  if (!expression.varies) return expression;
  const canonical = canonicalForm(builder, expression);
  return operationCount([canonical]) < operationCount([expression]) ? canonical : expression;
}

/**
 * The coefficients when the expression is a polynomial of degree at most 2 in x[0], …, x[dimension - 1],
 * otherwise undefined (it may be one and not be recognised, as cos(x)^2 + sin(x)^2 is not).
 */
export function canonicalQuadratic(
  builder: ExpressionBuilder,
  expression: Expression,
  dimension: number,
): QuadraticForm | undefined {
  const terms = canonicalTerms(builder, expression);
  if (terms === undefined) return undefined;
  const zero = builder.constant(0);
  let constant: Expression = zero;
  const linear: Expression[] = Array.from({ length: dimension }, () => zero);
  const quadratic: Expression[][] = Array.from({ length: dimension }, () =>
    Array.from({ length: dimension }, () => zero),
  );
  for (const { atoms, coefficient } of terms) {
    const indices: number[] = [];
    for (const atom of atoms) {
      if (atom.kind !== 'symbol' || atom.symbol.kind !== 'coordinate' || atom.symbol.index >= dimension)
        return undefined;
      indices.push(atom.symbol.index);
    }
    indices.sort((a, b) => a - b);
    const [i, j] = indices as readonly (number | undefined)[];
    if (i === undefined) constant = coefficient;
    else if (j === undefined) linear[i] = coefficient;
    else quadratic[i][j] = coefficient;
  }
  return { constant, linear, quadratic };
}
