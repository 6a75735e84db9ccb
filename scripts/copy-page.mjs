// Puts what tsc does not touch beside the built dashboard: its page, style sheet and icon.
import { cpSync } from 'node:fs';

const assets = 'src/status/page/assets';
cpSync(new URL(`../${assets}`, import.meta.url), new URL(`../dist/${assets}`, import.meta.url), {
  recursive: true,
});
