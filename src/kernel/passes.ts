// The short passes over a chunk as WebAssembly functions: Gaussians, diffusion with the jump test, the test alone, the
// potential. Each streams through blocks of 16 particles; loops and addresses are here, arithmetic comes from the IR.

import { gaussianOfRadius, gaussianPair, negativeLogarithm } from '../elementary/mod.js';
import { densityReader } from './density-reader.js';
import { ProgramBuilder, type Program } from './ir.js';
import { LANES, nodeRecord, SPARE_LEVELS } from './layout.js';
import { advance, untilEnd } from './snippets.js';
import { lower, pressure, type LiteralPool } from './lower.js';
import { compareProgram, type KernelPlan, type NodeClass } from './plan.js';
import type { RecordStrides } from './uniforms.js';
import {
  branchIf,
  f32x4,
  f64x2,
  get,
  i32,
  i8x16,
  i16x8,
  i64x2,
  loop,
  set,
  v128,
  type Code,
} from './wasm/instructions.js';
import type { Locals, ModuleBuilder } from './wasm/module.js';

/** Live values that may be interleaved: beyond this the registers (16) spill faster than latency is hidden. */
const REGISTERS = 16;

/** Code size limit of a loop body, in operations: beyond it fewer groups are interleaved. */
const BODY_OPERATIONS = 1500;

/** Vectors of particles interleaved in the test where rates need densities. */
const DENSITY_GROUPS = 2;

export interface PassContext {
  readonly plan: KernelPlan;
  readonly strides: RecordStrides;
  readonly literals: LiteralPool;
  readonly module: ModuleBuilder;
}

const WORD_ROW = LANES * 4;

/** The Box-Muller pair as IR: integer inputs `word0`, `word1`, outputs `first`, `second`. Always f32. */
export function gaussianProgram(): Program {
  const ops = new ProgramBuilder('f32');
  const [first, second] = gaussianPair(ops, ops.integerInput('word0'), ops.integerInput('word1'));
  return ops.finish({ first, second });
}

/** The same in two parts: integer input `word`, output `square` (of the radius); inputs `square`, `word`, outputs as above. */
function gaussianPrograms(): { square: Program; pair: Program } {
  const first = new ProgramBuilder('f32');
  const square = first.finish({ square: negativeLogarithm(first, first.integerInput('word')) });
  const ops = new ProgramBuilder('f32');
  const [one, other] = gaussianOfRadius(ops, ops.input('square'), ops.integerInput('word'));
  return { square, pair: ops.finish({ first: one, second: other }) };
}

/** Vectors of radii computed side by side: they are a long chain of operations with few values alive. */
const RADIUS_GROUPS = 8;

/**
 * Function (words, noise, blocks): turns each block's rows of words into rows of Gaussians (f32). Two loops, the first of which
 * leaves squares of radii in place of their words: in one loop the processor would see too little of the next round while it waits
 * for this one's logarithm (docs/performance.md).
 */
