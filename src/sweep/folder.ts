// The folder of a sweep: sweep.json with the plan and what has become of it, the packed config, tables, and a folder per run.
//
//     sweeps/ring-of-wells-20260131-142359/
//       sweep.json  config-bundle.json  sweep.csv  points.csv  001-h=0.1-seed=1/  002-…/

import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { bundleFile, readBundle } from '../cluster/mod.js';
import type { ConfigBundle } from '../config/mod.js';
import { FolderLock, makeFolders, slug, writeFileAtomic } from '../output/mod.js';
import type { SweepPlan } from './plan.js';
import { pointsOf, type SweepRecord } from './summary.js';
import { pointsCsv, runsCsv } from './tables.js';
import { SweepError } from './values.js';

export const sweepFile = 'sweep.json';

const measured = z.object({ value: z.number().nullable(), error: z.number().nullable() });
const schema = z.object({
  format: z.literal('wasserwerk-sweep'),
  formatVersion: z.literal(1),
  name: z.string(),
  keys: z.array(z.object({ path: z.string(), values: z.array(z.string()) })),
  points: z.array(z.array(z.string())),
  seeds: z.array(z.number()),
  runs: z.array(
    z.object({
      number: z.number().int().positive(),
      // A name, not a way out of the folder.
      folder: z.string().regex(/^\d{3,}-[^/\\]*$/u),
      point: z.number().int().nonnegative(),
      seed: z.number(),
      overrides: z.array(z.string()),
    }),
  ),
  records: z.array(
    z.object({
      number: z.number(),
      status: z.enum(['waiting', 'finished', 'interrupted', 'failed']),
      error: z.object({ code: z.string(), message: z.string() }).optional(),
      step: z.number().optional(),
      time: z.number().optional(),
      seconds: z.number().optional(),
      nodeNames: z.array(z.string()).optional(),
      mass: z.array(measured).optional(),
      potentialEnergy: measured.optional(),
      energy: measured.optional(),
      relativeEntropy: measured.optional(),
      stateHash: z.string().optional(),
    }),
  ),
});

/** A sweep's folder that this process holds the lock of. */
export class SweepFolder {
  #writing: Promise<void> = Promise.resolve();

  private constructor(
    readonly path: string,
    readonly plan: SweepPlan,
    readonly bundle: ConfigBundle,
    readonly records: SweepRecord[],
    /** Whether it was there before. */
    readonly isOld: boolean,
    private readonly lock: FolderLock,
  ) {}

  /**
   * Creates the folder of a new sweep, or opens that of the same one.
   *
   * @param out the folder; without it one below `sweeps`, named after the sweep and the time
   * @throws SweepError if it holds something else
   */
  static async start(plan: SweepPlan, bundle: ConfigBundle, out?: string): Promise<SweepFolder> {
    const path = resolve(out ?? join('sweeps', `${slug(plan.name)}-${stamp(new Date())}`));
    if (existsSync(join(path, sweepFile))) {
      const opened = await SweepFolder.open(path);
      const difference = differenceOf(opened, plan, bundle);
      if (difference === undefined) return opened;
      await opened.close();
      throw new SweepError(
        'sweep-folder',
        `${path} holds another sweep: ${difference}`,
        `choose another folder with --out DIR, or go on with that sweep: wasserwerk sweep --resume ${path}`,
      );
    }
    await makeFolders(path);
    const [first] = (await readdir(path)).filter((name) => !name.startsWith('run.lock'));
    if (first !== undefined) {
      throw new SweepError(
        'sweep-folder',
        `${path} is not empty: it holds ${first}`,
        'choose another folder with --out DIR',
      );
    }
    const lock = await FolderLock.acquire(path);
    const records = plan.runs.map(({ number }): SweepRecord => ({ number, status: 'waiting' }));
    const folder = new SweepFolder(path, plan, bundle, records, false, lock);
    try {
      // The config first: a folder with a plan can be resumed.
      await writeFileAtomic(join(path, bundleFile), JSON.stringify(bundle, null, 1));
      await folder.write();
    } catch (error) {
      await folder.close();
      throw error;
    }
    return folder;
  }

  /** Opens the folder of a sweep to go on with it. @throws SweepError, RunFolderError (`locked`) */
  static async open(out: string): Promise<SweepFolder> {
    const path = resolve(out);
    const file = join(path, sweepFile);
    if (!existsSync(file)) {
      throw new SweepError(
        'sweep-folder',
        `${path} is not the folder of a sweep: it has no ${sweepFile}`,
        'give the folder that `wasserwerk sweep` named when it started',
      );
    }
    const lock = await FolderLock.acquire(path);
    try {
      const { records, plan } = parse(await readFile(file, 'utf8'), file);
      return new SweepFolder(path, plan, await readBundle(path), records, true, lock);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Folder of a run. */
  folderOf(number: number): string {
    return join(this.path, this.plan.runs[number - 1].folder);
  }

  /** Notes what has become of a run, and writes everything. */
  async note(record: SweepRecord): Promise<void> {
    this.records[record.number - 1] = record;
    await this.write();
  }

  /** Writes plan, results and tables; one after the other. */
  write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write());
    const written = this.#writing;
    // The next one begins all the same.
    this.#writing = written.catch(() => undefined);
    return written;
  }

  async #write(): Promise<void> {
    const { plan, records } = this;
    const points = pointsOf(plan, records);
    const text = { format: 'wasserwerk-sweep', formatVersion: 1, ...plan, records, results: points };
    await writeFileAtomic(join(this.path, sweepFile), `${JSON.stringify(text, null, 1)}\n`);
    await writeFileAtomic(join(this.path, 'sweep.csv'), runsCsv(plan, records));
    await writeFileAtomic(join(this.path, 'points.csv'), pointsCsv(plan, points));
  }

  async close(): Promise<void> {
    await this.#writing;
    await this.lock.release();
  }
}

function parse(text: string, file: string): { plan: SweepPlan; records: SweepRecord[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const result = schema.safeParse(value);
  const damaged = (what: string): SweepError =>
    new SweepError(
      'sweep-folder',
      `${file} is damaged: ${what}`,
      'put it back as the sweep left it, or start anew',
    );
  if (!result.success) {
    const [issue] = result.error.issues;
    throw damaged(`${issue.path.map(String).join('.') || 'it'}: ${issue.message}`);
  }
  const { name, keys, points, seeds, runs, records } = result.data;
  const isWhole =
    records.length === runs.length &&
    runs.every(
      (run, i) => run.number === i + 1 && run.point < points.length && records[i].number === i + 1,
    ) &&
    points.every((point) => point.length === keys.length);
  if (!isWhole) throw damaged('its runs and its points do not fit together');
  return { plan: { name, keys, points, seeds, runs }, records: records as SweepRecord[] };
}

function differenceOf(opened: SweepFolder, plan: SweepPlan, bundle: ConfigBundle): string | undefined {
  if (opened.bundle.text !== bundle.text) return 'its config was another text';
  const files = (of: ConfigBundle): string => JSON.stringify(Object.entries(of.attachments).sort());
  if (files(opened.bundle) !== files(bundle)) return 'the files of its config were others';
  const runs = (of: SweepPlan): string => JSON.stringify(of.runs.map(({ overrides }) => overrides));
  if (runs(opened.plan) !== runs(plan)) return 'its values or seeds were others';
  return undefined;
}

/** Local time as 20260131-142359. */
function stamp(time: Date): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  return (
    `${time.getFullYear()}${pad(time.getMonth() + 1)}${pad(time.getDate())}-` +
    `${pad(time.getHours())}${pad(time.getMinutes())}${pad(time.getSeconds())}`
  );
}
