// The folder of a search:
//
//     searches/digits-20260131-142359/
//       optimize.json        what it is and how it stands; the answer once there is one
//       config-bundle.json   the config with all files it names
//       progress.csv         a line per observation
//       nodes.csv            the answer: nodes by mass
//       best.json            the best point
//       state.msgpack        what it goes on from

import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { bundleFile, readBundle } from '../cluster/mod.js';
import type { ConfigBundle } from '../config/mod.js';
import {
  AppendFile,
  csvLine,
  FolderLock,
  makeFolders,
  slug,
  trimLines,
  writeFileAtomic,
} from '../output/mod.js';
import type { AnswerNode, BestResult } from './answer.js';
import { OptimizeError } from './errors.js';
import type { SearchCounts, SearchEnding, SearchLook, SearchState } from './search.js';
import { readState, writeState } from './state-file.js';

export const searchFile = 'optimize.json';
const FILES = {
  progress: 'progress.csv',
  nodes: 'nodes.csv',
  best: 'best.json',
  state: 'state.msgpack',
} as const;

const COLUMNS = [
  ...['round', 'step', 'time', 'temperature', 'energy', 'kinetic', 'dissipation'],
  ...['alive', 'examined', 'gradients', 'evaluations', 'heaviest', 'mass', 'best', 'best_node', 'seconds'],
];

const schema = z.object({
  format: z.literal('wasserwerk-search'),
  formatVersion: z.literal(1),
  name: z.string(),
  // The folder of the config: modules and commands of the objective are found from there.
  configFolder: z.string(),
  status: z.enum(['running', 'finished', 'interrupted', 'failed']),
});

/** How a search stands, as optimize.json says it. */
export interface SearchReport {
  readonly status: 'running' | 'finished' | 'interrupted' | 'failed';
  readonly ending?: SearchEnding;
  readonly error?: string;
  readonly seconds?: number;
  readonly counts?: SearchCounts;
  readonly rounds?: readonly Readonly<Record<string, unknown>>[];
  readonly best?: BestResult | undefined;
  readonly nodes?: readonly (AnswerNode & { readonly measured: Readonly<Record<string, number>> })[];
}

export class SearchFolder {
  #progress: AppendFile | undefined;

  private constructor(
    readonly path: string,
    readonly name: string,
    readonly configFolder: string,
    readonly bundle: ConfigBundle,
    private readonly lock: FolderLock,
  ) {}

  /** @throws OptimizeError if the folder holds something else */
  static async start(
    name: string,
    configFolder: string,
    bundle: ConfigBundle,
    out?: string,
  ): Promise<SearchFolder> {
    const path = resolve(out ?? join('searches', `${slug(name)}-${stamp(new Date())}`));
    await makeFolders(path);
    const [first] = (await readdir(path)).filter((file) => !file.startsWith('run.lock'));
    if (first !== undefined) {
      const isSearch = existsSync(join(path, searchFile));
      throw new OptimizeError(
        `${path} is not empty: it holds ${isSearch ? 'another search' : first}`,
        `choose another folder with --out DIR${isSearch ? `, or go on with that search: wasserwerk optimize --resume ${path}` : ''}`,
      );
    }
    const lock = await FolderLock.acquire(path);
    const folder = new SearchFolder(path, name, configFolder, bundle, lock);
    try {
      await writeFileAtomic(join(path, bundleFile), JSON.stringify(bundle, null, 1));
      await folder.report({ status: 'running' });
      await folder.openProgress(0);
    } catch (error) {
      await folder.close();
      throw error;
    }
    return folder;
  }