export function addGaussianPass({ plan, literals, module }: PassContext, exportName?: string): number {
  const { square, pair } = gaussianPrograms();
  const { dimension, wordsPerParticle } = plan;
  const block = wordsPerParticle * WORD_ROW;
  const pairs = Array.from({ length: wordsPerParticle / 2 }, (_, index) => index);
  return module.add(
    { parameters: ['i32', 'i32', 'i32'], results: [] },
    (locals) => {
      const [words, noise, blocks] = [0, 1, 2];
      const end = locals.add('i32');
      const pointer = locals.add('i32');
      const step = (RADIUS_GROUPS / 4) * block;
      /** Of one pair and of as many blocks as there are groups for. */
      const wordAt = (index: number, group: number): number =>
        Math.floor(group / 4) * block + 2 * index * WORD_ROW + 16 * (group % 4);
      const radii = (index: number): Code =>
        lower(square, {
          locals,
          literals,
          groups: RADIUS_GROUPS,
          input: (_, group) => v128.load(get(pointer), wordAt(index, group)),
          bank: noBank,
          output: (_, group, value) => v128.store(get(pointer), value, wordAt(index, group)),
        });
      const numbers = (index: number): Code =>
        lower(pair, {
          locals,
          literals,
          groups: 4,
          input: (name, group) =>
            v128.load(get(words), (2 * index + (name === 'word' ? 1 : 0)) * WORD_ROW + 16 * group),
          bank: noBank,
          output: (name, group, value) => {
            const row = 2 * index + (name === 'first' ? 0 : 1);
            return row < dimension ? v128.store(get(noise), value, row * WORD_ROW + 16 * group) : [];
          },
        });
      return [
        set(end, i32.add(get(words), i32.multiply(get(blocks), i32.constant(block)))),
        set(pointer, get(words)),
        untilEnd(pointer, end, [pairs.map(radii), advance(pointer, step)]),
        untilEnd(words, end, [
          pairs.map(numbers),
          advance(words, block),
          advance(noise, dimension * WORD_ROW),
        ]),
      ];
    },
    exportName,
  );
}

/** Parameters of the class passes; the test pass gets them all too and does not read `noise`. */
export const classPass = {
  signature: { parameters: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], results: [] },
  fields: 0,
  blocks: 1,
  words: 2,
  noise: 3,
  flags: 4,
  node: 5,
  edges: 6,
} as const;

/**
 * Function of `classPass`: with `move`, diffuses the particles; then tests them and leaves a vector of flags per vector of
 * particles (all ones for a candidate; packed by addPackFlags). The spare bits are the low bytes of word row 1 (behind a move) or row 0 (the test alone draws one row).
 */
export function addClassPass(context: PassContext, nodeClass: NodeClass, move: boolean): number {
  const { plan, module } = context;
  const program = move ? nodeClass.diffuse : nodeClass.test;
  const vectors = plan.precision === 'f32' ? 4 : 8;
  const most = Math.max(pressure(program), ...(nodeClass.boundTerms ?? []).map((p) => pressure(p) + 1));
  let groups = vectors;
  while (
    groups > 1 &&
    (groups * most > REGISTERS * 2 || groups * program.instructions.length > BODY_OPERATIONS)
  ) {
    groups /= 2;
  }
  // Code that gathers densities is long, and has independent loads enough.
  if (plan.densities && !move) groups = Math.min(groups, DENSITY_GROUPS);
  return module.add(classPass.signature, (locals) =>
    classPassBody(context, nodeClass, move, program, groups, locals),
  );
}

