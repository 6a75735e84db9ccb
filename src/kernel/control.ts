// The control around the passes, as WebAssembly: a step of a shard, chunk by chunk; and the one place that puts all functions
// of a kernel together. The reference engine (particles/reference.ts) says the same in TypeScript, slowly.
//
// Not here: arithmetic on particles (it is IR), and the order in which shards are stepped (particles/engine.ts).

import { addChunkPool } from './chunk-pool.js';
import { addDensityControl } from './density-control.js';
import { ENTRIES_PER_CLASS, entry } from './entries.js';
import { addExchange } from './exchange.js';
import { addFillWords } from './generator-code.js';
import { addHop, addThin } from './hop.js';
import { addClassPass, addGaussianPass, addPackFlags, classPass, type PassContext } from './passes.js';
import { addGather, addReact } from './react.js';
import {
  CHUNK,
  LANES,
  WALKER_BATCH,
  chunkHeader,
  emigrantBytes,
  nodeRecord,
  shardHeader,
  walkerLayout,
  workerContext,
} from './layout.js';
import { c, locals32, plus, slotStrides } from './snippets.js';
import { call, callIndirect, get, i32, set, when, whileLoop, type Code } from './wasm/instructions.js';

/** Adds everything a step needs; exports fillWords, gaussians, step, exchange, append and those of density-control.ts. */
export function addControl(context: PassContext, poolAddress: number): void {
  const { module, plan } = context;
  const layout = walkerLayout(slotStrides(plan).size);
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
  const gather = addGather(context);
  addStepShard(context, { fillWords, gaussians, packFlags: addPackFlags(context), gather, react });
  addExchange(context, chunks);
  addDensityControl(context, { fillWords, gaussians });
}

/** Exports step(shard, context, parity, move): all chunks of one shard; emigrants go to the context's outbox. */
function addStepShard(
  context: PassContext,
  functions: { fillWords: number; gaussians: number; packFlags: number; gather: number; react: number },
): void {
  const { module, plan, strides: records } = context;
  const classType = module.type(classPass.signature);
  module.add(
    { parameters: ['i32', 'i32', 'i32', 'i32'], results: [] },
    (locals) => {
      const [shard, worker, parity, move] = [0, 1, 2, 3];
      const [node, edges, nodeClass, remaining, chunk, fields, count, blocks, masks, out, walkers] = locals32(
        locals,
        11,
      );
      const scratch = (offset: number): Code => i32.load(get(worker), offset);
      const runClass = (tableEntry: number): Code =>
        callIndirect(
          classType,
          plus(get(nodeClass), tableEntry),
          get(fields),
          get(blocks),
          scratch(workerContext.words),
          scratch(workerContext.noise),
          scratch(workerContext.flags),
          get(node),
          get(edges),
        );
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
              runClass(entry.diffuse),
            ],
            [
              call(functions.fillWords, get(shard), scratch(workerContext.words), get(blocks)),
              runClass(entry.test),
            ],
          ),
          when(i32.load(get(node), nodeRecord.degree), [
            call(functions.packFlags, scratch(workerContext.flags), get(masks), get(blocks)),
            clearTail(masks, count, blocks),
            set(walkers, call(functions.gather, get(fields), get(blocks), get(walkers), get(worker))),
            when(i32.greaterOrEqual(get(walkers), c(WALKER_BATCH)), [
              call(functions.react, get(walkers), get(shard), get(worker)),
              set(walkers, c(0)),
            ]),
          ]),
          set(remaining, i32.subtract(get(remaining), get(count))),
          set(chunk, i32.load(get(chunk), chunkHeader.next)),
        ]),
        when(get(walkers), [call(functions.react, get(walkers), get(shard), get(worker))]),
        i32.store(
          get(out),
          i32.divide(
            i32.subtract(scratch(workerContext.outTop), i32.load(get(out), shardHeader.outAddress)),
            c(emigrantBytes(plan.fields, slotStrides(plan).size)),
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
