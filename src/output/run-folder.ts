// The folder of a run: its name, its lock, its manifest. Only the coordinator names and writes one; reports and
// comparisons look at it with `RunFolder.inspect`. What lies in it is written by tables.ts, snapshots.ts, checkpoints.ts.
//
//     runs/ring-of-wells-20260131-142359/
//       manifest.json  observables.jsonl  observables.csv  jumps.csv  snapshots.zarr/  checkpoints/  run.lock

import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { guarded, RunFolderError, systemCode } from './errors.js';
import {
  isTemporary,
  listFolder,
  makeFolders,
  readTextIfAny,
  remove,
  removeTemporaries,
  syncFolder,
  writeFileAtomic,
} from './files.js';
import { lockName, RunLock } from './lock.js';
import {
  formatManifest,
  parseManifest,
  startManifest,
  type Ending,
  type Manifest,
  type ManifestChange,
  type ManifestStart,
} from './manifest.js';

export const manifestFile = 'manifest.json';

/** Where a run's folder shall be: exactly there (`--out`), or named after the run and the time, below `parent`. */
export interface RunPlace {
  readonly out?: string;
  /** `runs` unless given. */
  readonly parent?: string;
  readonly now?: Date;
  /** See `RunLock.acquire`. */
  readonly guard?: string | undefined;
}

/** A run folder as it stands. */
export interface Inspection {
  readonly path: string;
  readonly manifest: Manifest;
  /** Whether a process works on it now. A manifest that says `running` without one is of a run that was killed. */
  readonly isLive: boolean;
}

/** A run folder that this process holds the lock of. */
export class RunFolder {
  readonly path: string;
  readonly #lock: RunLock;
  #manifest: Manifest;

  private constructor(path: string, lock: RunLock, manifest: Manifest) {
    this.path = path;
    this.#lock = lock;
    this.#manifest = manifest;
  }

