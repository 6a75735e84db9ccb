// What goes wrong with the files of a run, where, and what to do about it. Not for trouble in a config (config/) nor for
// results that are not finite: those are judged before anything is written.

import { dirname } from 'node:path';

/** Kinds of trouble with output. */
export type OutputErrorCode =
  | 'disk-full'
  | 'no-permission'
  | 'read-only'
  | 'not-found'
  | 'too-many-files'
  | 'input-output'
  | 'folder-exists'
  | 'not-a-folder'
  | 'not-a-run'
  | 'corrupt-manifest'
  | 'newer-format'
  | 'older-format'
  | 'storage-missing'
  | 'locked'
  | 'lock-lost'
  | 'corrupt-checkpoint'
  | 'invalid-checkpoint'
  | 'corrupt-table'
  | 'corrupt-snapshots'
  | 'invalid-snapshot'
  | 'invalid-observation';

/** Codes that a person mends by calling the command differently; everything else is a failure of the run. */
const usageCodes: readonly OutputErrorCode[] = [
  'folder-exists',
  'not-a-folder',
  'not-a-run',
  'newer-format',
  'older-format',
  'storage-missing',
  'locked',
];

/**
 * Trouble with the files of a run. `message` says what happened, to which file, and what to do; `path` is that file or
 * folder, `hint` the last part alone, `exitCode` what a command should end with.
 */
export class OutputError extends Error {
  readonly code: OutputErrorCode;
  readonly path: string;
  readonly hint: string;
  readonly exitCode: 1 | 2;

  constructor(code: OutputErrorCode, path: string, message: string, hint: string, cause?: unknown) {
    super(`${message}\n    fix: ${hint}`, cause === undefined ? undefined : { cause });
    this.name = 'OutputError';
    this.code = code;
    this.path = path;
    this.hint = hint;
    this.exitCode = usageCodes.includes(code) ? 2 : 1;
  }
}

/** The system refused to read or write: no space, no permission and the like. */
export class FileError extends OutputError {
  override readonly name = 'FileError';
}

/** A folder is not a run, is in use, or cannot become one. */
export class RunFolderError extends OutputError {
  override readonly name = 'RunFolderError';
}

/** A checkpoint is damaged, or could not be made from what was given. */
export class CheckpointError extends OutputError {
  override readonly name = 'CheckpointError';
}

/** Tables or snapshots are damaged, or what should be appended does not fit them. */
export class RecordError extends OutputError {
  override readonly name = 'RecordError';
}

/** The system's own code of an error (`ENOENT` …), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

interface SystemTrouble {
  readonly code: OutputErrorCode;
  readonly what: string;
  readonly hint: (path: string) => string;
}

const freeSpace = (path: string): string =>
  `free space on the disk that holds ${dirname(path)}, then go on with \`wasserwerk resume\`; ` +
  'fewer snapshots (snapshots.every, snapshots.particles) or checkpoints (checkpoint.keep) need less';

const systemTroubles: Readonly<Record<string, SystemTrouble>> = {
  ENOSPC: { code: 'disk-full', what: 'the disk is full', hint: freeSpace },
  EDQUOT: { code: 'disk-full', what: 'the disk quota is used up', hint: freeSpace },
  EFBIG: { code: 'disk-full', what: 'the file is larger than the system allows', hint: freeSpace },
  EACCES: {
    code: 'no-permission',
    what: 'permission is missing',
    hint: (path) => `check the owner and the mode of ${path} and of the folders above it`,
  },
  EPERM: {
    code: 'no-permission',
    what: 'the system does not allow it',
    hint: (path) => `check the owner and the mode of ${path} and of the folders above it`,
  },
  EROFS: {
    code: 'read-only',
    what: 'the file system is read-only',
    hint: () => 'choose a folder that can be written, with --out DIR',
  },
  ENOENT: {
    code: 'not-found',
    what: 'there is no such file or folder',
    hint: () => 'check the path; if it was moved or deleted during the run, put it back',
  },
  ENOTDIR: {
    code: 'not-a-folder',
    what: 'a part of the path is a file, not a folder',
    hint: () => 'check the path, or choose another folder with --out DIR',
  },
  EMFILE: {
    code: 'too-many-files',
    what: 'this process has too many files open',
    hint: () => 'raise the limit with `ulimit -n 4096`',
  },
  ENFILE: {
    code: 'too-many-files',
    what: 'the system has too many files open',
    hint: () => 'close other programs, or raise the limit of the system',
  },
};

/**
 * An error of the file system as an OutputError; an OutputError comes back as it is.
 *
 * @param action what was tried, as in `write`, `read`, `create`
 */
export function asOutputError(error: unknown, action: string, path: string): OutputError {
  if (error instanceof OutputError) return error;
  const known = systemTroubles[systemCode(error) ?? ''];
  const what = known?.what ?? (error instanceof Error ? error.message : String(error));
  const hint = known?.hint(path) ?? 'check that the disk is sound and still mounted, then try again';
  return new FileError(known?.code ?? 'input-output', path, `cannot ${action} ${path}: ${what}`, hint, error);
}

/** Runs `work`; what the file system throws in it comes out as an OutputError. */
export async function guarded<T>(action: string, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asOutputError(error, action, path);
  }
}
