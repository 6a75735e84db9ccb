// From the text of a config to checked values: YAML, overrides, what this version lacks, schema; all problems at once.
// Not the meaning of the values (graph, formulas, data): that is model/build.ts.

import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { problemsOf } from './issues.js';
import { takeMovementStep } from './movement-step.js';
import { applyOverrides, parseOverrides, type Override } from './overrides.js';
import { ConfigError, type Problem } from './problem.js';
import { configSchema } from './schema.js';
import { ConfigSource, type CheckedConfig, type ConfigBundle } from './source.js';
import { takeUnavailable } from './unavailable.js';
import { parseYaml } from './yaml.js';

/** A checked config: plain values, and the source that messages and files come from. */
export interface RunConfig extends CheckedConfig {
  readonly source: ConfigSource;
}

export interface LoadOptions {
  /** Changes as given to `--set`: `particles=1000`. */
  readonly overrides?: readonly string[];
  /** The seed, as given to `--seed`. */
  readonly seed?: number | string | undefined;
  /** Name shown in messages. */
  readonly file?: string;
  /** Folder that relative file names start from; without it, that of `file`. */
  readonly folder?: string;
  /** Texts of files the config names, used before the disk. */
  readonly attachments?: Readonly<Record<string, string>>;
}

/**
 * Loads and checks the config in a file.
 * @throws ConfigError with every problem found
 */
export function loadConfig(path: string, options: LoadOptions = {}): RunConfig {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const problem = {
      path: '',
      line: undefined,
      column: undefined,
      where: path,
      value: undefined,
      message: `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      hint: 'give the path of a config; `wasserwerk init` writes one to start from',
      excerpt: undefined,
    };
    throw new ConfigError(basename(path), [problem], { cause: error });
  }
  return parseConfig(text, { file: path, folder: dirname(resolve(path)), ...options });
}

/** Loads a config that another machine, or an earlier run, has packed. */
export function loadBundle(bundle: ConfigBundle, options: Pick<LoadOptions, 'folder'> = {}): RunConfig {
  return parseConfig(bundle.text, {
    file: bundle.file,
    overrides: bundle.overrides,
    attachments: bundle.attachments,
    ...options,
  });
}

/**
 * Checks the text of a config.
 * @throws ConfigError with every problem found
 */
export function parseConfig(text: string, options: LoadOptions = {}): RunConfig {
  const yaml = parseYaml(text.replace(/^\uFEFF/u, ''));
  const { overrides, problems } = parseOverrides(options.overrides ?? []);
  if (options.seed !== undefined) overrides.push(seedOverride(options.seed));
  const file = options.file ?? 'config';
  const folder = options.folder ?? dirname(resolve(file));
  const source = new ConfigSource(
    file,
    folder,
    text.replace(/^\uFEFF/u, ''),
    yaml.document,
    yaml.lineCounter,
    overrides,
    options.attachments,
  );
  for (const { position, message, hint } of yaml.complaints) {
    problems.push({ path: '', value: undefined, message, hint, ...source.place(position) });
  }
  if (problems.length > 0) throw source.error(problems);

  const { value, problems: unfit } = applyOverrides(yaml.value, overrides);
  if (unfit.length > 0) throw source.error(unfit);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const empty = value === null || value === undefined;
    const message = empty ? 'the config is empty' : 'the config is not a list of keys with values';
    throw source.error([
      source.problem([], message, { hint: '`wasserwerk init` writes a config to start from' }),
    ]);
  }
  const root: unknown = structuredClone(value);
  const found: Problem[] = takeUnavailable(root).map(({ path, value: wanted, message, hint }) =>
    source.problem(path, message, { value: wanted, hint }),
  );
  found.push(...fillForObjective(root, source));
  for (const { path, value: given, message, hint } of takeMovementStep(root)) {
    found.push(source.problem(path, message, { value: given, hint, at: 'key' }));
  }
  const result = configSchema.safeParse(root);
  if (!result.success) found.push(...problemsOf(result.error.issues, root, source));
  if (!result.success || found.length > 0) throw source.error(found);
  return { ...result.data, source };
}

/**
 * With an objective neither `space` nor `potential` nor a law of x is needed: the objective knows the coordinates of a node. What the rest of the
 * program wants to see there is put in their place.
 */
function fillForObjective(root: unknown, source: ConfigSource): Problem[] {
  const values = root as Record<string, unknown>;
  if (values['objective'] === undefined) return [];
  const isTwice = values['potential'] !== undefined;
  values['space'] ??= { variables: 1 };
  values['potential'] ??= { formula: '0' };
  values['initial'] ??= {};
  const { initial } = values;
  if (typeof initial === 'object' && initial !== null && !Array.isArray(initial)) {
    const law = initial as Record<string, unknown>;
    if (!['gaussian', 'uniform', 'point'].some((key) => law[key] !== undefined)) law['point'] = 0;
  }
  if (!isTwice) return [];
  const hint = 'keep one of them';
  return [source.problem(['objective'], 'the config has both potential and objective', { hint, at: 'key' })];
}

function seedOverride(seed: number | string): Override {
  return { path: ['seed'], value: seed, text: `seed=${seed}`, origin: `--seed ${seed}` };
}

export type { Problem };
