#!/usr/bin/env node
// The command line: gathers the commands, and makes what goes wrong an exit code. A command's own file is loaded only when it is called, so
// that --help is quick.

import { Command, CommanderError } from 'commander';
// Not through mod.js, which would load all of the program.
// eslint-disable-next-line wasserwerk/imports -- see above
import { version } from '../cluster/version.js';
import { defineBench } from './commands/bench.js';
import { defineCompare } from './commands/compare.js';
import { defineDistance } from './commands/distance.js';
import { defineExport } from './commands/export.js';
import { defineInit } from './commands/init.js';
import { defineOptimize } from './commands/optimize.js';
import { defineReport } from './commands/report.js';
import { defineResume } from './commands/resume.js';
import { defineRun } from './commands/run.js';
import { defineStatus } from './commands/status.js';
import { defineStudy } from './commands/study.js';
import { defineSweep } from './commands/sweep.js';
import { defineValidate } from './commands/validate.js';
import { defineVerify } from './commands/verify.js';
import { defineView } from './commands/view.js';
import { defineWorker } from './commands/worker.js';
import { exitCode, report } from './exit.js';

const program = new Command('wasserwerk')
  .description(
    'Simulates reaction-diffusion gradient flows on R^d x G: particles diffuse in R^d at the nodes of a graph ' +
      'and jump along its edges, so that their law tends to exp(-V/T).',
  )
  .version(version)
  .exitOverride()
  .configureHelp({ showGlobalOptions: false })
  .addHelpText(
    'after',
    `
Examples:
  wasserwerk init my-model.yaml                       write a commented config to start from
  wasserwerk validate my-model.yaml                   check it, and see the model that it means
  wasserwerk run my-model.yaml                        run it on all cores
  wasserwerk run my-model.yaml --set particles=1e5 --seed 2 --out runs/test
  wasserwerk resume runs/test                         go on after Ctrl-C, a crash or a power cut
  wasserwerk status --watch                           watch the newest run
  wasserwerk sweep my-model.yaml --set time.step=0.01,0.02 --seeds 5
  wasserwerk optimize my-search.yaml                  search for the best node and its best point
  wasserwerk study jko configs/jko-double-well.yaml   how fast minimizing movements come near the gradient flow
  wasserwerk compare runs/test --reference            hold it against the grid solution of its config
  wasserwerk distance runs/test@0 runs/test           how far apart two densities are, and the path between
  wasserwerk report runs/test                         draw it as an HTML page
  wasserwerk export runs/test --to parquet            write it for other programs (h5md, parquet, csv, npz)
  wasserwerk verify my-model.yaml                     show that workers and restarts do not change a bit

Exit codes: 0 done, 1 the run failed (or, of compare and verify, there is a difference), 2 bad usage or config, 3 stopped before its end, 130 interrupted (3, 130: resumable).`,
  );

// In the order of --help.
const commands = [
  defineInit,
  defineValidate,
  defineRun,
  defineResume,
  defineWorker,
  defineStatus,
  defineView,
  defineSweep,
  defineOptimize,
  defineStudy,
  defineVerify,
  defineBench,
  defineCompare,
  defineDistance,
  defineReport,
  defineExport,
];
for (const define of commands) define(program);

// Who reads along may stop reading (`… | head`): that is no reason to lose a run.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version are no errors; the rest commander has printed already.
    process.exitCode = error.exitCode === 0 ? exitCode.done : exitCode.usage;
  } else {
    process.exitCode = report(error);
  }
}
