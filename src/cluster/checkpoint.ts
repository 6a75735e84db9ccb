// A run's state as bytes and back: what a checkpoint holds besides the folder's own book-keeping (output/).
//
//   counts   u32 per shard
//   jumps    f64 per directed edge, since step 0
//   shards-… per shard in order: generator (64 u32), then its fields (field after field)

import type { CheckpointPart } from '../output/mod.js';
import type { Model } from '../model/mod.js';
import type { Simulation, SimulationState } from './simulation.js';

/** Shards are gathered into parts of about this size. */
const PART_BYTES = 8 * 1024 * 1024;

const GENERATOR_BYTES = 256;

/** The parts of a checkpoint, made one at a time; shards are gathered into parts of at least `partBytes`. */
export function* checkpointParts(simulation: Simulation, partBytes = PART_BYTES): Generator<CheckpointPart> {
  const counts = new Uint32Array(simulation.shardCount);
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  let part = 0;
  const gathered = (): CheckpointPart => {
    const name = `shards-${String(part++).padStart(5, '0')}.bin`;
    const content = { name, bytes: Buffer.concat(pieces) };
    pieces = [];
    bytes = 0;
    return content;
  };
  let shard = 0;
  for (const { count, fields, generator } of simulation.shards()) {
    counts[shard++] = count;
    pieces.push(asBytes(generator), asBytes(fields));
    bytes += GENERATOR_BYTES + fields.byteLength;
    if (bytes >= partBytes) yield gathered();
  }
  if (bytes > 0) yield gathered();
  yield { name: 'counts.bin', bytes: asBytes(counts) };
  yield { name: 'jumps.bin', bytes: asBytes(simulation.jumps()) };
}

/**
 * The state in the parts of a checkpoint.
 * @throws RangeError if they do not belong to this model
 */
export function stateFromParts(
  model: Model,
  fieldCount: number,
  step: number,
  parts: readonly CheckpointPart[],
): SimulationState {
  const bytesOf = (name: string): ArrayBuffer => {
    const found = parts.find((candidate) => candidate.name === name);
    if (!found) throw new RangeError(`the checkpoint has no part ${name}`);
    return found.bytes.slice().buffer;
  };
  const counts = new Uint32Array(bytesOf('counts.bin'));
  const jumps = new Float64Array(bytesOf('jumps.bin'));
  if (counts.length % model.graph.nodeCount !== 0 || jumps.length !== model.graph.targets.length) {
    throw new RangeError('the checkpoint is of another graph than the config of its folder');
  }
  const Fields = model.precision === 'f32' ? Float32Array : Float64Array;
  function* shards() {
    let part = 0;
    let content = new ArrayBuffer(0);
    let offset = 0;
    for (const count of counts) {
      if (offset === content.byteLength) {
        content = bytesOf(`shards-${String(part++).padStart(5, '0')}.bin`);
        offset = 0;
      }
      const generator = new Uint32Array(content, offset, GENERATOR_BYTES / 4);
      const fields = new Fields(content, offset + GENERATOR_BYTES, count * fieldCount);
      offset += GENERATOR_BYTES + fields.byteLength;
      yield { count, fields, generator };
    }
  }
  return { step, jumps, shards: shards() };
}

function asBytes(array: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}
