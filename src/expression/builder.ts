// The only place where expression nodes are made. Equal nodes are one object (hash-consing), and the smart
// constructors apply identities that are always worth it: constant folding, x+0, x*1, x-x, signs pulled
// outwards. Not for algebra across terms (canonical.ts), and not for reading text (parser.ts).

import { CallTable } from './call-table.js';
import type { CallExpression, ConstantExpression, Expression, ExpressionSymbol } from './expression.js';
import type { Operator, Side, SymbolExpression } from './expression.js';
import { applyOperator, arity, isTruthOperator } from './operators.js';
import { moveToSide, replaceSymbols } from './rewrite.js';

/** Integer powers up to this are products: at most 6 multiplications, where `power` is a logarithm and an exponential. */
const largestProductPower = 16;

const isConstant = (node: Expression, value: number): boolean =>
  node.kind === 'constant' && node.value === value;

function isCall<O extends Operator>(node: Expression, operator: O): node is CallExpression & { operator: O } {
  return node.kind === 'call' && node.operator === operator;
}

function symbolKey(symbol: ExpressionSymbol): string {
  switch (symbol.kind) {
    case 'coordinate':
      return `x${symbol.index}`;
    case 'time':
      return 't';
    case 'node':
      return `n${symbol.side}`;
    case 'parameter':
      return `p${symbol.side} ${symbol.component} ${symbol.name}`;
    case 'edge':
      return `e${symbol.name}`;
    case 'step':
      return `s${symbol.name}`;
    default:
      return symbol satisfies never;
  }
}

/**
 * Makes expressions. Two expressions of one builder are structurally equal exactly when they are the same
 * object; mixing nodes of two builders is refused with a TypeError.
 *
 * Constants are finite or infinite, never NaN; -0 is stored as 0. A constant expression whose value is not
 * finite (1/0, log(-1)) is not folded but kept as a call, so that who reads formulas can report it where it
 * stands.
 */
export class ExpressionBuilder {
  readonly #nodes: Expression[] = [];
  readonly #constants = new Map<number, ConstantExpression>();
  readonly #symbols = new Map<string, SymbolExpression>();
  readonly #calls = new CallTable();

  /** Number of nodes made so far. */
  get size(): number {
    return this.#nodes.length;
  }

  /** A number. -0 becomes 0. Throws RangeError for NaN. */
  constant(value: number): ConstantExpression {
    const known = this.#constants.get(value);
    if (known !== undefined) return known;
    if (Number.isNaN(value)) throw new RangeError('NaN cannot be a constant of an expression');
    const made: ConstantExpression = {
      kind: 'constant',
      id: this.#nodes.length,
      varies: false,
      timeDependent: false,
      value: value + 0,
    };
    this.#nodes.push(made);
    this.#constants.set(made.value, made);
    return made;
  }

  /** A symbol. Equal symbols give the same node. */
  symbol(symbol: ExpressionSymbol): SymbolExpression {
    const key = symbolKey(symbol);
    const known = this.#symbols.get(key);
    if (known !== undefined) return known;
    const made: SymbolExpression = {
      kind: 'symbol',
      id: this.#nodes.length,
      varies: symbol.kind === 'coordinate',
      timeDependent: symbol.kind === 'time' || symbol.kind === 'step',
      symbol: { ...symbol },
    };
    this.#nodes.push(made);
    this.#symbols.set(key, made);
    return made;
  }

  /** The coordinate x[index]. */
  coordinate(index: number): SymbolExpression {
    return this.symbol({ kind: 'coordinate', index });
  }

  /** A node parameter, by default component 0 at the source. */
  parameter(name: string, component = 0, side: Side = 'source'): SymbolExpression {
    return this.symbol({ kind: 'parameter', side, name, component });
  }

  /** Applies an operator, simplifying. Throws TypeError when the number of arguments is wrong. */
  call(operator: Operator, ...operands: readonly Expression[]): Expression {
    if (operands.length !== arity(operator)) {
      throw new TypeError(`${operator} takes ${arity(operator)} arguments, not ${operands.length}`);
    }
    const [a, b, c] = operands;
    switch (operator) {
      case 'add':
        return this.add(a, b);
      case 'subtract':
        return this.subtract(a, b);
      case 'multiply':
        return this.multiply(a, b);
      case 'divide':
        return this.divide(a, b);
      case 'power':
        return this.power(a, b);
      case 'negate':
        return this.negate(a);
      case 'where':
        return this.where(a, b, c);
      case 'minimum':
        return this.minimum(a, b);
      case 'maximum':
        return this.maximum(a, b);
      case 'and':
      case 'or':
        return this.#connective(operator, a, b);
      case 'less':
        return a === b ? this.constant(0) : this.#fold(operator, a, b);
      case 'equal':
      case 'notEqual':
        return a.id <= b.id ? this.#fold(operator, a, b) : this.#fold(operator, b, a);
      case 'absolute':
        if (isCall(a, 'absolute')) return a;
        return this.#fold(operator, isCall(a, 'negate') ? a.arguments[0] : a);
      case 'floor':
        return isCall(a, 'floor') ? a : this.#fold(operator, a);
      default:
        return b === undefined ? this.#fold(operator, a) : this.#fold(operator, a, b);
    }
  }

