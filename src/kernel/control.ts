// The control around the passes, as WebAssembly: a step of a shard, the walkers of its candidates, emigrants, exchange,
// chunks. The reference engine (particles/reference.ts) says the same in TypeScript, slowly.
//
// Not here: arithmetic on particles (it is IR), and the order in which shards are stepped (particles/engine.ts).

import { addFillWords } from './generator-code.js';
import { addHop, addThin, walkerSignature } from './hop.js';
import {
  BLOCKS_PER_CHUNK,
  CHUNK,
  HOLE,
  LANES,
  chunkHeader,
  edgeRecord,
  emigrant,
  kernelError,
  nodeRecord,
  poolHeader,
  shardHeader,
  walkerLayout,
  workerContext,
} from './layout.js';
import { addClassPass, addGaussianPass, addPackFlags, classPass, type PassContext } from './passes.js';
import { advance } from './loops.js';
import {
  atomic,
  branch,
  branchIf,
  block,
  call,
  callIndirect,
  f32,
  f64,
  get,
  i32,
  i64,
  loop,
  returnValue,
  set,
  tee,
  unreachable,
  when,
  whileLoop,
  type Code,
} from './wasm/instructions.js';
import type { Locals } from './wasm/module.js';

/** Table entries of a class, in this order. */
const ENTRIES_PER_CLASS = 4;
const entry = { diffuse: 0, test: 1, hop: 2, thin: 3 } as const;

/** Rounds of jumps a walker may make in one reaction before the rates are declared hopeless. */
const MOST_ROUNDS = 100_000;

const c = i32.constant;

/** Adds two numbers. */
const plus = (a: Code, b: number): Code => i32.add(a, c(b));

export function addControl(context: PassContext, poolAddress: number): void {
  const { module, plan } = context;
  const size = plan.precision === 'f32' ? 4 : 8;
  const layout = walkerLayout(size);
  const fillWords = addFillWords(module, 'fillWords');
  const gaussians = addGaussianPass(context, 'gaussians');
  for (const nodeClass of plan.classes) {
    module.tableEntry(addClassPass(context, nodeClass, true));
    module.tableEntry(addClassPass(context, nodeClass, false));
    module.tableEntry(addHop(context, nodeClass, layout));
    module.tableEntry(addThin(context, nodeClass, layout));
  }
  const chunks = addChunkPool(context, poolAddress);
  const react = addReact(context, fillWords);
  addStepShard(context, { fillWords, gaussians, packFlags: addPackFlags(context), react });
  addExchange(context, chunks);
}

/** Fields of a slot are a row of LANES apart. */
function strides(context: PassContext) {
  const size = context.plan.precision === 'f32' ? 4 : 8;
  return { size, row: LANES * size, block: LANES * size * context.plan.fields };
}

/** Copies one field between addresses, as bits. */
function copyField(size: number, to: Code, toOffset: number, from: Code, fromOffset: number): Code {
  return size === 4
    ? f32.store(to, f32.load(from, fromOffset), toOffset)
    : f64.store(to, f64.load(from, fromOffset), toOffset);
}

function isNotNumber(size: number, address: Code): Code {
  return size === 4
    ? f32.notEqual(f32.load(address), f32.load(address))
    : f64.notEqual(f64.load(address), f64.load(address));
}

// ── Step of a shard ─────────────────────────────────────────────────────────────────────────────────────────────────

