// What is wrong with a formula, where, and what to do about it. Not for failures of the program itself.

/** Kinds of trouble in a formula. */
export type FormulaErrorCode =
  | 'unexpected-character'
  | 'syntax'
  | 'unknown-name'
  | 'argument-count'
  | 'not-allowed'
  | 'type'
  | 'index'
  | 'not-a-number'
  | 'too-deep'
  | 'too-large';

/** A place in the text of a formula, in UTF-16 units. */
export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** Trouble in a formula. `message` says what is wrong, `hint` what to do, `offset` and `length` where. */
export class FormulaError extends Error {
  readonly code: FormulaErrorCode;
  readonly offset: number;
  readonly length: number;
  readonly hint: string;

  constructor(code: FormulaErrorCode, message: string, span: Span, hint: string) {
    super(message);
    this.name = 'FormulaError';
    this.code = code;
    this.offset = span.offset;
    this.length = span.length;
    this.hint = hint;
  }
}

/** Lines longer than this are cut to a window around the error. */
const widestLine = 96;

/** Line and column of an offset, both counted from 1. */
export function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, offset);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: offset - start + 1 };
}

/**
 * The error as text for people: message, the line with carets under the span, hint.
 *
 *     unknown name 'aa' (line 1, column 8)
 *       0.5*(x-aa)^2
 *              ^^
 *       did you mean 'a'?
 */
export function formatCaret(error: FormulaError, source: string): string {
  const { line, column } = lineAndColumn(source, error.offset);
  const lineStart = error.offset - (column - 1);
  const lineEnd = source.indexOf('\n', lineStart);
  const full = source.slice(lineStart, lineEnd === -1 ? source.length : lineEnd).replace(/\r$/, '');
  const cutStart =
    full.length <= widestLine ? 0 : Math.max(0, Math.min(column - 1 - 30, full.length - widestLine));
  const cutEnd = Math.min(full.length, cutStart + widestLine);
  const head = cutStart > 0 ? '...' : '';
  const tail = cutEnd < full.length ? '...' : '';
  const before = head + full.slice(cutStart, column - 1);
  const carets = '^'.repeat(Math.max(1, Math.min(error.length, cutEnd - (column - 1))));
  const lines = [
    `${error.message} (line ${line}, column ${column})`,
    `  ${head}${full.slice(cutStart, cutEnd)}${tail}`,
    // Tabs are kept so that the carets stay under the text.
    `  ${before.replace(/[^\t]/g, ' ')}${carets}`,
  ];
  lines.push(`  ${error.hint}`);
  return lines.join('\n');
}
