// Chunks of particles as WebAssembly: a pool that all workers share under a spin lock (chunks change hands rarely), and the
// two ends of a shard's list of chunks.

import {
  CHUNK,
  LANES,
  chunkBytes,
  chunkHeader,
  kernelError,
  poolHeader,
  shardHeader,
  workerContext,
} from './layout.js';
import type { PassContext } from './passes.js';
import { c, locals32, plus, slotStrides } from './snippets.js';
import {
  atomic,
  branchIf,
  call,
  get,
  i32,
  loop,
  returnValue,
  set,
  tee,
  unreachable,
  when,
  whileLoop,
  type Code,
} from './wasm/instructions.js';

/**
 * append(shard, worker) → slot of one more particle; lastSlot(shard) → slot; removeLast(shard), which leaves chunks that
 * have become empty linked behind the last one; release(shard), which gives those back.
 */
export function addChunkPool(context: PassContext, pool: number) {
  const { module } = context;
  const { size, block: blockBytes } = slotStrides(context.plan);
  const bytes = chunkBytes(context.plan.fields, size);
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
          when(i32.greater(plus(get(chunk), bytes), load(c(pool + poolHeader.end))), [
            unlock,
            i32.store(get(worker), c(kernelError.chunksExhausted), workerContext.error),
            unreachable,
          ]),
          i32.store(c(pool + poolHeader.next), plus(get(chunk), bytes)),
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
