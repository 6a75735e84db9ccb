// The reaction of a chunk's candidates, as WebAssembly: they become walkers, which jump until their time is up; those that
// end at another node are written into the worker's outbox and leave holes. The arithmetic is hop.ts.

import { ENTRIES_PER_CLASS, entry } from './entries.js';
import { WALKER_VECTORS, walkerSignature } from './hop.js';
import {
  HOLE,
  LANES,
  edgeRecord,
  emigrant,
  emigrantBytes,
  kernelError,
  nodeRecord,
  shardHeader,
  walkerLayout,
  workerContext,
} from './layout.js';
import type { PassContext } from './passes.js';
import { advance, c, copyField, isNotNumber, locals32, plus, slotStrides, untilEnd } from './snippets.js';
import {
  branch,
  branchIf,
  block,
  call,
  callIndirect,
  get,
  i32,
  i64,
  loop,
  set,
  unreachable,
  v128,
  when,
  whileLoop,
  type Code,
} from './wasm/instructions.js';

/** Rounds of jumps a walker may make in one reaction before the rates are declared hopeless. */
const MOST_ROUNDS = 100_000;

/**
 * Candidates gathered per word of 64 flags without asking whether there are so many: more are rare, and a branch that is
 * taken now and then costs more than a few entries that are written over.
 */
const GATHERED_AT_LEAST = 3;

/** Function (fields, blocks, count, context) -> count: appends a chunk's candidates to `count` walkers, by position. */
export function addGather({ module, plan }: PassContext): number {
  const { size, block: blockBytes } = slotStrides(plan);
  const { slot: column } = walkerLayout(size);
  const width = size === 4 ? 2 : 3;
  return module.add({ parameters: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] }, (locals) => {
    const [fields, blocks, count, worker] = [0, 1, 2, 3];
    const [position, end, out, bit] = locals32(locals, 4);
    const mask = locals.add('i64');
    const bitOffset = (blockBits: Code): Code =>
      i32.add(
        i32.multiply(i32.and(i32.shiftRight(blockBits, c(4)), c(3)), c(blockBytes)),
        i32.shiftLeft(i32.and(get(bit), c(LANES - 1)), c(width)),
      );
    const next = (index: number): Code => [
      set(bit, i32.wrap(i64.countTrailingZeros(get(mask)))),
      set(mask, i64.and(get(mask), i64.subtract(get(mask), i64.constant(1)))),
      i32.store(get(out), i32.add(get(fields), bitOffset(get(bit))), column + index * size),
    ];
    return [
      set(position, i32.load(get(worker), workerContext.masks)),
      set(end, i32.add(get(position), i32.shiftLeft(get(blocks), c(1)))),
      set(count, i32.add(i32.load(get(worker), workerContext.walkers), i32.shiftLeft(get(count), c(width)))),
      untilEnd(position, end, [
        set(mask, i64.load(get(position))),
        set(out, get(count)),
        set(count, i32.add(get(count), i32.shiftLeft(i32.wrap(i64.countOnes(get(mask))), c(width)))),
        Array.from({ length: GATHERED_AT_LEAST }, (_, index) => next(index)),
        advance(out, GATHERED_AT_LEAST * size),
        whileLoop(i64.notEqual(get(mask), i64.constant(0)), [next(0), advance(out, size)]),
        advance(position, 8),
        advance(fields, 4 * blockBytes),
      ]),
      i32.shiftRight(i32.subtract(get(count), i32.load(get(worker), workerContext.walkers)), c(width)),
    ];
  });
}

