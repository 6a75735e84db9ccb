// The live progress of `run` and `resume`: a few lines redrawn in place on a terminal, plain lines now and then when
// piped, nothing when quiet. It is told what happens; it computes nothing of the run, and writes to stderr, so that
// stdout stays free for results.

import {
  bar,
  clean,
  cut,
  formatDuration,
  formatRate,
  formatWithError,
  grouped,
  paint,
  short,
  speaksUnicode,
  widthOf,
  type Style,
  type Unit,
} from './terminal-text.js';

export { formatDuration, formatRate, unitOf, type Unit } from './terminal-text.js';

/** What is told about a run at some step. */
export interface ProgressUpdate {
  readonly step: number;
  readonly steps: number;
  readonly time: number;
  /** Particle-steps (on a grid: cell-steps) per second. */
  readonly rate: number;
  /** What is stepped; particles by default. */
  readonly unit?: Unit;
  readonly masses: Float64Array;
  readonly nodeNames: readonly string[];
  readonly energy?: number | undefined;
  readonly energyError?: number | undefined;
  /** E with its entropy, and KL(f|pi), where they are estimated: of the observation known last. */
  readonly total?: WithError | undefined;
  readonly relativeEntropy?: WithError | undefined;
}

/** A number and its standard error. */
export interface WithError {
  readonly value: number;
  readonly error: number;
}