/** Exports step(shard, context, parity, move): all chunks of one shard; emigrants go to the context's outbox. */
function addStepShard(
  context: PassContext,
  functions: { fillWords: number; gaussians: number; packFlags: number; react: number },
): void {
  const { module, plan, strides: records } = context;
  const classType = module.type(classPass.signature);
  module.add(
    { parameters: ['i32', 'i32', 'i32', 'i32'], results: [] },
    (locals) => {
      const [shard, worker, parity, move] = [0, 1, 2, 3];
      const [node, edges, nodeClass, remaining, chunk, fields, count, blocks, masks, out] = locals32(
        locals,
        10,
      );
      const scratch = (offset: number): Code => i32.load(get(worker), offset);
      return [
        set(
          node,
          i32.add(
            scratch(workerContext.nodeTable),
            i32.multiply(i32.load(get(shard), shardHeader.node), c(records.node)),
          ),
        ),
        set(
          edges,
          i32.add(
            scratch(workerContext.edgeTable),
            i32.multiply(i32.load(get(node), nodeRecord.firstEdge), c(records.edge)),
          ),
        ),
        set(nodeClass, i32.multiply(i32.load(get(node), nodeRecord.class), c(ENTRIES_PER_CLASS))),
        set(masks, scratch(workerContext.masks)),
        set(out, i32.add(get(shard), i32.shiftLeft(get(parity), c(2)))),
        i32.store(get(out), scratch(workerContext.outTop), shardHeader.outAddress),
        i32.store(get(shard), c(0), shardHeader.holesFilled),
        set(remaining, i32.load(get(shard), shardHeader.count)),
        set(chunk, i32.load(get(shard), shardHeader.firstChunk)),
        whileLoop(get(remaining), [
          set(fields, plus(get(chunk), chunkHeader.size)),
          set(count, i32.select(get(remaining), c(CHUNK), i32.less(get(remaining), c(CHUNK)))),
          set(blocks, i32.shiftRight(plus(get(count), LANES - 1), c(4))),
          when(
            get(move),
            [
              call(
                functions.fillWords,
                get(shard),
                scratch(workerContext.words),
                i32.multiply(get(blocks), c(plan.wordsPerParticle)),
              ),
              call(
                functions.gaussians,
                scratch(workerContext.words),
                scratch(workerContext.noise),
                get(blocks),
              ),
              callIndirect(
                classType,
                plus(get(nodeClass), entry.diffuse),
                get(fields),
                get(blocks),
                scratch(workerContext.words),
                scratch(workerContext.noise),
                scratch(workerContext.flags),
                get(node),
                get(edges),
              ),
            ],
            [
              call(functions.fillWords, get(shard), scratch(workerContext.words), get(blocks)),
              callIndirect(
                classType,
                plus(get(nodeClass), entry.test),
                get(fields),
                get(blocks),
                scratch(workerContext.words),
                scratch(workerContext.noise),
                scratch(workerContext.flags),
                get(node),
                get(edges),
              ),
            ],
          ),
          when(i32.load(get(node), nodeRecord.degree), [
            call(functions.packFlags, scratch(workerContext.flags), get(masks), get(blocks)),
            clearTail(masks, count, blocks),
            call(functions.react, get(fields), get(blocks), get(shard), get(worker)),
          ]),
          set(remaining, i32.subtract(get(remaining), get(count))),
          set(chunk, i32.load(get(chunk), chunkHeader.next)),
        ]),
        i32.store(
          get(out),
          i32.divide(
            i32.subtract(scratch(workerContext.outTop), i32.load(get(out), shardHeader.outAddress)),
            c(emigrant.fields + (plan.precision === 'f32' ? 4 : 8) * plan.fields),
          ),
          shardHeader.outCount,
        ),
      ];
    },
    'step',
  );
}

/** Clears the mask bits behind the last particle, and pads the masks to whole 64-bit words. */
function clearTail(masks: number, count: number, blocks: number): Code {
  const last = plus(i32.add(get(masks), i32.shiftLeft(get(blocks), c(1))), -2);
  return [
    when(i32.and(get(count), c(LANES - 1)), [
      i32.store16(
        last,
        i32.and(i32.load16(last), plus(i32.shiftLeft(c(1), i32.and(get(count), c(LANES - 1))), -1)),
      ),
    ]),
    i32.store16(plus(last, 2), c(0)),
    i32.store16(plus(last, 4), c(0)),
    i32.store16(plus(last, 6), c(0)),
  ];
}

