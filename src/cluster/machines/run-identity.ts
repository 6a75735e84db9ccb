// The id of a run and the epoch that its machines had last, in a file of the run folder. Epochs must grow over restarts of
// the coordinator: whatever a machine still does for an older one is dropped then.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { RunFolderError, writeFileAtomic } from '../../output/mod.js';

export const identityFile = 'machines.json';

const schema = z.object({
  run: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/u),
  epoch: z.number().int().min(0).max(0xfffffffe),
});

export type RunIdentity = Readonly<z.infer<typeof schema>>;

/** An id for a new run. */
export function newRunId(): string {
  return `run-${randomBytes(8).toString('hex')}`;
}

/**
 * What a run folder says; undefined where no machines have been used yet.
 * @throws RunFolderError (`corrupt-manifest`) if the file is damaged
 */
export async function readIdentity(folder: string): Promise<RunIdentity | undefined> {
  const path = join(folder, identityFile);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new RunFolderError(
      'corrupt-manifest',
      path,
      `${path} is damaged: it does not hold the id of a run and an epoch`,
      'put back the file as the run left it; or delete it, once no machine works on this run any more',
      error,
    );
  }
}

/** Replaces it. @throws OutputError */
export async function writeIdentity(folder: string, identity: RunIdentity): Promise<void> {
  await writeFileAtomic(join(folder, identityFile), `${JSON.stringify(identity)}\n`);
}
