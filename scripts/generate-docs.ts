// Writes docs/config-reference.md and docs/config.schema.json from the schema of the config. With --check it writes
// nothing and fails where the files on disk differ.

import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { configJsonSchema, configReference } from '../src/config/mod.js';

const outputs: readonly [string, string][] = [
  ['docs/config-reference.md', configReference()],
  ['docs/config.schema.json', `${JSON.stringify(configJsonSchema(), null, 2)}\n`],
];

function onDisk(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const check = process.argv.includes('--check');
for (const [name, content] of outputs) {
  const path = resolve(name);
  if (onDisk(path) === content) {
    console.log(`${name} is up to date`);
  } else if (check) {
    console.error(`${name} differs from the schema: run npm run docs`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, content);
    console.log(`${name} written`);
  }
}
