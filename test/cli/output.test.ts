// How the command line speaks: numbers with errors, tables, and errors with their exit codes. Progress is
// progress.test.ts, whole commands are test/integration/commands.test.ts.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { exitCode, report, UsageError } from '../../src/cli/exit.js';
import { table, withError } from '../../src/cli/format.js';
import { StateError } from '../../src/estimate/mod.js';
import { RunFolderError } from '../../src/output/mod.js';

describe('withError', () => {
  it.each([
    [1.23456789, 0.0123, '1.235 ± 0.012'],
    [-0.00001, 0.5, '-0.00 ± 0.50'],
    [12345.678, 23, '12346 ± 23'],
    [12345.678, 2300, '12346 ± 2300'],
    [0.25, 0, '0.25'],
    [0.25, NaN, '0.25'],
    [1 / 3, NaN, '0.333333'],
    [NaN, 0.1, '-'],
    [Infinity, 0.1, '-'],
  ])('of %f and %f is %s', (value, error, text) => {
    expect(withError(value, error)).toBe(text);
  });
});

describe('table', () => {
  it('aligns the first column to the left and the others to the right', () => {
    const rows = [
      ['node', 'mass'],
      ['left', '0.5'],
      ['a', '0.25 ± 0.01'],
    ];
    expect(table(rows)).toBe('  node         mass\n  left          0.5\n  a     0.25 ± 0.01\n');
  });
});

describe('report', () => {
  let said = '';
  beforeEach(() => {
    said = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said += String(text)), true));
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('gives mistakes of usage 2 and says the fix once', () => {
    expect(report(new UsageError('no such thing'))).toBe(exitCode.usage);
    expect(said).toBe('error: no such thing\n');
    said = '';
    expect(report(new RunFolderError('folder-exists', '/x', '/x is not empty', 'take another'))).toBe(
      exitCode.usage,
    );
    expect(said).toBe('error: /x is not empty\n    fix: take another\n');
    said = '';
    expect(report(Object.assign(new Error('too large'), { code: 'memory-limit', hint: 'smaller' }))).toBe(2);
    expect(said).toBe('error: too large\n  fix: smaller\n');
  });

  it('gives failures of runs 1', () => {
    expect(report(new StateError('not-finite', 'it diverged'))).toBe(exitCode.failed);
    expect(said).toBe('error: it diverged\n');
  });

  it('shows the stack of defects, and asks to report them', () => {
    expect(report(new TypeError('oops'))).toBe(exitCode.failed);
    expect(said).toContain('TypeError: oops\n    at ');
    expect(said).toContain('Please report it');
    said = '';
    expect(report('a text')).toBe(exitCode.failed);
    expect(said).toBe('error: a text\n');
  });
});