  /** a + b */
  add(a: Expression, b: Expression): Expression {
    if (isConstant(a, 0)) return b;
    if (isConstant(b, 0)) return a;
    if (isCall(b, 'negate')) return this.subtract(a, b.arguments[0]);
    if (isCall(a, 'negate')) return this.subtract(b, a.arguments[0]);
    // 0.5*x*x has the derivative 0.5*x + 0.5*x = x. Exact: doubling rounds nothing.
    if (a === b && isCall(a, 'multiply') && a.arguments[0].kind === 'constant') {
      return this.multiply(this.constant(2), a);
    }
    // Constants go last, other operands by id.
    const swap = a.kind === 'constant' ? b.kind !== 'constant' : b.kind !== 'constant' && a.id > b.id;
    const left = swap ? b : a;
    const right = swap ? a : b;
    if (right.kind === 'constant' && right.value < 0 && left.kind !== 'constant') {
      return this.#fold('subtract', left, this.constant(-right.value));
    }
    return this.#fold('add', left, right);
  }

  /** a - b */
  subtract(a: Expression, b: Expression): Expression {
    if (isConstant(b, 0)) return a;
    if (a === b) return this.constant(0);
    if (isConstant(a, 0)) return this.negate(b);
    if (isCall(b, 'negate')) return this.add(a, b.arguments[0]);
    if (b.kind === 'constant' && b.value < 0 && a.kind !== 'constant')
      return this.add(a, this.constant(-b.value));
    return this.#fold('subtract', a, b);
  }

  /** a * b. Zero times anything is 0, also where the other factor is not finite. */
  multiply(a: Expression, b: Expression): Expression {
    if (isConstant(a, 0) || isConstant(b, 0)) return this.constant(0);
    if (isConstant(a, 1)) return b;
    if (isConstant(b, 1)) return a;
    if (isConstant(a, -1)) return this.negate(b);
    if (isConstant(b, -1)) return this.negate(a);
    if (isCall(a, 'negate')) return this.negate(this.multiply(a.arguments[0], b));
    if (isCall(b, 'negate')) return this.negate(this.multiply(a, b.arguments[0]));
    const gathered = this.#gather(a, b) ?? this.#gather(b, a);
    if (gathered !== undefined) return gathered;
    // Constants go first, other operands by id.
    const swap = b.kind === 'constant' ? a.kind !== 'constant' : a.kind !== 'constant' && a.id > b.id;
    const left = swap ? b : a;
    const right = swap ? a : b;
    return this.#fold('multiply', left, right);
  }

  /**
   * a / b. 0 / b is 0, also where b is 0. A varying a divided by a uniform b is a * (1/b): the reciprocal is
   * computed once, not once per particle; the result may differ from the quotient in the last bit.
   */
  divide(a: Expression, b: Expression): Expression {
    if (isConstant(b, 1)) return a;
    if (isConstant(b, -1)) return this.negate(a);
    if (isConstant(a, 0) && !isConstant(b, 0)) return a;
    if (isCall(a, 'negate')) return this.negate(this.divide(a.arguments[0], b));
    if (isCall(b, 'negate')) return this.negate(this.divide(a, b.arguments[0]));
    if (a.varies && !b.varies) {
      const inverse = this.#fold('divide', this.constant(1), b);
      if (inverse.kind !== 'constant' || Math.abs(inverse.value) > 1e-290) return this.multiply(a, inverse);
    }
    return this.#fold('divide', a, b);
  }

  /** -a */
  negate(a: Expression): Expression {
    if (isCall(a, 'negate')) return a.arguments[0];
    if (isCall(a, 'subtract')) return this.subtract(a.arguments[1], a.arguments[0]);
    if (isCall(a, 'multiply') || isCall(a, 'divide')) {
      const [first, second] = a.arguments;
      if (first.kind === 'constant') return this.call(a.operator, this.constant(-first.value), second);
    }
    return this.#fold('negate', a);
  }

