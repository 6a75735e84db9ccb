// The checkpoints of a run: the newest few, each a folder that is either whole or not there. A folder is filled under a
// temporary name (checkpoint-draft.ts), flushed, and renamed; it is renamed away before it is deleted. The form of a
// checkpoint is checkpoint-format.ts, where parts lie part-storage.ts. That a state is finite is judged by the caller,
// before it is written.

import { randomBytes } from 'node:crypto';
import { mkdir, rename, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CheckpointDraft } from './checkpoint-draft.js';
import {
  checkpointFolder,
  damaged,
  parsePlace,
  placeName,
  readManifest,
  scanPart,
  stepOfFolder,
  type Checkpoint,
  type CheckpointPart,
  type PartPlace,
} from './checkpoint-format.js';
import { CheckpointError, guarded, OutputError, type OutputErrorCode } from './errors.js';
import {
  isTemporary,
  listFolder,
  makeFolders,
  readTextIfAny,
  remove,
  syncFolder,
  temporaryName,
  writeFileAtomic,
} from './files.js';
import { parseObject, type JsonObject } from './json.js';
import { folderStorage, invalidPart, type PartStorage } from './part-storage.js';

/** What a checkpoint is made of. Parts may be made one at a time, while earlier ones are written. */
export interface CheckpointContent {
  readonly step: number;
  readonly header: JsonObject;
  readonly parts: Iterable<CheckpointPart> | AsyncIterable<CheckpointPart>;
}

/** Where parts lie that are not in the folder of the checkpoints, and where new ones go. */
export interface PartStorages {
  /** For new checkpoints; the folder unless given. */
  readonly place?: PartPlace;
  /** The storage of a place that is not the folder. @throws if it cannot be reached */
  readonly storageOf?: (place: Exclude<PartPlace, { kind: 'folder' }>) => PartStorage | Promise<PartStorage>;
}

/** The newest checkpoint that can be used, if any, and what is to be said about newer ones that cannot. */
export interface LatestCheckpoint {
  readonly checkpoint: Checkpoint | undefined;
  readonly warnings: readonly string[];
}

// A checkpoint that is about to be replaced by one of the same step waits under this mark, and is put back after a kill.
const replacedMark = '.old-';

/** Trouble with one checkpoint after which an older one is tried: damage, and bytes that the disk cannot read. */
const passedOver: readonly OutputErrorCode[] = ['corrupt-checkpoint', 'input-output'];

/** The checkpoints in `<run folder>/checkpoints`. */
export class CheckpointStore {
  readonly folder: string;
  readonly keep: number;
  readonly #storages: PartStorages;

  /**
   * For reading; nothing is touched. The one process that writes uses `open`.
   *
   * @param keep how many checkpoints stay
   * @throws RangeError if `keep` is no whole number >= 1
   */
  constructor(runFolder: string, keep = 2, storages: PartStorages = {}) {
    if (!(Number.isSafeInteger(keep) && keep >= 1)) throw new RangeError(`cannot keep ${keep} checkpoints`);
    this.folder = join(runFolder, 'checkpoints');
    this.keep = keep;
    this.#storages = storages;
  }

