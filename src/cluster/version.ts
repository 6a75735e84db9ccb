// The version of the program, as in package.json.

import { readFileSync } from 'node:fs';

const manifest = new URL(
  import.meta.url.endsWith('.ts') ? '../../package.json' : '../../../package.json',
  import.meta.url,
);

export const version = (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