  /** a ^ b. Small constant integer exponents become products, exponents 0.5 and -0.5 square roots. */
  power(a: Expression, b: Expression): Expression {
    if (b.kind !== 'constant') return isConstant(a, 1) ? a : this.#fold('power', a, b);
    const exponent = b.value;
    if (exponent === 0.5) return this.call('squareRoot', a);
    if (exponent === -0.5) return this.divide(this.constant(1), this.call('squareRoot', a));
    if (!Number.isInteger(exponent) || Math.abs(exponent) > largestProductPower)
      return this.#fold('power', a, b);
    return exponent < 0
      ? this.divide(this.constant(1), this.#productPower(a, -exponent))
      : this.#productPower(a, exponent);
  }

  /** `condition ? a : b`; a condition is true when it is not 0. */
  where(condition: Expression, a: Expression, b: Expression): Expression {
    if (a === b) return a;
    if (condition.kind === 'constant') return condition.value !== 0 ? a : b;
    if (isCall(condition, 'not')) return this.where(condition.arguments[0], b, a);
    return this.#fold('where', condition, a, b);
  }

  /** The smaller of the two. */
  minimum(a: Expression, b: Expression): Expression {
    return a === b ? a : this.#fold('minimum', a, b);
  }

  /** The larger of the two. */
  maximum(a: Expression, b: Expression): Expression {
    return a === b ? a : this.#fold('maximum', a, b);
  }

  /** Square root. */
  squareRoot(a: Expression): Expression {
    return this.#fold('squareRoot', a);
  }

  /** e^a */
  exp(a: Expression): Expression {
    return this.#fold('exp', a);
  }

  /**
   * Replaces symbols by expressions. The keys are symbol nodes of this builder; or give a function, which
   * returns undefined for symbols that stay.
   */
  substitute(
    expression: Expression,
    replacement: ReadonlyMap<Expression, Expression> | ((symbol: SymbolExpression) => Expression | undefined),
  ): Expression {
    const look =
      typeof replacement === 'function' ? replacement : (s: SymbolExpression) => replacement.get(s);
    return replaceSymbols(this, expression, look);
  }

  /** Moves every node and parameter symbol to one side: V(x,g') = toSide(V(x,g), 'target'). */
  toSide(expression: Expression, side: Side): Expression {
    return moveToSide(this, expression, side);
  }

  /** u * (p * q) as (u * p) * q where u and p are constants, or uniform and q varies: saves an operation. */
  #gather(factor: Expression, product: Expression): Expression | undefined {
    if (factor.varies || !isCall(product, 'multiply')) return undefined;
    const [p, q] = product.arguments;
    if (factor.kind === 'constant' && p.kind === 'constant') {
      const size = Math.abs(factor.value * p.value);
      // Out of the normal range the two factors one after the other may be fine where their product is not.
      return size > 1e-290 && size < 1e290 ? this.multiply(this.multiply(factor, p), q) : undefined;
    }
    if (!product.varies || p.varies === q.varies) return undefined;
    return p.varies ? this.multiply(this.multiply(factor, q), p) : this.multiply(this.multiply(factor, p), q);
  }

  #productPower(a: Expression, exponent: number): Expression {
    if (exponent === 0) return this.constant(1);
    if (exponent === 1) return a;
    if (exponent % 2 === 1) return this.multiply(this.#productPower(a, exponent - 1), a);
    const root = this.#productPower(a, exponent / 2);
    return this.multiply(root, root);
  }

  #connective(operator: 'and' | 'or', a: Expression, b: Expression): Expression {
    for (const [one, other] of [
      [a, b],
      [b, a],
    ]) {
      if (one.kind !== 'constant') continue;
      const decided = operator === 'and' ? one.value === 0 : one.value !== 0;
      return decided ? this.constant(operator === 'and' ? 0 : 1) : this.#truth(other);
    }
    if (a === b) return this.#truth(a);
    return a.id < b.id ? this.#fold(operator, a, b) : this.#fold(operator, b, a);
  }

  /** 1 where the expression is not 0. */
  #truth(a: Expression): Expression {
    return a.kind === 'call' && isTruthOperator(a.operator) ? a : this.call('notEqual', a, this.constant(0));
  }

  #fold(operator: Operator, a: Expression, b?: Expression, c?: Expression): Expression {
    if (
      a.kind === 'constant' &&
      (b === undefined || b.kind === 'constant') &&
      (c === undefined || c.kind === 'constant')
    ) {
      const value = applyOperator(operator, a.value, b?.value ?? 0, c?.value ?? 0);
      if (Number.isFinite(value)) return this.constant(value);
    }
    return this.#intern(operator, a, b, c);
  }

  #intern(operator: Operator, a: Expression, b?: Expression, c?: Expression): CallExpression {
    const known = this.#calls.find(operator, a, b, c);
    if (known !== undefined) return known;
    const operands = c !== undefined && b !== undefined ? [a, b, c] : b !== undefined ? [a, b] : [a];
    let varies = false;
    let timeDependent = false;
    for (const operand of operands) {
      if (this.#nodes[operand.id] !== operand) throw new TypeError('expressions of two builders were mixed');
      varies ||= operand.varies;
      timeDependent ||= operand.timeDependent;
    }
    const made: CallExpression = {
      kind: 'call',
      id: this.#nodes.length,
      varies,
      timeDependent,
      operator,
      arguments: operands,
    };
    this.#nodes.push(made);
    this.#calls.insert(made);
    return made;
  }
}
