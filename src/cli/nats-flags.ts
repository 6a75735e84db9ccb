// Flags for the credentials of a NATS server, the same for every command that talks to one. Flags of secrets name files:
// what is on a command line, all users of a machine can see. What they mean is cluster/transport/nats-options.ts.

import { Option, type Command } from 'commander';

const flags: readonly (readonly [string, string, string])[] = [
  ['--nats-user <name>', 'user name', 'USER'],
  ['--nats-password-file <file>', 'file with the password of that user', 'PASSWORD'],
  ['--nats-token-file <file>', 'file with a token', 'TOKEN'],
  ['--nats-nkey-file <file>', 'file with the seed of an nkey', 'NKEY_SEED'],
  ['--nats-creds-file <file>', 'file with a JWT and its key, as `nsc` writes it', 'CREDS_FILE'],
  ['--nats-ca <file>', 'certificate of the authority that the server is trusted by', 'CA'],
  ['--nats-cert <file>', 'own certificate, where the server asks for one', 'CERT'],
  ['--nats-key <file>', 'private key of that certificate', 'KEY'],
];

/**
 * Adds the flags of credentials to a command; `--nats` itself is the command's own. Their values come as `NatsFlags`. The
 * environment is not commander's here: its variables hold secrets where the flags name files.
 */
export function natsFlags(command: Command): Command {
  for (const [flag, description, variable] of flags) {
    command.addOption(new Option(flag, `${description} (or WASSERWERK_NATS_${variable})`));
  }
  return command;
}
