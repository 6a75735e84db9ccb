// The part of a step that comes before a reaction where rates need densities: a shard's particles move, chunk by chunk, and
// are deposited. Then the workers meet, add up their sums (density-deposit.ts), meet again, and the reaction goes on as
// in control.ts, with the test alone. Who meets when is cluster/worker.ts.

import { addDeposit, addReduction } from './density-deposit.js';
import { ENTRIES_PER_CLASS, entry } from './entries.js';
import { CHUNK, LANES, chunkHeader, nodeRecord, shardHeader, workerContext } from './layout.js';
import { classPass, type PassContext } from './passes.js';
import { c, locals32, plus } from './snippets.js';
import { call, callIndirect, get, i32, set, when, whileLoop, type Code } from './wasm/instructions.js';

/** Exports deposit(shard, context, move) and densities (addReduction); nothing where rates need no densities. */
export function addDensityControl(
  context: PassContext,
  functions: { fillWords: number; gaussians: number },
): void {
  const { module, plan, strides: records } = context;
  const { densities } = plan;
  if (!densities) return;
  const classType = module.type(classPass.signature);
  const deposit = addDeposit(context, densities);
  addReduction(context, densities);
  module.add(
    { parameters: ['i32', 'i32', 'i32'], results: [] },
    (locals) => {
      const [shard, worker, move] = [0, 1, 2];
      const [node, sums, remaining, chunk, fields, count, blocks] = locals32(locals, 7);
      const scratch = (offset: number): Code => i32.load(get(worker), offset);
      const nodeTimes = (bytes: number): Code =>
        i32.multiply(i32.load(get(shard), shardHeader.node), c(bytes));
      return [
        set(node, i32.add(scratch(workerContext.nodeTable), nodeTimes(records.node))),
        set(sums, i32.add(scratch(workerContext.deposits), nodeTimes(densities.depositBytes))),
        set(remaining, i32.load(get(shard), shardHeader.count)),
        set(chunk, i32.load(get(shard), shardHeader.firstChunk)),
        whileLoop(get(remaining), [
          set(fields, plus(get(chunk), chunkHeader.size)),
          set(count, i32.select(get(remaining), c(CHUNK), i32.less(get(remaining), c(CHUNK)))),
          set(blocks, i32.shiftRight(plus(get(count), LANES - 1), c(4))),
          when(get(move), [
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
              plus(i32.multiply(i32.load(get(node), nodeRecord.class), c(ENTRIES_PER_CLASS)), entry.diffuse),
              get(fields),
              get(blocks),
              scratch(workerContext.words),
              scratch(workerContext.noise),
              scratch(workerContext.flags),
              get(node),
              // A move looks at no edges.
              c(0),
            ),
          ]),
          call(deposit, get(fields), get(blocks), get(count), scratch(workerContext.places), get(sums)),
          set(remaining, i32.subtract(get(remaining), get(count))),
          set(chunk, i32.load(get(chunk), chunkHeader.next)),
        ]),
      ];
    },
    'deposit',
  );
}
