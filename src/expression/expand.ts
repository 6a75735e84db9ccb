// From an expression graph to one polynomial: which sub-expressions are expanded, and which are taken as they
// are. Rebuilding an expression from the polynomial is canonical.ts.

import type { ExpressionBuilder } from './builder.js';
import type { CallExpression, Expression } from './expression.js';
import { PolynomialPool, type Polynomial } from './polynomial.js';
import { reachable } from './traverse.js';

/**
 * Products of two uniform sums are expanded up to this many terms; they cost nothing per particle as they
 * are.
 */
const largestUniformProduct = 64;

/** The expression as a polynomial of a new pool. Throws ExpansionOverflow when it grows too large. */
export function expand(
  builder: ExpressionBuilder,
  expression: Expression,
): { pool: PolynomialPool; polynomial: Polynomial } {
  const pool = new PolynomialPool();
  return { pool, polynomial: new Expansion(builder, pool, expression).run(expression) };
}

class Expansion {
  readonly #builder: ExpressionBuilder;
  readonly #pool: PolynomialPool;
  /** By node id; undefined where not needed. */
  readonly #polynomials: (Polynomial | undefined)[];
  /**
   * By node id, 1 for sums used only once, by a sum: they are added to it directly, term by term. A chain of
   * n sums then takes n steps, not n^2/2.
   */
  readonly #isLink: Uint8Array;

  constructor(builder: ExpressionBuilder, pool: PolynomialPool, expression: Expression) {
    this.#builder = builder;
    this.#pool = pool;
    this.#polynomials = new Array<Polynomial | undefined>(expression.id + 1).fill(undefined);
    this.#isLink = new Uint8Array(expression.id + 1);
  }

  run(expression: Expression): Polynomial {
    const nodes = reachable([expression], expandable);
    this.#findLinks(nodes);
    for (const node of nodes) {
      if (this.#isLink[node.id] === 0) this.#polynomials[node.id] = this.#expand(node);
    }
    return this.#polynomial(expression);
  }

  #findLinks(nodes: readonly Expression[]): void {
    // Uses by sums count 1, other uses 2: a link is a sum whose uses add up to exactly 1.
    const uses = new Uint8Array(this.#isLink.length);
    for (const node of nodes) {
      const weight = isSum(node) ? 1 : 2;
      for (const argument of expandable(node)) uses[argument.id] = Math.min(2, uses[argument.id] + weight);
    }
    for (const node of nodes) if (isSum(node) && uses[node.id] === 1) this.#isLink[node.id] = 1;
  }

  #polynomial(node: Expression): Polynomial {
    const known = this.#polynomials[node.id];
    if (known === undefined) throw new Error('an argument was not expanded before its call');
    return known;
  }

