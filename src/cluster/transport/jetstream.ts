// What the lock and the object store have in common: opening JetStream, the stored state of a NATS server, and telling its
// errors apart. It is asked by request and reply only, without consumers (nats-permissions.ts says why).

import {
  jetstream,
  jetstreamManager,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamClient,
  type JetStreamManager,
} from '@nats-io/jetstream';
// The only door for this class; its name and text are not to be relied on.
import { jserrors } from '@nats-io/jetstream/internal';
import { errors, PermissionViolationError, type NatsConnection } from 'nats';
import { NatsError } from './nats-errors.js';

export interface JetStream {
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

/** @throws NatsError (`jetstream-off`) */
export async function openJetStream(connection: NatsConnection, timeoutMs: number): Promise<JetStream> {
  // Missing while the connection is being made anew: then the first request tells.
  if (connection.info && connection.info.jetstream !== true) throw jetstreamOff(connection);
  // Not asked whether it is there: that would need one more permission, and the first request tells.
  const options = { timeout: timeoutMs, checkAPI: false };
  return { client: jetstream(connection, options), manager: await jetstreamManager(connection, options) };
}

export function jetstreamOff(connection: NatsConnection, cause?: unknown): NatsError {
  return new NatsError(
    'jetstream-off',
    `the NATS server ${connection.getServer()} stores nothing: JetStream is off, there or for this account`,
    'turn it on in the config of the server: jetstream { store_dir: … }, and jetstream: enabled in the account; ' +
      'deploy/nats/ has one',
    cause,
  );
}

/** Whether a request may succeed when it is repeated: no answer, or nobody there who answers just now. */
export function isTransient(error: unknown): boolean {
  if (violationOf(error)) return false;
  if (error instanceof jserrors.JetStreamNotEnabled) return error.cause instanceof errors.RequestError;
  if (error instanceof errors.RequestError || error instanceof errors.TimeoutError) return true;
  // A server that starts, or a cluster without a leader.
  return error instanceof JetStreamApiError && error.status === 503 && !isFull(error);
}

/** The permission that is missing: a request that was refused has it as its cause. */
function violationOf(error: unknown): PermissionViolationError | undefined {
  const cause = error instanceof errors.RequestError ? error.cause : error;
  return cause instanceof PermissionViolationError ? cause : undefined;
}

/** Somebody else wrote in between. */
export function isWrongRevision(error: unknown): boolean {
  const codes: readonly number[] = [
    JetStreamApiCodes.StreamWrongLastSequence,
    JetStreamApiCodes.StreamWrongLastSequenceUnknown,
  ];
  return error instanceof JetStreamApiError && codes.includes(error.code);
}

function isFull(error: JetStreamApiError): boolean {
  return /insufficient|maximum bytes|resource limits|no space/iu.test(error.message);
}

/** Errors of JetStream that a person can mend, as such; others as they are. */
export function asNatsError(connection: NatsConnection, what: string, error: unknown): Error {
  if (error instanceof jserrors.JetStreamNotEnabled) return jetstreamOff(connection, error);
  const violation = violationOf(error);
  if (violation) {
    return new NatsError(
      'nats-authorization',
      `the NATS server does not let us use ${what}: ${violation.operation} of ${violation.subject} is not permitted`,
      'give the user the permissions that deploy/nats/ has for its role',
      error,
    );
  }
  if (error instanceof JetStreamApiError && isFull(error)) {
    return new NatsError(
      'storage-full',
      `the NATS server has no room for ${what}: ${error.message}`,
      'free space there, or raise max_file of its jetstream, then go on with `wasserwerk resume`',
      error,
    );
  }
  if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound) {
    return new NatsError(
      'storage-unreachable',
      `the NATS server does not have ${what}`,
      'the coordinator makes it when it starts; another server or account than its own cannot be used',
      error,
    );
  }
  if (isTransient(error)) {
    return new NatsError(
      'storage-unreachable',
      `no answer from the NATS server about ${what}: ${(error as Error).message}`,
      'check the server and the network, then go on with `wasserwerk resume`',
      error,
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
