// Syntax tree to expression graph: names are resolved, sums unrolled, data read, constants folded. Not the
// place for simplification beyond what the builder does on its own (canonical.ts).

import type { ExpressionBuilder } from './builder.js';
import type { FormulaContext } from './context.js';
import type { Expression } from './expression.js';
import { FormulaError, type Span } from './formula-error.js';
import { NameTable, type NamedValue, type VectorValue } from './name-table.js';
import { closestName, functionNames, isReserved, simpleFunctions } from './names.js';
import { arity } from './operators.js';
import type { NameSyntax, Syntax, TargetSyntax } from './syntax.js';

type CallSyntax = Extract<Syntax, { kind: 'call' }>;
type IndexSyntax = Extract<Syntax, { kind: 'index' }>;
type BinarySyntax = Extract<Syntax, { kind: 'binary' }>;

/** Limits that keep a hostile formula from filling the memory or running for minutes. */
const limits = {
  /** Terms of all unrolled sums and dot products together. */
  terms: 5_000_000,
  /** Nodes of the graph that one formula may make: about 140 bytes each. */
  nodes: 5_000_000,
  /** Visits of the syntax tree, about 120 ns each. */
  steps: 20_000_000,
};

/** What to do about a part without a value. */
const notFinite = 'look for a division by 0, or a logarithm or root of a negative number';

/** Makes the expression of a syntax tree. Throws FormulaError. */
export function lower(syntax: Syntax, context: FormulaContext): Expression {
  return new Lowering(context).scalar(syntax);
}

class Lowering {
  readonly #builder: ExpressionBuilder;
  readonly #names: NameTable;
  readonly #locals = new Map<string, NamedValue>();
  readonly #startSize: number;
  #terms = 0;
  #steps = 0;

  constructor(context: FormulaContext) {
    this.#builder = context.builder;
    this.#names = new NameTable(context);
    this.#startSize = context.builder.size;
  }

  scalar(node: Syntax): Expression {
    if (++this.#steps > limits.steps) throw this.#tooLarge(node);
    const result = this.#scalarOf(node);
    // The builder folds constants unless the value is not finite.
    if (result.kind === 'call' && !result.varies && result.arguments.every((a) => a.kind === 'constant')) {
      throw new FormulaError('not-a-number', 'the value of this is not a finite number', node, notFinite);
    }
    return result;
  }

  #scalarOf(node: Syntax): Expression {
    switch (node.kind) {
      case 'number':
        return this.#builder.constant(node.value);
      case 'name':
      case 'target':
        return this.#named(node);
      case 'index':
        return this.#indexed(node);
      case 'unary': {
        const operand = this.scalar(node.operand);
        return node.operator === '-' ? this.#builder.negate(operand) : this.#builder.call('not', operand);
      }
      case 'binary':
        return this.#binary(node);
      case 'call':
        return this.#call(node);
      case 'let':
        return this.#let(node);
      default:
        return node satisfies never;
    }
  }

