// Particles onto the mesh, and the workers' sums into one table of densities, as WebAssembly. Sums are of integers, so
// that they are the same in any order; density-mesh.ts says what the weights are. When who does what is density-control.ts.

import { LANES, PLACE_COLUMN } from './layout.js';
import { depositHeader, type DensityPlan } from './density-mesh.js';
import { bitPattern } from './ir.js';
import { borderLength, fieldOffset, locatePlaces } from './density-reader.js';
import type { PassContext } from './passes.js';
import { advance, c, locals32, plus, slotStrides, untilEnd } from './snippets.js';
import {
  f32,
  f32x4,
  f64,
  f64x2,
  get,
  i32,
  i32x4,
  i64,
  i64x2,
  set,
  v128,
  when,
  whileLoop,
  type Code,
} from './wasm/instructions.js';

/** Vectors of particles whose places are found side by side. */
const GROUPS = 2;

/**
 * Function (fields, blocks, count, places, sums): adds `count` particles of a chunk to a node's sums. Places are scratch:
 * columns of the first corner's offset in bytes, and of the weights beyond it, as 32-bit integers.
 */
export function addDeposit(context: PassContext, densities: DensityPlan): number {
  const { module, plan } = context;
  const { size, block } = slotStrides(plan);
  const lanes = 16 / size;
  const vector = size === 4 ? f32x4 : f64x2;
  const truncate = size === 4 ? i32x4.truncateF32 : i32x4.truncateF64;
  const d = plan.dimension;
  const unit = 1 << densities.fractionBits;
  const border = i32x4.splat(c(borderLength(densities)));
  return module.add({ parameters: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] }, (locals) => {
    const [fields, blocks, count, places, sums] = [0, 1, 2, 3, 4];
    const [position, end, shift, address] = locals32(locals, 4);
    const [far, near] = [locals32(locals, d), locals32(locals, d)];
    const unitVector = (size === 4 ? v128.load32Splat : v128.load64Splat)(
      c(0),
      context.literals.addressOf(bitPattern(unit, plan.precision)),
    );
    const found = locatePlaces(context, densities, locals, GROUPS, (name, group) =>
      v128.load(get(fields), fieldOffset(name, size) + 16 * group),
    );
    const locate: Code = [
      set(position, get(places)),
      set(end, i32.add(get(fields), i32.multiply(get(blocks), c(block)))),
      untilEnd(fields, end, [
        set(shift, c(0)),
        whileLoop(i32.less(get(shift), c(LANES)), [
          found.code,
          found.index.map((index, group): Code => [
            v128.store(get(position), i32x4.shiftLeft(i32x4.add(index, border), c(3)), 4 * lanes * group),
            found.part.map((column, i) =>
              v128.store(
                get(position),
                truncate(vector.multiply(get(column[group]), unitVector)),
                (1 + i) * PLACE_COLUMN + 4 * lanes * group,
              ),
            ),
          ]),
          found.used.map((local) => set(local, v128.zero)),
          advance(position, 4 * lanes * GROUPS),
          advance(fields, 16 * GROUPS),
          advance(shift, lanes * GROUPS),
        ]),
        advance(fields, block - LANES * size),
      ]),
    ];
    const corners = Array.from({ length: 1 << d }, (_, corner): Code => {
      const beyond = densities.strides.map((_, i) => ((corner >> i) & 1) === 1);
      const cells = densities.strides.reduce((sum, stride, i) => sum + (beyond[i] ? stride : 0), 0);
      const weight = beyond.map((is, i) => get((is ? far : near)[i])).reduce((a, b) => i32.multiply(a, b));
      const offset = depositHeader.size + 8 * cells;
      return i64.store(
        get(address),
        i64.add(i64.load(get(address), offset), i64.extendUnsigned(weight)),
        offset,
      );
    });
    const add: Code = [
      set(position, get(places)),
      set(end, i32.add(get(places), i32.shiftLeft(get(count), c(2)))),
      untilEnd(position, end, [
        set(address, i32.add(get(sums), i32.load(get(position)))),
        far.map((local, i): Code => [
          set(local, i32.load(get(position), (1 + i) * PLACE_COLUMN)),
          set(near[i], i32.subtract(c(unit), get(local))),
        ]),
        corners,
        advance(position, 4),
      ]),
    ];
    return [i32.store(get(sums), c(1), depositHeader.used), locate, add];
  });
}