  /**
   * Creates the folder of a new run, locks it and writes its first manifest.
   *
   * @throws RunFolderError (`folder-exists`) if `--out` names a folder that is not empty, (`not-a-folder`) if it names a
   * file, (`locked`) if another process creates the same one at the same time
   * @throws OutputError if the system refuses
   */
  static async create(start: ManifestStart, place: RunPlace = {}): Promise<RunFolder> {
    const now = place.now ?? new Date();
    const path =
      place.out === undefined
        ? await makeNamed(resolve(place.parent ?? 'runs'), `${slug(start.name)}-${stamp(now)}`)
        : await makeGiven(resolve(place.out));
    const lock = await RunLock.acquire(path, place.guard);
    try {
      // Again, now that no other run can begin here.
      await refuseContent(path);
      const folder = new RunFolder(path, lock, startManifest(start, now));
      await folder.#write();
      return folder;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Opens a run folder for going on: locks it, and cleans up temporary files that a kill has left.
   *
   * @param guard see `RunLock.acquire`
   * @throws RunFolderError (`not-a-run`, `corrupt-manifest`, `newer-format`, `locked`, `not-a-folder`)
   * @throws OutputError if the system refuses
   */
  static async open(path: string, guard?: string): Promise<RunFolder> {
    const folder = resolve(path);
    await readManifest(folder);
    const lock = await RunLock.acquire(folder, guard);
    try {
      await removeTemporaries(folder);
      return new RunFolder(folder, lock, await readManifest(folder));
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /**
   * Looks at a run folder, live or not, without locking or changing it.
   *
   * @throws RunFolderError (`not-a-run`, `corrupt-manifest`, `newer-format`, `not-a-folder`)
   * @throws OutputError if the system refuses
   */
  static async inspect(path: string): Promise<Inspection> {
    const folder = resolve(path);
    // The lock first: a run that ends in between is then taken for live, not for killed.
    const isLive = await RunLock.isHeld(folder);
    return { path: folder, manifest: await readManifest(folder), isLive };
  }

  /**
   * Deletes a run folder with all that is in it.
   *
   * @throws RunFolderError (`not-a-run`, `corrupt-manifest`, `newer-format`, `locked`, `not-a-folder`): then it stays
   * @throws OutputError if the system refuses
   */
  static async discard(path: string): Promise<void> {
    const folder = await RunFolder.open(path);
    try {
      await remove(folder.path);
    } finally {
      await folder.close();
    }
  }

  /** The manifest as it was last written. */
  get manifest(): Manifest {
    return this.#manifest;
  }

  /**
   * Writes the manifest with something changed; the status stays.
   *
   * @throws RunFolderError (`lock-lost`) if another process has taken over
   * @throws OutputError if the system refuses; the file is then as before
   */
  async update(change: ManifestChange): Promise<void> {
    await this.#replace({ ...this.#manifest, ...change });
  }

  /** Writes that the run goes on, after `open`. Throws as `update`. */
  async resume(change: ManifestChange = {}): Promise<void> {
    await this.#replace({ ...withoutEnding(this.#manifest), ...change, status: 'running' });
  }

  /** Writes how the run ended. The lock stays until `close`. Throws as `update`. */
  async end(ending: Ending, change: ManifestChange = {}, now = new Date()): Promise<void> {
    const finishedAt = now.toISOString();
    await this.#replace({ ...withoutEnding(this.#manifest), ...change, ...ending, finishedAt });
  }

  /** Gives the lock up. */
  async close(): Promise<void> {
    await this.#lock.release();
  }

  async #replace(manifest: Manifest): Promise<void> {
    await this.#lock.check();
    const before = this.#manifest;
    this.#manifest = manifest;
    try {
      await this.#write();
    } catch (error) {
      this.#manifest = before;
      throw error;
    }
  }

  async #write(): Promise<void> {
    await writeFileAtomic(join(this.path, manifestFile), formatManifest(this.#manifest));
  }
}

type Common = Omit<Extract<Manifest, { status: 'running' }>, 'status'>;

function withoutEnding(manifest: Manifest): Common {
  const { status: _status, ...rest } = manifest;
  const dropped = ['finishedAt', 'reason', 'error'];
  return Object.fromEntries(Object.entries(rest).filter(([key]) => !dropped.includes(key))) as Common;
}

async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestFile);
  await statFolder(folder);
  const text = await readTextIfAny(path);
  if (text !== undefined) return parseManifest(text, path);
  throw new RunFolderError(
    'not-a-run',
    folder,
    `${folder} is not the folder of a run: it has no ${manifestFile}`,
    'give the folder that `wasserwerk run` named when it started',
  );
}

async function statFolder(path: string): Promise<void> {
  const { isFolder } = await guarded('open', path, async () => ({
    isFolder: (await stat(path)).isDirectory(),
  }));
  if (isFolder) return;
  throw new RunFolderError('not-a-folder', path, `${path} is a file, not a folder`, 'give a folder');
}

async function makeGiven(path: string): Promise<string> {
  try {
    await makeFolders(path);
  } catch (error) {
    if (!(error instanceof Error) || systemCode(error.cause) !== 'EEXIST') throw error;
  }
  await statFolder(path);
  await refuseContent(path);
  return path;
}

async function refuseContent(path: string): Promise<void> {
  const names = (await listFolder(path)).filter((name) => !name.startsWith(lockName) && !isTemporary(name));
  if (names.length === 0) return;
  const isRun = names.includes(manifestFile);
  throw new RunFolderError(
    'folder-exists',
    path,
    `${path} is not empty: ${isRun ? 'it holds a run' : `it holds ${names.slice(0, 3).join(', ')}`}`,
    isRun
      ? `choose another folder with --out DIR, or go on with that run: wasserwerk resume ${path}`
      : 'choose another folder with --out DIR; a new one is created',
  );
}

/** Creates `parent/name`, or the first of `name-2`, `name-3` … that is not there. */
async function makeNamed(parent: string, name: string): Promise<string> {
  await makeFolders(parent);
  for (let attempt = 1; ; attempt++) {
    const path = join(parent, attempt === 1 ? name : `${name}-${attempt}`);
    const isNew = await guarded('create', path, () =>
      mkdir(path).then(
        () => true,
        (error: unknown) => {
          if (systemCode(error) === 'EEXIST') return false;
          throw error;
        },
      ),
    );
    if (!isNew) continue;
    await syncFolder(parent);
    return path;
  }
}

/** A run's name as a part of a file name: small letters and digits of any script, joined by hyphens. */
export function slug(name: string): string {
  const words =
    name
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const text = Array.from(words.join('-')).slice(0, 40).join('').replace(/-$/u, '');
  return text === '' ? 'run' : text;
}

/** Local time as 20260131-142359. */
function stamp(time: Date): string {
  const pad = (value: number, width = 2): string => String(value).padStart(width, '0');
  const day = pad(time.getFullYear(), 4) + pad(time.getMonth() + 1) + pad(time.getDate());
  return `${day}-${pad(time.getHours())}${pad(time.getMinutes())}${pad(time.getSeconds())}`;
}
