// What `wasserwerk worker` tells: text on stderr for people, JSON lines in a file or on stderr for collectors of logs.

import { openLog, type JsonLog, type LogFields, type LogLevel } from '../output/mod.js';

export interface WorkerLogFlags {
  readonly logFile?: string;
  readonly logJson?: true;
  readonly logLevel?: LogLevel;
}

/** The run that the machine is in, null where it is in none. */
export interface WorkerPlace {
  readonly run: string | null;
  readonly epoch: number;
  readonly step: number;
}

export class WorkerLog {
  /** Where the machine is when a line is written. */
  place: () => WorkerPlace = () => ({ run: null, epoch: 0, step: 0 });
  readonly #logs: readonly JsonLog[];
  readonly #isText: boolean;

  constructor(name: string, { logFile, logJson, logLevel = 'info' }: WorkerLogFlags) {
    const base = { worker: name };
    const failed = (error: Error): void => {
      process.stderr.write(`warning: the log cannot be written: ${error.message}\n`);
    };
    this.#isText = logJson !== true;
    this.#logs = [
      ...(logFile === undefined ? [] : [openLog(logFile, logLevel, base, failed)]),
      ...(logJson === true ? [openLog('stderr', logLevel, base, failed)] : []),
    ];
  }

  /** Tells a text; one that begins with `warning: ` is a warning. */
  say(text: string, fields: LogFields = {}): void {
    if (this.#isText) process.stderr.write(`${text}\n`);
    const warning = /^warning: /u;
    const level = warning.test(text) ? 'warn' : 'info';
    for (const log of this.#logs) log.write(level, text.replace(warning, ''), this.#fields(fields));
  }

  /** Logs a failure; the command prints it itself. */
  failed(error: unknown): void {
    const { code } = error as { code?: unknown };
    const text = error instanceof Error ? error.message : String(error);
    const fields = { event: 'error', code: typeof code === 'string' ? code : 'defect' };
    for (const log of this.#logs) log.write('error', text, this.#fields(fields));
  }

  #fields(fields: LogFields): LogFields {
    const { run, epoch, step } = this.place();
    return { run, epoch, step, ...fields };
  }

  close(): void {
    for (const log of this.#logs) log.close();
  }
}
