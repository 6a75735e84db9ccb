// The lock on a run folder: one process at a time writes there. It is a file with the holder's name, made in one go. A lock
// whose process is gone is taken over. On another machine's process nobody can look, so a holder touches its lock every few
// seconds, and a lock from elsewhere counts as left behind when it was not touched for a minute. A *guard* is another lock,
// known by its name, that the holder of this one has as well: who holds it now takes over at once from whoever held it
// before. It is no guard against people who delete files.

import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, stat, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { guarded, RunFolderError, systemCode } from './errors.js';
import { readTextIfAny, temporaryName, writeFileAtomic } from './files.js';
import { isCount, parseObject } from './json.js';

export const lockName = 'run.lock';

/** Time between two touches, and the time after which a lock of another machine is left behind: five touches missed. */
const touchMilliseconds = 12_000;
const staleMilliseconds = 60_000;
/** Time after which a take-over that did not end, or a lock without content, is left behind: both last milliseconds. */
const abandonedMilliseconds = 10_000;

/** Who holds a lock. */
interface Holder {
  readonly token: string;
  readonly pid: number;
  readonly host: string;
  /** When the process began, in a unit of the system, where it tells: a number of a process may be used again. */
  readonly began: string | null;
  readonly since: string;
  readonly guard: string | null;
}

// Tokens of the locks that this process holds.
const held = new Set<string>();

function parseHolder(text: string): Holder | undefined {
  const value = parseObject(text);
  if (value === undefined) return undefined;
  const { token, pid, host, began, since, guard } = value;
  if (typeof token !== 'string' || !isCount(pid) || pid === 0 || typeof host !== 'string') return undefined;
  if ((began !== null && typeof began !== 'string') || typeof since !== 'string') return undefined;
  return { token, pid, host, began, since, guard: typeof guard === 'string' ? guard : null };
}

/** When a process began, as Linux tells it; null for others, and where there is no such process. */
async function beginning(pid: number): Promise<string | null> {
  try {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may hold anything; the 20th field after it is the time of start.
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) !== 'ESRCH';
  }
}

/** Milliseconds since a file was last written, by the clock of its own file system: machines' clocks differ. */
async function age(path: string): Promise<number> {
  const probe = temporaryName(path);
  try {
    await (await open(probe, 'wx')).close();
    return (await stat(probe)).mtimeMs - (await stat(path)).mtimeMs;
  } finally {
    await unlink(probe).catch(() => undefined);
  }
}

async function isLeftBehind(path: string, holder: Holder | undefined): Promise<boolean> {
  if (holder === undefined) return (await age(path)) > abandonedMilliseconds;
  if (holder.host !== hostname()) return (await age(path)) > staleMilliseconds;
  if (held.has(holder.token)) return false;
  if (!isRunning(holder.pid)) return true;
  const began = await beginning(holder.pid);
  if (holder.began !== null && began !== null) return holder.began !== began;
  // Our own number, but not a lock that we hold: it is from before.
  return holder.pid === process.pid;
}

