import { afterEach, describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatRate,
  Progress,
  type ProgressOptions,
  type ProgressUpdate,
} from '../../src/cli/progress.js';

const escape = '\u001b';

/** A terminal of so many columns that keeps its screen: rows of text, and what is not text. */
class Terminal {
  readonly isTTY = true;
  columns: number;
  written = '';
  isCursorShown = true;
  readonly rows: string[] = [''];
  #row = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): void {
    this.written += text;
    // eslint-disable-next-line no-control-regex -- what a terminal understands
    for (const [token] of text.matchAll(/\u001b\[\??\d*[a-zA-Z]|[^]/gu)) this.#take(token);
  }

  #take(token: string): void {
    if (token === '\r') return;
    if (token === '\n') {
      this.#row += 1;
      this.rows[this.#row] ??= '';
    } else if (token === `${escape}[?25l`) this.isCursorShown = false;
    else if (token === `${escape}[?25h`) this.isCursorShown = true;
    else if (token === `${escape}[J`) {
      this.rows.length = this.#row + 1;
      this.rows[this.#row] = '';
    } else if (token.endsWith('A') && token.startsWith(escape)) this.#row -= Number(token.slice(2, -1));
    else if (!token.startsWith(escape)) this.#print(token);
  }

  #print(character: string): void {
    if (Array.from(this.rows[this.#row]).length >= this.columns) this.#take('\n');
    this.rows[this.#row] += character;
  }

  get screen(): string {
    return this.rows.join('\n');
  }
}

class Pipe {
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

const started: Progress[] = [];
afterEach(() => {
  for (const progress of started.splice(0)) progress.finish();
});

/** A progress with a clock of its own; `at(seconds)` sets it. */
function start(
  stream: Terminal | Pipe,
  options: ProgressOptions = {},
): { progress: Progress; at: (s: number) => void } {
  let time = 0;
  const env = { TERM: 'xterm', LANG: 'en_GB.UTF-8', NO_COLOR: '1' };
  const progress = new Progress({ stream, env, now: () => time * 1000, ...options });
  started.push(progress);
  return { progress, at: (seconds) => (time = seconds) };
}

function update(step: number, nodes = 3, more: Partial<ProgressUpdate> = {}): ProgressUpdate {
  const weights = Float64Array.from({ length: nodes }, (_, g) => g + 1);
  const sum = weights.reduce((a, b) => a + b, 0);
  return {
    step,
    steps: 10_000,
    time: step / 100,
    rate: 412_345_678,
    masses: weights.map((weight) => weight / sum),
    nodeNames: Array.from({ length: nodes }, (_, g) => `node ${g}`),
    ...more,
  };
}

describe('on a terminal', () => {
  it('shows bar, time left, step, rate, mean V and masses', () => {
    const terminal = new Terminal(100);
    const { progress, at } = start(terminal);
    progress.update(update(0));
    at(10);
    progress.update(update(2500, 3, { energy: -1.23456, energyError: 0.0021 }));
    expect(terminal.screen).toBe(
      [
        '██████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 25%  0:30 left',
        'step 2 500/10 000  412 M particle-steps/s  time 25  mean V -1.2346 ± 0.0021',
        'node 0 ██░░░░ 0.167  node 1 ████░░ 0.333  node 2 ██████ 0.500',
        '',
      ].join('\n'),
    );
  });

  it.each([1, 5, 10, 20, 40, 79, 80, 120, 300])(
    'stays within %i columns, and redraws in place',
    (columns) => {
      for (const nodes of [1, 2, 7, 16, 17, 400]) {
        const terminal = new Terminal(columns);
        const { progress, at } = start(terminal);
        for (let step = 0; step < 5; step++) {
          at(step);
          progress.update(update(step * 1000, nodes, { energy: 1, energyError: 0.01 }));
        }
        expect(terminal.rows.length).toBeLessThanOrEqual(6);
        if (columns >= 20) expect(terminal.screen).toContain('40%');
        expect(terminal.screen.match(/%/gu)?.length ?? 0).toBeLessThanOrEqual(1);
      }
    },
  );

  it('draws many nodes as one line and names the largest', () => {
    const terminal = new Terminal(60);
    const { progress } = start(terminal);
    progress.update(update(0, 1000));
    const [, , picture, largest] = terminal.rows;
    expect(picture).toMatch(/^▁+▂+▃+▄+▅+▆+▇+█+$/u);
    expect(picture).toHaveLength(59);
    expect(largest).toMatch(/^largest: node 999 0\.002, node 998 0\.002, node 997 0\.00199$/u);
  });

  it('redraws at most ten times a second, and shows the last at the end', () => {
    const terminal = new Terminal(80);
    const { progress, at } = start(terminal);
    for (let step = 0; step <= 1000; step++) {
      at(step / 1000);
      progress.update(update(step));
    }
    expect(terminal.written.split('particle-steps/s').length - 1).toBeLessThanOrEqual(11);
    at(1.01);
    progress.update(update(10_000));
    progress.finish();
    expect(terminal.screen).toContain('100%');
    expect(terminal.screen).not.toContain('left');
  });

  it('gives the cursor back, once', () => {
    const terminal = new Terminal(80);
    const { progress } = start(terminal);
    const listeners = process.listenerCount('exit');
    progress.update(update(0));
    expect(terminal.isCursorShown).toBe(false);
    expect(process.listenerCount('exit')).toBe(listeners + 1);
    progress.finish();
    expect(terminal.isCursorShown).toBe(true);
    expect(process.listenerCount('exit')).toBe(listeners);
    const length = terminal.written.length;
    progress.finish();
    progress.update(update(1));
    expect(terminal.written).toHaveLength(length);
  });

  it('writes messages above', () => {
    const terminal = new Terminal(80);
    const { progress } = start(terminal);
    progress.update(update(0));
    progress.message('checkpoint written');
    expect(terminal.rows[0]).toBe('checkpoint written');
    expect(terminal.rows[1]).toContain('0%');
    progress.finish();
    progress.message('done');
    expect(terminal.screen).toMatch(/0\.500\ndone\n$/u);
  });

  it('clears what a narrower window has wrapped', () => {
    const terminal = new Terminal(100);
    const { progress, at } = start(terminal);
    progress.update(update(0));
    // As terminals do: rows that are too long now take up more than one.
    terminal.columns = 30;
    const rows = terminal.rows.flatMap((row) => row.match(/.{1,30}/gu) ?? ['']);
    terminal.rows.splice(0, terminal.rows.length, '');
    const wrapped = new Terminal(30);
    wrapped.write(rows.join('\n'));
    terminal.write = (text) => wrapped.write(text);
    at(1);
    progress.update(update(1));
    expect(wrapped.screen.match(/%/gu)).toHaveLength(1);
  });

  it('uses colours unless NO_COLOR is set, and plain characters where the locale has no others', () => {
    const colored = new Terminal(80);
    start(colored, { env: { LANG: 'C.utf8', NO_COLOR: '' } }).progress.update(update(0));
    expect(colored.written).toContain(`${escape}[36m`);
    const plain = new Terminal(80);
    start(plain, { env: { NO_COLOR: '1', LANG: 'C' } }).progress.update(
      update(5000, 20, { energy: 1, energyError: 0.1 }),
    );
    expect(plain.written).not.toContain(`${escape}[36m`);
    expect(plain.screen).toMatch(/^[\x20-\x7e\n]*$/u);
    expect(plain.screen).toContain('####');
  });

  it('does not let the name of a node move the cursor', () => {
    const terminal = new Terminal(80);
    const names = [`${escape}[2J`, 'a\nb', '水車'];
    start(terminal).progress.update(update(0, 3, { nodeNames: names }));
    expect(terminal.screen).toContain('?[2J');
    expect(terminal.screen).toContain('a?b');
    expect(terminal.screen).toContain('水車');
    expect(terminal.rows).toHaveLength(4);
  });

  it('bears masses that are no numbers, no steps and no rate', () => {
    const terminal = new Terminal(80);
    const masses = Float64Array.of(Number.NaN, 0, 0);
    start(terminal).progress.update(update(0, 3, { steps: 0, rate: Number.NaN, masses, energy: Number.NaN }));
    expect(terminal.screen).toContain('100%');
    expect(terminal.screen).toContain('0 particle-steps/s');
  });
});

describe('piped', () => {
  it('writes a plain line at first, every five seconds and at the end', () => {
    const pipe = new Pipe();
    const { progress, at } = start(pipe);
    for (let step = 0; step <= 120; step++) {
      at(step / 10);
      progress.update(update(step, 3, { energy: 2, energyError: 0.5 }));
    }
    progress.message('a note');
    progress.finish();
    expect(pipe.text.split('\n').map((line) => line.split('  ')[0])).toEqual([
      'step 0/10000 (0%)',
      'step 50/10000 (0%)',
      'step 100/10000 (1%)',
      'a note',
      'step 120/10000 (1%)',
      '',
    ]);
    expect(pipe.text).toMatch(
      /time 0\.5 {2}412 M particle-steps\/s {2}16:35 left {2}mean V 2\.00 \+- 0\.50$/mu,
    );
    expect(pipe.text).not.toContain(escape);
  });

  it('is what a dumb terminal gets', () => {
    const terminal = new Terminal(80);
    start(terminal, { env: { TERM: 'dumb' } }).progress.update(update(0));
    expect(terminal.written).toMatch(/^step 0.*\n$/u);
  });
});

describe('quiet', () => {
  it('writes nothing', () => {
    const terminal = new Terminal(80);
    const { progress } = start(terminal, { quiet: true });
    progress.update(update(0));
    progress.message('x');
    progress.finish();
    expect(terminal.written).toBe('');
  });
});

describe('numbers', () => {
  it.each([
    [0, '0 particle-steps/s'],
    [999.4, '999 particle-steps/s'],
    [999.6, '1.00 k particle-steps/s'],
    [99_960, '100 k particle-steps/s'],
    [12_340_000, '12.3 M particle-steps/s'],
    [412_345_678, '412 M particle-steps/s'],
    [9.996e9, '10.0 G particle-steps/s'],
    [Number.NaN, '0 particle-steps/s'],
  ])('the rate %d is %s', (rate, text) => {
    expect(formatRate(rate)).toBe(text);
  });

  it.each([
    [0, '0:00'],
    [59.6, '1:00'],
    [754, '12:34'],
    [3723, '1:02:03'],
    [3 * 86_400 + 4 * 3600, '3d 04h'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});
