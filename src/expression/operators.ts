// What each operator does to numbers (f64), once: constant folding, the interpreter and the tape all come
// here. Not the parser's operators (`>` and `>=` are `less` and `lessOrEqual` with their sides exchanged
// there), and not the kernel's vector code.

import { mathF64 } from '../elementary/mod.js';
import type { Operator } from './expression.js';

/** All operators. The position in this list is the operator's number in tapes and hash keys. */
export const operators = [
  'add',
  'subtract',
  'multiply',
  'divide',
  'power',
  'negate',
  'less',
  'lessOrEqual',
  'equal',
  'notEqual',
  'and',
  'or',
  'not',
  'where',
  'minimum',
  'maximum',
  'absolute',
  'sign',
  'floor',
  'exp',
  'log',
  'log1p',
  'expm1',
  'squareRoot',
  'sin',
  'cos',
  'tan',
  'atan',
  'atan2',
  'sinh',
  'cosh',
  'tanh',
  'erf',
  'sigmoid',
  'softplus',
] as const satisfies readonly Operator[];

/** Number of an operator: its position in `operators`. */
export const operatorNumber = Object.fromEntries(operators.map((name, index) => [name, index])) as Readonly<
  Record<Operator, number>
>;

/** How many arguments an operator takes: 1, 2 or 3. */
export function arity(operator: Operator): 1 | 2 | 3 {
  switch (operator) {
    case 'where':
      return 3;
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'divide':
    case 'power':
    case 'less':
    case 'lessOrEqual':
    case 'equal':
    case 'notEqual':
    case 'and':
    case 'or':
    case 'minimum':
    case 'maximum':
    case 'atan2':
      return 2;
    default:
      return 1;
  }
}

/** The operator's value is always 0 or 1. */
export function isTruthOperator(operator: Operator): boolean {
  switch (operator) {
    case 'less':
    case 'lessOrEqual':
    case 'equal':
    case 'notEqual':
    case 'and':
    case 'or':
    case 'not':
      return true;
    default:
      return false;
  }
}

/**
 * The value of an operator. Arguments beyond the operator's arity are ignored. A condition is true when it is
 * not 0. Never throws: outside of a function's domain the result is NaN or infinite. All quantities are
 * dimensionless.
 */
export function applyOperator(operator: Operator, a: number, b: number, c: number): number {
  switch (operator) {
    case 'add':
      return a + b;
    case 'subtract':
      return a - b;
    case 'multiply':
      return a * b;
    case 'divide':
      return a / b;
    case 'power':
      return mathF64.power(a, b);
    case 'negate':
      return -a;
    case 'less':
      return a < b ? 1 : 0;
    case 'lessOrEqual':
      return a <= b ? 1 : 0;
    case 'equal':
      return a === b ? 1 : 0;
    case 'notEqual':
      return a === b ? 0 : 1;
    case 'and':
      return a !== 0 && b !== 0 ? 1 : 0;
    case 'or':
      return a !== 0 || b !== 0 ? 1 : 0;
    case 'not':
      return a !== 0 ? 0 : 1;
    case 'where':
      return a !== 0 ? b : c;
    case 'minimum':
      return b < a ? b : a;
    case 'maximum':
      return a < b ? b : a;
    case 'absolute':
      return Math.abs(a);
    case 'sign':
      return mathF64.sign(a);
    case 'floor':
      return Math.floor(a);
    case 'exp':
      return mathF64.exp(a);
    case 'log':
      return mathF64.log(a);
    case 'log1p':
      return mathF64.log1p(a);
    case 'expm1':
      return mathF64.expm1(a);
    case 'squareRoot':
      return Math.sqrt(a);
    case 'sin':
      return mathF64.sin(a);
    case 'cos':
      return mathF64.cos(a);
    case 'tan':
      return mathF64.tan(a);
    case 'atan':
      return mathF64.atan(a);
    case 'atan2':
      return mathF64.atan2(a, b);
    case 'sinh':
      return mathF64.sinh(a);
    case 'cosh':
      return mathF64.cosh(a);
    case 'tanh':
      return mathF64.tanh(a);
    case 'erf':
      return mathF64.erf(a);
    case 'sigmoid':
      return mathF64.sigmoid(a);
    case 'softplus':
      return mathF64.softplus(a);
    default:
      return operator satisfies never;
  }
}