/**
 * Exports densities(sums, stride, workers, table): adds up what the workers have deposited on a node (worker w at `sums` +
 * w `stride`), writes its densities in particles per cell, and leaves the sums empty.
 */
export function addReduction(context: PassContext, densities: DensityPlan): void {
  const { module, plan } = context;
  const { sizes, strides, length, mesh } = densities;
  const { size } = slotStrides(plan);
  let whole = 1;
  for (let i = 0; i < plan.dimension; i++) whole *= 1 << densities.fractionBits;
  module.add(
    { parameters: ['i32', 'i32', 'i32', 'i32'], results: [] },
    (locals) => {
      const [sums, stride, workers, table] = [0, 1, 2, 3];
      const [other, from, to, end, outer, line, inner] = locals32(locals, 7);
      const sum = depositHeader.size;
      const vectors = Math.ceil(length / 2);
      const gather: Code = [
        set(other, get(sums)),
        whileLoop(i32.greater(get(workers), c(1)), [
          set(workers, plus(get(workers), -1)),
          set(other, i32.add(get(other), get(stride))),
          when(i32.load(get(other), depositHeader.used), [
            i32.store(get(other), c(0), depositHeader.used),
            set(from, get(other)),
            set(to, get(sums)),
            set(end, plus(get(other), 16 * vectors)),
            untilEnd(from, end, [
              v128.store(get(to), i64x2.add(v128.load(get(to), sum), v128.load(get(from), sum)), sum),
              v128.store(get(from), v128.zero, sum),
              advance(from, 16),
              advance(to, 16),
            ]),
          ]),
        ]),
        i32.store(get(sums), c(0), depositHeader.used),
      ];
      /** Runs `body` with `line` at each line's first cell of a coordinate, in a table with entries of so many bytes. */
      const overLines = (i: number, base: number, offset: number, bytes: number, body: Code): Code => [
        set(outer, plus(get(base), offset)),
        set(end, plus(get(outer), length * bytes)),
        untilEnd(outer, end, [
          set(line, get(outer)),
          set(inner, plus(get(outer), strides[i] * bytes)),
          untilEnd(line, inner, [body, advance(line, bytes)]),
          advance(outer, sizes[i] * strides[i] * bytes),
        ]),
      ];
      const periodic = sizes.flatMap((_, i) => (mesh.periodic[i] ? [i] : []));
      /** What lies in the border belongs to the cell at the other end. */
      const fold = periodic.map((i) => {
        const at = (k: number): number => k * strides[i] * 8;
        const move = (source: number, target: number): Code =>
          i64.store(
            get(line),
            i64.add(i64.load(get(line), at(target)), i64.load(get(line), at(source))),
            at(target),
          );
        return overLines(i, sums, sum, 8, [move(0, sizes[i] - 2), move(sizes[i] - 1, 1)]);
      });
      const value = f64.multiply(f64.fromSigned64(i64.load(get(from), sum)), f64.constant(1 / whole));
      const convert: Code = [
        set(from, get(sums)),
        set(to, get(table)),
        set(end, plus(get(sums), 8 * length)),
        untilEnd(from, end, [
          size === 4 ? f32.store(get(to), f32.demote(value)) : f64.store(get(to), value),
          i64.store(get(from), i64.constant(0), sum),
          advance(from, 8),
          advance(to, size),
        ]),
      ];
      /** The border repeats the cells at the other end; coordinate by coordinate, so that edges and corners are right, too. */
      const repeat = periodic.map((i) => {
        const at = (k: number): number => k * strides[i] * size;
        const copy = (source: number, target: number): Code =>
          size === 4
            ? f32.store(get(line), f32.load(get(line), at(source)), at(target))
            : f64.store(get(line), f64.load(get(line), at(source)), at(target));
        return overLines(i, table, 0, size, [copy(sizes[i] - 2, 0), copy(1, sizes[i] - 1)]);
      });
      return [gather, fold, convert, repeat];
    },
    'densities',
  );
}
