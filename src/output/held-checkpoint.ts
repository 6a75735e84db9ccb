// A checkpoint in memory: for handing a state from one simulation to another without files (`verify`, tests). Never a
// run's.

import { createHash } from 'node:crypto';
import type { DraftParts } from './checkpoint-draft.js';
import {
  damaged,
  headerName,
  type Checkpoint,
  type CheckpointPart,
  type PartEntry,
} from './checkpoint-format.js';
import type { PartStorage } from './part-storage.js';

export interface HeldCheckpoint {
  /** To be filled. */
  readonly draft: DraftParts;
  /** To be restored from, once it is filled. */
  readonly checkpoint: Checkpoint;
  readonly storage: PartStorage;
}

/** An empty one, or one of the given parts. */
export function heldCheckpoint(step: number, given: readonly CheckpointPart[] = []): HeldCheckpoint {
  const location = 'memory';
  const held = new Map<string, Uint8Array>();
  const hold = ({ name, bytes }: CheckpointPart): PartEntry => {
    held.set(name, bytes);
    return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  };
  const parts = [hold({ name: headerName, bytes: new TextEncoder().encode('{}') }), ...given.map(hold)];
  return {
    draft: {
      ...{ step, location, path: location },
      add: async (part) => {
        parts.push(hold(part));
      },
      adopt: (entry) => {
        parts.push(entry);
      },
    },
    checkpoint: { step, location, path: location, place: { kind: 'folder' }, parts },
    storage: {
      write: async (_, name, bytes) => hold({ name, bytes }),
      read: async (_, { name }) => {
        const bytes = held.get(name);
        if (!bytes) throw damaged(location, `it has no part ${name}`);
        return bytes;
      },
      discard: async () => {
        held.clear();
      },
    },
  };
}
