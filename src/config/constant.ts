// Numbers in a config: plain, with underscores (1_000_000), or formulas of constants (2*pi/8, 1/128).
// Not the formulas of the model, which use coordinates and parameters: those are read by model/.

import { ExpressionBuilder, FormulaError, parseFormula, plainContext } from '../expression/mod.js';

/** Why a text is not a number; `offset` and `length` say where in the text. */
export interface NotANumber {
  readonly message: string;
  /** Undefined where the kind of number that is wanted says more. */
  readonly hint: string | undefined;
  readonly offset: number;
  readonly length: number;
}

/** Removes the underscores inside literals, keeping positions recognisable: 1_000_000 becomes 1000000. */
function withoutSeparators(text: string): string {
  return text.replace(/(?<![\p{L}_][\p{L}\d_]*)(?<=\d)_(?=\d)/gu, '');
}

/** The value of a formula without names, or why there is none. */
export function evaluateConstant(text: string): number | NotANumber {
  const source = withoutSeparators(text);
  if (/^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?\s*$/iu.test(source)) return Number(source);
  try {
    const expression = parseFormula(source, plainContext(new ExpressionBuilder()));
    if (expression.kind === 'constant') return expression.value;
    return { message: 'is not a constant', hint: undefined, offset: 0, length: text.length };
  } catch (error) {
    if (!(error instanceof FormulaError)) throw error;
    const { message, offset, length } = error;
    // The list of names that constants know is `pi`: who wrote another one wants something else.
    const hint = error.code === 'unknown-name' && error.hint.startsWith('known') ? undefined : error.hint;
    return { message, hint, offset, length };
  }
}
