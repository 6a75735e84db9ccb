// Names of a formula's surroundings to what they stand for: the bridge from FormulaContext to expressions.
// Names that the formula makes itself (let, sum indices) live in lower.ts.

import { cheapest } from './canonical.js';
import type { DataArray, FormulaContext } from './context.js';
import type { Expression, Side } from './expression.js';
import { FormulaError, type Span } from './formula-error.js';
import { closestName, edgeWords, functionNames } from './names.js';

/** What a name stands for; some have two views: a coordinate called `x` is a scalar, and x[i] the vector. */
export interface NamedValue {
  readonly scalar?: Expression;
  readonly vector?: VectorValue;
  readonly matrix?: MatrixValue;
}

export interface VectorValue {
  readonly length: number;
  /** Component; the index is checked by the caller. `span` is where to report a bad entry. */
  readonly at: (index: number, span: Span) => Expression;
  /** The index must not depend on the node, because each entry is a number of a file. */
  readonly isData: boolean;
}

export interface MatrixValue {
  readonly rows: number;
  readonly columns: number;
  readonly at: (row: number, column: number, span: Span) => Expression;
}

const longestList = 12;

const edgeNames: ReadonlySet<string> = new Set(edgeWords);

/** Resolves the names of one context. */
export class NameTable {
  readonly #context: FormulaContext;
  readonly #place: string;
  readonly #cache: Readonly<Record<Side, Map<string, NamedValue>>> = { source: new Map(), target: new Map() };

  constructor(context: FormulaContext) {
    this.#context = context;
    this.#place = context.place ?? 'this formula';
  }

  /**
   * What `name` (side source) or `target.name` stands for. Throws FormulaError when unknown or not allowed
   * here.
   */
  resolve(name: string, side: Side, span: Span, locals: Iterable<string>): NamedValue {
    const known = this.#cache[side].get(name);
    if (known !== undefined) return known;
    const found = side === 'source' ? this.#find(name, span) : this.#findTarget(name, span);
    if (found === undefined) throw this.#unknown(name, side, span, locals);
    this.#cache[side].set(name, found);
    return found;
  }

  /** Whether the context gives this name a meaning, allowed or not. */
  has(name: string): boolean {
    const { coordinates, parameters, data, constants } = this.#context;
    return (
      coordinates.includes(name) ||
      parameters.some((parameter) => parameter.name === name) ||
      data.has(name) ||
      constants?.has(name) === true
    );
  }

