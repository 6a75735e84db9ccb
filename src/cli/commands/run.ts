// `wasserwerk run` on the command line: a run. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import type { CommonOptions } from '../run.js';
import {
  setOption,
  seedOption,
  workersOption,
  modulesOption,
  quietOption,
  logLevelOption,
  jsonOption,
} from './flags.js';
import { machineFlags } from '../machine-flags.js';
import { statusFlags } from '../status-flags.js';
import { keepYoungGenerationSmall } from '../young-generation.js';

export function defineRun(program: Command): void {
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
    const { run } = await import('../run.js');
    process.exitCode = await run(file, options);
  });
}
