// `wasserwerk init`: writes the starter config, never over a file that is there.

import { writeFile } from 'node:fs/promises';
import { STARTER_CONFIG } from '../config/mod.js';
import { exitCode, UsageError } from './exit.js';

export async function init(file: string): Promise<number> {
  try {
    await writeFile(file, STARTER_CONFIG, { flag: 'wx' });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(
      code === 'EEXIST'
        ? `${file} is there already; give another name: wasserwerk init other.yaml`
        : `${file} cannot be written: ${message}`,
      { cause: error },
    );
  }
  process.stdout.write(
    `wrote ${file}\n  wasserwerk validate ${file}   checks it\n  wasserwerk run ${file}        runs it\n`,
  );
  return exitCode.done;
}
