// The checkpoints of a run: the newest few, each a folder that is either whole or not there. A folder is filled under a
// temporary name, flushed, and renamed; it is renamed away before it is deleted. The form of a checkpoint is
// checkpoint-format.ts. That a state is finite is judged by the caller, before it is written.

import { createHash } from 'node:crypto';
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkpointFolder,
  damaged,
  formatManifest,
  headerName,
  isPartName,
  manifestName,
  pieceBytes,
  readHeader,
  readManifest,
  readPart,
  scanPart,
  stepOfFolder,
  type Checkpoint,
  type CheckpointPart,
  type PartEntry,
} from './checkpoint-format.js';
import { CheckpointError, guarded, OutputError, type OutputErrorCode } from './errors.js';
import {
  isTemporary,
  listFolder,
  makeFolders,
  remove,
  syncFolder,
  temporaryName,
  writeFileAtomic,
} from './files.js';
import type { JsonObject } from './json.js';

/** What a checkpoint is made of. Parts may be made one at a time, while earlier ones are written. */
export interface CheckpointContent {
  readonly step: number;
  readonly header: JsonObject;
  readonly parts: Iterable<CheckpointPart> | AsyncIterable<CheckpointPart>;
}

/** The newest checkpoint that can be used, if any, and what is to be said about newer ones that cannot. */
export interface LatestCheckpoint {
  readonly checkpoint: Checkpoint | undefined;
  readonly warnings: readonly string[];
}

/** What a checkpoint held. */
export interface RestoredCheckpoint {
  readonly step: number;
  readonly header: JsonObject;
  readonly parts: readonly CheckpointPart[];
}

// A checkpoint that is about to be replaced by one of the same step waits under this mark, and is put back after a kill.
const replacedMark = '.old-';

/** Trouble with one checkpoint after which an older one is tried: damage, and bytes that the disk cannot read. */
const passedOver: readonly OutputErrorCode[] = ['corrupt-checkpoint', 'input-output'];

/** The checkpoints in `<run folder>/checkpoints`. */
export class CheckpointStore {
  readonly folder: string;
  readonly keep: number;

  /**
   * For reading; nothing is touched. The one process that writes uses `open`.
   *
   * @param keep how many checkpoints stay
   * @throws RangeError if `keep` is no whole number >= 1
   */
  constructor(runFolder: string, keep = 2) {
    if (!(Number.isSafeInteger(keep) && keep >= 1)) throw new RangeError(`cannot keep ${keep} checkpoints`);
    this.folder = join(runFolder, 'checkpoints');
    this.keep = keep;
  }

  /**
   * Opens the checkpoints of a run folder for writing, and cleans up what a kill has left. Only for the holder of the run's
   * lock.
   *
   * @throws OutputError if the system refuses
   */
  static async open(runFolder: string, keep = 2): Promise<CheckpointStore> {
    const store = new CheckpointStore(runFolder, keep);
    await makeFolders(store.folder);
    const names = await listFolder(store.folder);
    for (const name of names) {
      const path = join(store.folder, name);
      if (isTemporary(name)) await remove(path);
      if (!name.startsWith(replacedMark)) continue;
      const target = name.slice(replacedMark.length);
      if (names.includes(target) || stepOfFolder(target) === undefined) await remove(path);
      else await guarded('rename', path, () => rename(path, join(store.folder, target)));
    }
    await syncFolder(store.folder);
    return store;
  }

  /** Steps of the checkpoints that are there, ascending; whether they are sound is not looked at. */
  async steps(): Promise<readonly number[]> {
    const steps = (await listFolder(this.folder)).map(stepOfFolder);
    return steps.filter((step) => step !== undefined).sort((a, b) => a - b);
  }

  /**
   * Writes a checkpoint, then deletes those that are too many, and those of later steps: a run that writes step s has gone
   * back from them.
   *
   * @throws CheckpointError (`invalid-checkpoint`) for a name of a part that is no file name, or comes twice
   * @throws OutputError if the system refuses, or whatever the maker of the parts throws; older checkpoints stay
   */
  async write({ step, header, parts }: CheckpointContent): Promise<Checkpoint> {
    const target = join(this.folder, checkpointFolder(step));
    if (stepOfFolder(checkpointFolder(step)) !== step) throw invalid(target, `${step} is no step`);
    const temporary = temporaryName(target);
    const entries: PartEntry[] = [];
    try {
      await guarded('create', temporary, () => mkdir(temporary));
      const headerBytes = new TextEncoder().encode(JSON.stringify(header));
      entries.push(await writePart(temporary, { name: headerName, bytes: headerBytes }));
      for await (const part of parts) {
        if (!isPartName(part.name))
          throw invalid(target, `a part cannot be called ${JSON.stringify(part.name)}`);
        if (entries.some(({ name }) => name === part.name))
          throw invalid(target, `part ${part.name} comes twice`);
        entries.push(await writePart(temporary, part));
      }
      await writeFileAtomic(join(temporary, manifestName), formatManifest(step, entries));
      await this.#put(temporary, checkpointFolder(step));
    } catch (error) {
      await remove(temporary).catch(() => undefined);
      throw error;
    }
    await this.#prune(step);
    return { step, path: target, parts: entries };
  }