  #find(name: string, span: Span): NamedValue | undefined {
    const { builder, coordinates, data, constants, allow, edge } = this.#context;
    const constant = constants?.get(name);
    if (constant !== undefined) return this.#constantValue(constant);
    const position = coordinates.indexOf(name);
    if (position >= 0 || name === 'x') {
      if (!allow.coordinates) throw this.#notAllowed(`'${name}' is a coordinate`, 'coordinates', span);
      return {
        ...(position >= 0 ? { scalar: builder.coordinate(position) } : {}),
        ...(name === 'x'
          ? { vector: { length: coordinates.length, at: (i) => builder.coordinate(i), isData: false } }
          : {}),
      };
    }
    const parameter = this.#parameter(name, 'source');
    if (parameter !== undefined) return parameter;
    const array = data.get(name);
    if (array !== undefined) return this.#dataValue(name, array);
    switch (name) {
      case 'pi':
        return { scalar: builder.constant(Math.PI) };
      case 't':
        if (!allow.time) throw this.#notAllowed("'t' is the time", 'time', span);
        return { scalar: builder.symbol({ kind: 'time' }) };
      case 'node':
        if (!allow.node) throw this.#notAllowed("'node' is the index of the node", 'the node', span);
        return { scalar: builder.symbol({ kind: 'node', side: 'source' }) };
    }
    if (!edgeNames.has(name) || name === 'target') return undefined;
    if (edge === undefined) {
      const message = `'${name}' is known only in the formula of a rate`;
      const hint = 'move the formula to dynamics.rate, or use a parameter of your own';
      throw new FormulaError('not-allowed', message, span, hint);
    }
    if (name === 'weight') return { scalar: builder.symbol({ kind: 'edge', name }) };
    if (name === 'temperature') return { scalar: builder.symbol({ kind: 'step', name }) };
    if (name === 'V') return { scalar: edge.sourcePotential };
    // Here and not later: inside exp(-deltaV/temperature) no one would look for what cancels.
    return { scalar: cheapest(builder, builder.subtract(edge.targetPotential, edge.sourcePotential)) };
  }

  #findTarget(name: string, span: Span): NamedValue | undefined {
    const { builder, coordinates, data, edge, allow } = this.#context;
    if (edge === undefined) {
      const hint = 'write the name alone, or move the formula to dynamics.rate';
      throw new FormulaError('not-allowed', "'target' is known only in the formula of a rate", span, hint);
    }
    if (name === 'V') return { scalar: edge.targetPotential };
    if (name === 'node') {
      if (!allow.node) throw this.#notAllowed("'target.node' is the index of a node", 'the node', span);
      return { scalar: builder.symbol({ kind: 'node', side: 'target' }) };
    }
    if (coordinates.includes(name) || name === 'x') {
      const hint = `write '${name}': a jump changes the node, not the coordinates`;
      throw new FormulaError('not-allowed', `'${name}' is the same at both ends of an edge`, span, hint);
    }
    if (data.has(name)) {
      throw new FormulaError(
        'not-allowed',
        `'${name}' is data, not a node parameter`,
        span,
        `write '${name}'`,
      );
    }
    return this.#parameter(name, 'target');
  }

  #parameter(name: string, side: Side): NamedValue | undefined {
    const { builder, parameters } = this.#context;
    const parameter = parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined) return undefined;
    const components: Expression[] = [];
    const at = (i: number): Expression => (components[i] ??= builder.parameter(name, i, side));
    const vector: VectorValue = { length: parameter.components, at, isData: false };
    return parameter.components === 1 ? { scalar: at(0), vector } : { vector };
  }

  #constantValue(value: number | ArrayLike<number>): NamedValue {
    const { builder } = this.#context;
    if (typeof value === 'number') {
      const scalar = builder.constant(value);
      return { scalar, vector: { length: 1, at: () => scalar, isData: true } };
    }
    const vector: VectorValue = { length: value.length, at: (i) => builder.constant(value[i]), isData: true };
    return value.length === 1 ? { scalar: builder.constant(value[0]), vector } : { vector };
  }

  #dataValue(name: string, { rows, columns, values }: DataArray): NamedValue {
    const { builder } = this.#context;
    const entry = (position: number, label: string, span: Span): Expression => {
      const value = values[position];
      if (!Number.isFinite(value)) {
        const hint = 'fill the cell in the data, or leave it out of the formula';
        throw new FormulaError(
          'not-a-number',
          `the data has no finite number at ${name}[${label}]`,
          span,
          hint,
        );
      }
      return builder.constant(value);
    };
    if (columns === undefined) {
      return { vector: { length: rows, at: (i, span) => entry(i, `${i}`, span), isData: true } };
    }
    const at = (row: number, column: number, span: Span): Expression =>
      entry(row * columns + column, `${row}, ${column}`, span);
    return { matrix: { rows, columns, at } };
  }

  #notAllowed(what: string, dependence: string, span: Span): FormulaError {
    const message = `${what}; ${this.#place} cannot depend on ${dependence}`;
    return new FormulaError('not-allowed', message, span, `write it without ${dependence}`);
  }

  #unknown(name: string, side: Side, span: Span, locals: Iterable<string>): FormulaError {
    const parameters = this.#context.parameters.map((parameter) => parameter.name);
    if (side === 'target') {
      const close = closestName(name, [...parameters, 'node', 'V']);
      const list = `known after 'target.': ${listed([...parameters, 'node', 'V'])}`;
      return new FormulaError(
        'unknown-name',
        `unknown name 'target.${name}'`,
        span,
        didYouMean(close, list, 'target.'),
      );
    }
    if (functionNames.includes(name)) {
      return new FormulaError('type', `'${name}' is a function`, span, `write ${name}(...)`);
    }
    if (name === 'target') {
      return new FormulaError('type', "'target' is the other end of the edge", span, 'write target.name');
    }
    const { coordinates, data, constants, allow, edge } = this.#context;
    const groups: [string, readonly string[]][] = [
      ['here', [...locals]],
      ['coordinates', allow.coordinates ? coordinates : []],
      ['parameters', parameters],
      ['data', [...data.keys()]],
      ['numbers', [...(constants?.keys() ?? [])]],
    ];
    const words = [
      'pi',
      ...(allow.time ? ['t'] : []),
      ...(allow.node ? ['node'] : []),
      ...(edge ? edgeWords : []),
    ];
    const lists = groups
      .filter(([, names]) => names.length > 0)
      .map(([label, names]) => `${label} ${listed(names)}`);
    const list = `known: ${[...lists, words.join(', ')].join('; ')}`;
    const everything = [...groups.flatMap(([, names]) => names), ...words, ...functionNames];
    const special = name === 'e' ? 'exp(1)' : name.toLowerCase() === 'ln' ? 'log' : undefined;
    return new FormulaError(
      'unknown-name',
      `unknown name '${name}'`,
      span,
      didYouMean(special ?? closestName(name, everything), list),
    );
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, longestList).join(', ');
  return names.length > longestList ? `${shown}, and ${names.length - longestList} more` : shown;
}

function didYouMean(close: string | undefined, list: string, prefix = ''): string {
  return close === undefined ? list : `did you mean '${prefix}${close}'? ${list}`;
}
