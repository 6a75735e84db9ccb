// The progress of a sweep: on a terminal one line per running job below one of the whole, redrawn in place; plain lines when
// piped; nothing when quiet. On stderr, as all progress.

import type { PlannedRun, SweepRecord } from '../sweep/mod.js';
import { formatDuration, formatRate, type ProgressStream, type Unit } from './progress.js';

export interface SweepProgressOptions {
  readonly runs: number;
  /** Finished before. */
  readonly done: number;
  readonly unit: Unit;
  readonly quiet: boolean;
  readonly stream?: ProgressStream;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const REDRAW_MS = 100;
const LINE_MS = 30_000;

interface Job {
  readonly run: PlannedRun;
  step: number;
  steps: number;
  rate: number;
}

export class SweepProgress {
  readonly #stream: ProgressStream;
  readonly #mode: 'live' | 'lines' | 'quiet';
  readonly #now: () => number;
  readonly #began = new Map<number, number>();
  readonly #jobs = new Map<number, Job>();
  #done: number;
  #failed = 0;
  #drawn = 0;
  #shownAt: number;

  constructor(private readonly options: SweepProgressOptions) {
    const env = options.env ?? process.env;
    this.#stream = options.stream ?? process.stderr;
    const isTerminal = this.#stream.isTTY === true && env['TERM'] !== 'dumb';
    this.#mode = options.quiet ? 'quiet' : isTerminal ? 'live' : 'lines';
    this.#now = options.now ?? (() => performance.now());
    this.#done = options.done;
    this.#shownAt = this.#now();
  }

  began(run: PlannedRun): void {
    this.#began.set(run.number, this.#now());
    this.#jobs.set(run.number, { run, step: 0, steps: 0, rate: 0 });
    this.#show();
  }

  looked({ number }: PlannedRun, look: { step: number; steps: number; rate: number }): void {
    const job = this.#jobs.get(number);
    if (job) Object.assign(job, look);
    this.#show();
  }

  ended(run: PlannedRun, { status, error, step }: SweepRecord): void {
    this.#jobs.delete(run.number);
    if (status === 'finished') this.#done += 1;
    if (status === 'failed') this.#failed += 1;
    const seconds = (this.#now() - (this.#began.get(run.number) ?? this.#now())) / 1000;
    const what =
      status === 'failed'
        ? `failed: ${error?.message.split('\n')[0] ?? ''}`
        : status === 'interrupted'
          ? `stopped at step ${step ?? 0}`
          : `finished in ${formatDuration(seconds)}`;
    this.message(`[${this.#done + this.#failed}/${this.options.runs}] ${run.folder} ${what}`);
  }

  /** Writes a line above the progress. */
  message(text: string): void {
    if (this.#mode === 'quiet') return;
    this.#erase();
    this.#stream.write(`${clean(text)}\n`);
    this.#show(true);
  }

  finish(): void {
    this.#erase();
  }

  #show(isUrgent = false): void {
    const now = this.#now();
    if (this.#mode === 'quiet') return;
    if (this.#mode === 'lines') {
      if (now - this.#shownAt < LINE_MS || this.#jobs.size === 0) return;
      this.#shownAt = now;
      this.#stream.write(
        `${this.#headline()}: ${[...this.#jobs.values()].map((job) => short(job)).join(', ')}\n`,
      );
      return;
    }
    if (!isUrgent && now - this.#shownAt < REDRAW_MS) return;
    this.#shownAt = now;
    this.#erase();
    const width = Math.max(20, (this.#stream.columns ?? 80) - 1);
    const lines = [this.#headline(), ...[...this.#jobs.values()].map((job) => `  ${this.#line(job)}`)];
    this.#stream.write(lines.map((line) => `${Array.from(clean(line)).slice(0, width).join('')}\n`).join(''));
    this.#drawn = lines.length;
  }

  #headline(): string {
    const failed = this.#failed > 0 ? `, ${this.#failed} failed` : '';
    return `${this.#done} of ${this.options.runs} runs done${failed}, ${this.#jobs.size} running`;
  }

  #line(job: Job): string {
    if (job.steps === 0) return short(job);
    const rate = job.rate > 0 ? `  ${formatRate(job.rate, this.options.unit)}` : '';
    return `${short(job)}  step ${job.step} of ${job.steps}${rate}`;
  }

  #erase(): void {
    if (this.#drawn === 0) return;
    this.#stream.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}

const short = ({ run, step, steps }: Job): string =>
  `${run.folder} ${steps > 0 ? `${Math.floor((100 * step) / steps)}%` : 'starting'}`;

/** Without characters that would move the cursor or turn the direction of writing. */
const clean = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
