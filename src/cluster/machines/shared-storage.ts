// Where the machines of an epoch put their parts of checkpoints: the folder of the run, if all of them see it, else an
// object store. Also moving a checkpoint from where it lies to where they can read it.

import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  folderStorage,
  writeFileAtomic,
  type Checkpoint,
  type PartEntry,
  type PartPlace,
  type PartStorage,
} from '../../output/mod.js';
import type { ShardPart, StorageDescription } from './protocol.js';

/** A storage that all machines reach, and this process, too. */
export interface SharedStorage {
  readonly place: PartPlace;
  readonly description: StorageDescription;
  readonly storage: PartStorage;
}

/** Opens an object store by the name of its bucket; makes it if need be. */
export type OpenObjectStore = (bucket: string) => Promise<PartStorage>;

/** The folder of checkpoints as a storage. */
export function sharedFolder(checkpoints: string): SharedStorage {
  return {
    place: { kind: 'folder' },
    description: { kind: 'folder', path: checkpoints },
    storage: folderStorage(checkpoints),
  };
}

/**
 * Whether machines see a folder: a file of random content is put there, and each is asked for it.
 * @param asked answers for all machines
 */
export async function isShared(
  folder: string,
  asked: (path: string, content: string) => Promise<readonly boolean[]>,
): Promise<boolean> {
  await mkdir(folder, { recursive: true });
  const content = randomBytes(16).toString('hex');
  const path = join(folder, `.probe-${content.slice(0, 8)}`);
  await writeFileAtomic(path, content);
  try {
    return (await asked(path, content)).every((seen) => seen);
  } finally {
    await rm(path, { force: true });
  }
}

/** Where machines find the parts of a checkpoint; `release` deletes what had to be copied for that. */
export interface ReachableParts {
  readonly location: string;
  readonly parts: readonly ShardPart[];
  readonly release: () => Promise<void>;
}

/** Makes the parts of a checkpoint readable for all machines: copies them if they lie elsewhere. */
export async function reachable(
  checkpoint: Checkpoint,
  from: PartStorage,
  parts: readonly ShardPart[],
  to: SharedStorage,
): Promise<ReachableParts> {
  const { place, location } = checkpoint;
  const isThere =
    place.kind === 'folder'
      ? to.place.kind === 'folder'
      : to.place.kind === 'object-store' && to.place.bucket === place.bucket;
  if (isThere) return { location, parts, release: () => Promise.resolve() };
  // Named as what a kill has left, so that it is cleaned up then.
  const copy = `.tmp-copy-${randomBytes(8).toString('hex')}`;
  if (to.description.kind === 'folder') await mkdir(join(to.description.path, copy));
  const release = (): Promise<void> => to.storage.discard(copy);
  try {
    const copied: ShardPart[] = [];
    for (const { entry, shards } of parts) {
      const bytes = await from.read(location, entry);
      const written: PartEntry = await to.storage.write(copy, entry.name, bytes);
      copied.push({ entry: written, shards });
    }
    return { location: copy, parts: copied, release };
  } catch (error) {
    await release().catch(() => undefined);
    throw error;
  }
}