/** Makes a file with content in one go, unless there is one of that name. */
async function createExclusive(path: string, content: string): Promise<boolean> {
  const temporary = temporaryName(path);
  await writeFileAtomic(temporary, content);
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    // A file system without hard links: the content comes a moment after the name.
    return await createThenWrite(path, content);
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

async function createThenWrite(path: string, content: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx');
    try {
      await handle.writeFile(content);
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A lock that this process holds until `release`. */
export class RunLock {
  readonly path: string;
  readonly #content: string;
  readonly #token: string;
  readonly #timer: NodeJS.Timeout;
  #isLost = false;

  private constructor(path: string, holder: Holder, content: string) {
    this.path = path;
    this.#content = content;
    this.#token = holder.token;
    held.add(holder.token);
    this.#timer = setInterval(() => void this.#touch(), touchMilliseconds);
    this.#timer.unref();
  }

  /**
   * Locks a run folder for this process.
   *
   * @param guard name of another lock, which this process holds: a holder that has named the same one holds it no more, and
   * is not waited for
   * @throws RunFolderError (`locked`) if another process, or this one, holds it
   * @throws OutputError if the system refuses
   */
  static async acquire(folder: string, guard?: string): Promise<RunLock> {
    const path = join(resolve(folder), lockName);
    const holder: Holder = {
      token: randomUUID(),
      pid: process.pid,
      host: hostname(),
      began: await beginning(process.pid),
      since: new Date().toISOString(),
      guard: guard ?? null,
    };
    const content = `${JSON.stringify(holder)}\n`;
    return guarded('lock', path, async () => {
      if (await createExclusive(path, content)) return new RunLock(path, holder, content);
      await takeOver(path, content, guard);
      return new RunLock(path, holder, content);
    });
  }

  /** Whether some living process holds the lock of a folder, as far as can be told from here. Touches nothing of it. */
  static async isHeld(folder: string): Promise<boolean> {
    const path = join(resolve(folder), lockName);
    const text = await readTextIfAny(path);
    if (text === undefined) return false;
    const holder = parseHolder(text);
    if (holder !== undefined && holder.host === hostname()) return !(await isLeftBehind(path, holder));
    // By this machine's clock: a reader may not be allowed to write beside the lock.
    const written = await guarded('read', path, () => stat(path));
    return Date.now() - written.mtimeMs <= (holder === undefined ? abandonedMilliseconds : staleMilliseconds);
  }

  /**
   * Checks that the lock is still ours.
   *
   * @throws RunFolderError (`lock-lost`) if another process took it over, or somebody deleted it
   */
  async check(): Promise<void> {
    const text = await readTextIfAny(this.path);
    this.#isLost ||= text === undefined || parseHolder(text)?.token !== this.#token;
    if (!this.#isLost) return;
    throw new RunFolderError(
      'lock-lost',
      this.path,
      `${this.path} is no longer this process's: another one has taken over the run, or the file was deleted`,
      'stop this process; the run goes on in the other one, or with `wasserwerk resume`',
    );
  }

  async #touch(): Promise<void> {
    try {
      await this.check();
      const handle = await open(this.path, 'r+');
      try {
        await handle.write(this.#content, 0);
      } finally {
        await handle.close();
      }
    } catch {
      // Told by the next check; a disk that fails for a while may come back.
    }
  }

  /** Gives the lock up. A second call does nothing. */
  async release(): Promise<void> {
    clearInterval(this.#timer);
    if (!held.delete(this.#token)) return;
    const text = await readTextIfAny(this.path);
    if (text === undefined || parseHolder(text)?.token !== this.#token) return;
    await unlink(this.path).catch(() => undefined);
  }
}

/** Puts our lock in the place of one that was left behind; a second file keeps two from doing so at once. */
async function takeOver(path: string, content: string, guard: string | undefined): Promise<void> {
  const gate = `${path}.takeover`;
  if (!(await createExclusive(gate, content))) {
    const isAbandoned = await age(gate).then(
      (time) => time > abandonedMilliseconds,
      () => true,
    );
    if (!isAbandoned) throw locked(path, undefined);
    await unlink(gate).catch(() => undefined);
    if (!(await createExclusive(gate, content))) throw locked(path, undefined);
  }
  try {
    const text = await readTextIfAny(path);
    if (text === undefined) {
      if (await createExclusive(path, content)) return;
      throw locked(path, undefined);
    }
    const holder = parseHolder(text);
    const isGuarded = guard !== undefined && holder?.guard === guard && !held.has(holder.token);
    if (!isGuarded && !(await isLeftBehind(path, holder))) throw locked(path, holder);
    const temporary = temporaryName(path);
    await writeFileAtomic(temporary, content);
    await rename(temporary, path);
  } finally {
    await unlink(gate).catch(() => undefined);
  }
}

function locked(path: string, holder: Holder | undefined): RunFolderError {
  const who =
    holder === undefined
      ? 'another process'
      : `process ${holder.pid} on ${holder.host} since ${holder.since}`;
  return new RunFolderError(
    'locked',
    path,
    `${path}: the run is in use by ${who}`,
    'wait for it, or stop it; if you know that it is gone (another machine that failed), delete this file',
  );
}
