// One external process that answers questions, one after the other. An answer that does not come in time, a process that ends and a line
// that is no answer all lead to the same: the process is killed, started anew and asked again, a few times; then the run fails with what the process
// wrote to its standard error. An answer with `error` fails at once: the process is well, and would say the same again.

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ObjectiveError } from './errors.js';
import { answers, envelope, PROTOCOL_VERSION, type Answer, type Call, type Question } from './protocol.js';

export interface ChildOptions {
  readonly command: readonly string[];
  readonly folder: string;
  /** Seconds that an answer may take. */
  readonly timeout: number;
  readonly options: Readonly<Record<string, unknown>>;
  /** Told of every restart. */
  readonly onRestart?: (why: string) => void;
}

/** How often a question is asked in all. */
const ATTEMPTS = 3;
/** Seconds that a process has at least for its first answer: interpreters and their packages load slowly. */
const START_SECONDS = 30;
/** Characters of standard error that are kept for messages. */
const KEPT_STDERR = 2000;
/** Milliseconds that a process may take to end once its input is closed. */
const GRACE_MS = 1000;

/** A process that did not answer; the question may be asked again. */
class Silence extends Error {}

interface Pending {
  readonly id: number;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Silence) => void;
}

export class ObjectiveChild {
  #process: ChildProcessWithoutNullStreams | undefined;
  #hello: Answer<'hello'> | undefined;
  #pending: Pending | undefined;
  #queue: Promise<unknown> = Promise.resolve();
  #count = 0;
  #stderr = '';
  #isClosed = false;

  constructor(private readonly options: ChildOptions) {}

  /** What the process says it can do; starts it. */
  hello(): Promise<Answer<'hello'>> {
    return this.#inTurn(() => this.#retried(() => this.#started()));
  }

  /** @throws ObjectiveError */
  ask<C extends Exclude<Call, 'hello'>>(question: Extract<Question, { call: C }>): Promise<Answer<C>> {
    return this.#inTurn(() =>
      this.#retried(async () => {
        await this.#started();
        return this.#exchange<C>(question);
      }),
    );
  }

  /** Closes the process's input and waits for its end; kills it if that takes too long. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await ended;
    clearTimeout(timer);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    // The next question is asked all the same.
    this.#queue = result.catch(() => undefined);
    return result;
  }

  async #retried<T>(work: () => Promise<T>): Promise<T> {
    let why = '';
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof Silence)) throw error;
        why = error.message;
        this.#kill();
        if (attempt < ATTEMPTS) this.options.onRestart?.(`${this.#name} ${why}: it is started anew`);
      }
    }
    const said = this.#stderr.trim();
    throw new ObjectiveError(
      `${this.#name} ${why}, ${ATTEMPTS} times${said === '' ? '' : `; it wrote to standard error:\n${said}`}`,
      'run the command by hand and type {"id":0,"call":"hello","protocol":1,"options":{}} (docs/objectives.md); a slow one needs a longer objective.timeout',
    );
  }

  get #name(): string {
    return `the process ${this.options.command.join(' ')}`;
  }

  async #started(): Promise<Answer<'hello'>> {
    if (this.#process && this.#hello) return this.#hello;
    if (this.#isClosed) throw new ObjectiveError(`${this.#name} was closed`, 'ask it before that');
    const [program, ...rest] = this.options.command;
    const child = spawn(program, rest, { cwd: this.options.folder, stdio: 'pipe' });
    this.#process = child;
    this.#hello = undefined;
    this.#stderr = '';
    // A process that is gone while it is written to: its end is told by `close`.
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
    const fail = (why: string): void => {
      if (this.#process === child) this.#process = undefined;
      const pending = this.#pending;
      this.#pending = undefined;
      pending?.reject(new Silence(why));
    };
    child.on('error', (error) => fail(`cannot be started (${error.message})`));
    child.on('close', (code, signal) => {
      if (this.#process === child)
        fail(signal === null ? `ended with code ${code}` : `was ended by ${signal}`);
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (this.#process !== child) return;
      const pending = this.#pending;
      this.#pending = undefined;
      if (pending) pending.resolve(line);
      else if (line.trim() !== '') {
        child.kill('SIGKILL');
        fail(`wrote a line that nobody had asked for: ${shortened(line)}`);
      }
    });
    const hello = await this.#exchange<'hello'>({
      ...{ call: 'hello', protocol: PROTOCOL_VERSION, options: this.options.options },
    });
    this.#hello = hello;
    return hello;
  }

  async #exchange<C extends Call>(question: Question): Promise<Answer<C>> {
    const child = this.#process;
    if (!child) throw new Silence('ended');
    const id = this.#count++;
    const { timeout } = this.options;
    const seconds = question.call === 'hello' ? Math.max(START_SECONDS, timeout) : timeout;
    let timer: NodeJS.Timeout | undefined;
    const line = await new Promise<string>((resolve, reject) => {
      this.#pending = { id, resolve, reject };
      timer = setTimeout(() => {
        this.#pending = undefined;
        reject(new Silence(`did not answer "${question.call}" within ${seconds} s`));
      }, seconds * 1000);
      child.stdin.write(`${JSON.stringify({ id, ...question })}\n`);
    }).finally(() => clearTimeout(timer));
    return this.#read<C>(question, id, line);
  }

  #read<C extends Call>(question: Question, id: number, line: string): Answer<C> {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      const hint = /\b(NaN|-?Infinity)\b/u.test(line) ? ' (JSON has no NaN and no Infinity)' : '';
      throw new Silence(`wrote a line that is no JSON${hint}: ${shortened(line)}`);
    }
    const outer = envelope.safeParse(value);
    if (!outer.success || outer.data.id !== id)
      throw new Silence(`did not answer question ${id} but wrote ${shortened(line)}`);
    const node = 'node' in question ? ` for node "${question.node}"` : '';
    if (outer.data.error !== undefined) {
      throw new ObjectiveError(
        `${this.#name} refuses "${question.call}"${node}: ${outer.data.error}`,
        'the text is its own: mend it there',
      );
    }
    const result = answers[question.call].safeParse(value);
    if (!result.success) {
      const [issue] = result.error.issues;
      throw new ObjectiveError(
        `${this.#name} gives a wrong answer to "${question.call}"${node}: ${issue.path.map(String).join('.')}: ${issue.message}`,
        'docs/objectives.md lists what each answer holds',
      );
    }
    return result.data as Answer<C>;
  }

  #kill(): void {
    const child = this.#process;
    this.#process = undefined;
    this.#hello = undefined;
    child?.kill('SIGKILL');
  }
}

function shortened(line: string): string {
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}
