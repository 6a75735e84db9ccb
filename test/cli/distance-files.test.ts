// Densities in files: what is read, and what is said where it is not as it should be.

import { describe, expect, test } from 'vitest';
import { parseDensityTable, parseNpy } from '../../src/cli/distance-files.js';
import { bytesOf, npyHeader } from '../../src/export/npy.js';

function npy(shape: readonly number[], values: readonly number[]): Uint8Array {
  return Buffer.concat([npyHeader('<f8', shape), bytesOf(Float64Array.from(values))]);
}

describe('NPY', () => {
  test('an array as the program itself writes it', () => {
    const { shape, values } = parseNpy(npy([2, 3], [1, 2, 3, 4, 5, 6]), 'a.npy');
    expect(shape).toEqual([2, 3]);
    expect(Array.from(values)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each([
    ['another file', new Uint8Array(100), /no NPY file/u],
    ['a cut one', npy([4], [1, 2, 3]), /cut off/u],
    [
      'Fortran order',
      Buffer.from(
        Buffer.from(npy([1], [1]))
          .toString('latin1')
          .replace('False', 'True '),
        'latin1',
      ),
      /Fortran order/u,
    ],
    [
      'complex numbers',
      Buffer.from(
        Buffer.from(npy([1], [1]))
          .toString('latin1')
          .replace('<f8', '<c8'),
        'latin1',
      ),
      /type <c8/u,
    ],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => parseNpy(bytes, 'a.npy')).toThrow(message);
  });
});

describe('CSV', () => {
  const rows = [0, 1, 2, 3].flatMap((i) => ['b', 'a'].map((node) => `${node},${0.5 + i},${i}`));

  test('cells in any order, nodes by name', () => {
    const table = parseDensityTable(['node,x,density', ...rows.reverse()].join('\n'), 'a.csv');
    expect(table.cells).toEqual([4]);
    expect([table.low[0], table.high[0]]).toEqual([0, 4]);
    expect(table.nodeNames).toEqual(['a', 'b']);
    expect(Array.from(table.values)).toEqual([0, 1, 2, 3, 0, 1, 2, 3]);
  });

  test('two coordinates: the last runs fastest', () => {
    const lines = [0, 1, 2, 3].flatMap((i) => [0, 1, 2, 3].map((j) => `${i},${2 * j},${10 * i + j}`));
    const table = parseDensityTable(['x,y,density', ...lines].join('\n'), 'a.csv');
    expect(table.cells).toEqual([4, 4]);
    expect(table.values[4 * 2 + 3]).toBe(23);
    expect(table.high[1]).toBe(7);
  });

  test.each([
    ['no density', ['x,y', '0,1'], /needed are/u],
    ['a word', ['x,density', '0,1', '1,one', '2,1', '3,1'], /a\.csv:3: "one" in column density/u],
    ['a hole', ['node,x,density', ...rows.slice(1)], /1 cells of 8 are missing/u],
    ['a cell twice', ['node,x,density', ...rows, rows[0]], /there twice/u],
    ['unequal steps', ['x,density', '0,1', '1,1', '2.5,1', '3,1'], /not equally far/u],
    ['three places', ['x,density', '0,1', '1,1', '2,1'], /at least 4/u],
  ])('%s is refused', (_, lines, message) => {
    expect(() => parseDensityTable(lines.join('\n'), 'a.csv')).toThrow(message);
  });
});