  /** Opens a search to go on with it. @throws OptimizeError, RunFolderError */
  static async open(
    out: string,
  ): Promise<{ folder: SearchFolder; state: SearchState | undefined; isFinished: boolean }> {
    const path = resolve(out);
    const file = join(path, searchFile);
    if (!existsSync(file)) {
      throw new OptimizeError(
        `${path} is not the folder of a search: it has no ${searchFile}`,
        'give the folder that `wasserwerk optimize` named when it started',
      );
    }
    const lock = await FolderLock.acquire(path);
    try {
      let text: unknown;
      try {
        text = JSON.parse(await readFile(file, 'utf8'));
      } catch {
        text = undefined;
      }
      const result = schema.safeParse(text);
      if (!result.success)
        throw new OptimizeError(`${file} is damaged`, 'put it back as the search left it, or start anew');
      const { name, configFolder, status } = result.data;
      const folder = new SearchFolder(path, name, configFolder, await readBundle(path), lock);
      const saved = await readState(join(path, FILES.state));
      await folder.openProgress(saved?.progressLength ?? 0);
      return { folder, state: saved?.state, isFinished: status === 'finished' };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  /** Goes back to what was saved last: cuts the table, and returns the state if there is one. */
  async goBack(): Promise<SearchState | undefined> {
    await this.#progress?.close();
    const saved = await readState(join(this.path, FILES.state));
    await this.openProgress(saved?.progressLength ?? 0);
    return saved?.state;
  }

  private async openProgress(length: number): Promise<void> {
    const path = join(this.path, FILES.progress);
    await trimLines(path, length);
    this.#progress = await AppendFile.open(path);
    if (this.#progress.length === 0) await this.#progress.append(csvLine(COLUMNS));
  }

  async observe(look: SearchLook): Promise<void> {
    const { energies, counts, best } = look;
    await this.#progress?.append(
      csvLine([
        ...[look.round, look.step, energies.time, energies.temperature, energies.energy, energies.kinetic],
        ...[energies.dissipation, look.alive, counts.examined, counts.gradients, counts.evaluations],
        ...[look.heaviest, look.mass, best?.value ?? NaN, best?.node ?? '', look.seconds],
      ]),
    );
  }

  async save(state: SearchState): Promise<void> {
    await this.#progress?.sync();
    await writeState(join(this.path, FILES.state), { state, progressLength: this.#progress?.length ?? 0 });
  }

  /** Writes how it stands, and with it the tables of the answer. */
  async report(report: SearchReport): Promise<void> {
    const { name, configFolder } = this;
    const { best, nodes } = report;
    if (nodes) {
      const measures = Object.keys(nodes[0]?.measured ?? {});
      const lines = nodes.map((node) =>
        csvLine([
          ...[node.node, node.mass, node.value, node.round, node.born, node.parent ?? '', node.x.length],
          ...measures.map((measure) => node.measured[measure] ?? NaN),
        ]),
      );
      const head = csvLine(['node', 'mass', 'value', 'round', 'born', 'parent', 'dimension', ...measures]);
      await writeFileAtomic(join(this.path, FILES.nodes), head + lines.join(''));
    }
    if (best) await writeFileAtomic(join(this.path, FILES.best), `${JSON.stringify(plain(best), null, 1)}\n`);
    const text = {
      ...{ format: 'wasserwerk-search', formatVersion: 1, name, configFolder },
      ...report,
      ...(best && { best: plain(best) }),
      ...(nodes && { nodes: nodes.map(plain) }),
    };
    await writeFileAtomic(join(this.path, searchFile), `${JSON.stringify(text, null, 1)}\n`);
  }

  async close(): Promise<void> {
    try {
      await this.#progress?.close();
    } finally {
      await this.lock.release();
    }
  }
}

/** With x as a list. */
export function plain<T extends { readonly x: Float64Array }>(
  value: T,
): Omit<T, 'x'> & { readonly x: number[] } {
  return { ...value, x: Array.from(value.x) };
}

/** Local time as 20260131-142359. */
function stamp(time: Date): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  return (
    `${time.getFullYear()}${pad(time.getMonth() + 1)}${pad(time.getDate())}-` +
    `${pad(time.getHours())}${pad(time.getMinutes())}${pad(time.getSeconds())}`
  );
}
