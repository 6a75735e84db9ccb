// Potentials that a module makes: code that the caller trusts runs once, here, and gives formulas, parameters and data. Those are
// what is compiled, kept in run folders and sent to threads. Not a potential as a function of x: a step is compiled from formulas.

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RunConfig } from '../config/mod.js';
import type { ConfigInput, PotentialInput } from './config-input.js';
import { LibraryError } from './errors.js';
import { Formula } from './formula.js';

/** A potential that is made by a module: an object in place of `{ formula, … }`. */
export interface PotentialModule {
  /** Path of the module (from `folder`, by default the working folder), or its file URL. */
  readonly module: string | URL;
  /** What the function that the module exports is called with. */
  readonly options?: unknown;
}

/** A config whose potential a module makes. It runs only with `allowModules`. */
export type ModuleConfigInput = Omit<ConfigInput, 'potential'> & { readonly potential: PotentialModule };

/**
 * What a module may export as `default`: a potential, a formula, or a function of `options` that gives one of them, or a
 * promise of one.
 */
export type PotentialExport<Options = unknown> =
  | PotentialInput
  | Formula
  | string
  | ((options: Options) => PotentialInput | Formula | string | Promise<PotentialInput | Formula | string>);

/** What a module is given, and where it is. */
export interface ImportOptions {
  readonly options?: unknown;
  /** Folder that a relative path starts from; default: the working folder. */
  readonly folder?: string;
}

/**
 * Imports a module and gives the potential that it makes, to be put into a config. To call this is to trust the module: its code
 * runs in this process, with all rights of it.
 * @throws LibraryError (`bad-module`) if it cannot be imported, fails, or gives no potential
 */
export async function importPotential(
  module: string | URL,
  { options, folder = process.cwd() }: ImportOptions = {},
): Promise<PotentialInput> {
  const url = module instanceof URL ? module : pathToFileURL(resolve(folder, module));
  if (url.protocol !== 'file:') throw bad(url, `is no file: only modules on this machine are imported`);
  let made: unknown;
  try {
    const found = (await import(url.href)) as { readonly default?: unknown };
    made = typeof found.default === 'function' ? await (found.default as Maker)(options) : found.default;
  } catch (error) {
    throw bad(url, error instanceof Error ? error.message : String(error), error);
  }
  if (made instanceof Formula || typeof made === 'string') return { formula: made };
  if (typeof made === 'object' && made !== null && !Array.isArray(made) && !('module' in made)) {
    return made;
  }
  throw bad(
    url,
    'gives no potential: export as default a formula, `{ formula, parameters, … }`, or a function that returns one',
  );
}

type Maker = (options: unknown) => unknown;

/**
 * The same config with the potential that its module makes; any other config as it is.
 * @throws LibraryError (`modules-not-allowed`, `bad-module`)
 */
export async function withImported<Source>(
  source: Source,
  { allowModules = false, folder }: { readonly allowModules?: boolean; readonly folder?: string },
): Promise<Exclude<Source, ModuleConfigInput>> {
  const wanted = moduleOf(source);
  if (!wanted) return source as Exclude<Source, ModuleConfigInput>;
  if (!allowModules) {
    throw new LibraryError(
      'modules-not-allowed',
      `the potential is the module ${String(wanted.module)}, whose code would run in this process: give \`allowModules: true\` ` +
        'if you trust it, or write the potential as a formula',
    );
  }
  const potential = await importPotential(wanted.module, {
    options: wanted.options,
    ...(folder !== undefined && { folder }),
  });
  return { ...source, potential } as Exclude<Source, ModuleConfigInput>;
}

/** The module that a plain object names as its potential. */
export function moduleOf(source: unknown): PotentialModule | undefined {
  if (typeof source !== 'object' || source === null || isChecked(source)) return undefined;
  const { potential } = source as { readonly potential?: unknown };
  if (typeof potential !== 'object' || potential === null) return undefined;
  const { module } = potential as { readonly module?: unknown };
  return typeof module === 'string' || module instanceof URL ? (potential as PotentialModule) : undefined;
}

const isChecked = (source: object): source is RunConfig => 'source' in source;

function bad(url: URL, what: string, cause?: unknown): LibraryError {
  return new LibraryError('bad-module', `the module ${url.href}: ${what}`, { cause });
}
