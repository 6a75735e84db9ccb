// Tokens to syntax tree: recursive descent, one method per level of precedence. It resolves no names and
// computes nothing (lower.ts does).
//
//   formula    = ("let" name "=" formula ";")* or
//   or         = and ("or" and)*
//   and        = not ("and" not)*
//   not        = "not" not | comparison
//   comparison = sum (("<" | "<=" | ">" | ">=" | "==" | "!=") sum)?
//   sum        = product (("+" | "-") product)*
//   product    = unary (("*" | "/") unary)*
//   unary      = ("-" | "+") unary | power
//   power      = primary ("^" unary)?
//   primary    = number | place ("[" or ("," or)* "]")* | name "(" formula ("," formula)* ")" | "(" formula ")"
//   place      = name | "target" "." name

import { FormulaError, type Span } from './formula-error.js';
import { scan, type Token } from './scanner.js';
import type { BinaryOperator, NameSyntax, Syntax, TargetSyntax } from './syntax.js';

/**
 * Parentheses, signs and exponents inside one another; a level takes about 12 frames of the JavaScript stack.
 */
const deepestNesting = 200;
/** Longest formula. Larger models belong in data arrays and sums. */
const longestSource = 1_000_000;

const keywords = new Set(['let', 'in', 'and', 'or', 'not', 'true', 'false']);
const closeParenthesis = "add the ')', or an operator where two parts stand side by side";
const comparisons = new Set(['<', '<=', '>', '>=', '==', '!=']);