  #resolve(node: NameSyntax | TargetSyntax): NamedValue {
    const local = node.kind === 'name' ? this.#locals.get(node.name) : undefined;
    if (local !== undefined) return local;
    const side = node.kind === 'target' ? 'target' : 'source';
    return this.#names.resolve(node.name, side, node, this.#locals.keys());
  }

  #named(node: NameSyntax | TargetSyntax): Expression {
    const value = this.#resolve(node);
    if (value.scalar !== undefined) return value.scalar;
    const name = textOf(node);
    if (value.matrix !== undefined) {
      const { rows, columns } = value.matrix;
      const hint = `index it, ${name}[i,j], or use a row in dot(${name}[i], ...)`;
      throw new FormulaError('type', `'${name}' is a matrix of ${rows} x ${columns} numbers`, node, hint);
    }
    const length = value.vector?.length ?? 0;
    const hint = `index it, ${name}[0] to ${name}[${length - 1}], or use it in dot(${name}, ...)`;
    throw new FormulaError('type', `'${name}' is a vector of ${length} numbers, not one number`, node, hint);
  }

  #indexed(node: IndexSyntax): Expression {
    const value = this.#resolve(node.base);
    const name = textOf(node.base);
    if (value.matrix !== undefined) {
      if (node.indices.length !== 2) {
        const hint =
          node.indices.length === 1 ? `write ${name}[i,j], or use the row in dot(...)` : `write ${name}[i,j]`;
        throw new FormulaError('index', `'${name}' is a matrix and takes two indices`, node, hint);
      }
      const row = this.#index(node.indices[0], value.matrix.rows, `${name} has rows`, true);
      const column = this.#index(node.indices[1], value.matrix.columns, `${name} has columns`, true);
      return value.matrix.at(row, column, node);
    }
    if (value.vector === undefined) {
      throw new FormulaError('type', `'${name}' is one number and cannot be indexed`, node, `write ${name}`);
    }
    if (node.indices.length !== 1) {
      throw new FormulaError('index', `'${name}' is a vector and takes one index`, node, `write ${name}[i]`);
    }
    const { vector } = value;
    return vector.at(this.#index(node.indices[0], vector.length, `${name} has entries`, vector.isData), node);
  }

  /** An index below `length`. */
  #index(node: Syntax, length: number, what: string, isData: boolean): number {
    const index = this.#integer(node, 'an index', isData);
    if (index < 0 || index >= length) {
      const hint = `use an index from 0 to ${length - 1}: the first is 0`;
      throw new FormulaError(
        'index',
        `index ${index} is out of range: ${what} 0 to ${length - 1}`,
        node,
        hint,
      );
    }
    return index;
  }

  /** A number that is known now. */
  #integer(node: Syntax, what: string, isData = false): number {
    const value = this.scalar(node);
    if (value.kind !== 'constant') {
      const dependence = value.varies ? 'the coordinates' : value.timeDependent ? 'time' : 'the node';
      const hint =
        isData && !value.varies && !value.timeDependent
          ? 'make the value a node parameter: there, formulas are read once per node and may write v[node]'
          : 'use whole numbers, indices of sum(...), len(...)';
      const message = `${what} must be known when the formula is read, this depends on ${dependence}`;
      throw new FormulaError('index', message, node, hint);
    }
    if (!Number.isInteger(value.value) || Math.abs(value.value) > 2 ** 31) {
      const hint = `write ${Math.round(value.value)}, or floor(...)`;
      throw new FormulaError('index', `${what} must be a whole number, not ${value.value}`, node, hint);
    }
    return value.value;
  }

  #binary(node: BinarySyntax): Expression {
    // 'a + b + c + …' leans left and may be thousands of terms long: walked, not recursed into.
    const spine: BinarySyntax[] = [];
    let left: Syntax = node;
    for (; left.kind === 'binary'; left = left.left) spine.push(left);
    let result = this.scalar(left);
    for (let part = spine.pop(); part !== undefined; part = spine.pop()) {
      result = this.#operate(part, result, this.scalar(part.right));
    }
    return result;
  }

  #operate(node: BinarySyntax, left: Expression, right: Expression): Expression {
    const builder = this.#builder;
    const result = ((): Expression => {
      switch (node.operator) {
        case '+':
          return builder.add(left, right);
        case '-':
          return builder.subtract(left, right);
        case '*':
          return builder.multiply(left, right);
        case '/':
          return builder.divide(left, right);
        case '^':
          return builder.power(left, right);
        case '<':
          return builder.call('less', left, right);
        case '<=':
          return builder.call('lessOrEqual', left, right);
        case '>':
          return builder.call('less', right, left);
        case '>=':
          return builder.call('lessOrEqual', right, left);
        case '==':
          return builder.call('equal', left, right);
        case '!=':
          return builder.call('notEqual', left, right);
        case 'and':
        case 'or':
          return builder.call(node.operator, left, right);
        default:
          return node.operator satisfies never;
      }
    })();
    if (++this.#steps > limits.steps) throw this.#tooLarge(node);
    const isUnfolded = left.kind === 'constant' && right.kind === 'constant' && result.kind === 'call';
    if (isUnfolded || (node.operator === '/' && right.kind === 'constant' && right.value === 0)) {
      throw new FormulaError('not-a-number', 'the value of this is not a finite number', node, notFinite);
    }
    return result;
  }

  #let(node: Extract<Syntax, { kind: 'let' }>): Expression {
    for (const { name, value } of node.bindings) {
      this.#mayDeclare(name);
      const vector = this.#vectorOnly(value);
      this.#locals.set(name.name, vector !== undefined ? { vector } : { scalar: this.scalar(value) });
    }
    const result = this.scalar(node.result);
    for (const { name } of node.bindings) this.#locals.delete(name.name);
    return result;
  }

  #mayDeclare(name: NameSyntax): void {
    const text = name.name;
    if (isReserved(text, 'local')) {
      throw new FormulaError('not-allowed', `'${text}' is a word of the language`, name, 'take another name');
    }
    if (this.#locals.has(text) || this.#names.has(text)) {
      throw new FormulaError(
        'not-allowed',
        `'${text}' has a meaning here already`,
        name,
        'take another name',
      );
    }
  }

  #call(node: CallSyntax): Expression {
    const name = node.name.name;
    const operator = simpleFunctions.get(name);
    if (operator !== undefined) {
      const count = arity(operator);
      this.#count(node, count, count);
      return this.#builder.call(operator, ...node.arguments.map((argument) => this.scalar(argument)));
    }
    switch (name) {
      case 'min':
      case 'max': {
        this.#count(node, 2, Infinity);
        const values = node.arguments.map((argument) => this.scalar(argument));
        const combine = name === 'min' ? 'minimum' : 'maximum';
        return values.reduce((a, b) => this.#builder.call(combine, a, b));
      }
      case 'mod': {
        this.#count(node, 2, 2);
        const [a, b] = node.arguments.map((argument) => this.scalar(argument));
        const builder = this.#builder;
        return builder.subtract(a, builder.multiply(b, builder.call('floor', builder.divide(a, b))));
      }
      case 'sum':
        return this.#sum(node);
      case 'dot':
        return this.#dot(node);
      case 'len':
      case 'rows':
      case 'columns':
        return this.#size(node, name);
      default:
        throw this.#unknownFunction(node);
    }
  }

  #unknownFunction({ name }: CallSyntax): FormulaError {
    const text = name.name;
    const isValue = this.#locals.has(text) || this.#names.has(text);
    const close = text === 'ln' ? 'log' : text === 'heaviside' ? 'where' : closestName(text, functionNames);
    const list = `functions: ${functionNames.join(' ')}`;
    const hint = isValue
      ? `'${text}' is a value; to multiply, write ${text}*(...)`
      : close === undefined
        ? list
        : `did you mean '${close}'? ${list}`;
    return new FormulaError('unknown-name', `unknown function '${text}'`, name, hint);
  }

  #count(node: CallSyntax, least: number, most: number): void {
    const count = node.arguments.length;
    if (count >= least && count <= most) return;
    const wanted =
      most === Infinity ? `${least} or more arguments` : `${least} argument${least === 1 ? '' : 's'}`;
    const hints: Readonly<Record<string, string>> = {
      sum: 'write sum(index, from, to, term); both ends are included',
      where: 'write where(condition, value if true, value if false)',
    };
    const name = node.name.name;
    const hint = Object.hasOwn(hints, name) ? hints[name] : `write ${name}(${argumentNames(least, most)})`;
    throw new FormulaError('argument-count', `${name} takes ${wanted}, not ${count}`, node, hint);
  }

  #sum(node: CallSyntax): Expression {
    this.#count(node, 4, 4);
    const [index, from, to, term] = node.arguments;
    if (index.kind !== 'name') {
      const hint = 'write sum(index, from, to, term)';
      throw new FormulaError('syntax', 'the first argument of sum is the name of its index', index, hint);
    }
    this.#mayDeclare(index);
    const first = this.#integer(from, 'a bound of sum');
    const last = this.#integer(to, 'a bound of sum');
    this.#spend(last - first + 1, node);
    const builder = this.#builder;
    let result: Expression = builder.constant(0);
    for (let i = first; i <= last; i++) {
      this.#locals.set(index.name, { scalar: builder.constant(i) });
      result = builder.add(result, this.scalar(term));
      if (builder.size - this.#startSize > limits.nodes) throw this.#tooLarge(node);
    }
    this.#locals.delete(index.name);
    return result;
  }

  #dot(node: CallSyntax): Expression {
    this.#count(node, 2, 2);
    const [a, b] = node.arguments.map((argument) => this.#vector(argument));
    if (a.length !== b.length) {
      const hint = 'use vectors of one length; a part of one is sum(i, 0, n, a[i]*b[i])';
      throw new FormulaError('type', `dot of vectors of ${a.length} and ${b.length} entries`, node, hint);
    }
    this.#spend(a.length, node);
    const builder = this.#builder;
    let result: Expression = builder.constant(0);
    for (let i = 0; i < a.length; i++) {
      result = builder.add(result, builder.multiply(a.at(i, node.arguments[0]), b.at(i, node.arguments[1])));
    }
    return result;
  }

  #size(node: CallSyntax, name: 'len' | 'rows' | 'columns'): Expression {
    this.#count(node, 1, 1);
    const [argument] = node.arguments;
    const value =
      argument.kind === 'name' || argument.kind === 'target' ? this.#resolve(argument) : undefined;
    const vector = value?.vector ?? this.#vectorOnly(argument);
    const found = name === 'len' ? vector?.length : value?.matrix?.[name];
    if (found !== undefined) return this.#builder.constant(found);
    const wanted = name === 'len' ? 'a vector' : 'a matrix';
    const hint =
      value?.matrix !== undefined
        ? 'a matrix has rows(...) and columns(...)'
        : vector !== undefined
          ? 'a vector has len(...)'
          : `write ${name}(name)`;
    throw new FormulaError('type', `${name} takes the name of ${wanted}`, argument, hint);
  }

  #vector(node: Syntax): VectorValue {
    const value = node.kind === 'name' || node.kind === 'target' ? this.#resolve(node).vector : undefined;
    const vector = value ?? this.#vectorOnly(node);
    if (vector !== undefined) return vector;
    const hint = 'write the name of a vector or a row of a matrix; for anything else, sum(i, 0, n, ...)';
    throw new FormulaError('type', 'dot takes two vectors, and this is not one', node, hint);
  }

  /** The vector that a syntax stands for, if it can stand for nothing else. */
  #vectorOnly(node: Syntax): VectorValue | undefined {
    if (node.kind === 'name' || node.kind === 'target') {
      const value = this.#resolve(node);
      return value.scalar === undefined ? value.vector : undefined;
    }
    if (node.kind !== 'index' || node.indices.length !== 1) return undefined;
    const { matrix } = this.#resolve(node.base);
    if (matrix === undefined) return undefined;
    const row = this.#index(node.indices[0], matrix.rows, `${textOf(node.base)} has rows`, true);
    return { length: matrix.columns, at: (column, span) => matrix.at(row, column, span), isData: true };
  }

  #spend(terms: number, node: Syntax): void {
    this.#terms += Math.max(0, terms);
    if (this.#terms > limits.terms) throw this.#tooLarge(node);
  }

  #tooLarge(span: Span): FormulaError {
    return new FormulaError(
      'too-large',
      `the formula unrolls to more than ${limits.terms} terms`,
      span,
      'use fewer data points, or put precomputed sums into node parameters',
    );
  }
}

function textOf(node: NameSyntax | TargetSyntax): string {
  return node.kind === 'target' ? `target.${node.name}` : node.name;
}

/** `a, b`, or `a, b, ...` where there may be more. */
function argumentNames(least: number, most: number): string {
  return [...['a', 'b', 'c'].slice(0, least), ...(most === Infinity ? ['...'] : [])].join(', ');
}
