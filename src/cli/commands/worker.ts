// `wasserwerk worker` on the command line: a machine for runs. Its arguments and flags only: what it does is loaded when it is called.

import { Option, type Command } from 'commander';
import type { WorkerOptions } from '../worker.js';
import { workersOption } from './flags.js';
import { natsFlags } from '../nats-flags.js';

export function defineWorker(program: Command): void {
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
    const { worker } = await import('../worker.js');
    process.exitCode = await worker(options);
  });
}