/** Reads a formula's text into a syntax tree. Throws FormulaError. */
export function parseSyntax(source: string): Syntax {
  if (source.length > longestSource) {
    throw new FormulaError(
      'too-large',
      `a formula may have ${longestSource} characters, this has ${source.length}`,
      { offset: 0, length: 1 },
      'put numbers into data arrays and use sum(...)',
    );
  }
  return new Parser(scan(source)).formulaToEnd();
}

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  formulaToEnd(): Syntax {
    if (this.#current.kind === 'end') {
      throw new FormulaError('syntax', 'the formula is empty', this.#current, 'write one, such as 0.5*x^2');
    }
    const result = this.#formula();
    const rest = this.#current;
    if (rest.kind !== 'end') throw this.#unexpectedAfter(rest);
    return result;
  }

  get #current(): Token {
    return this.#tokens[this.#position];
  }

  #is(text: string): boolean {
    const token = this.#current;
    return token.text === text && (token.kind === 'sign' || token.kind === 'name');
  }

  #take(): Token {
    const token = this.#current;
    if (token.kind !== 'end') this.#position++;
    return token;
  }

  #accept(text: string): boolean {
    const found = this.#is(text);
    if (found) this.#position++;
    return found;
  }

  /** `advice` says what to do where the sign is missing. */
  #expect(text: string, why: string, advice: string, opening?: Token): void {
    if (this.#accept(text)) return;
    const token = this.#current;
    const found = token.kind === 'end' ? 'the formula ends' : `here stands '${token.text}'`;
    // A bracket that is never closed is best shown where it was opened.
    const span = token.kind === 'end' && opening !== undefined ? opening : token;
    throw new FormulaError('syntax', `${why}, but ${found}`, span, advice);
  }

  #unexpectedAfter(token: Token): FormulaError {
    const text = token.text;
    if (text === '=')
      return new FormulaError(
        'syntax',
        "'=' is not an operator",
        token,
        "to compare, write '=='; to name a value, 'let a = ...;'",
      );
    if (text === ')' || text === ']')
      return new FormulaError(
        'syntax',
        `this '${text}' closes nothing`,
        token,
        `remove it, or open it before`,
      );
    if (text === ';') {
      return new FormulaError('syntax', "';' only ends a let binding", token, "write 'let a = ...; result'");
    }
    if (token.kind === 'sign') {
      return new FormulaError(
        'syntax',
        `'${text}' does not fit here`,
        token,
        'remove it, or what follows it',
      );
    }
    const hint = keywords.has(text)
      ? `remove '${text}', or put a part of the formula in ( )`
      : "is a '*' missing?";
    return new FormulaError('syntax', `'${text}' follows without an operator`, token, hint);
  }

  /** Guards the JavaScript stack: hostile nesting ends in a FormulaError. */
  #nested<T>(read: () => T): T {
    if (++this.#depth > deepestNesting) {
      throw new FormulaError(
        'too-deep',
        `more than ${deepestNesting} levels of nesting`,
        this.#current,
        'name the inner parts: let a = ...; result',
      );
    }
    const result = read();
    this.#depth--;
    return result;
  }

  #formula(): Syntax {
    return this.#nested(() => {
      const start = this.#current;
      const bindings: { name: NameSyntax; value: Syntax }[] = [];
      while (this.#accept('let')) {
        const name = this.#name("after 'let' comes a name");
        this.#expect('=', `after 'let ${name.name}' comes '='`, `write let ${name.name} = ...; result`);
        const value = this.#formula();
        this.#expect(';', "a let binding ends with ';'", `write let ${name.name} = ...; result`);
        bindings.push({ name, value });
      }
      const result = this.#or();
      return bindings.length === 0 ? result : { kind: 'let', bindings, result, ...this.#since(start) };
    });
  }

  #name(why: string): NameSyntax {
    const token = this.#current;
    if (token.kind !== 'name' || keywords.has(token.text)) {
      const found = token.kind === 'end' ? 'the formula ends' : `here stands '${token.text}'`;
      const hint = 'a name has letters, digits and _, and begins with no digit';
      throw new FormulaError('syntax', `${why}, but ${found}`, token, hint);
    }
    this.#position++;
    return { kind: 'name', name: token.text, offset: token.offset, length: token.length };
  }

  /** From a token (or node) to the last token taken. */
  #since(start: Span): Span {
    const last = this.#tokens[this.#position - 1];
    return { offset: start.offset, length: last.offset + last.length - start.offset };
  }

  #binary(operator: BinaryOperator, left: Syntax, right: Syntax): Syntax {
    const length = right.offset + right.length - left.offset;
    return { kind: 'binary', operator, left, right, offset: left.offset, length };
  }

  #or(): Syntax {
    let left = this.#and();
    while (this.#accept('or')) left = this.#binary('or', left, this.#and());
    return left;
  }

  #and(): Syntax {
    let left = this.#not();
    while (this.#accept('and')) left = this.#binary('and', left, this.#not());
    return left;
  }

  #not(): Syntax {
    const start = this.#current;
    if (!this.#accept('not')) return this.#comparison();
    const operand = this.#nested(() => this.#not());
    return { kind: 'unary', operator: 'not', operand, ...this.#since(start) };
  }

  #comparison(): Syntax {
    const left = this.#sum();
    if (!comparisons.has(this.#current.text)) return left;
    const result = this.#binary(this.#take().text as BinaryOperator, left, this.#sum());
    const next = this.#current;
    if (comparisons.has(next.text)) {
      throw new FormulaError('syntax', 'comparisons do not chain', next, "write 'a < b and b < c'");
    }
    return result;
  }

  #sum(): Syntax {
    let left = this.#product();
    while (this.#is('+') || this.#is('-')) {
      left = this.#binary(this.#take().text as BinaryOperator, left, this.#product());
    }
    return left;
  }

  #product(): Syntax {
    let left = this.#unary();
    while (this.#is('*') || this.#is('/')) {
      left = this.#binary(this.#take().text as BinaryOperator, left, this.#unary());
    }
    return left;
  }

  #unary(): Syntax {
    const start = this.#current;
    if (this.#accept('+')) return this.#nested(() => this.#unary());
    if (!this.#accept('-')) return this.#power();
    const operand = this.#nested(() => this.#unary());
    return { kind: 'unary', operator: '-', operand, ...this.#since(start) };
  }

  #power(): Syntax {
    const base = this.#primary();
    if (!this.#accept('^')) return base;
    return this.#nested(() => this.#binary('^', base, this.#unary()));
  }

  #primary(): Syntax {
    const token = this.#take();
    if (token.kind === 'number') {
      return { kind: 'number', value: token.value, offset: token.offset, length: token.length };
    }
    if (token.kind === 'name' && !keywords.has(token.text)) return this.#named(token);
    if (token.text === '(') {
      const inner = this.#formula();
      this.#expect(')', "this '(' needs a ')'", closeParenthesis, token);
      if (this.#is('[')) {
        throw new FormulaError('syntax', 'only names can be indexed', this.#current, 'write name[index]');
      }
      // The parentheses belong to the span, so that carets show them.
      return { ...inner, ...this.#since(token) };
    }
    const message =
      token.kind === 'end'
        ? 'the formula ends where a value is expected'
        : `expected a value, found '${token.text}'`;
    let hint =
      token.kind === 'end'
        ? 'write what is missing, or remove the operator before'
        : `write a number, a name or ( ) before '${token.text}', or remove it`;
    if (token.text === 'true' || token.text === 'false') hint = 'write 1 for true and 0 for false';
    if (token.text === 'let') hint = "a let binding stands at the start of a formula or of '( )'";
    if (token.text === '=') hint = "to compare, write '=='";
    throw new FormulaError('syntax', message, token, hint);
  }

  #named(token: Token): Syntax {
    let base: NameSyntax | TargetSyntax = {
      kind: 'name',
      name: token.text,
      offset: token.offset,
      length: token.length,
    };
    if (this.#is('(')) return this.#call(base);
    if (this.#is('.')) {
      if (token.text !== 'target') {
        throw new FormulaError(
          'syntax',
          "'.' only follows 'target'",
          this.#current,
          'write target.name, or name[index]',
        );
      }
      this.#take();
      const member = this.#name("after 'target.' comes a name");
      base = { kind: 'target', name: member.name, ...this.#since(token) };
    }
    const indices: Syntax[] = [];
    while (this.#is('[')) {
      const opening = this.#take();
      do indices.push(this.#nested(() => this.#or()));
      while (this.#accept(','));
      this.#expect(']', "this '[' needs a ']'", "add the ']'", opening);
    }
    return indices.length === 0 ? base : { kind: 'index', base, indices, ...this.#since(token) };
  }

  #call(name: NameSyntax): Syntax {
    const opening = this.#take();
    const operands: Syntax[] = [];
    if (!this.#is(')')) {
      do operands.push(this.#formula());
      while (this.#accept(','));
    }
    this.#expect(')', "this '(' needs a ')'", closeParenthesis, opening);
    return { kind: 'call', name, arguments: operands, ...this.#since(name) };
  }
}
