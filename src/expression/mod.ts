// Public names of this folder: the formula language, from text to expression graph, derivative, normal form
// and value.
export type {
  CallExpression,
  ConstantExpression,
  Expression,
  ExpressionSymbol,
  Operator,
  Side,
  SymbolExpression,
} from './expression.js';
export { ExpressionBuilder } from './builder.js';
export { applyOperator, arity, isTruthOperator, operators } from './operators.js';
export { reachable } from './traverse.js';
export { parseFormula } from './formula.js';
export { parseSyntax } from './parser.js';
export { lower } from './lower.js';
export type { Syntax } from './syntax.js';
export { plainContext, type DataArray, type FormulaContext } from './context.js';
export {
  FormulaError,
  formatCaret,
  lineAndColumn,
  type FormulaErrorCode,
  type Span,
} from './formula-error.js';
export { closestName, functionNames, isName, isReserved, reservedWords } from './names.js';
export { differentiate } from './derivative.js';
export { gradient } from './gradient.js';
export {
  canonicalForm,
  canonicalQuadratic,
  canonicalTerms,
  cheapest,
  type CanonicalTerm,
  type QuadraticForm,
} from './canonical.js';
export { operationCount } from './cost.js';
export { evaluate, evaluateAll, resolveSymbol, type Environment } from './interpreter.js';
export { compileTape, type Tape } from './tape.js';
export { print, type PrintOptions } from './print.js';
