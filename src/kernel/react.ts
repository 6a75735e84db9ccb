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
import { advance, c, copyField, isNotNumber, locals32, plus, slotStrides } from './snippets.js';
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
  when,
  whileLoop,
  type Code,
} from './wasm/instructions.js';

/** Rounds of jumps a walker may make in one reaction before the rates are declared hopeless. */
const MOST_ROUNDS = 100_000;

/** Function (fields, blocks, shard, context): candidates of a chunk react; those that end elsewhere emigrate. */
export function addReact(context: PassContext, fillWords: number): number {
  const { module, plan, strides: records } = context;
  const { size, row, block: blockBytes } = slotStrides(context.plan);
  const layout = walkerLayout(size);
  const walkerType = module.type(walkerSignature);
  const lanes = (WALKER_VECTORS * 16) / size;
  const load = (address: Code, offset = 0): Code => i32.load(address, offset);
  const entrySize = emigrantBytes(plan.fields, size);

  return module.add({ parameters: ['i32', 'i32', 'i32', 'i32'], results: [] }, (locals) => {
    const [fields, blocks, shard, worker] = [0, 1, 2, 3];
    const [walkers, count, next, rounds, home, words, secondWords] = locals32(locals, 7);
    const [j, k, nodeRecordAddress, edges, node, position, edge, run, end, slot, top, mask32] = locals32(
      locals,
      12,
    );
    const mask = locals.add('i64');

    const column = (buffer: number, offset: number, index: number): Code =>
      plus(i32.add(get(buffer), i32.multiply(get(index), c(size))), offset);
    /** Candidates → walkers, in order of position. */
    const gather: Code = [
      set(count, c(0)),
      set(position, load(get(worker), workerContext.masks)),
      set(end, i32.add(get(position), i32.shiftLeft(get(blocks), c(1)))),
      set(k, get(fields)),
      whileLoop(i32.less(get(position), get(end)), [
        set(mask, i64.load(get(position))),
        whileLoop(i64.notEqual(get(mask), i64.constant(0)), [
          set(mask32, i32.wrap(i64.countTrailingZeros(get(mask)))),
          set(mask, i64.and(get(mask), i64.subtract(get(mask), i64.constant(1)))),
          set(
            slot,
            i32.add(
              i32.add(get(k), i32.multiply(i32.shiftRight(get(mask32), c(4)), c(blockBytes))),
              i32.multiply(i32.and(get(mask32), c(LANES - 1)), c(size)),
            ),
          ),
          copyField(size, column(walkers, layout.time, count), 0, get(worker), workerContext.reactionTime),
          i32.store(column(walkers, layout.node, count), get(home)),
          i32.store(column(walkers, layout.slot, count), get(slot)),
          set(count, plus(get(count), 1)),
        ]),
        advance(position, 8),
        set(k, plus(get(k), 4 * blockBytes)),
      ]),
    ];

    const nodeAddress = (index: Code): Code =>
      i32.add(load(get(worker), workerContext.nodeTable), i32.multiply(index, c(records.node)));
    const edgeAddress = (index: Code): Code =>
      i32.add(load(get(worker), workerContext.edgeTable), i32.multiply(index, c(records.edge)));

    /** Calls a class's function for runs of walkers at one node, up to two vectors at a time. */
    const overRuns = (tableEntry: number): Code => [
      set(j, c(0)),
      whileLoop(i32.less(get(j), get(count)), [
        set(node, load(column(walkers, layout.node, j))),
        set(run, plus(get(j), 1)),
        set(end, i32.select(get(count), plus(get(j), lanes), i32.less(get(count), plus(get(j), lanes)))),
        block(
          loop(
            branchIf(1, i32.greaterOrEqual(get(run), get(end))),
            branchIf(1, i32.notEqual(load(column(walkers, layout.node, run)), get(node))),
            advance(run, 1),
            branch(0),
          ),
        ),
        set(nodeRecordAddress, nodeAddress(get(node))),
        set(edges, edgeAddress(load(get(nodeRecordAddress), nodeRecord.firstEdge))),
        callIndirect(
          walkerType,
          plus(
            i32.multiply(load(get(nodeRecordAddress), nodeRecord.class), c(ENTRIES_PER_CLASS)),
            tableEntry,
          ),
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

    const emit: Code = [
      when(i32.greater(plus(get(top), entrySize), load(get(worker), workerContext.outEnd)), [
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
          set(
            k,
            i32.add(
              load(get(worker), workerContext.jumps),
              i32.shiftLeft(load(get(edges), edgeRecord.edge), c(3)),
            ),
          ),
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
      overRuns(entry.thin),
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
      gather,
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
        overRuns(entry.hop),
        followJumps,
        when(get(count), thinOut),
      ]),
      i32.store(get(worker), get(top), workerContext.outTop),
    ];
  });
}
