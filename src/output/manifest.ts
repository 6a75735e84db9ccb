// manifest.json of a run folder: what was run, where, how far it came and how it ended. Its type, and reading it with
// distrust, for it may be another program's or a newer version's. When it is written is run-folder.ts.

import { availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import * as z from 'zod';
import { RunFolderError } from './errors.js';
import { parseObject, type JsonObject } from './json.js';

export const manifestFormat = 'wasserwerk-run';
export const manifestVersion = 1;

const count = z.number().int().nonnegative();
const json = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

const machine = z.object({
  cpuModel: z.string(),
  cores: count,
  memoryBytes: count,
  nodeVersion: z.string(),
  platform: z.string(),
});

const timings = z.object({
  wallSeconds: z.number().nonnegative(),
  particleSteps: z.number().nonnegative(),
  particleStepsPerSecond: z.number().nonnegative(),
});

const common = {
  format: z.literal(manifestFormat),
  formatVersion: z.literal(manifestVersion),
  wasserwerkVersion: z.string(),
  name: z.string(),
  /** The config as it was understood, with all defaults. */
  config: json,
  /** The config as it was written. */
  configText: z.string(),
  seed: z.number(),
  machine,
  startedAt: z.iso.datetime(),
  nodeNames: z.array(z.string()).readonly(),
  coordinateNames: z.array(z.string()).readonly(),
  /** Steps to do in all, and steps done when this was written. */
  steps: count,
  stepsDone: count,
  timings,
  /** Hash of the state after `stepsDone` steps, where it was taken. */
  stateHash: z.string().nullable(),
  notes: z.array(z.string()).readonly(),
  warnings: z.array(z.string()).readonly(),
  /** Steps to which the run went back, or at which its work was shared out anew, and why; older manifests have none. */
  reforms: z
    .array(z.object({ step: count, reason: z.string() }))
    .readonly()
    .default([]),
};

const schema = z.discriminatedUnion('status', [
  z.object({ ...common, status: z.literal('running') }),
  z.object({ ...common, status: z.literal('finished'), finishedAt: z.iso.datetime() }),
  z.object({ ...common, status: z.literal('interrupted'), finishedAt: z.iso.datetime(), reason: z.string() }),
  z.object({
    ...common,
    status: z.literal('failed'),
    finishedAt: z.iso.datetime(),
    error: z.object({ code: z.string(), message: z.string() }),
  }),
]);

/** How a run stands. `running` is also what a run that was killed says: see `RunFolder.inspect`. */
export type Manifest = Readonly<z.infer<typeof schema>>;
export type RunStatus = Manifest['status'];
export type Machine = Readonly<z.infer<typeof machine>>;
export type Timings = Readonly<z.infer<typeof timings>>;

/** What is known when a run begins. */
export type ManifestStart = Pick<
  Manifest,
  'wasserwerkVersion' | 'name' | 'config' | 'configText' | 'seed' | 'nodeNames' | 'coordinateNames' | 'steps'
>;

/** What changes while it goes on. */
export type ManifestChange = Partial<
  Pick<Manifest, 'stepsDone' | 'timings' | 'stateHash' | 'notes' | 'warnings' | 'reforms'>
>;

/** How a run can end. */
export type Ending =
  | { readonly status: 'finished' }
  | { readonly status: 'interrupted'; readonly reason: string }
  | { readonly status: 'failed'; readonly error: { readonly code: string; readonly message: string } };

/** The machine that this process runs on. */
export function describeMachine(): Machine {
  return {
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    nodeVersion: process.version,
    platform: `${platform()} ${release()} ${process.arch}`,
  };
}

/** The manifest of a run that begins now. */
export function startManifest(start: ManifestStart, now: Date): Manifest {
  return {
    format: manifestFormat,
    formatVersion: manifestVersion,
    status: 'running',
    ...start,
    machine: describeMachine(),
    startedAt: now.toISOString(),
    stepsDone: 0,
    timings: { wallSeconds: 0, particleSteps: 0, particleStepsPerSecond: 0 },
    stateHash: null,
    notes: [],
    warnings: [],
    reforms: [],
  };
}

/** A manifest as text. */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/**
 * Reads the text of a manifest.
 *
 * @param path of the file, for messages
 * @throws RunFolderError (`not-a-run`) for the file of another program, (`newer-format`) for that of a newer version,
 * (`corrupt-manifest`) if something in it is not as it should be
 */
export function parseManifest(text: string, path: string): Manifest {
  const value = parseObject(text);
  if (value === undefined) {
    throw corrupt(path, text.trim() === '' ? 'it is empty' : 'it does not hold a JSON object');
  }
  if (value['format'] !== manifestFormat) {
    throw new RunFolderError(
      'not-a-run',
      path,
      `${path} is not the manifest of a run: its format is ${JSON.stringify(value['format']) ?? 'not given'}, ` +
        `not "${manifestFormat}"`,
      'give the folder that `wasserwerk run` named when it started',
    );
  }
  const version = value['formatVersion'];
  if (typeof version === 'number' && version > manifestVersion) {
    throw new RunFolderError(
      'newer-format',
      path,
      `${path} is of format ${version}; this program knows format ${manifestVersion}`,
      'use the version of wasserwerk that wrote it, or a newer one',
    );
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw corrupt(path, `${issue.path.map(String).join('.') || 'the manifest'}: ${issue.message}`);
}

function corrupt(path: string, what: string): RunFolderError {
  return new RunFolderError(
    'corrupt-manifest',
    path,
    `${path} is damaged: ${what}`,
    'put back the file as the run left it; without it the tables and snapshots can still be read, but not resumed',
  );
}
