// `npm run bench`: what this machine is, and every figure that docs/performance.md tells, with its target beside it.
//
//     npm run bench -- [--only speed,threads,…] [--rounds N] [--quick] [--json FILE] [--update FILE] [--node24 BINARY]
//
// A missed target is shown and no failure; exit code 1 means that states differ between versions of Node, or that a
// measurement could not be made.

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { conditions, describe, describeMachine } from './machine.js';
import { markdown, plainText, replaceSection, type SectionResult } from './report.js';
import { cluster } from './sections/cluster.js';
import { watching } from './sections/watchers.js';
import { compile } from './sections/compile.js';
import { distance } from './sections/distance.js';
import { endToEnd } from './sections/end-to-end.js';
import { entropy } from './sections/entropy.js';
import { grid } from './sections/grid.js';
import { memory } from './sections/memory.js';
import { movements } from './sections/movements.js';
import { node24 } from './sections/node24.js';
import { passes } from './sections/passes.js';
import { planner } from './sections/planner.js';
import { speed } from './sections/speed.js';
import { startup } from './sections/startup.js';
import { threads } from './sections/threads.js';

const SECTIONS = [
  speed,
  node24,
  threads,
  endToEnd,
  entropy,
  memory,
  startup,
  compile,
  passes,
  planner,
  grid,
  movements,
  distance,
  cluster,
  watching,
];

const usage = `usage: npm run bench -- [options]
  --only LIST      of ${SECTIONS.map(({ name }) => name).join(',')}
  --rounds N       repetitions, in turns (default 5)
  --quick          fewer particles, steps and rounds: shows that all works; the figures mean little
  --json FILE      all measurements
  --update FILE    put the tables into a document, as docs/performance.md
  --node24 BINARY  a Node 24 that is there (default: npm installs one into a temporary folder, once)
`;

async function main(): Promise<number> {
  const options = readOptions();
  if (!options) return 2;
  const { chosen, rounds, quick } = options;
  const machine = describeMachine();
  process.stdout.write(`${describe(machine)}\n`);
  const results: Record<string, SectionResult> = {};
  let code = 0;
  for (const section of chosen) {
    try {
      const result = await section.run({ rounds, quick, node24: options.node24, progress });
      results[section.name] = result;
      progress('');
      process.stdout.write(plainText(section.title, result));
      if (options.update !== undefined) {
        const text = markdown(conditions(machine), result);
        const document = readFileSync(options.update, 'utf8');
        writeFileSync(options.update, replaceSection(document, section.name, text));
      }
      if (result.failure !== undefined) code = 1;
    } catch (error) {
      code = 1;
      progress('');
      process.stderr.write(`\n${section.name} could not be measured: ${messageOf(error)}\n`);
    }
  }
  if (options.json !== undefined) {
    const data = Object.fromEntries(
      Object.entries(results).map(([name, { data: measured, failure }]) => [
        name,
        { failure, data: measured },
      ]),
    );
    writeFileSync(options.json, `${JSON.stringify({ machine, rounds, quick, sections: data }, null, 2)}\n`);
  }
  return code;
}

/** One line that is overwritten; nothing where standard error is no terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stderr } = error as { stderr?: unknown };
  const printed = typeof stderr === 'string' && stderr !== '' ? `\n${stderr}` : '';
  return `${error.stack ?? error.message}${printed}`;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: 'string' },
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        json: { type: 'string' },
        update: { type: 'string' },
        node24: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      process.exit(0);
    }
    const chosen = values.only?.split(',').map((name) => {
      const section = SECTIONS.find((one) => one.name === name);
      if (!section) throw new TypeError(`there is no section ${name}`);
      return section;
    });
    const rounds = values.rounds === undefined ? (values.quick ? 1 : 5) : Number(values.rounds);
    if (!Number.isSafeInteger(rounds) || rounds < 1)
      throw new TypeError('--rounds takes a whole number >= 1');
    const { quick, json, update, node24: binary } = values;
    return { chosen: chosen ?? SECTIONS, rounds, quick, json, update, node24: binary };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return undefined;
  }
}

process.exitCode = await main();