  /**
   * Opens the checkpoints of a run folder for writing, and cleans up what a kill has left. Only for the holder of the run's
   * lock.
   *
   * @throws OutputError if the system refuses
   */
  static async open(runFolder: string, keep = 2, storages: PartStorages = {}): Promise<CheckpointStore> {
    const store = new CheckpointStore(runFolder, keep, storages);
    await makeFolders(store.folder);
    const names = await listFolder(store.folder);
    for (const name of names) {
      const path = join(store.folder, name);
      if (isTemporary(name)) await store.#delete(path);
      if (!name.startsWith(replacedMark)) continue;
      const target = name.slice(replacedMark.length);
      if (names.includes(target) || stepOfFolder(target) === undefined) await store.#delete(path);
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

  /** The newest one, by its name, and when it was completed; undefined if there is none. */
  async newest(): Promise<{ readonly step: number; readonly at: Date } | undefined> {
    const step = (await this.steps()).at(-1);
    if (step === undefined) return undefined;
    const path = join(this.folder, checkpointFolder(step));
    return guarded('read', path, async () => ({ step, at: (await stat(path)).mtime }));
  }

  /**
   * Where the parts of a checkpoint lie.
   *
   * @throws CheckpointError (`storage-missing`) if this process was not told how to get there
   */
  async storage(checkpoint: Pick<Checkpoint, 'path' | 'place'>): Promise<PartStorage> {
    const { path, place } = checkpoint;
    if (place.kind === 'folder') return folderStorage(this.folder);
    const storage = await this.#storages.storageOf?.(place);
    if (storage) return storage;
    throw new CheckpointError(
      'storage-missing',
      path,
      `the parts of the checkpoint ${path} lie in the object store "${place.bucket}" of a NATS server`,
      'go on with `wasserwerk resume --nats URL`, with the URL of that server',
    );
  }

  /**
   * Begins a checkpoint. Older ones stay until it is committed, those of the same step, too.
   *
   * @throws CheckpointError (`invalid-checkpoint`) if this is no step
   * @throws OutputError if the system refuses
   */
  async begin(step: number): Promise<CheckpointDraft> {
    const target = join(this.folder, checkpointFolder(step));
    if (stepOfFolder(checkpointFolder(step)) !== step) throw invalidPart(target, `${step} is no step`);
    const place = this.#storages.place ?? { kind: 'folder' };
    // Drawn, so that a process that was left behind by an older draft cannot write into this one.
    const name = `${checkpointFolder(step)}-${randomBytes(6).toString('hex')}`;
    const path = temporaryName(join(this.folder, name));
    const isHere = place.kind === 'folder';
    const location = isHere ? basename(path) : name;
    const storage = await this.storage({ path: target, place });
    await guarded('create', path, () => mkdir(path));
    if (!isHere) await writeFileAtomic(join(path, placeName), JSON.stringify({ ...place, location }));
    return new CheckpointDraft({
      ...{ step, path, place, location, storage },
      put: async () => {
        await this.#put(path, checkpointFolder(step));
        await this.#prune(step);
        return { path: target, location: isHere ? checkpointFolder(step) : location };
      },
      discard: () => this.#delete(path),
    });
  }

  /**
   * Writes a checkpoint of which all parts are here.
   *
   * @throws CheckpointError (`invalid-checkpoint`) for a name of a part that is no file name, or comes twice
   * @throws OutputError if the system refuses, or whatever the maker of the parts throws; older checkpoints stay
   */
  async write({ step, header, parts }: CheckpointContent): Promise<Checkpoint> {
    const draft = await this.begin(step);
    try {
      for await (const part of parts) await draft.add(part);
      return await draft.commit(header);
    } catch (error) {
      await draft.discard().catch(() => undefined);
      throw error;
    }
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
    if (isThere) await this.#delete(replaced);
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
    await this.#delete(condemned);
  }

  /**
   * Deletes a folder that is no checkpoint any more, with its parts wherever they lie. Where this process does not know how to
   * get at them it stays, under its temporary name, until one opens it that does.
   */
  async #delete(path: string): Promise<void> {
    const text = await readTextIfAny(join(path, placeName));
    const where = text === undefined ? undefined : parsePlace(parseObject(text), basename(path));
    if (where && where.place.kind !== 'folder') {
      if (!this.#storages.storageOf) return;
      await (await this.#storages.storageOf(where.place)).discard(where.location);
    }
    await remove(path);
  }

  /**
   * The newest checkpoint of which every byte is as it was written. Newer ones that are damaged are passed over with a
   * warning. No checkpoint at all is no trouble: the run starts at step 0.
   *
   * @throws CheckpointError (`newer-format`, `older-format`) if the newest was written by another version of the program
   * @throws CheckpointError (`storage-missing`) if its parts lie where this process cannot get
   * @throws OutputError (the newest one's) if there are checkpoints, but all are damaged
   * @throws OutputError if the folder cannot be read
   */
  async latest(): Promise<LatestCheckpoint> {
    const warnings: string[] = [];
    let first: OutputError | undefined;
    for (const step of [...(await this.steps())].reverse()) {
      try {
        const checkpoint = await this.#find(step);
        await this.#verify(checkpoint);
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

  async #verify(checkpoint: Checkpoint): Promise<void> {
    const { path, place, location, parts } = checkpoint;
    const [header, ...others] = parts;
    await scanPart(path, header, () => undefined);
    if (place.kind === 'folder') {
      for (const entry of others) await scanPart(path, entry, () => undefined);
      return;
    }
    const storage = await this.storage(checkpoint);
    for (const entry of others) await storage.read(location, entry);
  }
}
