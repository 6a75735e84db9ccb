// The log of a run as JSON lines: what happened, when, to which run, at which step. One line is one write, at once, so that a kill
// leaves whole lines (pino's own streams gather lines, and can hang on a full disk); the file only grows, also when a run is resumed. Not the text on the terminal, not results, and never
// a reason for a run to fail.

import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

export const logFile = 'log.jsonl';

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** What a line says beside its text and time. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** A log that goes somewhere. */
export interface JsonLog {
  write(level: Exclude<LogLevel, 'silent'>, text: string, fields?: LogFields): void;
  close(): void;
}

/**
 * Opens a log.
 *
 * @param to path of a file to append to, or `stderr`
 * @param base fields of every line
 * @param failed is told once, if a line could not be written; the log is silent from then on
 */
export function openLog(
  to: string,
  level: LogLevel,
  base: LogFields,
  failed: (error: Error) => void,
): JsonLog {
  let file: number | undefined;
  let isBroken = false;
  const attempt = (work: () => void): void => {
    if (isBroken) return;
    try {
      work();
    } catch (error) {
      isBroken = true;
      failed(error instanceof Error ? error : new Error(String(error)));
    }
  };
  if (to !== 'stderr') {
    attempt(() => {
      file = openSync(to, 'a+');
      endLine(file);
    });
  }
  const log = lineLog(
    {
      write: (line) => {
        attempt(() => {
          if (file === undefined) process.stderr.write(line);
          else writeWhole(file, line);
        });
      },
    },
    level,
    base,
  );
  return {
    write: (at, text, fields = {}) => {
      log[at](withoutSecrets(fields), hideSecrets(text));
    },
    close: () => {
      if (file !== undefined) closeSync(file);
      file = undefined;
      isBroken = true;
    },
  };
}

/** A line in one call to the system, but for what it does not take at once. */
function writeWhole(file: number, line: string): void {
  const bytes = Buffer.from(line);
  for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written);
}

/** Ends a line that a full disk has cut, so that the next one stands alone. */
function endLine(file: number): void {
  const { size } = fstatSync(file);
  const last = Buffer.alloc(1);
  if (size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a) writeSync(file, '\n');
}

/** A text without passwords in addresses and without tokens: what is logged may be a message of a library. */
export function hideSecrets(text: string): string {
  return text
    .replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/giu, '$1…@')
    .replace(/\b(token|password|passwd|secret)([=:]\s*)[^\s&,;]+/giu, '$1$2…')
    .replace(/\b(Bearer\s+)\S+/gu, '$1…')
    .replace(/\bS[OANUCX][A-Z2-7]{50,}\b/gu, '…');
}

function withoutSecrets(fields: LogFields): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      typeof value === 'string' ? hideSecrets(value) : value,
    ]),
  );
}

/** Levels as words and times as ISO 8601: what collectors of logs understand without being told. */
export function lineLog(stream: DestinationStream, level: LogLevel, base: LogFields): Logger {
  return pino(
    {
      level,
      base: { host: hostname(), pid: process.pid, ...base },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stream,
  );
}