  #expand(node: Expression): Polynomial {
    if (node.kind === 'constant') return this.#single(0, node.value);
    if (node.kind === 'symbol') return this.#single(this.#pool.monomials.atom(node), 1);
    if (isSum(node)) return this.#sum(node);
    if (node.operator === 'multiply') return this.#product(node);
    if (node.operator === 'divide') return this.#quotient(node);
    return this.#opaque(node);
  }

  #single(monomial: number, coefficient: number): Polynomial {
    this.#pool.accumulate(monomial, coefficient);
    return this.#pool.commit();
  }

  #opaque(node: Expression): Polynomial {
    return this.#single(this.#pool.monomials.atom(node), 1);
  }

  #sum(root: CallExpression): Polynomial {
    const nodes: Expression[] = [root];
    const scales: number[] = [1];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
      const scale = scales.pop() ?? 1;
      if (isSum(node) && (node === root || this.#isLink[node.id] === 1)) {
        // The first argument is pushed last, so that terms are added in reading order.
        if (node.arguments.length === 2) {
          nodes.push(node.arguments[1]);
          scales.push(node.operator === 'subtract' ? -scale : scale);
        }
        nodes.push(node.arguments[0]);
        scales.push(node.operator === 'negate' ? -scale : scale);
      } else {
        this.#pool.accumulateScaled(this.#polynomial(node), scale);
      }
    }
    return this.#pool.commit();
  }

  #product(node: CallExpression): Polynomial {
    const a = this.#polynomial(node.arguments[0]);
    const b = this.#polynomial(node.arguments[1]);
    const isSmall =
      node.varies || a.length * b.length <= largestUniformProduct || a.length === 1 || b.length === 1;
    if (isSmall && this.#pool.accumulateProduct(a, b)) return this.#pool.commit();
    return this.#splitProduct(a, b) ?? this.#opaque(node);
  }

  /**
   * A product of too high a degree, where each factor is uniform terms times one varying monomial: the
   * uniform terms times one opaque product. So h*x^3 and k*x^3 still meet as (h + k)*x^3.
   */
  #splitProduct(a: Polynomial, b: Polynomial): Polynomial | undefined {
    const first = this.#commonVaryingPart(a);
    const second = this.#commonVaryingPart(b);
    if (first === undefined || second === undefined || first === 0 || second === 0) return undefined;
    const { monomials } = this.#pool;
    const core = monomials.atom(this.#builder.multiply(this.#expression(first), this.#expression(second)));
    const [uniformA, uniformB, coreTerm] = [this.#uniform(a), this.#uniform(b), this.#single(core, 1)];
    if (!this.#pool.accumulateProduct(uniformA, uniformB)) return undefined;
    const uniform = this.#pool.commit();
    return this.#pool.accumulateProduct(uniform, coreTerm) ? this.#pool.commit() : undefined;
  }

  #commonVaryingPart({ start, length }: Polynomial): number | undefined {
    const { monomials } = this.#pool;
    let common: number | undefined;
    for (let term = start; term < start + length; term++) {
      const part = monomials.list[this.#pool.monomialAt(term)].varyingPart;
      if (common !== undefined && part !== common) return undefined;
      common = part;
    }
    return common;
  }

  #uniform({ start, length }: Polynomial): Polynomial {
    for (let term = start; term < start + length; term++) {
      const { uniformPart } = this.#pool.monomials.list[this.#pool.monomialAt(term)];
      this.#pool.accumulate(uniformPart, this.#pool.coefficientAt(term));
    }
    return this.#pool.commit();
  }

  #expression(monomial: number): Expression {
    const { atoms } = this.#pool.monomials.list[monomial];
    return atoms.reduce<Expression>(
      (product, atom) => this.#builder.multiply(product, atom),
      this.#builder.constant(1),
    );
  }

  #quotient(node: CallExpression): Polynomial {
    const [numerator, divisor] = node.arguments;
    if (numerator.varies && divisor.varies) return this.#opaque(node);
    const top = this.#polynomial(numerator);
    const inverse = divisor.varies
      ? this.#single(this.#pool.monomials.atom(this.#builder.divide(this.#builder.constant(1), divisor)), 1)
      : this.#inverse(divisor);
    return this.#pool.accumulateProduct(top, inverse) ? this.#pool.commit() : this.#opaque(node);
  }

  /** 1 / divisor of a uniform divisor: of one term, the inverse of each factor; otherwise one atom. */
  #inverse(divisor: Expression): Polynomial {
    const bottom = this.#polynomial(divisor);
    const one = this.#builder.constant(1);
    const { monomials } = this.#pool;
    if (bottom.length === 1) {
      const { atoms } = monomials.list[this.#pool.monomialAt(bottom.start)];
      let monomial = 0;
      for (const atom of atoms) {
        if (monomial >= 0)
          monomial = monomials.product(monomial, monomials.atom(this.#builder.divide(one, atom)));
      }
      const coefficient = 1 / this.#pool.coefficientAt(bottom.start);
      if (monomial >= 0 && Number.isFinite(coefficient)) return this.#single(monomial, coefficient);
    }
    return this.#single(monomials.atom(this.#builder.divide(one, divisor)), 1);
  }
}

type SumExpression = CallExpression & { readonly operator: 'add' | 'subtract' | 'negate' };

function isSum(node: Expression): node is SumExpression {
  return (
    node.kind === 'call' &&
    (node.operator === 'add' || node.operator === 'subtract' || node.operator === 'negate')
  );
}

/** The arguments that must be polynomials for the node to become one. */
function expandable(node: Expression): readonly Expression[] {
  if (node.kind !== 'call') return [];
  if (isSum(node) || node.operator === 'multiply') return node.arguments;
  if (node.operator !== 'divide') return [];
  const [numerator, divisor] = node.arguments;
  if (!divisor.varies) return node.arguments;
  return numerator.varies ? [] : [numerator];
}
