// Flags of the status endpoint, for `run` and `resume`.

import { InvalidArgumentError, Option, type Command } from 'commander';

export interface StatusFlags {
  /** False with --no-status. */
  readonly status?: boolean;
  readonly statusPort?: number;
  readonly statusHost?: string;
}

export function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/u.test(text) || value > 65_535)
    throw new InvalidArgumentError('Give a port from 0 to 65535.');
  return value;
}

/** Port and address, for whatever serves the dashboard. */
export const portOption = (): Option =>
  new Option('--status-port <port>', 'port of the status endpoint (default: one that is free)').argParser(
    port,
  );
const hostOption = (): Option =>
  new Option(
    '--status-host <host>',
    'address of the status endpoint (default: 127.0.0.1, this machine only)',
  );

/** Adds the flags to a command. */
export function statusFlags(command: Command): Command {
  return command
    .addOption(portOption())
    .addOption(hostOption())
    .addOption(new Option('--no-status', 'no status endpoint'));
}
