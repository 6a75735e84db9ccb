// Errors that a value of the config causes and that come up where nobody knows the config any more (memory, the box of a grid): told with
// the place of that value. Not what the config itself refuses: that has its place.

import type { Path, RunConfig } from '../config/mod.js';

/** The key that is to blame, by the code of an error. */
const keys: Readonly<Record<string, Path>> = {
  'memory-limit': ['particles'],
  'grid-memory': ['grid', 'cells'],
  'outside-box': ['grid', 'box'],
};

/** The error with its place in the config, where a key is to blame; else as it is. */
export function placed(config: RunConfig, error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, hint } = error as Error & { code?: unknown; hint?: unknown };
  if (typeof code !== 'string' || typeof hint !== 'string' || !Object.hasOwn(keys, code)) return error;
  const message = error.message.replace(`; ${hint}`, '');
  return config.source.error([config.source.problem(keys[code], message, { hint })], error);
}

/** Runs an action whose errors get their place. */
export function placing<T>(config: RunConfig, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw placed(config, error);
  }
}
