#!/usr/bin/env node
// The command line: declares the commands and loads a command's own file only when it is called, so that --help is quick.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
// Not through mod.js, which would load all of the program.
// eslint-disable-next-line wasserwerk/imports -- see above
import { version } from '../cluster/version.js';
import type { CompareOptions } from './compare.js';
import type { DistanceOptions } from './distance.js';
import type { ExportOptions } from './export.js';
import type { ReportOptions } from './report.js';
import { exitCode, report } from './exit.js';
import { machineFlags } from './machine-flags.js';
import { natsFlags } from './nats-flags.js';
import type { OptimizeFlags } from './optimize.js';
import type { CommonOptions } from './run.js';
import { portOption, statusFlags } from './status-flags.js';
import type { StatusOptions } from './status.js';
import type { StudyFlags } from './study-jko.js';
import type { SweepFlags } from './sweep.js';
import type { WorkerOptions } from './worker.js';
import { keepYoungGenerationSmall } from './young-generation.js';

function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/u.test(text) || !Number.isSafeInteger(value) || value < least) {
      throw new InvalidArgumentError(`Give a whole number >= ${least}.`);
    }
    return value;
  };
}

function part(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value < 1))
    throw new InvalidArgumentError('Give a number from 0 to below 1.');
  return value;
}

const gather = (value: string, before: string[]): string[] => [...before, value];

const setOption = (): Option =>
  new Option('--set <path=value>', 'change a value of the config, e.g. particles=1000 (repeatable)')
    .argParser(gather)
    .default([], 'none');
const seedOption = (): Option => new Option('--seed <seed>', 'seed of the random streams');
const workersOption = (): Option =>
  new Option('--workers <count>', 'worker threads (default: the cores of this machine)').argParser(
    wholeNumber(1),
  );
const modulesOption = (): Option =>
  new Option('--allow-modules', 'run the module or command that the config names as objective');
