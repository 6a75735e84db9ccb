// `wasserwerk view`: the dashboard over a run folder, finished or not, until Ctrl-C. Of a run that goes on it sees what the files tell; it can
// ask nothing of it.

import { existsSync } from 'node:fs';
import { FolderSource, StatusServer } from '../status/mod.js';
import { exitCode, UsageError } from './exit.js';

export async function view(folder: string, { statusPort }: { statusPort?: number }): Promise<number> {
  if (!existsSync(folder)) {
    throw new UsageError(
      `there is no folder ${folder}; give the one that \`wasserwerk run\` named when it started`,
    );
  }
  const source = await FolderSource.open(folder);
  let told = '';
  source.follow((error) => {
    const text = error instanceof Error ? error.message : String(error);
    if (text !== told) process.stderr.write(`warning: ${text}\n`);
    told = text;
  });
  const server = await StatusServer.listen(source, {
    isFree: true,
    isOnlyTask: true,
    ...(statusPort !== undefined && { port: statusPort }),
    warned: (text) => {
      process.stderr.write(`warning: ${text}\n`);
    },
  });
  process.stdout.write(`${server.url}\n`);
  process.stderr.write('Ctrl-C ends it\n');
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  source.close();
  await server.close();
  return exitCode.done;
}