  async #put(temporary: string, folder: string): Promise<void> {
    const target = join(this.folder, folder);
    const replaced = join(this.folder, replacedMark + folder);
    const isThere = (await listFolder(this.folder)).includes(folder);
    await guarded('rename', target, async () => {
      if (isThere) await rename(target, replaced);
      await rename(temporary, target);
    });
    await syncFolder(this.folder);
    await remove(replaced);
  }

  async #prune(newest: number): Promise<void> {
    const steps = await this.steps();
    await this.discardAfter(newest);
    for (const step of steps.filter((other) => other <= newest).slice(0, -this.keep))
      await this.#discard(step);
  }

  /**
   * Deletes the checkpoints of steps after `step`, when a run goes on from there.
   *
   * @throws OutputError if the system refuses
   */
  async discardAfter(step: number): Promise<void> {
    for (const other of await this.steps()) if (other > step) await this.#discard(other);
  }

  async #discard(step: number): Promise<void> {
    const path = join(this.folder, checkpointFolder(step));
    const condemned = temporaryName(path);
    await guarded('rename', path, () => rename(path, condemned));
    await remove(condemned);
  }

  /**
   * The newest checkpoint of which every byte is as it was written. Newer ones that are damaged are passed over with a
   * warning. No checkpoint at all is no trouble: the run starts at step 0.
   *
   * @throws CheckpointError (`newer-format`) if the newest was written by a newer version of the program
   * @throws OutputError (the newest one's) if there are checkpoints, but all are damaged
   * @throws OutputError if the folder cannot be read
   */
  async latest(): Promise<LatestCheckpoint> {
    const warnings: string[] = [];
    let first: OutputError | undefined;
    for (const step of [...(await this.steps())].reverse()) {
      try {
        const checkpoint = await this.#find(step);
        for (const entry of checkpoint.parts) await scanPart(checkpoint, entry, () => undefined);
        return { checkpoint, warnings };
      } catch (error) {
        if (!(error instanceof OutputError) || !passedOver.includes(error.code)) throw error;
        first ??= error;
        warnings.push(error.message);
      }
    }
    if (first !== undefined) throw first;
    return { checkpoint: undefined, warnings };
  }

  async #find(step: number): Promise<Checkpoint> {
    const path = join(this.folder, checkpointFolder(step));
    const checkpoint = await readManifest(path);
    if (checkpoint.step !== step) throw damaged(path, `its manifest is of step ${checkpoint.step}`);
    return checkpoint;
  }

  /**
   * What a checkpoint holds, verified. All parts are in memory at once; `readHeader` and `readPart` take them singly.
   *
   * @throws CheckpointError (`corrupt-checkpoint`) if a byte is not as it was written
   * @throws OutputError if the system refuses
   */
  async read(checkpoint: Checkpoint): Promise<RestoredCheckpoint> {
    const header = await readHeader(checkpoint);
    const parts: CheckpointPart[] = [];
    for (const entry of checkpoint.parts.slice(1)) {
      parts.push({ name: entry.name, bytes: await readPart(checkpoint, entry) });
    }
    return { step: checkpoint.step, header, parts };
  }
}

function invalid(path: string, what: string): CheckpointError {
  return new CheckpointError(
    'invalid-checkpoint',
    path,
    `cannot write the checkpoint ${path}: ${what}`,
    'report this',
  );
}

async function writePart(folder: string, { name, bytes }: CheckpointPart): Promise<PartEntry> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  await guarded('write', path, async () => {
    const handle = await open(path, 'wx');
    try {
      for (let offset = 0; offset < bytes.length;) {
        const piece = bytes.subarray(offset, offset + pieceBytes);
        const { bytesWritten } = await handle.write(piece);
        hash.update(piece.subarray(0, bytesWritten));
        offset += bytesWritten;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
  });
  return { name, bytes: bytes.length, sha256: hash.digest('hex') };
}
