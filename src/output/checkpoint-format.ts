// What a checkpoint is on the disk, and reading one with every byte verified. Which checkpoints are kept, and how one comes
// to be, is checkpoints.ts; what the parts mean is known to those who made them.
//
//     checkpoints/step-000000001234/
//       manifest.json   format, step, where the parts lie, of each part its length and SHA-256, and a digest of that;
//                       written last
//       header.json     the header, a part as the others, but always here
//       <name>          the parts, unless they lie in another storage (part-storage.ts)
//       storage.json    where they lie then; written first, so that what a kill has left there can be deleted

import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CheckpointError, guarded } from './errors.js';
import { readTextIfAny } from './files.js';
import { isCount, isObject, parseObject, type JsonObject } from './json.js';

export const checkpointFormat = 'wasserwerk-checkpoint';
/** 1: parts of shards were one after the other, without a list of the shards in each. */
export const checkpointVersion = 2;
export const manifestName = 'manifest.json';
export const headerName = 'header.json';
export const placeName = 'storage.json';

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

/** A place for parts: the folder `checkpoints` itself, or a JetStream object store. */
export type PartPlace =
  { readonly kind: 'folder' } | { readonly kind: 'object-store'; readonly bucket: string };

/** A complete checkpoint. */
export interface Checkpoint {
  readonly step: number;
  /** The folder of header and manifest. */
  readonly path: string;
  /** Where its parts lie, and under which location they do (part-storage.ts). */
  readonly place: PartPlace;
  readonly location: string;
  /** The header first. */
  readonly parts: readonly PartEntry[];
}

/** Whether a part may have this name: it is a file name on every system. */
export function isPartName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u.test(name) && !ownNames.includes(name);
}

const ownNames: readonly string[] = [manifestName, headerName, placeName];

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

/** What a manifest says. */
type Content = Pick<Checkpoint, 'step' | 'place' | 'location' | 'parts'>;

function digest({ step, place, location, parts }: Content): string {
  const lines = [`${checkpointFormat} ${checkpointVersion} ${step}`];
  lines.push(place.kind === 'folder' ? place.kind : `${place.kind} ${place.bucket} ${location}`);
  for (const { name, bytes, sha256 } of parts) lines.push(`${name} ${bytes} ${sha256}`);
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}

/** The text of manifest.json. */
export function formatManifest(content: Content): string {
  const { step, place, location, parts } = content;
  const manifest = {
    format: checkpointFormat,
    formatVersion: checkpointVersion,
    step,
    // The location in a folder is the folder's own name.
    storage: place.kind === 'folder' ? place : { ...place, location },
    parts,
    digest: digest(content),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** A place and a location in JSON, or undefined if it is none. `own` is the location in the folder itself. */
export function parsePlace(value: unknown, own: string): Pick<Checkpoint, 'place' | 'location'> | undefined {
  if (!isObject(value)) return undefined;
  const { kind, bucket, location } = value;
  if (kind === 'folder') return { place: { kind }, location: own };
  if (kind !== 'object-store' || typeof bucket !== 'string' || typeof location !== 'string') return undefined;
  return { place: { kind, bucket }, location };
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
  if (typeof version === 'number' && version < checkpointVersion) {
    throw new CheckpointError(
      'older-format',
      path,
      `the checkpoint ${path} is of format ${version}; this program reads format ${checkpointVersion} only`,
      'resume with the version of wasserwerk that wrote it, or start the run anew with this one',
    );
  }
  const { step, parts } = value;
  const where = parsePlace(value['storage'], basename(path));
  if (!isCount(step) || !where || !Array.isArray(parts) || !parts.every(isEntry)) {
    throw damaged(path, `${manifestName} is not a manifest`);
  }
  const content = { step, ...where, parts };
  if (value['digest'] !== digest(content)) throw damaged(path, `${manifestName} was changed`);
  if (parts[0]?.name !== headerName) throw damaged(path, `${manifestName} lists no ${headerName}`);
  return { ...content, path };
}

/**
 * Reads a part in a folder piece by piece into `use`, and checks length and SHA-256 at the end: only then may the bytes be
 * trusted.
 *
 * @throws CheckpointError (`corrupt-checkpoint`) if the bytes are not those that were written
 */
export async function scanPart(
  folder: string,
  entry: PartEntry,
  use: (piece: Uint8Array, offset: number) => void,
): Promise<void> {
  const file = join(folder, entry.name);
  const hash = createHash('sha256');
  await guarded('read', file, async () => {
    const handle = await open(file, 'r').catch((error: unknown) => {
      throw damaged(folder, `${entry.name} cannot be opened`, error);
    });
    try {
      const { size } = await handle.stat();
      if (size !== entry.bytes) {
        throw damaged(folder, `${entry.name} has ${size} bytes, not ${entry.bytes}`);
      }
      const buffer = new Uint8Array(Math.min(pieceBytes, Math.max(1, size)));
      for (let offset = 0; offset < size;) {
        const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, size - offset), offset);
        if (bytesRead === 0) throw damaged(folder, `${entry.name} ends at byte ${offset}`);
        const piece = buffer.subarray(0, bytesRead);
        hash.update(piece);
        use(piece, offset);
        offset += bytesRead;
      }
    } finally {
      await handle.close();
    }
  });
  if (hash.digest('hex') !== entry.sha256) throw damaged(folder, `the bytes of ${entry.name} were changed`);
}

/** The verified bytes of a part in a folder. See `scanPart` for what it throws. */
export async function readPart(folder: string, entry: PartEntry): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(entry.bytes);
  await scanPart(folder, entry, (piece, offset) => bytes.set(piece, offset));
  return bytes;
}

/** The verified header. See `scanPart` for what it throws. */
export async function readHeader(checkpoint: Checkpoint): Promise<JsonObject> {
  const bytes = await readPart(checkpoint.path, checkpoint.parts[0]);
  const header = parseObject(new TextDecoder().decode(bytes));
  if (header === undefined) throw damaged(checkpoint.path, `${headerName} is not an object`);
  return header as JsonObject;
}