/** Function (count, shard, context): the gathered candidates react; those that end elsewhere emigrate. */
export function addReact(context: PassContext, fillWords: number): number {
  const { module, plan, strides: records } = context;
  const { size, row } = slotStrides(context.plan);
  const layout = walkerLayout(size);
  const walkerType = module.type(walkerSignature);
  const lanes = (WALKER_VECTORS * 16) / size;
  const load = (address: Code, offset = 0): Code => i32.load(address, offset);
  const entrySize = emigrantBytes(plan.fields, size);

  return module.add({ parameters: ['i32', 'i32', 'i32'], results: [] }, (locals) => {
    const [count, shard, worker] = [0, 1, 2];
    const [walkers, next, rounds, home, words, secondWords] = locals32(locals, 6);
    const [nodeTable, edgeTable, jumps, outEnd] = locals32(locals, 4);
    const [j, k, nodeRecordAddress, edges, node, nodeClass, position, edge, run, end, slot, top] = locals32(
      locals,
      12,
    );

    const column = (buffer: number, offset: number, index: number): Code =>
      plus(i32.add(get(buffer), i32.multiply(get(index), c(size))), offset);
    const splat = size === 4 ? v128.load32Splat : v128.load64Splat;
    /** All start at home with the whole time; whole vectors, so that entries behind the last are written, too. */
    const begin: Code = [
      set(position, get(walkers)),
      set(end, column(walkers, 0, count)),
      untilEnd(position, end, [
        v128.store(get(position), splat(get(worker), workerContext.reactionTime), layout.time),
        v128.store(get(position), splat(get(shard), shardHeader.node), layout.node),
        advance(position, 16),
      ]),
    ];

    const nodeAddress = (index: Code): Code => i32.add(get(nodeTable), i32.multiply(index, c(records.node)));
    const edgeAddress = (index: Code): Code => i32.add(get(edgeTable), i32.multiply(index, c(records.edge)));

    const nodeOf = (index: number): Code => load(column(walkers, layout.node, index));
    const thinGroup = (index: number): Code => load(nodeAddress(nodeOf(index)), nodeRecord.thinGroup);
    /** Calls a class's function for runs of walkers with one key, up to two vectors at a time. */
    const overRuns = (tableEntry: number, key: (index: number) => Code, addresses: Code): Code => [
      set(j, c(0)),
      whileLoop(i32.less(get(j), get(count)), [
        set(node, key(j)),
        set(run, plus(get(j), 1)),
        set(end, i32.select(get(count), plus(get(j), lanes), i32.less(get(count), plus(get(j), lanes)))),
        block(
          loop(
            branchIf(1, i32.greaterOrEqual(get(run), get(end))),
            branchIf(1, i32.notEqual(key(run), get(node))),
            advance(run, 1),
            branch(0),
          ),
        ),
        set(nodeRecordAddress, nodeAddress(nodeOf(j))),
        set(nodeClass, i32.multiply(load(get(nodeRecordAddress), nodeRecord.class), c(ENTRIES_PER_CLASS))),
        addresses,
        callIndirect(
          walkerType,
          plus(get(nodeClass), tableEntry),
          column(walkers, 0, j),
          i32.add(get(words), i32.shiftLeft(get(j), c(2))),
          i32.add(get(secondWords), i32.shiftLeft(get(j), c(2))),
          get(nodeRecordAddress),
          get(edges),
          load(get(worker), workerContext.rates),
        ),
        set(j, get(run)),
      ]),
    ];
    const ownEdges = set(edges, edgeAddress(load(get(nodeRecordAddress), nodeRecord.firstEdge)));
    const hopAll = overRuns(entry.hop, nodeOf, ownEdges);
    /** Walkers at different nodes of a class together, where the class allows it (hop.ts, addThin). */
    const thinAll = overRuns(
      entry.thin,
      thinGroup,
      when(i32.lessSigned(get(node), c(0)), ownEdges, [
        set(nodeRecordAddress, get(nodeTable)),
        set(edges, get(edgeTable)),
      ]),
    );

    const emit: Code = [
      when(i32.greater(plus(get(top), entrySize), get(outEnd)), [
        i32.store(get(worker), c(kernelError.outboxFull), workerContext.error),
        unreachable,
      ]),
      set(slot, load(column(walkers, layout.slot, j))),
      i32.store(get(top), load(column(walkers, layout.node, j)), emigrant.node),
      i32.store(get(top), get(slot), emigrant.slot),
      Array.from({ length: plan.fields }, (_, i) =>
        copyField(size, get(top), emigrant.fields + i * size, get(slot), i * row),
      ),
      i32.store(get(slot), c(HOLE), size - 4),
      advance(top, entrySize),
    ];

    /** Walker j becomes walker `next`, with the time in the given column, at the given node. */
    const keep = (time: number, atNode: Code): Code => [
      copyField(size, column(walkers, layout.time, next), 0, column(walkers, time, j), 0),
      i32.store(column(walkers, layout.node, next), atNode),
      i32.store(column(walkers, layout.slot, next), load(column(walkers, layout.slot, j))),
      advance(next, 1),
    ];
    const arrive: Code = when(i32.notEqual(load(column(walkers, layout.node, j)), get(home)), emit);

    /** Walkers that jumped go on, in place; the others have arrived. */
    const followJumps: Code = [
      set(next, c(0)),
      set(j, c(0)),
      whileLoop(i32.less(get(j), get(count)), [
        set(edge, load(column(walkers, layout.edge, j))),
        when(i32.equal(get(edge), c(-1)), arrive, [
          when(isNotNumber(size, column(walkers, layout.remaining, j)), [
            i32.store(get(worker), load(column(walkers, layout.node, j)), workerContext.errorNode),
            i32.store(get(worker), c(kernelError.badRate), workerContext.error),
            unreachable,
          ]),
          set(
            edges,
            edgeAddress(
              i32.add(
                load(nodeAddress(load(column(walkers, layout.node, j))), nodeRecord.firstEdge),
                get(edge),
              ),
            ),
          ),
          keep(layout.remaining, load(get(edges), edgeRecord.target)),
          set(k, i32.add(get(jumps), i32.shiftLeft(load(get(edges), edgeRecord.edge), c(3)))),
          i64.store(get(k), i64.add(i64.load(get(k)), i64.constant(1))),
        ]),
        advance(j, 1),
      ]),
      set(count, get(next)),
    ];

    /** After a jump the spare-bits test is made anew: who is no candidate to jump again has arrived. */
    const thinOut: Code = [
      set(k, i32.shiftRight(plus(get(count), LANES - 1), c(4))),
      call(fillWords, get(shard), get(words), get(k)),
      thinAll,
      set(next, c(0)),
      set(j, c(0)),
      whileLoop(i32.less(get(j), get(count)), [
        when(
          load(column(walkers, layout.edge, j)),
          keep(layout.time, load(column(walkers, layout.node, j))),
          arrive,
        ),
        advance(j, 1),
      ]),
      set(count, get(next)),
    ];

    return [
      set(top, load(get(worker), workerContext.outTop)),
      set(walkers, load(get(worker), workerContext.walkers)),
      set(home, load(get(shard), shardHeader.node)),
      set(nodeTable, load(get(worker), workerContext.nodeTable)),
      set(edgeTable, load(get(worker), workerContext.edgeTable)),
      set(jumps, load(get(worker), workerContext.jumps)),
      set(outEnd, load(get(worker), workerContext.outEnd)),
      begin,
      set(words, load(get(worker), workerContext.walkerWords)),
      whileLoop(get(count), [
        set(rounds, plus(get(rounds), 1)),
        when(i32.greater(get(rounds), c(MOST_ROUNDS)), [
          i32.store(get(worker), c(kernelError.tooManyJumps), workerContext.error),
          unreachable,
        ]),
        set(k, i32.shiftRight(plus(get(count), LANES - 1), c(4))),
        call(fillWords, get(shard), get(words), i32.shiftLeft(get(k), c(1))),
        set(secondWords, i32.add(get(words), i32.shiftLeft(get(k), c(6)))),
        hopAll,
        followJumps,
        when(get(count), thinOut),
      ]),
      i32.store(get(worker), get(top), workerContext.outTop),
    ];
  });
}
