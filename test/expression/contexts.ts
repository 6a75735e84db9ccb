// Contexts that the tests of this folder share. No tests here.

import {
  ExpressionBuilder,
  parseFormula,
  type DataArray,
  type Environment,
  type Expression,
  type FormulaContext,
} from '../../src/expression/mod.js';

/** x, y; parameters a, b, h (scalars), z (3), s2; data v (vector of 4), A (2 x 3). */
export function exampleContext(builder = new ExpressionBuilder()): FormulaContext {
  return {
    builder,
    coordinates: ['x', 'y'],
    parameters: [
      { name: 'a', components: 1 },
      { name: 'b', components: 1 },
      { name: 'h', components: 1 },
      { name: 's2', components: 1 },
      { name: 'z', components: 3 },
    ],
    data: new Map([
      ['v', vector([1, 2, 4, 8])],
      ['A', matrix(2, 3, [1, 2, 3, 4, 5, 6])],
    ]),
    allow: { coordinates: true, time: true, node: true },
  };
}

export function vector(values: readonly number[]): DataArray {
  return { rows: values.length, columns: undefined, values: Float64Array.from(values) };
}

export function matrix(rows: number, columns: number, values: readonly number[]): DataArray {
  return { rows, columns, values: Float64Array.from(values) };
}

const parameterValues: Readonly<Record<string, readonly number[]>> = {
  a: [0.7],
  b: [-1.3],
  h: [0.25],
  s2: [1.75],
  z: [0.5, -2, 3],
};

/** Values for every symbol of the example context; the target's parameters differ from the source's. */
export function exampleEnvironment(coordinates: readonly number[] = [0.3, -0.8]): Environment {
  return {
    coordinates,
    time: 1.5,
    node: 2,
    target: 5,
    parameter: (name, component, side) => {
      const value = parameterValues[name]?.[component];
      return value === undefined ? undefined : side === 'source' ? value : 1.5 * value + 0.2;
    },
    edge: { weight: 0.6 },
    step: { temperature: 1.2 },
  };
}

/** Parses in the example context. */
export function parse(source: string, context: FormulaContext = exampleContext()): Expression {
  return parseFormula(source, context);
}

/**
 * A regression like the diabetes data set: rows x columns numbers in a fixed, irregular pattern, with
 * sum over data of (y - sum_j A z x)^2 / (2 s2) + |x|^2 / 2 as potential.
 */
export function regression(rows: number, columns: number): { context: FormulaContext; formula: string } {
  let state = 12345;
  const next = (): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return state / 0x7fffffff - 0.5;
  };
  const context: FormulaContext = {
    builder: new ExpressionBuilder(),
    coordinates: Array.from({ length: columns }, (_, i) => `w${i}`),
    parameters: [
      { name: 'z', components: columns },
      { name: 's2', components: 1 },
    ],
    data: new Map([
      ['y', vector(Array.from({ length: rows }, next))],
      ['A', matrix(rows, columns, Array.from({ length: rows * columns }, next))],
    ]),
    allow: { coordinates: true, time: false, node: true },
  };
  const formula =
    'sum(i, 0, rows(A)-1, (y[i] - sum(j, 0, columns(A)-1, A[i,j]*z[j]*x[j]))^2)/(2*s2) + dot(x, x)/2';
  return { context, formula };
}