/** The part of a stream that is used here; process.stderr is one. */
export interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface ProgressOptions {
  readonly stream?: ProgressStream;
  readonly quiet?: boolean;
  /** The environment: NO_COLOR, TERM and the locale are looked at. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Time between two redraws on a terminal, and between two lines when piped. */
const redrawMilliseconds = 100;
const lineMilliseconds = 5000;
/** The time left follows the pace of about the last ten seconds. */
const paceMilliseconds = 10_000;
/** Up to this many nodes each has a bar of its own, in at most so many lines; of more there is one picture of all. */
const nodesWithBars = 16;
const barLines = 3;
const barCells = 6;

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** Progress of one run. Call `finish` on every way out: it gives the cursor back. */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #mode: 'live' | 'lines' | 'quiet';
  readonly #now: () => number;
  readonly #style: Style;
  readonly #restore = (): void => void this.#stream.write(showCursor);
  #latest: ProgressUpdate | undefined;
  #isShown = true;
  #shownAt = -Infinity;
  #drawn: readonly string[] = [];
  #isCursorHidden = false;
  #isFinished = false;
  #pace: Pace | undefined;

  constructor(options: ProgressOptions = {}) {
    const env = options.env ?? process.env;
    this.#stream = options.stream ?? process.stderr;
    const isTerminal = this.#stream.isTTY === true && env['TERM'] !== 'dumb';
    this.#mode = options.quiet === true ? 'quiet' : isTerminal ? 'live' : 'lines';
    this.#now = options.now ?? (() => performance.now());
    this.#style = { color: isTerminal && !env['NO_COLOR'], ascii: !speaksUnicode(env) };
  }

  /** Tells where the run is. Cheap enough for every step: what comes too soon after the last is shown later, or not. */
  update(update: ProgressUpdate): void {
    if (this.#mode === 'quiet' || this.#isFinished) return;
    const now = this.#now();
    // Another run, or one that went back to a checkpoint, has another pace.
    if (this.#latest === undefined || update.step < this.#latest.step) this.#pace = undefined;
    this.#pace = follow(this.#pace, update.step, now);
    // The masses may be a view of memory that changes before they are drawn.
    this.#latest = { ...update, masses: update.masses.slice() };
    this.#isShown = false;
    const pause = this.#mode === 'live' ? redrawMilliseconds : lineMilliseconds;
    if (now - this.#shownAt >= pause) this.#show(now);
  }

  /** Writes a line of text above the progress, which goes on below. */
  message(text: string): void {
    if (this.#mode === 'quiet') return;
    this.#erase();
    this.#stream.write(`${text}\n`);
    if (this.#mode === 'live' && this.#latest !== undefined && !this.#isFinished) this.#show(this.#now());
  }

  /** Shows the last update for good and gives the terminal back. A second call does nothing. */
  finish(): void {
    if (this.#isFinished) return;
    if (!this.#isShown) this.#show(this.#now());
    this.#isFinished = true;
    this.#drawn = [];
    if (!this.#isCursorHidden) return;
    this.#isCursorHidden = false;
    this.#stream.write(showCursor);
    process.removeListener('exit', this.#restore);
  }

  #show(now: number): void {
    const update = this.#latest;
    if (update === undefined) return;
    const left = secondsLeft(this.#pace, update);
    this.#shownAt = now;
    this.#isShown = true;
    if (this.#mode === 'lines') {
      this.#stream.write(`${plainLine(update, left)}\n`);
      return;
    }
    // One column stays free: a full last column makes some terminals wrap.
    const width = Math.max(1, (this.#stream.columns ?? 80) - 1);
    const lines = draw(update, left, width, this.#style);
    if (!this.#isCursorHidden) {
      this.#isCursorHidden = true;
      this.#stream.write(hideCursor);
      process.once('exit', this.#restore);
    }
    this.#erase(lines.map((line) => `${line}\n`).join(''));
    this.#drawn = lines;
  }

  /** Clears what is drawn, and writes `text` in its place. */
  #erase(text = ''): void {
    // Lines that were drawn for a wider window take up several rows now.
    const columns = Math.max(1, this.#stream.columns ?? 80);
    const rows = this.#drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    this.#drawn = [];
    const clear = rows === 0 ? '' : `\u001b[${rows}A\r\u001b[J`;
    if (clear + text !== '') this.#stream.write(clear + text);
  }
}

// ---- the time left ---------------------------------------------------------------------------------------------------

/** Seconds per step, forgetting what is long ago. */
interface Pace {
  readonly step: number;
  readonly at: number;
  /** Steps, and milliseconds that they took; what is long ago counts for little. */
  readonly steps: number;
  readonly milliseconds: number;
}

function follow(pace: Pace | undefined, step: number, at: number): Pace {
  if (pace === undefined) return { step, at, steps: 0, milliseconds: 0 };
  const elapsed = at - pace.at;
  if (step === pace.step || elapsed <= 0) return pace;
  const weight = Math.exp(-elapsed / paceMilliseconds);
  return {
    ...{ step, at },
    steps: pace.steps * weight + (step - pace.step),
    milliseconds: pace.milliseconds * weight + elapsed,
  };
}

function secondsLeft(pace: Pace | undefined, { step, steps }: ProgressUpdate): number | undefined {
  if (pace === undefined || pace.steps === 0 || step >= steps) return undefined;
  return ((steps - step) * pace.milliseconds) / pace.steps / 1000;
}

// ---- lines -----------------------------------------------------------------------------------------------------------

function plainLine(update: ProgressUpdate, left: number | undefined): string {
  const { step, steps } = update;
  const parts = [
    `step ${step}/${steps} (${percent(update)})`,
    `time ${short(update.time)}`,
    formatRate(update.rate, update.unit),
  ];
  if (left !== undefined) parts.push(`${formatDuration(left)} left`);
  parts.push(...energies(update, true));
  return parts.join('  ');
}

function draw(
  update: ProgressUpdate,
  left: number | undefined,
  width: number,
  style: Style,
): readonly string[] {
  return [
    progressBar(update, left, width, style),
    numbers(update, width, style),
    ...massLines(update, width, style),
  ];
}

function progressBar(update: ProgressUpdate, left: number | undefined, width: number, style: Style): string {
  const after = ` ${percent(update)}${left === undefined ? '' : `  ${formatDuration(left)} left`}`;
  const cells = Math.min(40, width - widthOf(after));
  if (cells < 5) return cut(after.trim(), width, style);
  return paint(bar(fraction(update), cells, style), style) + after;
}

/** The numbers that fit, the most wanted first. */
function numbers(update: ProgressUpdate, width: number, style: Style): string {
  const parts = [
    `step ${grouped(update.step)}/${grouped(update.steps)}`,
    formatRate(update.rate, update.unit),
  ];
  parts.push(`time ${short(update.time)}`);
  parts.push(...energies(update, style.ascii));
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line}  ${part}`;
    if (widthOf(longer) <= width) line = longer;
  }
  return line === '' ? cut(parts[0], width, style) : line;
}

function massLines(update: ProgressUpdate, width: number, style: Style): readonly string[] {
  const { masses } = update;
  if (masses.length < 2) return [];
  const bars = masses.length <= nodesWithBars ? massBars(update, width, style) : undefined;
  return bars ?? [massPicture(masses, width, style), largestNodes(update, width, style)];
}

/** One cell per node: name, bar relative to the largest mass, mass. Undefined where the window is too narrow for that. */
function massBars(
  { masses, nodeNames }: ProgressUpdate,
  width: number,
  style: Style,
): readonly string[] | undefined {
  const most = largestOf(masses);
  const names = Array.from(masses, (_, g) => cut(clean(nodeNames[g] ?? String(g)), 12, style));
  const nameWidth = Math.max(...names.map(widthOf));
  const cellWidth = nameWidth + 1 + barCells + 1 + 5;
  const perLine = Math.floor((width + 2) / (cellWidth + 2));
  if (perLine * barLines < masses.length) return undefined;
  // Rows of equal length look calmer than a last row of one.
  const perRow = Math.ceil(masses.length / Math.ceil(masses.length / perLine));
  const lines: string[] = [];
  for (let from = 0; from < masses.length; from += perRow) {
    const cells = names.slice(from, from + perRow).map((name, k) => {
      const mass = masses[from + k];
      const space = ' '.repeat(nameWidth - widthOf(name));
      return `${name}${space} ${paint(bar(mass / most, barCells, style), style)} ${mass.toFixed(3)}`;
    });
    lines.push(cells.join('  '));
  }
  return lines;
}

/** All nodes in one line of columns; where there are more nodes than columns, each is the largest of its group. */
function massPicture(masses: Float64Array, width: number, style: Style): string {
  const levels = style.ascii ? ' .:-=+*#@' : ' ▁▂▃▄▅▆▇█';
  const most = largestOf(masses);
  const columns = Math.min(width, masses.length);
  let text = '';
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * masses.length) / columns);
    const to = Math.floor(((column + 1) * masses.length) / columns);
    let value = 0;
    for (let g = from; g < to; g++) if (masses[g] > value) value = masses[g];
    text += levels[Math.min(levels.length - 1, Math.ceil((value / most) * (levels.length - 1)))];
  }
  return paint(text, style);
}

/** The names and masses of the largest nodes: as many as fit, at most five. */
function largestNodes({ masses, nodeNames }: ProgressUpdate, width: number, style: Style): string {
  const top: number[] = [];
  for (let g = 0; g < masses.length; g++) {
    if (top.length === 5 && !(masses[g] > masses[top[4]])) continue;
    const at = top.findIndex((other) => masses[g] > masses[other]);
    top.splice(at < 0 ? top.length : at, 0, g);
    if (top.length > 5) top.pop();
  }
  const [first, ...others] = top.map((g) => `${clean(nodeNames[g] ?? String(g))} ${short(masses[g], 3)}`);
  let line = cut(`largest: ${first}`, width, style);
  for (const other of others) {
    if (widthOf(`${line}, ${other}`) > width) break;
    line += `, ${other}`;
  }
  return line;
}

/** The largest mass; 1 if there is none, so that it can be divided by. */
function largestOf(masses: Float64Array): number {
  let most = 0;
  for (const mass of masses) if (mass > most) most = mass;
  return most > 0 ? most : 1;
}

function fraction({ step, steps }: ProgressUpdate): number {
  return steps > 0 ? step / steps : 1;
}

/** Whole percents, rounded down: 100% is only said at the end. */
function percent(update: ProgressUpdate): string {
  return `${Math.floor(Math.min(1, fraction(update)) * 100)}%`;
}

/** The energies that are known, the most wanted first; KL only where it is a number. */
function energies(update: ProgressUpdate, ascii: boolean): string[] {
  const parts: string[] = [];
  const { energy, energyError, total, relativeEntropy } = update;
  if (total !== undefined) parts.push(`E ${formatWithError(total.value, total.error, ascii)}`);
  if (relativeEntropy !== undefined && Number.isFinite(relativeEntropy.value)) {
    parts.push(`KL ${formatWithError(relativeEntropy.value, relativeEntropy.error, ascii)}`);
  }
  if (energy !== undefined) parts.push(`mean V ${formatWithError(energy, energyError, ascii)}`);
  return parts;
}
