// All partial derivatives at once, in reverse mode: the cost of the gradient is a small multiple of the cost
// of the expression, whatever the dimension. Single derivatives are in derivative.ts.
//
// Reverse mode multiplies the derivative of a branch that is not taken by 0, and 0 * infinity is NaN:
// where(x > 0, sqrt(x), 0). So selections (where, min, max) with a branch whose derivative may be infinite
// cut the graph: the gradients of their branches are formed separately and selected component by component.

import type { ExpressionBuilder } from './builder.js';
import { chain, isSelection, selection, varyingArguments } from './derivative.js';
import type { CallExpression, Expression } from './expression.js';
import { reachable } from './traverse.js';

/** The derivatives in x[0], …, x[dimension - 1]. */
export function gradient(
  builder: ExpressionBuilder,
  expression: Expression,
  dimension: number,
): Expression[] {
  const cuts = new Map<number, Expression[]>();
  const reverse = (root: Expression): Expression[] => reversePass(builder, root, dimension, cuts);
  const nodes = reachable([expression], varyingArguments);
  const singular = new Set<number>();
  for (const node of nodes) {
    if (node.kind !== 'call' || !node.varies) continue;
    if (isSingular(node) || node.arguments.some((argument) => singular.has(argument.id)))
      singular.add(node.id);
    if (!isSelection(node)) continue;
    const { condition, yes, no } = selection(builder, node);
    if (!singular.has(yes.id) && !singular.has(no.id)) continue;
    const [ofYes, ofNo] = [reverse(yes), reverse(no)];
    cuts.set(
      node.id,
      ofYes.map((partial, i) => builder.where(condition, partial, ofNo[i])),
    );
  }
  return reverse(expression);
}

/** The value or the derivative may be infinite or NaN at a finite argument. */
function isSingular(node: CallExpression): boolean {
  switch (node.operator) {
    case 'divide':
      return node.arguments[1].varies;
    case 'power':
    case 'log':
    case 'log1p':
    case 'squareRoot':
    case 'exp':
    case 'expm1':
    case 'sinh':
    case 'cosh':
    case 'tan':
    case 'atan2':
      return true;
    default:
      return false;
  }
}

function reversePass(
  builder: ExpressionBuilder,
  root: Expression,
  dimension: number,
  cuts: ReadonlyMap<number, readonly Expression[]>,
): Expression[] {
  const zero = builder.constant(0);
  const partials: Expression[] = Array.from({ length: dimension }, () => zero);
  const adjoints = new Map<number, Expression>([[root.id, builder.constant(1)]]);
  const nodes = reachable([root], (node) => (cuts.has(node.id) ? [] : varyingArguments(node)));
  for (let index = nodes.length - 1; index >= 0; index--) {
    const node = nodes[index];
    const adjoint = adjoints.get(node.id);
    if (adjoint === undefined || !node.varies || isZero(adjoint)) continue;
    const cut = cuts.get(node.id);
    if (cut !== undefined) {
      cut.forEach((partial, i) => {
        partials[i] = builder.add(partials[i], builder.multiply(adjoint, partial));
      });
    } else if (node.kind === 'symbol' && node.symbol.kind === 'coordinate') {
      const i = node.symbol.index;
      if (i < dimension) partials[i] = builder.add(partials[i], adjoint);
    } else if (node.kind === 'call') {
      node.arguments.forEach((argument, position) => {
        if (!argument.varies) return;
        const contribution = chain(builder, node, position, adjoint);
        if (isZero(contribution)) return;
        adjoints.set(argument.id, builder.add(adjoints.get(argument.id) ?? zero, contribution));
      });
    }
  }
  return partials;
}

const isZero = (node: Expression): boolean => node.kind === 'constant' && node.value === 0;
