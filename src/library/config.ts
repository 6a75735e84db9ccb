// Whatever a caller has as a config, as a checked RunConfig: a path, a text, an object, a config loaded before, a model.

import { fileURLToPath } from 'node:url';
import {
  ConfigError,
  formatPath,
  loadConfig as loadFile,
  parseConfig,
  type Path,
  type RunConfig,
} from '../config/mod.js';
import type { ConfigInput } from './config-input.js';
import { LibraryError } from './errors.js';
import { LoadedModel } from './model.js';
import { moduleOf } from './potential-module.js';

/**
 * What can be simulated: the path of a YAML file (a text without a line break, or a file URL), the text of one (with a line
 * break), a plain object, a config that was loaded before, or a model.
 */
export type ConfigSourceInput = string | URL | ConfigInput | RunConfig | LoadedModel;

/** Changes to a config. */
export interface ConfigOptions {
  /** Changes as given to `--set`: `particles=1000`. */
  readonly overrides?: readonly string[];
  readonly seed?: number;
  /** Folder that file names in an object or text start from; default: the working folder. */
  readonly folder?: string;
}

/** Options of calls that take a potential made by a module, too. */
export interface ModuleOptions extends ConfigOptions {
  /** Whether the module that a config names as its potential may be imported, which runs its code; default: no. */
  readonly allowModules?: boolean;
}

/**
 * Reads and checks a config.
 * @throws ConfigError with every problem found
 */
export function resolveConfig(input: ConfigSourceInput, options: ConfigOptions = {}): RunConfig {
  const { overrides = [], seed, folder = process.cwd() } = options;
  if (input instanceof URL) return loadFile(fileURLToPath(input), { overrides, seed });
  if (typeof input === 'string') {
    return input.includes('\n')
      ? parseConfig(input, { file: 'config', folder, overrides, seed })
      : loadFile(input, { overrides, seed });
  }
  if (input instanceof LoadedModel) return changed(input.config, overrides, seed);
  if (isRunConfig(input)) return changed(input, overrides, seed);
  const named = moduleOf(input);
  if (named) {
    throw new LibraryError(
      'bad-option',
      `a potential made by a module cannot be had at once: write { …, potential: await importPotential('${String(named.module)}') }`,
    );
  }
  return parseConfig(textOf(input), { file: 'config', folder, overrides, seed });
}

function isRunConfig(input: ConfigInput | RunConfig): input is RunConfig {
  return 'source' in input;
}

function changed(config: RunConfig, overrides: readonly string[], seed: number | undefined): RunConfig {
  if (overrides.length === 0 && seed === undefined) return config;
  const { source } = config;
  const bundle = source.bundle();
  return parseConfig(source.text, {
    file: source.file,
    folder: source.folder,
    attachments: bundle.attachments,
    overrides: [...bundle.overrides, ...overrides],
    seed,
  });
}

/** An object as the text of a config: JSON is YAML. @throws ConfigError for what has no text */
function textOf(input: ConfigInput): string {
  refuseForeign(input, []);
  return JSON.stringify(
    input,
    (_, value: unknown) =>
      value instanceof Float64Array || value instanceof Float32Array ? Array.from(value) : value,
    1,
  );
}

/** Functions and numbers that are none would vanish or become null in the text, and be missed in another place. */
function refuseForeign(value: unknown, path: Path): void {
  if (typeof value === 'function') {
    throw refusal(
      path,
      'is a function, which cannot be compiled',
      "write a formula, for example '0.5*x^2': derivatives, bounds and SIMD code are made from formulas; the tag `formula` " +
        'builds them from values',
    );
  }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw refusal(path, `is ${value}`, 'use a finite number');
  }
  if (typeof value === 'bigint' || typeof value === 'symbol') {
    throw refusal(path, `is a ${typeof value}`, 'use a number or a text');
  }
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  for (const [key, inner] of Object.entries(value)) {
    refuseForeign(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  }
}

function refusal(path: Path, message: string, hint: string): ConfigError {
  const where = 'config';
  return new ConfigError(where, [
    {
      path: formatPath(path),
      line: undefined,
      column: undefined,
      where,
      value: undefined,
      message,
      hint,
      excerpt: undefined,
    },
  ]);
}
