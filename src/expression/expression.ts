// Expressions as a hash-consed graph: structurally equal expressions are one object, so common subexpressions are
// shared from the start and equality is `===`. Not the syntax tree (syntax.ts): sums over indices are unrolled here,
// names are resolved, data arrays are read.

/** Functions and operators of an expression node. Comparisons and logic give 1 (true) or 0 (false). */
export type Operator =
  | 'add'
  | 'subtract'
  | 'multiply'
  | 'divide'
  | 'power'
  | 'negate'
  | 'less'
  | 'lessOrEqual'
  | 'equal'
  | 'notEqual'
  | 'and'
  | 'or'
  | 'not'
  | 'where'
  | 'minimum'
  | 'maximum'
  | 'absolute'
  | 'sign'
  | 'floor'
  | 'exp'
  | 'log'
  | 'log1p'
  | 'expm1'
  | 'squareRoot'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'atan'
  | 'atan2'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'erf'
  | 'sigmoid'
  | 'softplus';

/** Which end of a directed edge g -> g' a node quantity belongs to. A potential knows only `source`. */
export type Side = 'source' | 'target';

/**
 * What a symbol stands for. Only `coordinate` varies from particle to particle; all others are uniform over a shard.
 * - `coordinate`: x[index]
 * - `time`: t
 * - `node`: the node's index 0 … n-1
 * - `parameter`: a node parameter; scalars have component 0
 * - `edge`: a quantity of the directed edge, e.g. its weight K
 * - `step`: a quantity of the time step or the temperature (used by the kernel compiler, not by formulas)
 */
export type ExpressionSymbol =
  | { readonly kind: 'coordinate'; readonly index: number }
  | { readonly kind: 'time' }
  | { readonly kind: 'node'; readonly side: Side }
  | { readonly kind: 'parameter'; readonly side: Side; readonly name: string; readonly component: number }
  | { readonly kind: 'edge'; readonly name: string }
  | { readonly kind: 'step'; readonly name: string };

export type Expression = ConstantExpression | SymbolExpression | CallExpression;

interface Common {
  /** Unique within its builder, growing in order of construction: arguments have smaller ids than the call. */
  readonly id: number;
  /** Depends on a coordinate, that is, varies from particle to particle. */
  readonly varies: boolean;
  /** Depends on time or a `step` symbol, so that it must be computed anew when those change. */
  readonly timeDependent: boolean;
}

export interface ConstantExpression extends Common {
  readonly kind: 'constant';
  readonly value: number;
}

export interface SymbolExpression extends Common {
  readonly kind: 'symbol';
  readonly symbol: ExpressionSymbol;
}

export interface CallExpression extends Common {
  readonly kind: 'call';
  readonly operator: Operator;
  readonly arguments: readonly Expression[];
}
