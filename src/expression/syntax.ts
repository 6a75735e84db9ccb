// The syntax tree: a formula as it was written, with positions, names unresolved and sums not yet unrolled.
// Not the expression graph (expression.ts), which lower.ts makes from it.

import type { Span } from './formula-error.js';

export type BinaryOperator =
  '+' | '-' | '*' | '/' | '^' | '<' | '<=' | '>' | '>=' | '==' | '!=' | 'and' | 'or';

/** A name with its place. */
export interface NameSyntax extends Span {
  readonly kind: 'name';
  readonly name: string;
}

/** `target.name` */
export interface TargetSyntax extends Span {
  readonly kind: 'target';
  readonly name: string;
}

export type Syntax =
  | NameSyntax
  | TargetSyntax
  | ({ readonly kind: 'number'; readonly value: number } & Span)
  | ({
      readonly kind: 'index';
      readonly base: NameSyntax | TargetSyntax;
      readonly indices: readonly Syntax[];
    } & Span)
  | ({ readonly kind: 'unary'; readonly operator: '-' | 'not'; readonly operand: Syntax } & Span)
  | ({
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Syntax;
      readonly right: Syntax;
    } & Span)
  | ({ readonly kind: 'call'; readonly name: NameSyntax; readonly arguments: readonly Syntax[] } & Span)
  | ({
      readonly kind: 'let';
      readonly bindings: readonly { readonly name: NameSyntax; readonly value: Syntax }[];
      readonly result: Syntax;
    } & Span);
