// A small valid config to vary, and shorthands for what goes wrong with it.

import {
  ConfigError,
  parseConfig,
  type LoadOptions,
  type Problem,
  type RunConfig,
} from '../../src/config/mod.js';
import { buildModel, type Model, type Preflight } from '../../src/model/mod.js';

/** Line numbers in it are used by tests of positions. */
export const BASE = `name: test
space: { variables: [x, y] }
graph: { ring: 4 }
potential:
  formula: 0.5*(x^2 + y^2) + h
  parameters: { h: 0.1*node }
temperature: 1
particles: 1000
initial: { gaussian: { mean: 0, std: 1 } }
time: { step: 0.01, end: 1 }
`;

/** Loads the base config with overrides. */
export function load(overrides: readonly string[] = [], options: LoadOptions = {}): RunConfig {
  return parseConfig(BASE, { file: 'test.yaml', overrides, ...options });
}

/** Builds the model of the base config with overrides. */
export function build(
  overrides: readonly string[] = [],
  options: LoadOptions = {},
): { model: Model; notes: Preflight[] } {
  return buildModel(load(overrides, options));
}

/** The problems that an action reports; fails where it reports none. */
export function problemsOf(action: () => unknown): readonly Problem[] {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  throw new Error('no problem was found');
}

/** The problems of a text, through the model. */
export function problemsIn(text: string, options: LoadOptions = {}): readonly Problem[] {
  return problemsOf(() => buildModel(parseConfig(text, { file: 'test.yaml', ...options })));
}

/** The only problem that overrides lead to, through the model. */
export function problemWith(overrides: readonly string[], options: LoadOptions = {}): Problem {
  const problems = problemsOf(() => build(overrides, options));
  if (problems.length !== 1) throw new Error(problems.map((problem) => problem.message).join('\n'));
  return problems[0];
}
