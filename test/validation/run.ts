// `npm run validate`: runs the studies and prints one table. Exit code 1 if any row fails. The options are
// those of the text below; the studies are beside this file, one each.

import { parseArgs } from 'node:util';
import { density } from './density.js';
import { diabetes } from './diabetes.js';
import { energy } from './energy.js';
import { gaussians } from './gaussians.js';
import { gibbs } from './gibbs.js';
import { grid } from './grid.js';
import { FALSE_ALARM, MOST_ROWS, passes, SIGMAS, table, type Study, type TableRow } from './harness.js';
import { integrators } from './integrators.js';
import { jumps } from './jumps.js';
import { kineticStudy } from './kinetic.js';
import { muellerBrown } from './mueller-brown.js';
import { ratchet } from './ratchet.js';
import { referenceStudy } from './reference.js';
import { separable } from './separable.js';
import { splittings } from './splittings.js';

const studies: readonly Study[] = [
  separable,
  gibbs,
  integrators,
  kineticStudy,
  splittings,
  gaussians,
  jumps,
  density,
  diabetes,
  ratchet,
  muellerBrown,
  referenceStudy,
  grid,
  energy,
];

const help = `Validation: runs against exact answers.

  npm run validate                      all studies, minutes
  npm run validate:short                all studies with fewer particles
  npm run validate -- --only <study>    one study (may be repeated)
  npm run validate -- --list            the studies`;

const { values: options } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  if (options.help) {
    console.log(help);
    return 0;
  }
  if (options.list) {
    for (const { name, title } of studies) console.log(`${name.padEnd(15)} ${title}`);
    return 0;
  }
  const unknown = options.only?.find((name) => !studies.some((study) => study.name === name));
  if (unknown !== undefined) {
    console.error(`there is no study '${unknown}': ${studies.map((study) => study.name).join(', ')}`);
    return 2;
  }
  const tier = options.short ? 'short' : 'full';
  const rows: TableRow[] = [];
  const start = performance.now();
  for (const study of studies) {
    if (options.only && !options.only.includes(study.name)) continue;
    console.log(`${study.name}: ${study.title}`);
    const begin = performance.now();
    const usage = process.cpuUsage();
    const found = await study.run({
      tier,
      pick: (full, short) => (tier === 'full' ? full : short),
      note: (text) => console.log(`  ${text}`),
    });
    rows.push(...found.map((row) => ({ study: study.name, ...row })));
    const { user, system } = process.cpuUsage(usage);
    const processor = ((user + system) / 1e6).toFixed(1);
    console.log(`  ${found.length} rows in ${seconds(begin)} s (${processor} s of processors)`);
  }
  if (rows.length > MOST_ROWS) throw new Error(`${rows.length} rows: raise MOST_ROWS`);
  console.log('');
  for (const line of table(rows)) console.log(line);
  const failed = rows.filter((row) => !passes(row));
  console.log(
    `\n${rows.length} rows, ${failed.length} failed, ${seconds(start)} s. ` +
      `A row may be off by ${SIGMAS.toFixed(2)} standard errors and its bias; ` +
      `with other seeds, correct code would fail this tier with a probability of at most ${FALSE_ALARM}.`,
  );
  return failed.length > 0 ? 1 : 0;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
