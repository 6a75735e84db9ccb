// Values and files behind the options of a connection: what a flag or a variable holds, and reading it with errors that
// name it.

import { readFileSync, statSync } from 'node:fs';
import { NatsError } from './nats-errors.js';
import { Secret } from './secret.js';

/** A value that a person gave. */
export interface Source {
  /** As `--nats-ca` or `WASSERWERK_NATS_CA`. */
  readonly named: string;
  readonly from: 'flag' | 'environment';
  /** The path of a file, or the content itself: then never to be shown. */
  readonly value: string;
  readonly holds: 'path' | 'content';
}

/** The text of a file that holds a secret. Warns where others may read it. */
export function contentOf(source: Source, warn: (text: string) => void): string {
  const text = fileOf(source);
  // Windows has no such modes.
  if (process.platform !== 'win32' && (statSync(source.value).mode & 0o077) !== 0) {
    warn(`${source.named}: others on this machine may read ${source.value}; chmod 600 it`);
  }
  return text;
}

/** A secret from a file or from the environment, without the end of the line. */
export function secretOf(source: Source, warn: (text: string) => void): Secret {
  const text = (source.holds === 'path' ? contentOf(source, warn) : source.value).replace(/\r?\n$/u, '');
  if (text === '') {
    throw new NatsError(
      'nats-options',
      `${source.named}: ${source.holds === 'path' ? source.value : 'its value'} is empty`,
      `put the secret into it`,
    );
  }
  return new Secret(text);
}

/** The text of a file. @throws NatsError (`nats-options`) naming the flag */
export function fileOf(source: Source): string {
  try {
    return readFileSync(source.value, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what =
      { ENOENT: 'there is no such file', EACCES: 'it may not be read', EISDIR: 'it is a folder' }[
        code ?? ''
      ] ?? String(code);
    throw new NatsError(
      'nats-options',
      `${source.named}: cannot read ${source.value}: ${what}`,
      'check the path and who may read the file',
      error,
    );
  }
}
