// Points of a lumped run on disk: a pair of files per snapshot, since nodes come and go and may have different numbers of coordinates.
//
//     points/000003.json   step, time, and per node: name, mass, V, where its x begins in the other file and how long it is (in numbers)
//     points/000003.f64    x of all nodes, one after another, little-endian f64
//
// The .json goes last: a snapshot without one is none.

import { join } from 'node:path';
import type { NodeView } from '../lumped/mod.js';
import { RecordError } from './errors.js';
import { listFolder, makeFolders, remove, writeFileAtomic } from './files.js';

export const pointsFolder = 'points';

export interface LumpedSnapshot {
  readonly step: number;
  readonly time: number;
  readonly nodes: readonly (Pick<NodeView, 'node' | 'mass' | 'value'> & { readonly x: Float64Array })[];
}

const fileOf = (index: number, ending: string): string => `${String(index).padStart(6, '0')}.${ending}`;
const indexOf = (name: string): number => {
  const match = /^(\d{6,})\.(json|f64)$/u.exec(name);
  return match ? Number(match[1]) : -1;
};

/** Appends snapshots to the folder `points` of a run. Calls must not overlap. */
export class LumpedSnapshotWriter {
  private constructor(
    private readonly folder: string,
    private written: number,
  ) {}

  /** Creates an empty folder; what is there is lost. @throws OutputError */
  static async create(runFolder: string): Promise<LumpedSnapshotWriter> {
    const folder = join(runFolder, pointsFolder);
    await remove(folder);
    await makeFolders(folder);
    return new LumpedSnapshotWriter(folder, 0);
  }

  /** Opens the folder of a run for going on. @throws OutputError */
  static async open(runFolder: string): Promise<LumpedSnapshotWriter> {
    const folder = join(runFolder, pointsFolder);
    const names = new Set(await listFolder(folder));
    let count = 0;
    while (names.has(fileOf(count, 'json'))) count++;
    return new LumpedSnapshotWriter(folder, count);
  }

  get count(): number {
    return this.written;
  }

  /** @throws OutputError if the system refuses */
  async append({ step, time, nodes }: LumpedSnapshot): Promise<void> {
    const whole = new Float64Array(nodes.reduce((sum, { x }) => sum + x.length, 0));
    let offset = 0;
    const listed = nodes.map(({ node, mass, value, x }) => {
      whole.set(x, offset);
      const entry = { node, mass, value, offset, length: x.length };
      offset += x.length;
      return entry;
    });
    await writeFileAtomic(join(this.folder, fileOf(this.written, 'f64')), new Uint8Array(whole.buffer));
    const text = `${JSON.stringify({ format: 'wasserwerk-points', step, time, nodes: listed })}\n`;
    await writeFileAtomic(join(this.folder, fileOf(this.written, 'json')), text);
    this.written += 1;
  }

  /**
   * Drops all snapshots after the first `count`.
   * @throws RecordError (`corrupt-snapshots`) if there are fewer; OutputError if the system refuses
   */
  async trimTo(count: number): Promise<void> {
    if (!(count >= 0 && count <= this.written)) {
      throw new RecordError(
        'corrupt-snapshots',
        this.folder,
        `${this.folder} holds ${this.written} snapshots, though the checkpoint stands for ${count}`,
        'put back the folder as the run left it, or start the run anew',
      );
    }
    for (const name of await listFolder(this.folder)) {
      const index = indexOf(name);
      if (index < 0 || index >= count) await remove(join(this.folder, name));
    }
    this.written = count;
  }
}
