// The words of the formula language: functions, constants, reserved words, and "did you mean". Not the names
// of a particular model; those come with the context (context.ts).

import { distance } from 'fastest-levenshtein';
import type { Operator } from './expression.js';

/** Functions of numbers that are one operator. */
export const simpleFunctions: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['abs', 'absolute'],
  ['sign', 'sign'],
  ['floor', 'floor'],
  ['exp', 'exp'],
  ['log', 'log'],
  ['log1p', 'log1p'],
  ['expm1', 'expm1'],
  ['sqrt', 'squareRoot'],
  ['pow', 'power'],
  ['sin', 'sin'],
  ['cos', 'cos'],
  ['tan', 'tan'],
  ['atan', 'atan'],
  ['atan2', 'atan2'],
  ['sinh', 'sinh'],
  ['cosh', 'cosh'],
  ['tanh', 'tanh'],
  ['erf', 'erf'],
  ['sigmoid', 'sigmoid'],
  ['softplus', 'softplus'],
  ['where', 'where'],
]);

/** Functions that need more than their arguments' values, or take any number of them. */
export const specialFunctions = ['min', 'max', 'mod', 'sum', 'dot', 'len', 'rows', 'columns'] as const;
export type SpecialFunction = (typeof specialFunctions)[number];

/** Every function name. */
export const functionNames: readonly string[] = [...simpleFunctions.keys(), ...specialFunctions];

/** Words with a meaning of their own in formulas of a rate. */
export const edgeWords = ['target', 'weight', 'temperature', 'V', 'deltaV'] as const;

/**
 * Words that no coordinate, parameter or data array may be called. One exception: a coordinate may be called
 * `x` (see `isReserved`). `inf` and `nan` mean nothing but are kept free, lest they be taken for numbers.
 */
export const reservedWords: readonly string[] = [
  'x',
  't',
  'node',
  'pi',
  'let',
  'in',
  'and',
  'or',
  'not',
  'true',
  'false',
  'inf',
  'nan',
  ...edgeWords,
  ...functionNames,
];

const reserved = new Set(reservedWords);

/** Whether a name is taken by the language. Only a coordinate may be called `x`. */
export function isReserved(name: string, role: 'coordinate' | 'parameter' | 'data' | 'local'): boolean {
  return reserved.has(name) && !(name === 'x' && role === 'coordinate');
}

/** A name is a letter or underscore, then letters, digits, underscores; ASCII only. */
export function isName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);
}

/** The known name closest to an unknown one, if it is close enough to be a slip. */
export function closestName(unknown: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(unknown.length / 2.5)) + 1;
  for (const name of known) {
    // A different case is the likeliest slip of all.
    const far = name.toLowerCase() === unknown.toLowerCase() ? 0.5 : distance(unknown, name);
    if (far < bestDistance && far < Math.max(unknown.length, name.length)) {
      best = name;
      bestDistance = far;
    }
  }
  return best;
}
