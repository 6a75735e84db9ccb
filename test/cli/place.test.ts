// Errors from below the config get the place of the key that is to blame; others stay as they are.

import { describe, expect, it } from 'vitest';
import { placed, placing } from '../../src/cli/place.js';
import { ConfigError } from '../../src/config/mod.js';
import { GridError } from '../../src/grid/mod.js';
import { MemoryLimitError } from '../../src/particles/mod.js';
import { load } from '../config/helpers.js';

describe('places of errors', () => {
  it('are those of the keys to blame', () => {
    const cause = new MemoryLimitError('the run needs much', 'take fewer particles');
    const error = placed(load(), cause);
    if (!(error instanceof ConfigError)) throw new Error('not placed');
    expect(error.problems).toMatchObject([
      { where: 'test.yaml:8:12', message: 'the run needs much', hint: 'take fewer particles' },
    ]);
    expect(error.cause).toBe(cause);
    expect(() =>
      placing(load(['grid.box=[8, 9]']), () => {
        throw new GridError('outside-box', 'all of it lies outside', 'widen grid.box');
      }),
    ).toThrow('--set grid.box=[8, 9]: grid.box: all of it lies outside\n    fix: widen grid.box');
  });

  it('are not made up', () => {
    const unknown = new GridError('grid-not-finite', 'infinite', 'use a smaller step');
    const config = load();
    expect(placed(config, unknown)).toBe(unknown);
    expect(placed(config, 'text')).toBe('text');
    expect(placing(config, () => 7)).toBe(7);
  });
});
