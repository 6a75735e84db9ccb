// The log of a run as JSON lines: what happened, when, to which run, at which step. One line is one write, so that a kill
// leaves whole lines; the file only grows, also when a run is resumed. Not the text on the terminal, not results, and never
// a reason for a run to fail.

import { hostname } from 'node:os';
import { destination, pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

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
 * @param to path of a file to append to, or file descriptor 2 for stderr
 * @param base fields of every line
 * @param failed is told once, if a line could not be written; the log is silent from then on
 */
export function openLog(
  to: string | 2,
  level: LogLevel,
  base: LogFields,
  failed: (error: Error) => void,
): JsonLog {
  const stream = destination({ dest: to, append: true, sync: true, mkdir: false });
  let isBroken = false;
  const broken = (error: unknown): void => {
    if (isBroken) return;
    isBroken = true;
    failed(error instanceof Error ? error : new Error(String(error)));
  };
  stream.on('error', broken);
  const log = lineLog(stream, level, base);
  return {
    write: (at, text, fields = {}) => {
      if (isBroken) return;
      try {
        log[at](withoutSecrets(fields), hideSecrets(text));
      } catch (error) {
        broken(error);
      }
    },
    close: () => {
      if (to === 2) return;
      try {
        stream.flushSync();
      } catch (error) {
        broken(error);
      }
      stream.end();
    },
  };
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
