// Symbolic derivatives, almost everywhere: floor, sign and comparisons have derivative 0; abs, min, max and
// where have the derivative of the branch that is taken. No numerical differentiation, and no simplification
// beyond the builder's.

import type { ExpressionBuilder } from './builder.js';
import type { CallExpression, Expression } from './expression.js';
import { reachable } from './traverse.js';

/** 2 / sqrt(pi) */
const twoOverRootPi = 1.1283791670955126;

/**
 * The derivative of an expression in x[coordinate]. Forward mode: one pass over the shared graph, so common
 * sub-expressions stay common. For all coordinates at once `gradient` gives cheaper results.
 */
export function differentiate(
  builder: ExpressionBuilder,
  expression: Expression,
  coordinate: number,
): Expression {
  const zero = builder.constant(0);
  const derivatives = new Map<number, Expression>();
  const of = (node: Expression): Expression => derivatives.get(node.id) ?? zero;
  for (const node of reachable([expression], varyingArguments)) {
    if (node.kind === 'symbol' && node.symbol.kind === 'coordinate') {
      derivatives.set(node.id, builder.constant(node.symbol.index === coordinate ? 1 : 0));
    } else if (node.kind === 'call' && node.varies) {
      derivatives.set(node.id, forward(builder, node, of));
    }
  }
  return of(expression);
}

/** Arguments through which a derivative can pass. */
export function varyingArguments(node: Expression): readonly Expression[] {
  return node.kind === 'call' && node.varies ? node.arguments.filter((argument) => argument.varies) : [];
}

function forward(
  builder: ExpressionBuilder,
  node: CallExpression,
  of: (node: Expression) => Expression,
): Expression {
  if (isSelection(node)) {
    const { condition, yes, no } = selection(builder, node);
    return builder.where(condition, of(yes), of(no));
  }
  let result: Expression = builder.constant(0);
  node.arguments.forEach((argument, position) => {
    const inner = of(argument);
    if (inner.kind === 'constant' && inner.value === 0) return;
    result = builder.add(result, chain(builder, node, position, inner));
  });
  return result;
}

/** where, min and max: the value is one of two arguments. */
export function isSelection(node: CallExpression): boolean {
  return node.operator === 'where' || node.operator === 'minimum' || node.operator === 'maximum';
}

/** The selection that a where, min or max makes, as a where. */
export function selection(
  builder: ExpressionBuilder,
  node: CallExpression,
): { condition: Expression; yes: Expression; no: Expression } {
  const [a, b, c] = node.arguments;
  if (node.operator === 'where') return { condition: a, yes: b, no: c };
  const condition = node.operator === 'minimum' ? builder.call('less', b, a) : builder.call('less', a, b);
  return { condition, yes: b, no: a };
}

/**
 * `factor` times the partial derivative of a node in one of its arguments; reuses the node's own value where
 * it can.
 */
export function chain(
  builder: ExpressionBuilder,
  node: CallExpression,
  position: number,
  factor: Expression,
): Expression {
  const [a, b] = node.arguments;
  const one = builder.constant(1);
  const zero = builder.constant(0);
  const times = (other: Expression): Expression => builder.multiply(factor, other);
  const over = (other: Expression): Expression => builder.divide(factor, other);
  switch (node.operator) {
    case 'add':
      return factor;
    case 'subtract':
      return position === 0 ? factor : builder.negate(factor);
    case 'multiply':
      return times(position === 0 ? b : a);
    case 'divide':
      return position === 0 ? over(b) : builder.negate(times(builder.divide(node, b)));
    case 'power':
      return position === 0
        ? times(builder.multiply(b, builder.power(a, builder.subtract(b, one))))
        : times(builder.multiply(node, builder.call('log', a)));
    case 'negate':
      return builder.negate(factor);
    case 'where':
    case 'minimum':
    case 'maximum': {
      const { condition, yes } = selection(builder, node);
      if (node.operator === 'where' && position === 0) return zero;
      // `yes` is argument 1 of all three.
      return node.arguments[position] === yes && position === 1
        ? builder.where(condition, factor, zero)
        : builder.where(condition, zero, factor);
    }
    case 'absolute':
      return times(builder.call('sign', a));
    case 'exp':
      return times(node);
    case 'log':
      return over(a);
    case 'log1p':
      return over(builder.add(a, one));
    case 'expm1':
      return times(builder.add(node, one));
    case 'squareRoot':
      return builder.divide(builder.multiply(builder.constant(0.5), factor), node);
    case 'sin':
      return times(builder.call('cos', a));
    case 'cos':
      return builder.negate(times(builder.call('sin', a)));
    case 'tan':
      return times(builder.add(builder.multiply(node, node), one));
    case 'atan':
      return over(builder.add(builder.multiply(a, a), one));
    case 'atan2': {
      const squares = builder.add(builder.multiply(a, a), builder.multiply(b, b));
      return position === 0
        ? builder.divide(times(b), squares)
        : builder.negate(builder.divide(times(a), squares));
    }
    case 'sinh':
      return times(builder.call('cosh', a));
    case 'cosh':
      return times(builder.call('sinh', a));
    case 'tanh':
      return times(builder.subtract(one, builder.multiply(node, node)));
    case 'erf':
      return times(
        builder.multiply(
          builder.constant(twoOverRootPi),
          builder.exp(builder.negate(builder.multiply(a, a))),
        ),
      );
    case 'sigmoid':
      return times(builder.multiply(node, builder.subtract(one, node)));
    case 'softplus':
      return times(builder.call('sigmoid', a));
    case 'sign':
    case 'floor':
    case 'less':
    case 'lessOrEqual':
    case 'equal':
    case 'notEqual':
    case 'and':
    case 'or':
    case 'not':
      return zero;
    default:
      return node.operator satisfies never;
  }
}
