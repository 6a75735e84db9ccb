// status.json of a run folder: where the process that works on the run answers, and the token for its actions. Only its owner may read it. It is
// removed at the end; a run that was killed leaves it behind, so whoever reads it must see whether somebody answers.

import { hostname } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { readTextIfAny, remove, writeFileAtomic } from '../output/mod.js';

export const statusFile = 'status.json';

const schema = z.object({
  format: z.literal('wasserwerk-status'),
  url: z.url({ protocol: /^http$/u }),
  token: z.string(),
  pid: z.int(),
  host: z.string(),
  startedAt: z.string(),
});

export type StatusAddress = Readonly<z.infer<typeof schema>>;

/** Writes where a run of this process answers. @throws OutputError */
export async function writeStatusFile(
  folder: string,
  { url, token }: { readonly url: string; readonly token: string },
): Promise<void> {
  const content: StatusAddress = {
    ...{ format: 'wasserwerk-status', url, token },
    ...{ pid: process.pid, host: hostname(), startedAt: new Date().toISOString() },
  };
  await writeFileAtomic(join(folder, statusFile), `${JSON.stringify(content, null, 2)}\n`, 0o600);
}

/** Reads it; undefined if there is none, or it is no such file. @throws OutputError if it may not be read */
export async function readStatusFile(folder: string): Promise<StatusAddress | undefined> {
  const text = await readTextIfAny(join(folder, statusFile));
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Removes it, if it is still that of the token: another process may have taken the run over. @throws OutputError */
export async function removeStatusFile(folder: string, token: string): Promise<void> {
  if ((await readStatusFile(folder))?.token === token) await remove(join(folder, statusFile));
}
