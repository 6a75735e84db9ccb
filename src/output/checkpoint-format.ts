// What a checkpoint is on the disk, and reading one with every byte verified. Which checkpoints are kept, and how one comes
// to be, is checkpoints.ts; what the parts mean is known to those who made them.
//
//     checkpoints/step-000000001234/
//       manifest.json   format, step, and of each part its length and SHA-256, and a digest of that list; written last
//       header.json     the header, a part as the others
//       <name>          the parts

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckpointError, guarded } from './errors.js';
import { readTextIfAny } from './files.js';
import { isCount, isObject, parseObject, type JsonObject } from './json.js';

export const checkpointFormat = 'wasserwerk-checkpoint';
export const checkpointVersion = 1;
export const manifestName = 'manifest.json';
export const headerName = 'header.json';

/** Bytes read or written in one go: between two of them the process serves its heartbeats. */
export const pieceBytes = 4 * 1024 * 1024;

/** A part as the manifest lists it. */
export interface PartEntry {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A part with its content. */
export interface CheckpointPart {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A complete checkpoint on the disk. */
export interface Checkpoint {
  readonly step: number;
  readonly path: string;
  readonly parts: readonly PartEntry[];
}

/** Whether a part may have this name: it is a file name on every system. */
export function isPartName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u.test(name) && name !== manifestName && name !== headerName;
}

/** The folder of a step, below `checkpoints/`. */
export function checkpointFolder(step: number): string {
  return `step-${String(step).padStart(12, '0')}`;
}

/** The step of a folder below `checkpoints/`, or undefined if it is no checkpoint's. */
export function stepOfFolder(name: string): number | undefined {
  const match = /^step-(\d{12,16})$/u.exec(name);
  const step = match === null ? Number.NaN : Number(match[1]);
  return isCount(step) && checkpointFolder(step) === name ? step : undefined;
}

function digest(step: number, parts: readonly PartEntry[]): string {
  const lines = [`${checkpointFormat} ${checkpointVersion} ${step}`];
  for (const { name, bytes, sha256 } of parts) lines.push(`${name} ${bytes} ${sha256}`);
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** The text of manifest.json. */
export function formatManifest(step: number, parts: readonly PartEntry[]): string {
  const manifest = {
    format: checkpointFormat,
    formatVersion: checkpointVersion,
    step,
    parts,
    digest: digest(step, parts),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** A checkpoint cannot be used, because it is damaged or not whole. */
export function damaged(path: string, what: string, cause?: unknown): CheckpointError {
  const hint =
    'the checkpoint before it is used if there is one; otherwise start the run anew, and check the disk if nobody touched ' +
    'these files';
  return new CheckpointError(
    'corrupt-checkpoint',
    path,
    `the checkpoint ${path} is damaged: ${what}`,
    hint,
    cause,
  );
}

function isEntry(value: unknown): value is PartEntry {
  if (!isObject(value) || typeof value['name'] !== 'string' || !isCount(value['bytes'])) return false;
  if (typeof value['sha256'] !== 'string') return false;
  return value['name'] === headerName || isPartName(value['name']);
}

/**
 * The list of a checkpoint's parts, checked against its own digest; the parts are not looked at.
 *
 * @throws CheckpointError (`corrupt-checkpoint`, or `newer-format`)
 */
export async function readManifest(path: string): Promise<Checkpoint> {
  const text = await readTextIfAny(join(path, manifestName));
  if (text === undefined) throw damaged(path, `it has no ${manifestName}`);
  const value = parseObject(text);
  if (value?.['format'] !== checkpointFormat) throw damaged(path, `${manifestName} is not a manifest`);
  const version = value['formatVersion'];
  if (typeof version === 'number' && version > checkpointVersion) {
    throw new CheckpointError(
      'newer-format',
      path,
      `the checkpoint ${path} is of format ${version}; this program knows format ${checkpointVersion}`,
      'resume with the version of wasserwerk that wrote it, or a newer one',
    );
  }
  const { step, parts } = value;
  if (!isCount(step) || !Array.isArray(parts) || !parts.every(isEntry)) {
    throw damaged(path, `${manifestName} is not a manifest`);
  }
  if (value['digest'] !== digest(step, parts)) throw damaged(path, `${manifestName} was changed`);
  if (parts[0]?.name !== headerName) throw damaged(path, `${manifestName} lists no ${headerName}`);
  return { step, path, parts };
}

/**
 * Reads a part piece by piece into `use`, and checks length and SHA-256 at the end: only then may the bytes be trusted.
 *
 * @throws CheckpointError (`corrupt-checkpoint`) if the bytes are not those that were written
 */
export async function scanPart(
  checkpoint: Checkpoint,
  entry: PartEntry,
  use: (piece: Uint8Array, offset: number) => void,
): Promise<void> {
  const file = join(checkpoint.path, entry.name);
  const hash = createHash('sha256');
  await guarded('read', file, async () => {
    const handle = await open(file, 'r').catch((error: unknown) => {
      throw damaged(checkpoint.path, `${entry.name} cannot be opened`, error);
    });
    try {
      const { size } = await handle.stat();
      if (size !== entry.bytes) {
        throw damaged(checkpoint.path, `${entry.name} has ${size} bytes, not ${entry.bytes}`);
      }
      const buffer = new Uint8Array(Math.min(pieceBytes, Math.max(1, size)));
      for (let offset = 0; offset < size;) {
        const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - offset), offset);
        if (bytesRead === 0) throw damaged(checkpoint.path, `${entry.name} ends at byte ${offset}`);
        const piece = buffer.subarray(0, bytesRead);
        hash.update(piece);
        use(piece, offset);
        offset += bytesRead;
      }
    } finally {
      await handle.close();
    }
  });
  if (hash.digest('hex') !== entry.sha256)
    throw damaged(checkpoint.path, `the bytes of ${entry.name} were changed`);
}

/** The verified bytes of a part. See `scanPart` for what it throws. */
export async function readPart(checkpoint: Checkpoint, entry: PartEntry): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(entry.bytes);
  await scanPart(checkpoint, entry, (piece, offset) => bytes.set(piece, offset));
  return bytes;
}

/** The verified header. See `scanPart` for what it throws. */
export async function readHeader(checkpoint: Checkpoint): Promise<JsonObject> {
  const bytes = await readPart(checkpoint, checkpoint.parts[0]);
  const header = parseObject(new TextDecoder().decode(bytes));
  if (header === undefined) throw damaged(checkpoint.path, `${headerName} is not an object`);
  return header as JsonObject;
}
