// The two connections of a machine, or of a coordinator, to its NATS server: `control` for what is small and must be in
// time, `bulk` for what is large. Waits for the server at the start, comes back to it for ever. Says what is wrong where
// waiting would not help: credentials, certificates. What travels over the connections is nats.ts.

import { randomInt } from 'node:crypto';
import { checkServerIdentity } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  connect,
  credsAuthenticator,
  errors,
  nkeyAuthenticator,
  type ConnectionOptions,
  type NatsConnection,
  type TlsOptions,
} from 'nats';
import { now } from '../clock.js';
import { explain } from './nats-diagnosis.js';
import { NatsError } from './nats-errors.js';
import { describe, type NatsOptions } from './nats-options.js';
import { inboxPrefix } from './nats-permissions.js';
import type { Address } from './transport.js';

/** What happens to the connections, for a person. */
export interface ConnectionState {
  /** `waiting`: for the first connection. `closed`: for good; the error says why. */
  readonly state: 'waiting' | 'connected' | 'disconnected' | 'closed';
  readonly text: string;
  readonly error?: NatsError;
}

export interface NatsConnections {
  readonly control: NatsConnection;
  readonly bulk: NatsConnection;
  /** Resolves when both are closed: with the reason, if nobody called `close`. */
  readonly closed: Promise<NatsError | undefined>;
  /** Sends what is waiting, if that can be done within a second, then closes. */
  close(): Promise<void>;
}

/** Between attempts: this, and at random up to as much again, so that machines do not come all at once. */
const RETRY_MS = 250;
const DIAL_MS = 4000;
/** Between two words about a server that does not answer. */
const REMIND_SECONDS = 30;
/** A server that answers no ping is given up after two pings and a half. */
const PING_MS = 1000;
const PINGS = 2;
/** A pong on `bulk` waits behind what is on its way; `control` tells of a dead server for both. */
const BULK_PING_MS = 5000;
const BULK_PINGS = 12;
/** After having been connected: attempts in a row that the server refuses before they end. About ten seconds. */
const REFUSALS = 25;

/**
 * Connects, and waits for the server as long as it takes.
 *
 * @param self who connects: decides about inboxes (nats-permissions.ts), and is the name that the server shows; a mere
 *   name is that of a worker, or `coordinator`
 * @throws NatsError (`nats-authorization`, `nats-tls`) where waiting does not help
 * @throws the reason of the signal
 */
export async function connectNats(
  options: NatsOptions,
  self: Address | string,
  watch: { readonly signal?: AbortSignal; readonly onState?: (state: ConnectionState) => void } = {},
): Promise<NatsConnections> {
  const onState = watch.onState ?? ((): void => undefined);
  const address: Address =
    typeof self === 'string' ? { role: self === 'coordinator' ? 'coordinator' : 'worker', name: self } : self;
  const common = connectionOptions(options, address);
  const name = `wasserwerk ${address.role} ${address.name}`;
  const open = (
    channel: string,
    pings: { pingInterval: number; maxPingOut: number },
  ): Promise<NatsConnection> =>
    first(options, { ...common, ...pings, name: `${name} ${channel}` }, watch.signal, onState);

  const control = await open('control', { pingInterval: PING_MS, maxPingOut: PINGS });
  try {
    const bulk = await open('bulk', { pingInterval: BULK_PING_MS, maxPingOut: BULK_PINGS });
    onState({ state: 'connected', text: `connected to ${describe(options)}` });
    return new Pair(options, control, bulk, onState);
  } catch (error) {
    await control.close();
    throw error;
  }
}

/** Two connections as one. */
class Pair implements NatsConnections {
  readonly control: NatsConnection;
  readonly bulk: NatsConnection;
  readonly closed: Promise<NatsError | undefined>;
  readonly #options: NatsOptions;
  readonly #onState: (state: ConnectionState) => void;
  #reason: NatsError | undefined;
  #isClosing = false;

  constructor(
    options: NatsOptions,
    control: NatsConnection,
    bulk: NatsConnection,
    onState: (state: ConnectionState) => void,
  ) {
    this.#options = options;
    this.control = control;
    this.bulk = bulk;
    this.#onState = onState;
    void this.#watch(control, true);
    void this.#watch(bulk, false);
    this.closed = Promise.all([this.#end(control), this.#end(bulk)]).then(() => {
      if (this.#reason) {
        onState({ state: 'closed', text: this.#reason.message, error: this.#reason });
      }
      return this.#reason;
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    const both = [this.control, this.bulk];
    const sent = Promise.allSettled(both.map((connection) => connection.flush()));
    await Promise.race([sent, sleep(1000, undefined, { ref: false })]);
    for (const connection of both) {
      const closed = connection.close();
      // What could not be sent by now would be waited for otherwise.
      await Promise.race([closed, sleep(200, undefined, { ref: false })]);
      dropSocket(connection);
      await closed;
    }
  }

  async #watch(connection: NatsConnection, isControl: boolean): Promise<void> {
    let refusals = 0;
    for await (const status of connection.status()) {
      switch (status.type) {
        case 'disconnect':
          if (isControl && !this.#isClosing) {
            this.#onState({
              state: 'disconnected',
              text: `lost the connection to ${status.server}, trying again`,
            });
          }
          break;
        case 'reconnect':
          refusals = 0;
          if (isControl) this.#onState({ state: 'connected', text: `connected to ${status.server} again` });
          break;
        case 'staleConnection':
          // The client would wait until what it has written is taken, which a dead network never does.
          dropSocket(connection);
          if (isControl) dropSocket(this.bulk);
          break;
        case 'error':
          if (isRefusal(status.error) && ++refusals >= REFUSALS) {
            await this.#fail(authorizationError(this.#options, status.error));
          }
          break;
        default:
      }
    }
  }

  async #fail(reason: NatsError): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#reason = reason;
    await Promise.all([this.control.close(), this.bulk.close()]);
  }