function classPassBody(
  context: PassContext,
  nodeClass: NodeClass,
  move: boolean,
  program: Program,
  groups: number,
  locals: Locals,
): Code {
  const { plan, strides, literals } = context;
  const { fields, words, noise, flags, node, edges, blocks } = classPass;
  const size = plan.precision === 'f32' ? 4 : 8;
  const lanes = 16 / size;
  const vectors = LANES / lanes;
  const rounds = vectors / groups;
  const fieldRow = LANES * size;
  const wordRows = move ? plan.wordsPerParticle : 1;
  const spareRow = move ? WORD_ROW : 0;

  const end = locals.add('i32');
  const shift = locals.add('i32');
  // Loaded once: a load between the groups' loads would keep V8 from pairing these.
  const spareMask = locals.add('v128');
  const spare = (group: number): Code =>
    size === 4
      ? f32x4.fromSigned(v128.and(v128.load(get(words), spareRow + 16 * group), get(spareMask)))
      : f64x2.fromUnsignedLow(v128.and(v128.load64Zero(get(words), spareRow + 8 * group), get(spareMask)));
  const field = (name: string, group: number): Code =>
    v128.load(get(fields), Number(name.slice('field:'.length)) * fieldRow + 16 * group);
  const reader =
    plan.densities && !move ? densityReader(context, plan.densities, locals, groups, field) : undefined;
  const input = (name: string, group: number, edge: number = edges): Code => {
    const [kind, index] = name.split(':');
    const row = Number(index);
    if (kind === 'field') return field(name, group);
    if (kind === 'density' && reader) return reader.read(name, group, node, edge);
    if (kind === 'spare') return spare(group);
    if (kind === 'noise') {
      return size === 4
        ? v128.load(get(noise), row * WORD_ROW + 16 * group)
        : f64x2.promoteLow(v128.load64Zero(get(noise), row * WORD_ROW + 8 * group));
    }
    throw new Error(`a pass has no input ${name}`);
  };
  const collect = (group: number, value: Code): Code => v128.store(get(flags), value, 16 * group);
  const output = (name: string, group: number, value: Code): Code =>
    name === 'candidate'
      ? collect(group, value)
      : v128.store(get(fields), value, Number(name.slice(6)) * fieldRow + 16 * group);
  const bank = bankResolver(strides, node, edges);
  const part = (p: Program): Code => lower(p, { locals, literals, groups, input, bank, output });

  // Where rates need densities, a move is made without the test.
  const loopsOverEdges = nodeClass.boundTerms && !(plan.densities && move);
  const round: Code = [
    reader?.code ?? [],
    part(program),
    loopsOverEdges ? boundLoop(context, nodeClass, groups, locals, input, collect) : [],
    reader?.clear ?? [],
    rounds === 1
      ? []
      : [
          advance(fields, 16 * groups),
          advance(flags, 16 * groups),
          advance(noise, 4 * lanes * groups),
          advance(words, 4 * lanes * groups),
          advance(shift, lanes * groups),
        ],
  ];
  const step = (row: number, rows: number): number => row * rows - (rounds === 1 ? 0 : row);
  return [
    set(spareMask, v128.load32Splat(i32.constant(0), literals.addressOf(BigInt(SPARE_LEVELS - 1)))),
    set(end, i32.add(get(fields), i32.multiply(get(blocks), i32.constant(plan.fields * fieldRow)))),
    untilEnd(fields, end, [
      rounds === 1
        ? [round, advance(flags, fieldRow)]
        : [set(shift, i32.constant(0)), loop(round, branchIf(0, i32.less(get(shift), i32.constant(LANES))))],
      advance(fields, step(fieldRow, plan.fields)),
      advance(words, step(WORD_ROW, wordRows)),
      move ? advance(noise, step(WORD_ROW, plan.dimension)) : rounds === 1 ? [] : advance(noise, -WORD_ROW),
    ]),
  ];
}

/**
 * Function (flags, masks, blocks): packs the class pass's flags into 16 bits per block. A loop of its own, because it
 * leaves the vector unit: in the class pass it would keep V8 from pairing vectors.
 */
export function addPackFlags({ plan, module }: PassContext): number {
  const size = plan.precision === 'f32' ? 4 : 8;
  const lanes = 16 / size;
  return module.add({ parameters: ['i32', 'i32', 'i32'], results: [] }, (locals) => {
    const [flags, masks, blocks] = [0, 1, 2];
    const end = locals.add('i32');
    const flag = (group: number): Code => v128.load(get(flags), 16 * group);
    const packed: Code =
      size === 4
        ? i8x16.bitmask(
            i8x16.narrowSigned(i16x8.narrowSigned(flag(0), flag(1)), i16x8.narrowSigned(flag(2), flag(3))),
          )
        : Array.from({ length: LANES / lanes }, (_, group) =>
            i32.shiftLeft(i64x2.bitmask(flag(group)), i32.constant(lanes * group)),
          ).reduce((all, next) => i32.or(all, next));
    return [
      set(end, i32.add(get(masks), i32.shiftLeft(get(blocks), i32.constant(1)))),
      untilEnd(masks, end, [
        i32.store16(get(masks), packed),
        advance(masks, 2),
        advance(flags, LANES * size),
      ]),
    ];
  });
}

