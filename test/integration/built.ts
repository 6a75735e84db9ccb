// The program as `npm run build` left it, with the types of its sources: dist/ itself is not there yet when the tests are
// compiled. Not a test.

import type * as Cluster from '../../src/cluster/mod.js';
import type * as Config from '../../src/config/mod.js';
import type * as Output from '../../src/output/mod.js';
import type * as Particles from '../../src/particles/mod.js';

async function built(folder: string): Promise<unknown> {
  return import(new URL(`../../dist/src/${folder}/mod.js`, import.meta.url).href);
}

export const cluster = (await built('cluster')) as typeof Cluster;
export const config = (await built('config')) as typeof Config;
export const output = (await built('output')) as typeof Output;
export const particles = (await built('particles')) as typeof Particles;