  /** Both end when one does. */
  async #end(connection: NatsConnection): Promise<void> {
    const error = await connection.closed();
    if (this.#isClosing) return;
    await this.#fail(
      new NatsError(
        'nats-closed',
        `the connection to ${this.#options.servers.join(', ')} was closed: ${error?.message ?? 'no reason given'}`,
        'look into the log of the server',
        error,
      ),
    );
  }
}

/** Connects once, however long it takes. */
async function first(
  options: NatsOptions,
  settings: ConnectionOptions,
  signal: AbortSignal | undefined,
  onState: (state: ConnectionState) => void,
): Promise<NatsConnection> {
  let reminded = -Infinity;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return await unlessAborted(connect(settings), signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (isRefusal(error)) throw authorizationError(options, error);
      const trouble = await explain(options, error);
      if (trouble instanceof NatsError) throw trouble;
      if (now() - reminded >= REMIND_SECONDS) {
        reminded = now();
        onState({ state: 'waiting', text: `waiting for a NATS server: ${trouble}` });
      }
    }
    await sleep(RETRY_MS + randomInt(RETRY_MS), undefined, signal && { signal }).catch(() => undefined);
  }
}

async function unlessAborted(
  connecting: Promise<NatsConnection>,
  signal: AbortSignal | undefined,
): Promise<NatsConnection> {
  if (!signal) return connecting;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = (): void => reject(new Error('aborted'));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([connecting, aborted]);
  } catch (error) {
    // It may still succeed; nobody would close it then.
    connecting.then((connection) => connection.close()).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function connectionOptions(options: NatsOptions, self: Address): ConnectionOptions {
  return {
    servers: options.servers.map((server) => server.replace(/^\w+:\/\//u, '')),
    timeout: DIAL_MS,
    maxReconnectAttempts: -1,
    reconnectDelayHandler: () => RETRY_MS + randomInt(RETRY_MS),
    // Refusals are counted here: the client would take a slow answer of a busy server for one.
    ignoreAuthErrorAbort: true,
    inboxPrefix: inboxPrefix(self),
    ...credentials(options),
    ...(options.tls && { tls: tlsOptions(options) }),
  };
}

function credentials({ authentication }: NatsOptions): ConnectionOptions {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  switch (authentication.kind) {
    case 'none':
      return {};
    case 'token':
      return { token: authentication.token.reveal() };
    case 'password':
      return { user: authentication.user, pass: authentication.password.reveal() };
    case 'nkey':
      return { authenticator: nkeyAuthenticator(bytes(authentication.seed.reveal())) };
    case 'creds':
      return { authenticator: credsAuthenticator(bytes(authentication.creds.reveal())) };
  }
}

function tlsOptions({ tls, servers }: NatsOptions): TlsOptions {
  const hosts = servers.map((server) => new URL(server).hostname.replace(/^\[|\]$/gu, ''));
  const options: TlsOptions & { checkServerIdentity: typeof checkServerIdentity } = {
    ...(tls?.ca !== undefined && { ca: tls.ca }),
    ...(tls?.certificate !== undefined && { cert: tls.certificate }),
    ...(tls?.key && { key: tls.key.reveal() }),
    // The client hands over no name where a server was given as an address; `localhost` would then be good for all.
    checkServerIdentity: (host, certificate) => {
      const [wrong, ...more] = hosts.map((name) => checkServerIdentity(name, certificate));
      return [wrong, ...more].includes(undefined)
        ? undefined
        : (wrong ?? checkServerIdentity(host, certificate));
    },
  };
  return options;
}

/** The server does not know us. One that was too slow to look (`authentication timeout`) may know us later. */
function isRefusal(error: unknown): error is Error {
  return (
    (error instanceof errors.AuthorizationError && !/timeout/iu.test(error.message)) ||
    error instanceof errors.UserAuthenticationExpiredError
  );
}

function authorizationError(options: NatsOptions, cause: Error): NatsError {
  const check = {
    none: 'it wants credentials: give --nats-user with --nats-password-file, --nats-token-file, --nats-nkey-file or --nats-creds-file, or a certificate',
    token: 'check the token (--nats-token-file, WASSERWERK_NATS_TOKEN)',
    password: 'check user and password (--nats-user, --nats-password-file) against the config of the server',
    nkey: 'check that the server has this public key among its users (--nats-nkey-file)',
    creds:
      'check that the credentials are of an account of this server and have not expired (--nats-creds-file)',
  }[options.authentication.kind];
  const text = cause instanceof errors.UserAuthenticationExpiredError ? 'has expired' : 'was refused';
  return new NatsError('nats-authorization', `authorization ${text}: ${describe(options)}`, check, cause);
}

/**
 * Ends the socket of a connection at once, so that the client notices and connects anew. Closing it in good order, which is
 * all that the client offers, first waits for what is written to be taken. Reaches into the client: where that has changed,
 * nothing happens here, and the test of a frozen server fails.
 */
function dropSocket(connection: NatsConnection): void {
  const { protocol } = connection as NatsConnection & {
    readonly protocol?: { readonly transport?: { readonly socket?: { destroy?(): void } } };
  };
  protocol?.transport?.socket?.destroy?.();
}
