// A checked config on its way to a thread of this process: its values and the files it names, without its text. A thread
// that opens it needs no parser of YAML and no schema. Other machines are sent a bundle (source.ts), which they check
// themselves.

import type { RunConfig } from './load.js';
import { ConfigError, describe, type Path, type Problem } from './problem.js';
import type { ConfigValues } from './schema.js';
import type { CheckedConfig, ConfigPlaces, ProblemDetail } from './source.js';

/** Plain data, to be posted to a thread. */
export interface SealedConfig {
  readonly values: ConfigValues;
  readonly file: string;
  readonly folder: string;
  /** Texts of the files the config names, by the name written in the config. */
  readonly attachments: Readonly<Record<string, string>>;
}

/** Seals a config; complete once its model has been built. */
export function sealConfig({ source, ...values }: RunConfig): SealedConfig {
  const { file, folder } = source;
  return { values, file, folder, attachments: source.bundle().attachments };
}

/** The config in a sealed one. */
export function openSealed({ values, ...source }: SealedConfig): CheckedConfig {
  return { ...values, source: new SealedSource(source) };
}

/** Stands for the text where there is none: problems have no line. Whoever sealed the config found none. */
class SealedSource implements ConfigPlaces {
  readonly file: string;
  readonly folder: string;
  readonly #attachments: Readonly<Record<string, string>>;

  constructor({ file, folder, attachments }: Omit<SealedConfig, 'values'>) {
    this.file = file;
    this.folder = folder;
    this.#attachments = attachments;
  }

  readText(name: string): string {
    const text = this.#attachments[name];
    if (text === undefined) throw new Error(`${name} was not read when the config was sealed`);
    return text;
  }

  problem(path: Path, message: string, detail: ProblemDetail): Problem {
    const nowhere = { line: undefined, column: undefined, where: this.file, excerpt: undefined };
    return { ...describe(path, message, detail), ...nowhere };
  }

  error(problems: readonly Problem[], cause?: unknown): ConfigError {
    return new ConfigError(this.file, problems, cause === undefined ? undefined : { cause });
  }

  /** What was not needed has been told already. */
  isWritten(): boolean {
    return false;
  }
}
