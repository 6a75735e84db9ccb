// NPY headers against those that numpy writes, and what an NPZ holds, read by a reader of ten lines. That numpy reads it is
// test/integration/export.test.ts.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { npyHeader, npyTexts } from '../../src/export/npy.js';
import { writeNpz } from '../../src/export/npz.js';
import {
  energies,
  exportData,
  gridData,
  kineticData,
  never,
  nodeNames,
  observations,
  secondOrderData,
  snapshots,
  useScratch,
} from './data.js';

const scratch = useScratch();

/** The stored files of a ZIP by name, from its central directory. */
function unzip(zip: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [size, nameLength, extra] = [
      zip.readUInt32LE(at + 20),
      zip.readUInt16LE(at + 28),
      zip.readUInt16LE(at + 30),
    ];
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    files.set(name, zip.subarray(start, start + size));
    at += 46 + nameLength + extra;
  }
  return files;
}

/** Header and numbers of an array. */
function parse(npy: Buffer | undefined): { header: string; bytes: Buffer } {
  if (!npy) throw new Error('no such array');
  const start = 10 + npy.readUInt16LE(8);
  return { header: npy.toString('latin1', 10, start).trim(), bytes: npy.subarray(start) };
}

function doubles(npy: Buffer | undefined): number[] {
  const { bytes } = parse(npy);
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.readDoubleLE(8 * i));
}

describe('NPY', () => {
  it('has the header that numpy 1.24 writes', () => {
    // np.lib.format.write_array_header_1_0 of the same.
    const expected = `\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }`;
    expect(Buffer.from(npyHeader('<f8', [3, 2])).toString('latin1')).toBe(`${expected.padEnd(127)}\n`);
  });

  it('begins its numbers at a multiple of 64, whatever the length of the dictionary', () => {
    for (let rank = 0; rank < 40; rank++) {
      const header = npyHeader('<i4', new Array<number>(rank).fill(12));
      expect(header.length % 64).toBe(0);
      expect(header.at(-1)).toBe(10);
    }
  });

  it('writes shapes as Python reads them', () => {
    const shape = (lengths: number[]): string | undefined =>
      /'shape': (\(.*?\))/u.exec(Buffer.from(npyHeader('|b1', lengths)).toString('latin1'))?.[1];
    expect([[], [5], [5, 6]].map(shape)).toEqual(['()', '(5,)', '(5, 6)']);
  });

  it('holds texts by their characters, also beyond 16 bits', () => {
    const { type, bytes } = npyTexts(['a', 'b😀c']);
    expect(type).toBe('<U3');
    const codes = new Uint32Array(bytes.buffer, bytes.byteOffset, 6);
    expect([...codes]).toEqual([97, 0, 0, 98, 0x1f600, 99]);
    expect(npyTexts(['']).type).toBe('<U1');
  });
});

describe('an NPZ of a run', () => {
  it('holds the numbers of tables and snapshots', async () => {
    expect(await writeNpz(exportData(), scratch('a.npz'), never)).toEqual([]);
    const files = unzip(readFileSync(scratch('a.npz')));
    expect(doubles(files.get('mass.npy'))).toEqual(observations.flatMap(({ mass }) => mass));
    expect(parse(files.get('covariance.npy')).header).toContain("'shape': (3, 3, 2, 2)");
    expect(doubles(files.get('mean.npy')).slice(0, 6)).toEqual([0, 1, 2, 3, NaN, NaN]);
    expect(doubles(files.get('mixing_energy.npy'))).toEqual([NaN, NaN, NaN]);
    expect(doubles(files.get('energy.npy'))).toEqual(energies.map(({ energy }) => energy));
    expect(parse(files.get('energy_step.npy')).header).toContain(
      "'<i8', 'fortran_order': False, 'shape': (2,)",
    );
    expect(parse(files.get('x_20.npy')).header).toContain("'<f4', 'fortran_order': False, 'shape': (4, 2)");
    expect(new Float32Array(new Uint8Array(parse(files.get('x_20.npy')).bytes).buffer)).toEqual(
      snapshots[1].x,
    );
    expect(new Int32Array(new Uint8Array(parse(files.get('node_0.npy')).bytes).buffer)).toEqual(
      snapshots[0].node,
    );
    expect(parse(files.get('node_names.npy')).header).toContain(`'<U${nodeNames[1].length}'`);
  });

  it('holds densities of a grid, with its box', async () => {
    await writeNpz(gridData(), scratch('g.npz'), never);
    const files = unzip(readFileSync(scratch('g.npz')));
    expect(parse(files.get('density_20.npy')).header).toContain("'shape': (3, 2, 3)");
    expect(doubles(files.get('density_20.npy'))[17]).toBe(117);
    expect(doubles(files.get('density_low.npy'))).toEqual([0, -3]);
    expect([...parse(files.get('density_periodic.npy')).bytes]).toEqual([1, 0]);
  });

  it('holds velocities, and phi', async () => {
    await writeNpz(kineticData(), scratch('k.npz'), never);
    const w = parse(unzip(readFileSync(scratch('k.npz'))).get('w_20.npy'));
    expect(w.header).toContain("'descr': '<f4'");
    expect(w.bytes.readFloatLE(4 * 7)).toBe(2 * snapshots[1].x[7]);
    await writeNpz(secondOrderData(), scratch('s.npz'), never);
    const phi = unzip(readFileSync(scratch('s.npz'))).get('phi_20.npy');
    expect(parse(phi).header).toContain("'shape': (3, 2, 3)");
    expect(doubles(phi)[17]).toBe(-117);
  });

  it('has the same bytes in every time zone', async () => {
    await writeNpz(exportData(), scratch('a.npz'), never);
    const zone = process.env['TZ'];
    process.env['TZ'] = 'Pacific/Auckland';
    await writeNpz(exportData(), scratch('b.npz'), never);
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
    expect(readFileSync(scratch('b.npz')).equals(readFileSync(scratch('a.npz')))).toBe(true);
  });

  it.each([0, 10, 30])('has the same bytes if %d numbers are gathered at once', async (most) => {
    await writeNpz(exportData(), scratch('a.npz'), never);
    await writeNpz(exportData(), scratch('b.npz'), never, most);
    expect(readFileSync(scratch('b.npz')).equals(readFileSync(scratch('a.npz')))).toBe(true);
  });

  it('says what the run has left out', async () => {
    const lean = observations.map(({ covariance: _c, jumps: _j, ...rest }) => rest);
    async function* each(): AsyncGenerator<(typeof lean)[number]> {
      yield* lean;
    }
    const notes = await writeNpz(exportData({ observations: each }), scratch('a.npz'), never);
    expect(notes.join('\n')).toMatch(/covariance.*\n.*jumps/u);
    expect([...unzip(readFileSync(scratch('a.npz'))).keys()]).not.toContain('covariance.npy');
  });
});
