// A Node 24 binary, installed by npm into a folder of its own that is kept between runs.

import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export async function fetchNode24(): Promise<string> {
  const folder = join(tmpdir(), 'wasserwerk-bench-node24');
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  try {
    await promisify(execFile)('npm', ['install', '--no-audit', '--no-fund', 'node@24'], { cwd: folder });
  } catch (cause) {
    throw new Error(
      `npm could not install node@24 into ${folder}; give a binary with --node24 PATH, or leave the section out with --only`,
      { cause },
    );
  }
  return binary;
}