const quietOption = (): Option => new Option('-q, --quiet', 'say nothing but errors');
const logLevelOption = (): Option =>
  new Option('--log-level <level>', 'what goes into log.jsonl of the run folder')
    .choices(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info');
const jsonOption = (): Option => new Option('--json', 'print the result as JSON on standard output');

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

program
  .command('init')
  .description('write a commented config to start from')
  .argument('[file]', 'where to', 'wasserwerk.yaml')
  .action(async (file: string) => {
    const { init } = await import('./init.js');
    process.exitCode = await init(file);
  });

program
  .command('validate')
  .description('check a config and print the model that it means')
  .argument('<config>', 'the YAML file')
  .addOption(setOption())
  .addOption(seedOption())
  .addOption(jsonOption())
  .addHelpText('after', '\nExample:\n  wasserwerk validate configs/quickstart.yaml --set time.step=0.5')
  .action(async (file: string, options: { set: string[]; seed?: string; json?: true }) => {
    const { validate } = await import('./validate.js');
    process.exitCode = validate(file, options);
  });

statusFlags(
  machineFlags(
    program
      .command('run')
      .description('run a config here on all cores, or on machines that have joined; leaves a run folder')
      .argument('<config>', 'the YAML file')
      .addOption(workersOption())
      .addOption(new Option('--out <folder>', 'the run folder (default: runs/<name>-<time>)'))
      .addOption(seedOption())
      .addOption(setOption())
      .addOption(modulesOption())
      .addOption(quietOption())
      .addOption(jsonOption())
      .addOption(logLevelOption())
      .addHelpText(
        'after',
        `
Examples:
  wasserwerk run configs/quickstart.yaml
  wasserwerk run configs/quickstart.yaml --workers 1 --set particles=200_000 --set time.end=5 --out runs/small
  wasserwerk run configs/quickstart.yaml --nats nats://host:4222 --machines 4
  wasserwerk run configs/quickstart.yaml --nats auto --machines 2

SIGUSR1 holds a run up at its next look, SIGUSR2 lets it go on; Ctrl-C and SIGTERM stop it with a checkpoint.`,
      ),
  ),
).action(async (file: string, options: CommonOptions & { out?: string; seed?: string; set: string[] }) => {
  keepYoungGenerationSmall();
  const { run } = await import('./run.js');
  process.exitCode = await run(file, options);
});

statusFlags(
  machineFlags(
    program
      .command('resume')
      .description('go on with a run from its last checkpoint, to the same bits')
      .argument('<run-folder>', 'the folder that `run` named')
      .addOption(workersOption())
      .addOption(modulesOption())
      .addOption(quietOption())
      .addOption(jsonOption())
      .addOption(logLevelOption()),
  ),
).action(async (folder: string, options: CommonOptions) => {
  keepYoungGenerationSmall();
  const { resume } = await import('./run.js');
  process.exitCode = await resume(folder, options);
});

natsFlags(
  program
    .command('worker')
    .description(
      'offer this machine to runs, until it is told to leave (SIGTERM, Ctrl-C; once more: at once)',
    )
    .addOption(new Option('--nats <url>', 'the NATS server (or WASSERWERK_NATS_URL)'))
    .addOption(
      new Option('--name <name>', 'its name (default: the user of the credentials, else host and process)'),
    )
    .addOption(workersOption())
    .addOption(
      new Option(
        '--allow-modules',
        'run code that coordinators name: objectives of lumped runs and searches',
      ),
    )
    .addOption(
      new Option('--log-file <file>', 'append JSON lines to this file (default: text on stderr only)'),
    )
    .addOption(new Option('--log-json', 'write JSON lines to stderr in place of text'))
    .addOption(
      new Option('--log-level <level>', 'what goes into the log')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    ),
).action(async (options: WorkerOptions) => {
  const { worker } = await import('./worker.js');
  process.exitCode = await worker(options);
});

program
  .command('status')
  .description('say how a run stands, whether it goes on or not')
  .argument('[target]', 'a run folder, or the URL of a status endpoint (default: the newest run below runs/)')
  .addOption(new Option('--watch', 'go on showing it: on the whole terminal (q leaves), in lines when piped'))
  .addOption(new Option('--json', 'print it as JSON; with --watch one object a line'))
  .addHelpText('after', '\nExamples:\n  wasserwerk status\n  wasserwerk status runs/first --watch')
  .action(async (target: string | undefined, options: StatusOptions) => {
    const { status } = await import('./status.js');
    process.exitCode = await status(target, options);
  });

program
  .command('view')
  .description('serve the dashboard of a run folder on this machine, until Ctrl-C')
  .argument('<run-folder>', 'the folder of a run')
  .addOption(portOption())
  .action(async (folder: string, options: { statusPort?: number }) => {
    const { view } = await import('./view.js');
    process.exitCode = await view(folder, options);
  });

program
  .command('sweep')
  .description('run a config for all combinations of values and seeds, side by side; one table at the end')
  .argument('[config]', 'the YAML file')
  .addOption(
    new Option(
      '--set <path=values>',
      'values of a key, parted by commas: h=0,0.1,0.2 (repeatable; see below for commas inside values)',
    )
      .argParser(gather)
      .default([], 'none'),
  )
  .addOption(
    new Option('--seeds <count>', 'runs of each combination, with seeds that follow one another').argParser(
      wholeNumber(1),
    ),
  )
  .addOption(seedOption())
  .addOption(new Option('--out <folder>', 'the folder of the sweep (default: sweeps/<name>-<time>)'))
  .addOption(new Option('--resume <folder>', 'go on with a sweep: finished runs are kept'))
  .addOption(
    new Option('--workers <count>', 'threads of all runs together (default: the cores)').argParser(
      wholeNumber(1),
    ),
  )
  .addOption(
    new Option('--jobs <count>', 'runs at a time (default: by their size)').argParser(wholeNumber(1)),
  )
  .addOption(quietOption())
  .addOption(jsonOption())
  .addOption(logLevelOption())
  .addHelpText(
    'after',
    `
Commas inside (), [], {} and quotes do not part values:
  --set 'potential.formula=min(x^2,1),x^2'            two formulas
  --set 'initial.point=[0,0],[1,1]'                   two lists
  --set 'name="a, b"'                                 one text

Examples:
  wasserwerk sweep configs/quickstart.yaml --set potential.parameters.h=0,0.1*node,0.2*node --seeds 5
  wasserwerk sweep configs/quickstart.yaml --set time.step=0.01,0.02 --set particles=1e5 --out sweeps/steps
  wasserwerk sweep --resume sweeps/steps

Exit codes: 0 all runs finished, 1 one failed (the others went on), 2 bad usage or config, 3 or 130 stopped (resumable).`,
  )
  .action(async (file: string | undefined, options: SweepFlags) => {
    const { sweep } = await import('./sweep.js');
    process.exitCode = await sweep(file, options);
  });

machineFlags(
  program
    .command('optimize')
    .description('search for the best structure and its best point; the answer is a table of nodes by mass')
    .argument('[config]', 'the YAML file, with representation: lumped')
    .addOption(setOption())
    .addOption(seedOption())
    .addOption(new Option('--out <folder>', 'the folder of the search (default: searches/<name>-<time>)'))
    .addOption(new Option('--resume <folder>', 'go on with a search that was interrupted'))
    .addOption(
      new Option(
        '--workers <count>',
        'threads of a module, processes of a command; with --nats auto threads of each machine (default: the cores)',
      ).argParser(wholeNumber(1)),
    )
    .addOption(modulesOption())
    .addOption(quietOption())
    .addOption(jsonOption()),
)
  .addHelpText(
    'after',
    `
Examples:
  wasserwerk optimize configs/lumped-subset-search.yaml
  wasserwerk optimize configs/digits-architecture-search.yaml --allow-modules
  wasserwerk optimize --resume searches/digits --allow-modules
  wasserwerk optimize my-search.yaml --nats nats://host:4222 --machines 4

Exit codes: 0 done, 1 failed, 2 bad usage or config, 3 or 130 stopped (resumable).`,
  )
  .action(async (file: string | undefined, options: OptimizeFlags) => {
    const { optimize } = await import('./optimize.js');
    process.exitCode = await optimize(file, options);
  });

program
  .command('study')
  .description('measure how fast approximations come nearer to what they approximate')
  .command('jko')
  .description(
    'minimizing movements for several lengths of step against the gradient flow of the same config',
  )
  .argument('<config>', 'a YAML file with dynamics: { kind: jko }')
  .addOption(
    new Option('--tau <list>', 'lengths of steps; the end must be a multiple of each').default(
      '0.2,0.1,0.05,0.025',
    ),
  )
  .addOption(new Option('--mobility <list>', 'mobilities, one study each (default: that of the config)'))
  .addOption(new Option('--out <folder>', 'folder of the tables and the page (default: studies/<name>)'))
  .addOption(setOption())
  .addOption(quietOption())
  .addOption(jsonOption())
  .addHelpText(
    'after',
    `
Examples:
  wasserwerk study jko configs/jko-double-well.yaml
  wasserwerk study jko configs/jko-double-well.yaml --mobility log-mean,arithmetic,geometric,harmonic,constant
  wasserwerk study jko configs/jko-ring-of-wells.yaml --tau 0.2,0.1,0.05 --set grid.cells=32`,
  )
  .action(async (file: string, options: StudyFlags) => {
    const { studyJko } = await import('./study-jko.js');
    process.exitCode = await studyJko(file, options);
  });

program
  .command('verify')
  .description('show that workers, partitions and restarts do not change a bit of a config')
  .argument('<config>', 'the YAML file')
  .addOption(new Option('--steps <count>', 'steps of each run').argParser(wholeNumber(2)).default(40))
  .addOption(
    new Option('--workers <list>', 'numbers of workers to compare')
      .default('1,2,3,7')
      .argParser((text: string) => {
        if (!/^\d+(,\d+)*$/u.test(text)) throw new InvalidArgumentError('Give numbers such as 1,2,4.');
        return text;
      }),
  )
  .addOption(setOption())
  .addOption(seedOption())
  .addOption(jsonOption())
  .action(
    async (
      file: string,
      options: { steps: number; workers: string; set: string[]; seed?: string; json?: true },
    ) => {
      const { verify } = await import('./verify.js');
      process.exitCode = await verify(file, options);
    },
  );

program
  .command('bench')
  .description('measure particle-steps per second on this machine')
  .argument('[config]', 'a config to measure (default: the ring of wells of the documentation, `ring-ou`)')
  .addOption(workersOption())
  .addOption(new Option('--seconds <seconds>', 'time per measurement').argParser(wholeNumber(1)).default(2))
  .addOption(setOption())
  .addOption(jsonOption())
  .action(
    async (
      file: string | undefined,
      options: { workers?: number; seconds: number; set: string[]; json?: true },
    ) => {
      const { bench } = await import('./bench.js');
      process.exitCode = await bench(file, options);
    },
  );

program
  .command('compare')
  .description('say whether two runs agree, or a run and the grid solution of its config')
  .argument('<run-folder>', 'the folder of a run')
  .argument('[other]', 'that of another run of the same graph and coordinates')
  .addOption(new Option('--reference', 'solve the same config on a grid, and compare with that'))
  .addOption(new Option('--fresh', 'solve the reference even if there is one'))
  .addOption(setOption().default([], 'none; for the reference, e.g. grid.cells=256'))
  .addOption(
    new Option('--at <step>', 'compare at this step of the first run only').argParser(wholeNumber(0)),
  )
  .addOption(
    new Option('--bins <count>', 'bins per coordinate for densities (default: by the particles)').argParser(
      wholeNumber(2),
    ),
  )
  .addOption(
    new Option('--allow <part>', 'differences that do not count, as a part: 0.01 is 1 %').argParser(part),
  )
  .addOption(workersOption())
  .addOption(jsonOption())
  .addHelpText(
    'after',
    `
Exit codes: 0 the runs agree, 1 they differ, 2 they cannot be compared.

Examples:
  wasserwerk compare runs/first runs/second
  wasserwerk compare runs/first --reference --set grid.cells=256`,
  )
  .action(async (folder: string, other: string | undefined, options: CompareOptions) => {
    const { compare } = await import('./compare.js');
    process.exitCode = await compare(folder, other, options);
  });

program
  .command('distance')
  .description('the distance W_K between two densities, with bounds, and the geodesic between them')
  .argument('<a>', 'a density: a run folder (folder@step), a file .npy, .csv or .yaml, or a law')
  .argument('<b>', 'the other one')
  .addOption(
    new Option(
      '--graph <config>',
      'the config with graph, weights, space and mobility (default: that of a run or config among the two; else one node)',
    ),
  )
  .addOption(setOption())
  .addOption(
    new Option(
      '--mobility <name>',
      'mobility of the metric (default: that of the config, or log-mean)',
    ).choices(['log-mean', 'arithmetic', 'geometric', 'harmonic', 'constant']),
  )
  .addOption(
    new Option('--levels <count>', 'intervals of time along the path').argParser(wholeNumber(2)).default(16),
  )
  .addOption(
    new Option('--tolerance <part>', 'relative gap between the bounds of the square of W')
      .argParser(part)
      .default(1e-3),
  )
  .addOption(
    new Option('--iterations <count>', 'iterations after which it gives up')
      .argParser(wholeNumber(1))
      .default(5000),
  )
  .addOption(
    new Option(
      '--entropic <temperature>',
      'the entropic divergence at this temperature (a squared length over D) in place of W_K: quick on large grids, no path',
    ).argParser((text: string) => {
      const value = Number(text);
      if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Give a number > 0.');
      return value;
    }),
  )
  .addOption(
    new Option('--out <folder>', 'write the path, the potentials and a page with a film into a new folder'),
  )
  .addOption(workersOption())
  .addOption(quietOption())
  .addOption(jsonOption())
  .addHelpText(
    'after',
    `
Exit codes: 0 done, 1 not converged, 2 bad usage, or the distance is infinite.

Examples:
  wasserwerk distance '{ gaussian: { mean: 0, std: 1 } }' '{ gaussian: { mean: 3, std: 2 } }'
  wasserwerk distance runs/first@0 runs/first --out between
  wasserwerk distance '{ point: [0, 0] }' configs/quickstart.yaml --graph configs/quickstart.yaml`,
  )
  .action(async (a: string, b: string, options: DistanceOptions) => {
    const { distance } = await import('./distance.js');
    process.exitCode = await distance(a, b, options);
  });

program
  .command('report')
  .description('draw a run as one HTML page that needs nothing else')
  .argument('<run-folder>', 'the folder of a run')
  .addOption(new Option('--out <file>', 'where to (default: report.html in the run folder)'))
  .addOption(
    new Option(
      '--at <step>',
      'show the snapshot of this step (repeatable; default: first, last, one between)',
    )
      .argParser((text: string, before: number[]) => [...before, wholeNumber(0)(text)])
      .default([], 'none'),
  )
  .addHelpText('after', '\nExample:\n  wasserwerk report runs/first --at 0 --at 500 --out first.html')
  .action(async (folder: string, options: ReportOptions) => {
    const { report } = await import('./report.js');
    process.exitCode = await report(folder, options);
  });

program
  .command('export')
  .description('write a run as files for other programs: H5MD, Parquet, CSV, NPZ')
  .argument('<run-folder>', 'the folder of a run; what a run that goes on has written by now')
  .addOption(
    new Option('--to <format>', 'format')
      .choices(['h5md', 'parquet', 'csv', 'npz'] satisfies ExportOptions['to'][])
      .makeOptionMandatory(),
  )
  .addOption(
    new Option(
      '--out <path>',
      'a file (h5md, npz) or folder (parquet, csv) (default: export.h5, export-parquet … in the run folder)',
    ),
  )
  .addOption(
    new Option('--at <step>', 'only the snapshot of this step (repeatable; default: all)')
      .argParser((text: string, before: number[]) => [...before, wholeNumber(0)(text)])
      .default([], 'all'),
  )
  .addOption(new Option('--author <name>', 'who is named as the author, in H5MD').default('unknown'))
  .addOption(new Option('--force', 'replace an earlier export'))
  .addHelpText(
    'after',
    `
Which format for whom, and how to read it: docs/analysis.md.

Examples:
  wasserwerk export runs/first --to h5md
  wasserwerk export runs/first --to parquet --at 0 --at 500 --out first-parquet`,
  )
  .action(async (folder: string, options: ExportOptions) => {
    const { exportRun } = await import('./export.js');
    process.exitCode = await exportRun(folder, options);
  });

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
