// URLs of NATS servers: a list with commas, schemes nats:// and tls://, credentials taken out. The text that was given is
// never repeated in an error as it is: it may hold a password.

import { NatsError } from './nats-errors.js';
import type { Source } from './nats-files.js';
import { Secret } from './secret.js';

export interface Server {
  readonly scheme: 'nats' | 'tls';
  /** As `nats://host:4222`. */
  readonly text: string;
  /** On this very machine: nobody listens in between. */
  readonly isLoopback: boolean;
}

/** From a URL as `nats://user:password@host` or `nats://token@host`. */
export interface UrlCredentials {
  readonly user?: string;
  readonly secret: Secret;
}

const DEFAULT_PORT = '4222';

/** @throws NatsError (`nats-options`) */
export function credentialsInUrl(source: Source): {
  readonly servers: readonly Server[];
  readonly credentials: UrlCredentials | undefined;
} {
  const servers: Server[] = [];
  let credentials: UrlCredentials | undefined;
  const known = new Set<string>();
  for (const part of source.value.split(',')) {
    const text = part.trim();
    if (text === '') continue;
    const { server, user, password } = parse(source.named, text);
    servers.push(server);
    if (user === '' && password === '') continue;
    known.add(JSON.stringify([user, password]));
    credentials = password === '' ? { secret: new Secret(user) } : { user, secret: new Secret(password) };
  }
  if (servers.length === 0) throw bad(source.named, 'names no server');
  if (known.size > 1) throw bad(source.named, 'holds different credentials for its servers');
  return { servers, credentials };
}

function parse(named: string, text: string): { server: Server; user: string; password: string } {
  const shown = withoutCredentials(text);
  let url: URL;
  let user: string;
  let password: string;
  try {
    url = new URL(text.includes('://') ? text : `nats://${text}`);
    user = decodeURIComponent(url.username);
    password = decodeURIComponent(url.password);
  } catch {
    throw bad(named, `${shown} is no URL of a NATS server`);
  }
  const scheme = url.protocol.slice(0, -1);
  if (scheme !== 'nats' && scheme !== 'tls') {
    throw bad(named, `${shown} begins with ${scheme}://, which is not a scheme for this`);
  }
  if (url.hostname === '') throw bad(named, `${shown} names no host`);
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    throw bad(named, `${shown} goes on after host and port`);
  }
  if (user === '' && password !== '') throw bad(named, `${shown} has a password but no user`);
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/u.test(url.hostname);
  const server: Server = {
    scheme,
    text: `${scheme}://${url.hostname}:${url.port || DEFAULT_PORT}`,
    isLoopback,
  };
  return { server, user, password };
}

/** Everything between the scheme and the last @ goes: a password may hold any of / : @ where it is written wrongly. */
function withoutCredentials(text: string): string {
  return text.replace(/^(\w+:\/\/)?.*@/su, '$1…@');
}

function bad(named: string, what: string): NatsError {
  return new NatsError(
    'nats-options',
    `${named}: ${what}`,
    'give one or more of nats://host:4222 or tls://host:4222, with commas between; ' +
      'special characters in a user or password are written as in %2F',
  );
}
