// Code that reads densities at the places of particles, for programs whose inputs are `density:…` (plan.ts): places are found
// once for a few vectors of particles, then each density is gathered from the 2^d corners around and interpolated.
// A piece of code inside other functions (the test of a chunk, the walkers); not a function of its own.

import { LANES, edgeRecord, nodeRecord } from './layout.js';
import type { DensityPlan } from './density-mesh.js';
import { lower } from './lower.js';
import { noBank, type PassContext } from './passes.js';
import { f32x4, f64x2, get, i32, i32x4, set, v128, type Code } from './wasm/instructions.js';
import type { Locals } from './wasm/module.js';

/** Where vectors of particles are, in locals: `index` counted in a table without its border, `part` per coordinate. */
export interface Places {
  readonly code: Code;
  readonly index: readonly Code[];
  readonly part: readonly (readonly number[])[];
  /** Locals that hold vectors, to be cleared at the end of a loop's body. */
  readonly used: readonly number[];
}

/** Code that finds the places; `field` leaves a coordinate of a vector of particles on the stack. */
export function locatePlaces(
  { plan, literals }: PassContext,
  densities: DensityPlan,
  locals: Locals,
  groups: number,
  field: (name: string, group: number) => Code,
): Places {
  const single = plan.precision === 'f32';
  const vectors = (): number[] => Array.from({ length: groups }, () => locals.add('v128'));
  const cell = densities.sizes.map(vectors);
  const part = densities.sizes.map(vectors);
  const truncate = single ? i32x4.truncateF32 : i32x4.truncateF64;
  const code = lower(densities.locate, {
    locals,
    literals,
    groups,
    input: field,
    bank: noBank,
    output: (name, group, value) => {
      const [kind, i] = name.split(':');
      return set((kind === 'cell' ? cell : part)[Number(i)][group], value);
    },
  });
  const index = Array.from({ length: groups }, (_, group) =>
    cell
      .map((column) => truncate(get(column[group])))
      .reduce((all, next, i) =>
        i32x4.add(i32x4.multiply(all, i32x4.splat(i32.constant(densities.sizes[i]))), next),
      ),
  );
  return { code, index, part, used: [...cell, ...part].flat() };
}

/** Cells from the first of a table to that of coordinates 0: the border. */
export function borderLength({ strides }: DensityPlan): number {
  return strides.reduce((sum, stride) => sum + stride, 0);
}

export interface DensityReader {
  /** Finds the places; before anything is read. */
  readonly code: Code;
  /** Clears what was used, at the end of a loop's body (docs/performance.md). */
  readonly clear: Code;
  /**
   * Leaves an input `density:…` of one vector on the stack. `node` and `edge` are locals with the addresses of the records
   * of the node and of the edge at hand (or of the first edge, where edges are written out).
   */
  readonly read: (name: string, group: number, node: number, edge: number) => Code;
}

/** A reader for so many vectors of particles. */
export function densityReader(
  context: PassContext,
  densities: DensityPlan,
  locals: Locals,
  groups: number,
  field: (name: string, group: number) => Code,
): DensityReader {
  const { plan, strides: records } = context;
  const single = plan.precision === 'f32';
  const vector = single ? f32x4 : f64x2;
  const size = single ? 4 : 8;
  const lanes = 16 / size;
  const [loadZero, loadLane] = single
    ? [v128.load32Zero, v128.load32Lane]
    : [v128.load64Zero, v128.load64Lane];
  const places = locatePlaces(context, densities, locals, groups, field);
  const offset = locals.add('v128');
  const offsets = Array.from({ length: groups }, () =>
    Array.from({ length: lanes }, () => locals.add('i32')),
  );
  const table = locals.add('i32');
  const here = densities.strides.map(() => locals.add('v128'));
  /** The vector at a corner that is so many cells from the first. */
  const corner = (group: number, cells: number): Code => {
    const [first, ...others] = offsets[group].map((lane) => i32.add(get(table), get(lane)));
    return others.reduce<Code>(
      (loaded, address, lane) => loadLane(address, loaded, lane + 1, cells * size),
      loadZero(first, cells * size),
    );
  };
  /** Interpolates linearly from the given coordinate on, the last one first. */
  const between = (coordinate: number, group: number, cells: number): Code =>
    coordinate === densities.strides.length
      ? corner(group, cells)
      : [
          set(here[coordinate], between(coordinate + 1, group, cells)),
          vector.add(
            get(here[coordinate]),
            vector.multiply(
              get(places.part[coordinate][group]),
              vector.subtract(
                between(coordinate + 1, group, cells + densities.strides[coordinate]),
                get(here[coordinate]),
              ),
            ),
          ),
        ];
  const border = i32x4.splat(i32.constant(borderLength(densities)));
  return {
    code: [
      places.code,
      offsets.map((lane, group): Code => [
        set(offset, i32x4.shiftLeft(i32x4.add(places.index[group], border), i32.constant(single ? 2 : 3))),
        lane.map((local, l) => set(local, i32x4.extract(get(offset), l))),
      ]),
    ],
    clear: [...places.used, offset, ...here].map((local) => set(local, v128.zero)),
    read: (name, group, node, edge) => {
      const bank = name.slice('density:'.length);
      const address =
        bank === 'node'
          ? i32.load(get(node), nodeRecord.densities)
          : i32.load(get(edge), Number(bank.slice('edge'.length) || 0) * records.edge + edgeRecord.densities);
      return [set(table, address), between(0, group, 0)];
    },
  };
}

/** Row of a coordinate in a block. */
export function fieldOffset(name: string, size: number): number {
  return Number(name.slice('field:'.length)) * LANES * size;
}