// ── Walkers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Function (fields, blocks, shard, context): candidates of a chunk react; those that end elsewhere emigrate. */
function addReact(context: PassContext, fillWords: number): number {
  const { module, plan, strides: records } = context;
  const { size, row, block: blockBytes } = strides(context);
  const layout = walkerLayout(size);
  const walkerType = module.type(walkerSignature);
  const lanes = 16 / size;
  const load = (address: Code, offset = 0): Code => i32.load(address, offset);
  const entrySize = emigrant.fields + size * plan.fields;

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

    /** Calls a class's function for runs of walkers at one node, up to a vector at a time. */
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

// ── Exchange ────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * Exports exchange(firstShard, nodes, context, parity, all): delivers a replica's emigrants to the shards the worker
 * owns (or to all), then closes the holes that are left. Shards lie one after another.
 */
function addExchange(
  context: PassContext,
  chunks: { append: number; removeLast: number; release: number; lastSlot: number },
): void {
  const { module, plan } = context;
  const { size, row } = strides(context);
  const entrySize = emigrant.fields + size * plan.fields;
  const tag = size - 4;
  const load = (address: Code, offset = 0): Code => i32.load(address, offset);
  module.add(
    { parameters: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] },
    (locals) => {
      const [firstShard, nodes, worker, parity, all] = [0, 1, 2, 3, 4];
      const [source, endShard, position, end, destination, slot, filled, last, offset] = locals32(locals, 9);
      const mine = (shard: number): Code =>
        i32.or(
          get(all),
          i32.equal(load(get(shard), shardHeader.owner), load(get(worker), workerContext.owner)),
        );
      const out = (shard: number, field: number): Code => load(i32.add(get(shard), get(offset)), field);
      const entryAt = (shard: number, index: Code): Code =>
        i32.add(out(shard, shardHeader.outAddress), i32.multiply(index, c(entrySize)));
      const overShards = (body: Code): Code => [
        set(source, get(firstShard)),
        whileLoop(i32.less(get(source), get(endShard)), [body, advance(source, shardHeader.size)]),
      ];
      const deliver: Code = [
        set(position, out(source, shardHeader.outAddress)),
        set(end, entryAt(source, out(source, shardHeader.outCount))),
        whileLoop(i32.less(get(position), get(end)), [
          set(
            destination,
            i32.add(get(firstShard), i32.multiply(load(get(position), emigrant.node), c(shardHeader.size))),
          ),
          when(mine(destination), [
            set(filled, load(get(destination), shardHeader.holesFilled)),
            when(
              i32.less(get(filled), out(destination, shardHeader.outCount)),
              [
                set(slot, load(entryAt(destination, get(filled)), emigrant.slot)),
                i32.store(get(destination), plus(get(filled), 1), shardHeader.holesFilled),
              ],
              set(slot, call(chunks.append, get(destination), get(worker))),
            ),
            Array.from({ length: plan.fields }, (_, i) =>
              copyField(size, get(slot), i * row, get(position), emigrant.fields + i * size),
            ),
          ]),
          advance(position, entrySize),
        ]),
      ];
      /** The shard's last particle moves into each hole that is left; holes at the end are cut off. */
      const close: Code = when(mine(source), [
        set(filled, load(get(source), shardHeader.holesFilled)),
        whileLoop(i32.less(get(filled), out(source, shardHeader.outCount)), [
          set(slot, load(entryAt(source, get(filled)), emigrant.slot)),
          // A hole whose tag is gone was cut off already.
          when(i32.equal(load(get(slot), tag), c(HOLE)), [
            block(
              loop(
                set(last, call(chunks.lastSlot, get(source))),
                branchIf(1, i32.equal(get(last), get(slot))),
                branchIf(1, i32.notEqual(load(get(last), tag), c(HOLE))),
                i32.store(get(last), c(0), tag),
                call(chunks.removeLast, get(source)),
                branch(0),
              ),
            ),
            when(
              i32.equal(get(last), get(slot)),
              i32.store(get(slot), c(0), tag),
              Array.from({ length: plan.fields }, (_, i) =>
                copyField(size, get(slot), i * row, get(last), i * row),
              ),
            ),
            call(chunks.removeLast, get(source)),
          ]),
          advance(filled, 1),
        ]),
        // Only now: a chunk given back may get particles, and holes, of another worker's while tags are still read above.
        call(chunks.release, get(source)),
      ]);
      return [
        set(offset, i32.shiftLeft(get(parity), c(2))),
        set(endShard, i32.add(get(firstShard), i32.multiply(get(nodes), c(shardHeader.size)))),
        overShards(deliver),
        overShards(close),
      ];
    },
    'exchange',
  );
}

// ── Chunks ──────────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * append(shard, worker) → slot of one more particle; lastSlot(shard) → slot; removeLast(shard), which leaves chunks that
 * have become empty linked behind the last one; release(shard), which gives those back.
 */
