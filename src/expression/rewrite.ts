// Replacing symbols in an expression, and rebuilding it through the smart constructors. Used through
// ExpressionBuilder (builder.ts): `substitute` and `toSide`. Not for algebra: see canonical.ts.

import type { ExpressionBuilder } from './builder.js';
import type { Expression, Side, SymbolExpression } from './expression.js';
import { reachable } from './traverse.js';

/**
 * Replaces every symbol for which `replacement` gives something; sub-expressions without such symbols are
 * kept.
 */
export function replaceSymbols(
  builder: ExpressionBuilder,
  expression: Expression,
  replacement: (symbol: SymbolExpression) => Expression | undefined,
): Expression {
  const image = new Map<number, Expression>();
  for (const node of reachable([expression])) {
    if (node.kind === 'symbol') {
      image.set(node.id, replacement(node) ?? node);
    } else if (node.kind === 'call') {
      const changed = node.arguments.map((argument) => image.get(argument.id) ?? argument);
      const same = changed.every((argument, index) => argument === node.arguments[index]);
      image.set(node.id, same ? node : builder.call(node.operator, ...changed));
    }
  }
  return image.get(expression.id) ?? expression;
}

/** Moves every node and parameter symbol to one side of the edge. */
export function moveToSide(builder: ExpressionBuilder, expression: Expression, side: Side): Expression {
  return replaceSymbols(builder, expression, ({ symbol }) =>
    (symbol.kind === 'node' || symbol.kind === 'parameter') && symbol.side !== side
      ? builder.symbol({ ...symbol, side })
      : undefined,
  );
}
