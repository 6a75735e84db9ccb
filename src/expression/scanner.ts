// Text to tokens. It knows numbers, names and signs, nothing of grammar.

import { FormulaError } from './formula-error.js';

export interface Token {
  readonly kind: 'number' | 'name' | 'sign' | 'end';
  /** The text; a number's text may contain underscores. */
  readonly text: string;
  /** Value of a number, otherwise 0. */
  readonly value: number;
  readonly offset: number;
  readonly length: number;
}

const space = /(?:[ \t\r\n]+|#[^\n]*)+/y;
const number = /(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const sign = /\*\*|<=|>=|==|!=|[-+*/^<>=(),;.[\]]/y;

/** What people write in other languages, and how it is written here. */
const foreign: Readonly<Record<string, string>> = {
  '&': "write 'and'",
  '|': "write 'or', or abs(...) for an absolute value",
  '!': "write 'not', or '!=' for unequal",
  '%': 'write mod(a, b)',
  '?': 'write where(condition, a, b)',
  ':': 'write where(condition, a, b)',
  '{': 'group with parentheses ( )',
  '}': 'group with parentheses ( )',
  '\u00b7': "write '*'",
  '\u00d7': "write '*'",
  '\u2212': "write the ASCII minus '-'",
  '\u2013': "write the ASCII minus '-'",
  '\u00b2': "write '^2'",
  '\u00b3': "write '^3'",
  '\u03c0': "write 'pi'",
  '\u2264': "write '<='",
  '\u2265': "write '>='",
};

/** Splits a formula into tokens; the last one is of kind `end`. Throws FormulaError. */
export function scan(source: string): Token[] {
  const tokens: Token[] = [];
  let offset = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    return pattern.exec(source)?.[0];
  };
  for (;;) {
    offset += match(space)?.length ?? 0;
    if (offset >= source.length) break;
    let text = match(number);
    if (text !== undefined) {
      tokens.push(numberToken(source, text, offset));
    } else if ((text = match(name)) !== undefined) {
      tokens.push({ kind: 'name', text, value: 0, offset, length: text.length });
    } else if ((text = match(sign)) !== undefined) {
      tokens.push({ kind: 'sign', text: text === '**' ? '^' : text, value: 0, offset, length: text.length });
    } else {
      const character = String.fromCodePoint(source.codePointAt(offset) ?? 0);
      throw new FormulaError(
        'unexpected-character',
        `unexpected character '${character}'`,
        { offset, length: character.length },
        Object.hasOwn(foreign, character) ? foreign[character] : 'remove it',
      );
    }
    offset += text.length;
  }
  tokens.push({ kind: 'end', text: '', value: 0, offset: source.length, length: 0 });
  return tokens;
}

function numberToken(source: string, text: string, offset: number): Token {
  const span = { offset, length: text.length };
  if (/_(?!\d)|(?<!\d)_/.test(text)) {
    const hint = `write ${text.replaceAll('_', '')}`;
    throw new FormulaError('syntax', 'an underscore in a number stands between two digits', span, hint);
  }
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value)) {
    throw new FormulaError(
      'not-a-number',
      'this number is too large',
      span,
      'write a smaller one: the largest is about 1.8e308',
    );
  }
  name.lastIndex = offset + text.length;
  const following = name.exec(source)?.[0];
  if (following !== undefined) {
    const whole = { offset, length: text.length + following.length };
    throw new FormulaError(
      'syntax',
      `'${text}${following}' is neither a number nor a name`,
      whole,
      `write ${text}*${following}`,
    );
  }
  return { kind: 'number', text, value, ...span };
}
