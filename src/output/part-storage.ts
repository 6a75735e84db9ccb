// Where the parts of checkpoints lie: what a folder and an object store (cluster/machines/object-storage.ts) have in common.

import type { PartEntry } from './checkpoint-format.js';

/** Parts of checkpoints. Each belongs to a location, which is one checkpoint's or one draft's alone. */
export interface PartStorage {
  write(location: string, name: string, bytes: Uint8Array): Promise<PartEntry>;
  read(location: string, entry: PartEntry): Promise<Uint8Array>;
  discard(location: string): Promise<void>;
}
