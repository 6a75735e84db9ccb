import { describe, expect, it } from 'vitest';
import { SweepProgress } from '../../src/cli/sweep-progress.js';
import { planSweep, type SweepRecord } from '../../src/sweep/mod.js';

const { runs } = planSweep({ name: 'p', keys: [], seeds: [1, 2, 3] });
const finished: SweepRecord = { number: 1, status: 'finished', step: 10 };

function watch(isTTY: boolean) {
  const written: string[] = [];
  let time = 0;
  const progress = new SweepProgress({
    ...{ runs: 3, done: 0, unit: 'particle', quiet: false, env: {} },
    now: () => time,
    stream: { isTTY, columns: 60, write: (text) => written.push(text) },
  });
  return { progress, written, pass: (milliseconds: number) => (time += milliseconds) };
}

describe('the progress of a sweep', () => {
  it('has one line per running job on a terminal, redrawn in place', () => {
    const { progress, written, pass } = watch(true);
    pass(200);
    progress.began(runs[0]);
    pass(200);
    progress.began(runs[1]);
    pass(200);
    progress.looked(runs[0], { step: 5, steps: 10, rate: 2e6 });
    const screen = written.at(-1) ?? '';
    expect(screen.split('\n')).toEqual([
      '0 of 3 runs done, 2 running',
      '  001-seed=1 50%  step 5 of 10  2.00 M particle-steps/s',
      '  002-seed=2 starting',
      '',
    ]);
    expect(written.at(-2), 'three lines up and clear').toBe('\u001b[2A\u001b[J'.replace('2', '3'));
    progress.looked(runs[1], { step: 1, steps: 10, rate: 0 });
    expect(written.at(-1), 'not so soon again').toBe(screen);
    pass(600);
    progress.ended(runs[0], finished);
    expect(written.join('')).toContain('[1/3] 001-seed=1 finished in 0:01\n1 of 3 runs done, 1 running\n');
    progress.finish();
    expect(written.at(-1)).toBe('\u001b[2A\u001b[J');
  });

  it('is plain lines in a pipe, and names what failed', () => {
    const { progress, written, pass } = watch(false);
    progress.began(runs[0]);
    pass(31_000);
    progress.looked(runs[0], { step: 5, steps: 10, rate: 1 });
    progress.looked(runs[0], { step: 6, steps: 10, rate: 1 });
    const error = { code: 'x', message: 'no\u001b[2J good\nat all' };
    progress.ended(runs[0], { number: 1, status: 'failed', error });
    progress.finish();
    expect(written).toEqual([
      '0 of 3 runs done, 1 running: 001-seed=1 50%\n',
      '[1/3] 001-seed=1 failed: no?[2J good\n',
    ]);
  });

  it('says nothing when quiet', () => {
    const written: string[] = [];
    const progress = new SweepProgress({
      ...{ runs: 3, done: 0, unit: 'particle', quiet: true },
      stream: { isTTY: true, write: (text) => written.push(text) },
    });
    progress.began(runs[0]);
    progress.message('x');
    progress.ended(runs[0], finished);
    progress.finish();
    expect(written).toEqual([]);
  });
});
