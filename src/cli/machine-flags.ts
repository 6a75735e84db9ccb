// The flags of `run` and `resume` that put the particles on other machines. What they do is machine-session.ts.

import { InvalidArgumentError, Option, type Command } from 'commander';
import type { NatsFlags } from '../cluster/mod.js';
import { natsFlags } from './nats-flags.js';

export interface MachineFlags extends NatsFlags {
  readonly machines?: number;
  readonly maxMachines?: number;
  readonly wait: number;
  readonly standby?: true;
}

function machineCount(text: string): number {
  const value = Number(text);
  if (!/^\d+$/u.test(text) || value < 1 || value > 10_000) {
    throw new InvalidArgumentError('Give a whole number from 1 to 10000.');
  }
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1e6)) {
    throw new InvalidArgumentError('Give a number of seconds.');
  }
  return value;
}

/** Adds them to a command. */
export function machineFlags(command: Command): Command {
  command
    .addOption(
      new Option(
        '--nats <url>',
        'run on machines that have joined with `wasserwerk worker`, over this NATS server (or WASSERWERK_NATS_URL, with ' +
          '--machines); `auto` starts a server and workers here',
      ),
    )
    .addOption(
      new Option(
        '--machines <count>',
        'machines that the run begins with (default: 1; of auto: 2)',
      ).argParser(machineCount),
    )
    .addOption(
      new Option(
        '--max-machines <count>',
        'machines that come later are taken up to this many (default: those of --machines)',
      ).argParser(machineCount),
    )
    .addOption(
      new Option('--wait <seconds>', 'how long to wait for the server and for machines')
        .argParser(seconds)
        .default(60),
    )
    .addOption(
      new Option(
        '--standby',
        'wait until the process that has the run is gone, then go on with it (JetStream)',
      ),
    );
  return natsFlags(command);
}

/** Whether the run goes on other machines. */
export function wantsMachines({ nats, machines, maxMachines, standby }: MachineFlags): boolean {
  return nats !== undefined || machines !== undefined || maxMachines !== undefined || standby === true;
}
