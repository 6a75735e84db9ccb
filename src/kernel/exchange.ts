// The exchange of emigrants between the shards of a replica, as WebAssembly: immigrants fill holes, left-over holes are
// closed. Who calls it when is particles/engine.ts.

import { HOLE, emigrant, emigrantBytes, shardHeader, workerContext } from './layout.js';
import type { PassContext } from './passes.js';
import { advance, c, copyField, locals32, plus, slotStrides } from './snippets.js';
import {
  branch,
  branchIf,
  block,
  call,
  get,
  i32,
  loop,
  set,
  when,
  whileLoop,
  type Code,
} from './wasm/instructions.js';

/**
 * Exports exchange(firstShard, nodes, context, parity, all): delivers a replica's emigrants to the shards the worker
 * owns (or to all), then closes the holes that are left. Shards lie one after another.
 */
export function addExchange(
  context: PassContext,
  chunks: { append: number; removeLast: number; release: number; lastSlot: number },
): void {
  const { module, plan } = context;
  const { size, row } = slotStrides(context.plan);
  const entrySize = emigrantBytes(plan.fields, size);
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
