// A checkpoint while it is made: a folder under a temporary name that becomes one by `commit`. Parts are written through a
// storage by whoever has them, here or in another process. Which checkpoints are kept is checkpoints.ts.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  damaged,
  formatManifest,
  headerName,
  isPartName,
  manifestName,
  type Checkpoint,
  type CheckpointPart,
  type PartEntry,
  type PartPlace,
} from './checkpoint-format.js';
import { guarded } from './errors.js';
import { writeFileAtomic } from './files.js';
import type { JsonObject } from './json.js';
import { invalidPart, writePart, type PartStorage } from './part-storage.js';

/** Takes the parts of a checkpoint: what the owner of a state sees of a draft. */
export type DraftParts = Pick<CheckpointDraft, 'step' | 'location' | 'path' | 'add' | 'adopt'>;

/** What a draft is made with. */
export interface DraftSetup {
  readonly step: number;
  readonly path: string;
  readonly location: string;
  readonly place: PartPlace;
  readonly storage: PartStorage;
  /** Puts the filled folder in its place, and tells its new path and location. */
  readonly put: () => Promise<Pick<Checkpoint, 'path' | 'location'>>;
  readonly discard: () => Promise<void>;
}

export class CheckpointDraft {
  readonly #setup: DraftSetup;
  readonly #entries: PartEntry[] = [];

  constructor(setup: DraftSetup) {
    this.#setup = setup;
  }

  get step(): number {
    return this.#setup.step;
  }

  /** Where its parts go in their storage; no other draft has or had this one. */
  get location(): string {
    return this.#setup.location;
  }

  /** The folder that is filled. */
  get path(): string {
    return this.#setup.path;
  }

  /**
   * Writes a part.
   *
   * @throws CheckpointError (`invalid-checkpoint`) for a name that is no file name, or comes twice
   * @throws OutputError if the system refuses
   */
  async add({ name, bytes }: CheckpointPart): Promise<void> {
    this.#check(name);
    this.#entries.push(await this.#setup.storage.write(this.location, name, bytes));
  }

  /** Takes in a part that another process has written to this location. Throws as `add`. */
  adopt(entry: PartEntry): void {
    this.#check(entry.name);
    this.#entries.push(entry);
  }

  #check(name: string): void {
    if (!isPartName(name)) {
      throw invalidPart(this.path, `a part cannot be called ${JSON.stringify(name)}`);
    }
    if (this.#entries.some((entry) => entry.name === name)) {
      throw invalidPart(this.path, `part ${name} comes twice`);
    }
  }

  /**
   * Makes a checkpoint of it: header and manifest last, then the folder gets its name. Deletes those that are too many, and
   * those of later steps: a run that writes step s has gone back from them.
   *
   * @throws CheckpointError (`corrupt-checkpoint`) if a part that was taken in is not there
   * @throws OutputError if the system refuses; older checkpoints stay, and the draft waits for `discard`
   */
  async commit(header: JsonObject): Promise<Checkpoint> {
    const { step, path, place, location, put } = this.#setup;
    // Those of other processes lie in this folder only if it is the same for all.
    if (place.kind === 'folder') for (const entry of this.#entries) await checkLength(path, entry);
    const bytes = new TextEncoder().encode(JSON.stringify(header));
    const parts = [await writePart(join(path, headerName), headerName, bytes), ...this.#entries];
    await writeFileAtomic(join(path, manifestName), formatManifest({ step, place, location, parts }));
    return { step, place, parts, ...(await put()) };
  }

  /** Deletes it with all its parts. @throws OutputError if the system refuses; `CheckpointStore.open` tries again */
  async discard(): Promise<void> {
    await this.#setup.discard();
  }
}

async function checkLength(folder: string, { name, bytes }: PartEntry): Promise<void> {
  const path = join(folder, name);
  const { size } = await guarded('read', path, () => stat(path));
  if (size !== bytes) throw damaged(folder, `${name} has ${size} bytes, not ${bytes}`);
}
