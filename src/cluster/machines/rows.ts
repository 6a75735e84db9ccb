// Coordinates of some particles from all machines into one array: who is asked for what, in answers of bounded size, and
// where the rows go. For snapshots and samples; a checkpoint never passes here.

import type { RowRequest } from '../evolution.js';
import { MachineError } from './errors.js';
import type { Members } from './members.js';

/** Longest answer: more is asked for in several requests, one after the other. */
const ANSWER_BYTES = 8 * 1024 * 1024;

interface Piece {
  readonly shard: number;
  readonly indices: Uint32Array;
  /** First row of the result that it fills. */
  readonly row: number;
}

/** Pieces for each machine, in batches of at most so many rows. */
export function batchesOf(
  of: readonly RowRequest[],
  owner: Uint16Array,
  machines: number,
  mostRows: number,
): { readonly batches: readonly (readonly Piece[])[][]; readonly rows: number } {
  const batches = Array.from({ length: machines }, (): Piece[][] => []);
  const room = new Array<number>(machines).fill(0);
  let row = 0;
  for (const { shard, indices } of of) {
    const machine = owner[shard];
    for (let first = 0; first < indices.length;) {
      if (room[machine] === 0) {
        batches[machine].push([]);
        room[machine] = mostRows;
      }
      const length = Math.min(room[machine], indices.length - first);
      const piece = {
        shard,
        indices: Uint32Array.from(indices.slice(first, first + length)),
        row: row + first,
      };
      batches[machine][batches[machine].length - 1].push(piece);
      room[machine] -= length;
      first += length;
    }
    row += indices.length;
  }
  return { batches, rows: row };
}

/** Rows of all requests, one after the other, each of so many fields. @throws as `Members.each`; MachineError (`incomplete-answer`) */
export async function gatherRows(
  members: Members,
  of: readonly RowRequest[],
  fields: number,
  precision: 'f32' | 'f64',
): Promise<Float32Array | Float64Array> {
  const Numbers = precision === 'f32' ? Float32Array : Float64Array;
  const { owner, members: machines } = members.placement;
  const mostRows = Math.max(1, Math.floor(ANSWER_BYTES / (fields * Numbers.BYTES_PER_ELEMENT)));
  const { batches, rows } = batchesOf(of, owner, machines.length, mostRows);
  const out = new Numbers(rows * fields);
  await members.each(async (ask, member) => {
    for (const batch of batches[member]) {
      const of = batch.map(({ shard, indices }) => ({ shard, indices }));
      const reply = await ask('rows', { of, fields });
      const wanted = fields * batch.reduce((sum, { indices }) => sum + indices.length, 0);
      if (!(reply.rows instanceof Numbers) || reply.rows.length !== wanted) {
        throw new MachineError(
          machines[member].name,
          'incomplete-answer',
          `${reply.rows.length} coordinates instead of ${wanted} of ${precision}; this is a defect of the program, please report ` +
            'it with the config',
        );
      }
      let from = 0;
      for (const { indices, row } of batch) {
        const length = indices.length * fields;
        out.set(reply.rows.subarray(from, from + length), row * fields);
        from += length;
      }
    }
  });
  return out;
}
