// File systems of few bytes, and machines that do not see what others see. Needs root on Linux. Not a test.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function tried(...words: readonly string[]): string | undefined {
  const [file, ...rest] = words;
  const { status, stderr, error } = spawnSync(file, rest, { encoding: 'utf8' });
  if (error) return error.message;
  return status === 0 ? undefined : `${words.join(' ')}: ${stderr.trim()}`;
}

/** A file system of so many bytes at a folder, which is made for it. */
export class SmallDisk {
  constructor(
    readonly path: string,
    kilobytes: number,
  ) {
    mkdirSync(path);
    const trouble = tried('mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', path);
    if (trouble !== undefined) throw new Error(trouble);
  }

  grow(kilobytes: number): void {
    const trouble = tried('mount', '-o', `remount,size=${kilobytes}k`, this.path);
    if (trouble !== undefined) throw new Error(trouble);
  }

  remove(): void {
    tried('umount', this.path);
  }
}

/** Words before a program that is to see an empty folder in place of this one. */
export function blindTo(folder: string): string[] {
  return ['unshare', '-m', 'sh', '-c', `mount -t tmpfs -o size=64k tmpfs '${folder}' && exec "$@"`, 'sh'];
}

/** Why there can be no such file systems here; undefined where there can. */
export const whyNoMounts: string | undefined = (() => {
  if (process.platform !== 'linux') return 'they are of Linux';
  const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-mount-'));
  try {
    new SmallDisk(join(folder, 'disk'), 64).remove();
    return tried(...blindTo(folder), 'true');
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();
