// The front door of the formula language: text and context to expression.

import type { FormulaContext } from './context.js';
import type { Expression } from './expression.js';
import { lower } from './lower.js';
import { parseSyntax } from './parser.js';

/**
 * Reads a formula. The result belongs to the context's builder; quantities are dimensionless. Throws
 * FormulaError, whose place `formatCaret` shows. For the same text in many contexts (once per node) call
 * `parseSyntax` once, then `lower`.
 */
export function parseFormula(source: string, context: FormulaContext): Expression {
  return lower(parseSyntax(source), context);
}