function addChunkPool(context: PassContext, pool: number) {
  const { module } = context;
  const { size, block: blockBytes } = strides(context);
  const chunkBytes = chunkHeader.size + BLOCKS_PER_CHUNK * blockBytes;
  const load = (address: Code, offset = 0): Code => i32.load(address, offset);
  const lock: Code = loop(branchIf(0, atomic.compareExchange(c(pool + poolHeader.lock), c(0), c(1))));
  const unlock: Code = atomic.store(c(pool + poolHeader.lock), c(0));

  const take = module.add({ parameters: ['i32'], results: ['i32'] }, (locals) => {
    const worker = 0;
    const [chunk] = locals32(locals, 1);
    return [
      lock,
      when(
        tee(chunk, load(c(pool + poolHeader.free))),
        i32.store(c(pool + poolHeader.free), load(get(chunk), chunkHeader.next)),
        [
          set(chunk, load(c(pool + poolHeader.next))),
          when(i32.greater(plus(get(chunk), chunkBytes), load(c(pool + poolHeader.end))), [
            unlock,
            i32.store(get(worker), c(kernelError.chunksExhausted), workerContext.error),
            unreachable,
          ]),
          i32.store(c(pool + poolHeader.next), plus(get(chunk), chunkBytes)),
        ],
      ),
      unlock,
      i32.store(get(chunk), c(0), chunkHeader.next),
      get(chunk),
    ];
  });
  const give = module.add({ parameters: ['i32'], results: [] }, () => [
    lock,
    i32.store(get(0), load(c(pool + poolHeader.free)), chunkHeader.next),
    i32.store(c(pool + poolHeader.free), get(0)),
    unlock,
  ]);
  const slotOf = (chunk: Code, index: Code): Code =>
    i32.add(
      plus(chunk, chunkHeader.size),
      i32.add(
        i32.multiply(i32.shiftRight(i32.and(index, c(CHUNK - 1)), c(4)), c(blockBytes)),
        i32.multiply(i32.and(index, c(LANES - 1)), c(size)),
      ),
    );
  const lastSlot = module.add({ parameters: ['i32'], results: ['i32'] }, () =>
    slotOf(load(get(0), shardHeader.lastChunk), plus(load(get(0), shardHeader.count), -1)),
  );
  const append = module.add(
    { parameters: ['i32', 'i32'], results: ['i32'] },
    (locals) => {
      const [shard, worker] = [0, 1];
      const [count, chunk, last] = locals32(locals, 3);
      return [
        set(count, load(get(shard), shardHeader.count)),
        set(last, load(get(shard), shardHeader.lastChunk)),
        // A shard has a chunk from the start; a full last chunk needs a successor.
        when(i32.and(i32.equalZero(i32.and(get(count), c(CHUNK - 1))), i32.notEqual(get(count), c(0))), [
          set(chunk, call(take, get(worker))),
          i32.store(get(last), get(chunk), chunkHeader.next),
          i32.store(get(chunk), get(last), chunkHeader.previous),
          i32.store(get(shard), get(chunk), shardHeader.lastChunk),
          set(last, get(chunk)),
        ]),
        i32.store(get(shard), plus(get(count), 1), shardHeader.count),
        returnValue(slotOf(get(last), get(count))),
      ];
    },
    'append',
  );
  const removeLast = module.add({ parameters: ['i32'], results: [] }, (locals) => {
    const shard = 0;
    const [count, last] = locals32(locals, 2);
    return [
      set(count, plus(load(get(shard), shardHeader.count), -1)),
      i32.store(get(shard), get(count), shardHeader.count),
      when(i32.and(i32.equalZero(i32.and(get(count), c(CHUNK - 1))), i32.notEqual(get(count), c(0))), [
        set(last, load(get(shard), shardHeader.lastChunk)),
        i32.store(get(shard), load(get(last), chunkHeader.previous), shardHeader.lastChunk),
      ]),
    ];
  });
  const release = module.add({ parameters: ['i32'], results: [] }, (locals) => {
    const shard = 0;
    const [chunk, next] = locals32(locals, 2);
    return [
      set(chunk, load(load(get(shard), shardHeader.lastChunk), chunkHeader.next)),
      i32.store(load(get(shard), shardHeader.lastChunk), c(0), chunkHeader.next),
      whileLoop(get(chunk), [
        set(next, load(get(chunk), chunkHeader.next)),
        call(give, get(chunk)),
        set(chunk, get(next)),
      ]),
    ];
  });
  return { append, removeLast, release, lastSlot };
}

function locals32(locals: Locals, count: number): number[] {
  return Array.from({ length: count }, () => locals.add('i32'));
}
