// What an expression costs per particle, roughly, in additions: to choose between two forms of the same
// function. Not a performance model of the kernel.

import type { Expression, Operator } from './expression.js';
import { reachable } from './traverse.js';

function weight(operator: Operator): number {
  switch (operator) {
    case 'add':
    case 'subtract':
    case 'multiply':
    case 'negate':
    case 'less':
    case 'lessOrEqual':
    case 'equal':
    case 'notEqual':
    case 'and':
    case 'or':
    case 'not':
    case 'where':
    case 'minimum':
    case 'maximum':
    case 'absolute':
    case 'floor':
      return 1;
    case 'sign':
      return 3;
    case 'divide':
    case 'squareRoot':
      return 4;
    case 'exp':
    case 'log':
    case 'log1p':
    case 'expm1':
    case 'sin':
    case 'cos':
    case 'tan':
    case 'atan':
    case 'atan2':
    case 'sinh':
    case 'cosh':
    case 'tanh':
    case 'erf':
    case 'sigmoid':
    case 'softplus':
      return 15;
    case 'power':
      return 40;
    default:
      return operator satisfies never;
  }
}

/**
 * Weighted number of operations per particle of some expressions together: shared sub-expressions count once,
 * uniform ones not at all. An elementary function counts 15, a division or square root 4, a power 40, all
 * else 1.
 */
export function operationCount(expressions: readonly Expression[]): number {
  let count = 0;
  for (const node of reachable(expressions)) {
    if (node.kind === 'call' && node.varies) count += weight(node.operator);
  }
  return count;
}
