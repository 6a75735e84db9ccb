// The tables of a lumped run beside those that all runs have: lumped.csv with energies, their laws and counts, a row per observation;
// nodes.jsonl with the living nodes, the heaviest first; best.json with the best point so far. Tables only grow; best.json is replaced.

import { join } from 'node:path';
import type { BestPoint, BestView, LumpedCounts, LumpedEnergies, NodeView } from '../lumped/mod.js';
import { AppendFile, trimLines, type FlushPolicy } from './append.js';
import { csvLine } from './csv.js';
import { remove, writeFileAtomic } from './files.js';
import { isCount, isObject } from './json.js';
import { checkHeader } from './tables.js';

/** What the tables of a lumped run tell of one state. */
export interface LumpedRecord {
  readonly energies: LumpedEnergies;
  readonly counts: LumpedCounts;
  readonly best: BestView | undefined;
  readonly nodes: readonly NodeView[];
}

export const lumpedFiles = ['lumped.csv', 'nodes.jsonl'] as const;
export type LumpedFile = (typeof lumpedFiles)[number];
/** Bytes of each file: what a checkpoint records, and what resume trims to. */
export type LumpedLengths = Readonly<Record<LumpedFile, number>>;

export const bestFile = 'best.json';
/** x of the best point as little-endian f64, where it is long. */
export const bestPointFile = 'best-x.f64';

/** Nodes in a line of nodes.jsonl; of more the heaviest. */
const MOST_NODES = 1000;
/** Coordinates that are written as text: a point with no more of them is short. */
export const MOST_COORDINATES = 10_000;

/**
 * Lengths out of a checkpoint's header.
 *
 * @throws RangeError if these are not lengths of the tables
 */
export function parseLumpedLengths(value: unknown): LumpedLengths {
  if (isObject(value) && lumpedFiles.every((file) => isCount(value[file]))) return value as LumpedLengths;
  throw new RangeError(`expected the lengths of ${lumpedFiles.join(', ')}, got ${JSON.stringify(value)}`);
}

const header = csvLine([
  ...['step', 'time', 'temperature', 'energy', 'potential', 'entropic', 'kinetic', 'hamiltonian'],
  ...['dissipation', 'residual', 'nodes', 'examined', 'retired', 'restarts', 'gradients', 'evaluations'],
  ...['best_value', 'best_node', 'best_step'],
]);

function row({ energies: e, counts, best, nodes }: LumpedRecord): string {
  return csvLine([
    ...[e.step, e.time, e.temperature, e.energy, e.potential, e.entropic, e.kinetic, e.hamiltonian],
    ...[e.dissipation, e.residual, nodes.length, counts.examined, counts.retired, counts.restarts],
    ...[counts.gradients, counts.evaluations, best?.value, best?.node, best?.step],
  ]);
}

function line({ energies, nodes }: LumpedRecord): string {
  const shown = nodes
    .map((node, g) => ({ node, g }))
    .sort((a, b) => b.node.mass - a.node.mass || a.g - b.g)
    .slice(0, MOST_NODES)
    .map(({ node }) => ({ ...node, parent: node.parent ?? null }));
  const { step, time } = energies;
  return `${JSON.stringify({ step, time, living: nodes.length, nodes: shown })}\n`;
}

/** The tables, open for appending. Calls must not overlap: await each before the next. */
export class LumpedTables {
  #writtenBest: BestPoint | undefined;

  private constructor(
    readonly folder: string,
    private readonly files: Readonly<Record<LumpedFile, AppendFile>>,
  ) {}

  /** Creates the tables of a run that starts at step 0; tables that are there are lost. @throws OutputError */
  static async create(folder: string, flush?: FlushPolicy): Promise<LumpedTables> {
    for (const file of [...lumpedFiles, bestFile, bestPointFile]) await remove(join(folder, file));
    return LumpedTables.open(folder, flush);
  }

  /** Opens the tables for going on; trim them first. @throws RecordError, OutputError */
  static async open(folder: string, flush?: FlushPolicy): Promise<LumpedTables> {
    const opened: AppendFile[] = [];
    try {
      for (const file of lumpedFiles) {
        const table = await AppendFile.open(join(folder, file), flush);
        opened.push(table);
        if (file !== 'lumped.csv') continue;
        if (table.length === 0) await table.append(header);
        else await checkHeader(table.path, header);
      }
    } catch (error) {
      for (const table of opened) await table.close().catch(() => undefined);
      throw error;
    }
    const [energies, nodes] = opened;
    return new LumpedTables(folder, { 'lumped.csv': energies, 'nodes.jsonl': nodes });
  }

  /** Appends to both tables. @throws OutputError */
  async append(record: LumpedRecord): Promise<void> {
    await this.files['lumped.csv'].append(row(record));
    await this.files['nodes.jsonl'].append(line(record));
  }

  /**
   * Writes the best point; nothing if it is written already. Of each observation one that is short is wanted, others of
   * checkpoints and the end.
   * @throws OutputError
   */
  async writeBest(best: BestPoint): Promise<void> {
    if (this.#writtenBest === best) return;
    const { x, dimension: _dimension, ...rest } = best;
    const isShort = x.length <= MOST_COORDINATES;
    if (!isShort) {
      await writeFileAtomic(join(this.folder, bestPointFile), new Uint8Array(x.slice().buffer));
    }
    const place = isShort ? { x: Array.from(x) } : { coordinates: x.length, file: bestPointFile };
    await writeFileAtomic(join(this.folder, bestFile), `${JSON.stringify({ ...rest, ...place }, null, 2)}\n`);
    this.#writtenBest = best;
  }

  /** Flushes the tables and tells their lengths. @throws OutputError */
  async lengths(): Promise<LumpedLengths> {
    for (const file of lumpedFiles) await this.files[file].sync();
    return { 'lumped.csv': this.files['lumped.csv'].length, 'nodes.jsonl': this.files['nodes.jsonl'].length };
  }

  /** Flushes and closes the tables. */
  async close(): Promise<void> {
    const results = await Promise.allSettled(lumpedFiles.map((file) => this.files[file].close()));
    for (const result of results) if (result.status === 'rejected') throw result.reason as Error;
  }

  /** Cuts the tables of a folder back to the lengths that a checkpoint recorded. @throws RecordError, OutputError */
  static async trim(folder: string, lengths: LumpedLengths): Promise<void> {
    for (const file of lumpedFiles) await trimLines(join(folder, file), lengths[file]);
  }
}