/** Adds the bound up over the edges of each kind, then compares it with the spare bits. */
function boundLoop(
  { plan, strides, literals }: PassContext,
  nodeClass: NodeClass,
  groups: number,
  locals: Locals,
  input: (name: string, group: number, edge?: number) => Code,
  collect: (group: number, value: Code) => Code,
): Code {
  const { node, edges } = classPass;
  const vector = plan.precision === 'f32' ? f32x4 : f64x2;
  const sums = Array.from({ length: groups }, () => locals.add('v128'));
  const edge = locals.add('i32');
  const end = locals.add('i32');
  return [
    sums.map((sum) => set(sum, v128.zero)),
    set(edge, get(edges)),
    (nodeClass.boundTerms ?? []).map((term, run): Code => [
      set(
        end,
        i32.add(
          get(edge),
          i32.multiply(i32.load(get(node), nodeRecord.runs + 4 * run), i32.constant(strides.edge)),
        ),
      ),
      untilEnd(edge, end, [
        lower(term, {
          locals,
          literals,
          groups,
          input: (name, group) => input(name, group, edge),
          bank: bankResolver(strides, node, edge),
          output: (_, group, value) => set(sums[group], vector.add(get(sums[group]), value)),
        }),
        advance(edge, strides.edge),
      ]),
    ]),
    lower(compareProgram(plan.precision), {
      locals,
      literals,
      groups,
      input: (name, group) => (name === 'bound' ? get(sums[group]) : input(name, group)),
      bank: noBank,
      output: (_, group, value) => collect(group, value),
    }),
  ];
}

/**
 * Function (fields, blocks, record, out): copies the d coordinates to f64 columns of a chunk's length, and V and, where
 * there are velocities, |w|^2/2 behind them; one function per potential.
 */
export function addPotentialPass(
  { plan, literals, module }: PassContext,
  program: Program,
  columnBytes: number,
  exportName: string,
): number {
  const size = plan.precision === 'f32' ? 4 : 8;
  const fieldRow = LANES * size;
  const write = (locals: Locals): Code => {
    const [fields, blocks, record, out] = [0, 1, 2, 3];
    const end = locals.add('i32');
    const shift = locals.add('i32');
    const coordinate = (row: number): Code =>
      size === 4
        ? f64x2.promoteLow(v128.load64Zero(get(fields), row * fieldRow))
        : v128.load(get(fields), row * fieldRow);
    return [
      set(end, i32.add(get(fields), i32.multiply(get(blocks), i32.constant(plan.fields * fieldRow)))),
      untilEnd(fields, end, [
        set(shift, i32.constant(0)),
        loop(
          lower(program, {
            locals,
            literals,
            groups: 1,
            input: (name) => coordinate(Number(name.slice(6))),
            bank: () => ({ base: get(record), offset: 0 }),
            output: (name, _, value) =>
              v128.store(get(out), value, (plan.dimension + (name === 'kinetic' ? 1 : 0)) * columnBytes),
          }),
          Array.from({ length: plan.dimension }, (_, i) =>
            v128.store(get(out), coordinate(i), i * columnBytes),
          ),
          advance(out, 16),
          advance(fields, 2 * size),
          advance(shift, 2),
          branchIf(0, i32.less(get(shift), i32.constant(LANES))),
        ),
        advance(fields, (plan.fields - 1) * fieldRow),
      ]),
    ];
  };
  return module.add({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, write, exportName);
}

/** Node slots behind `node`, edge slots behind `edges` (edge i of the written-out ones: i records on). */
export function bankResolver(strides: RecordStrides, node: number, edges: number) {
  return (name: string): { base: Code; offset: number } =>
    name === 'node'
      ? { base: get(node), offset: strides.nodeSlots }
      : { base: get(edges), offset: Number(name.slice(4) || 0) * strides.edge + strides.edgeSlots };
}

export function noBank(name: string): never {
  throw new Error(`no bank ${name} here`);
}
