// Expressions → IR. What does not vary from particle to particle is not computed here: it becomes a slot, filled once
// per node or edge in f64 (uniforms.ts). What varies is spelt out in the kernel's operations.

import { elementary, type ElementaryFunctions } from '../elementary/mod.js';
import type { CallExpression, Expression } from '../expression/mod.js';
import type { FloatValue, MaskValue, ProgramBuilder } from './ir.js';

/** Uniform expressions of a node class or an edge kind; slot i holds expressions[i]. */
export class SlotTable {
  readonly expressions: Expression[] = [];
  readonly #slots = new Map<number, number>();

  slotOf(expression: Expression): number {
    let slot = this.#slots.get(expression.id);
    if (slot === undefined) {
      slot = this.expressions.push(expression) - 1;
      this.#slots.set(expression.id, slot);
    }
    return slot;
  }
}

/** The slot table of a bank, and the bank's name in the program. */
export interface Bank {
  readonly name: string;
  readonly slots: SlotTable;
}

export interface WritingContext {
  readonly ops: ProgramBuilder;
  readonly coordinate: (index: number) => FloatValue;
  readonly node: Bank;
  /** Where an edge is at hand. */
  readonly edge?: Bank;
}

/** True when the expression speaks of the edge or of its other end. */
function ofEdge(expression: Expression): boolean {
  if (expression.kind === 'constant') return false;
  if (expression.kind === 'call') return expression.arguments.some(ofEdge);
  const symbol = expression.symbol;
  return (
    symbol.kind === 'edge' ||
    ((symbol.kind === 'node' || symbol.kind === 'parameter') && symbol.side === 'target')
  );
}

/** Writes one expression after another into the same program; shared parts are written once. */
export class ProgramWriter {
  readonly #values = new Map<number, FloatValue>();
  readonly #math: ElementaryFunctions<FloatValue>;

  constructor(private readonly context: WritingContext) {
    this.#math = elementary(context.ops);
  }

  float(expression: Expression): FloatValue {
    let value = this.#values.get(expression.id);
    if (value === undefined) {
      value = this.#write(expression);
      this.#values.set(expression.id, value);
    }
    return value;
  }

  #write(expression: Expression): FloatValue {
    const { ops, coordinate } = this.context;
    if (expression.kind === 'constant') return ops.constant(expression.value);
    if (!expression.varies) return this.#uniform(expression);
    if (expression.kind === 'symbol') {
      if (expression.symbol.kind !== 'coordinate') throw new Error('only coordinates vary');
      return coordinate(expression.symbol.index);
    }
    return this.#call(expression);
  }

  #uniform(expression: Expression): FloatValue {
    const { ops, node, edge } = this.context;
    const bank = ofEdge(expression) ? edge : node;
    if (!bank) throw new Error('a quantity of an edge where there is no edge');
    return ops.uniform(bank.name, bank.slots.slotOf(expression));
  }

  /** The truth of an expression that is used as a condition. */
  mask(expression: Expression): MaskValue {
    const { ops } = this.context;
    if (expression.kind === 'call') {
      const [a, b] = expression.arguments;
      switch (expression.operator) {
        case 'less':
        case 'lessOrEqual':
        case 'equal':
          return ops[expression.operator](this.float(a), this.float(b));
        case 'notEqual':
          return ops.not(ops.equal(this.float(a), this.float(b)));
        case 'and':
        case 'or':
          return ops[expression.operator](this.mask(a), this.mask(b));
        case 'not':
          return ops.not(this.mask(a));
        default:
      }
    }
    return ops.not(ops.equal(this.float(expression), ops.constant(0)));
  }

  #call(expression: CallExpression): FloatValue {
    const { ops } = this.context;
    const { operator } = expression;
    const [a, b, c] = expression.arguments;
    switch (operator) {
      case 'add':
      case 'subtract':
      case 'multiply':
      case 'divide':
      case 'minimum':
      case 'maximum':
        return ops[operator](this.float(a), this.float(b));
      case 'negate':
      case 'absolute':
      case 'floor':
      case 'squareRoot':
        return ops[operator](this.float(a));
      case 'less':
      case 'lessOrEqual':
      case 'equal':
      case 'notEqual':
      case 'and':
      case 'or':
      case 'not':
        return ops.select(this.mask(expression), ops.constant(1), ops.constant(0));
      case 'where':
        return ops.select(this.mask(a), this.float(b), this.float(c));
      case 'power':
      case 'atan2':
        return this.#math[operator](this.float(a), this.float(b));
      case 'sign':
      case 'exp':
      case 'log':
      case 'log1p':
      case 'expm1':
      case 'sin':
      case 'cos':
      case 'tan':
      case 'atan':
      case 'sinh':
      case 'cosh':
      case 'tanh':
      case 'erf':
      case 'sigmoid':
      case 'softplus':
        return this.#math[operator](this.float(a));
      default:
        return operator satisfies never;
    }
  }
}
