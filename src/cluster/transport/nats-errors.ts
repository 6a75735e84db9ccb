// What goes wrong between this program and a NATS server that a person can mend, with what to check. Not for messages that
// are lost or late: the protocol above deals with those.

/**
 * `nats-options`: flags, variables or files. `nats-authorization`: the server does not know us, or does not let us.
 * `nats-tls`: certificates. `no-nats-server`: none to start for `--nats auto`. `jetstream-off`: the server stores nothing.
 * `storage-unreachable`: no answer for too long. `lock-held`, `lock-lost`: the lock on a run.
 */
export type NatsErrorCode =
  | 'nats-options'
  | 'nats-authorization'
  | 'nats-tls'
  | 'nats-closed'
  | 'no-nats-server'
  | 'nats-server-failed'
  | 'jetstream-off'
  | 'storage-unreachable'
  | 'storage-full'
  | 'lock-held'
  | 'lock-lost';

/** Codes of a run that failed; all others are mended by calling the command, or setting up the server, differently. */
const failures: readonly NatsErrorCode[] = [
  'nats-closed',
  'nats-server-failed',
  'storage-unreachable',
  'storage-full',
  'lock-lost',
];

/** Trouble with a NATS server. `hint` says what to do; `exitCode` is what a command should end with. No secrets in it. */
export class NatsError extends Error {
  override readonly name = 'NatsError';
  readonly code: NatsErrorCode;
  readonly hint: string;
  readonly exitCode: 1 | 2;

  constructor(code: NatsErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.exitCode = failures.includes(code) ? 1 : 2;
  }
}
