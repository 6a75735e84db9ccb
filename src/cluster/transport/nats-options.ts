// From flags, environment and files to checked options for a connection to NATS servers. Everything that can be wrong
// without asking a server is found here: two ways to authenticate, files that are missing, a key that is not that of the
// certificate. Secrets come from files, environment or URLs, never from plain flags, and are `Secret` from then on. Not
// the connection itself: nats-connect.ts.

import { nkeys } from 'nats';
import { NatsError } from './nats-errors.js';
import { contentOf, secretOf, type Source } from './nats-files.js';
import { checkedTls, type NatsTls } from './nats-tls.js';
import { credentialsInUrl, type Server } from './nats-urls.js';
import { Secret } from './secret.js';

/** Flags of the command line, as commander names them (src/cli/nats-flags.ts declares them). */
export interface NatsFlags {
  readonly nats?: string;
  readonly natsUser?: string;
  readonly natsPasswordFile?: string;
  readonly natsTokenFile?: string;
  readonly natsNkeyFile?: string;
  readonly natsCredsFile?: string;
  readonly natsCa?: string;
  readonly natsCert?: string;
  readonly natsKey?: string;
}

export type NatsAuthentication =
  /** The server asks for nothing, or takes the certificate for it. */
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: Secret }
  | { readonly kind: 'password'; readonly user: string; readonly password: Secret }
  | { readonly kind: 'nkey'; readonly publicKey: string; readonly seed: Secret }
  /** A JWT with its key, as `nsc` writes them. */
  | { readonly kind: 'creds'; readonly file: string; readonly creds: Secret };

/** Where to connect, and as whom. */
export interface NatsOptions {
  /** As `nats://host:4222`, without credentials. */
  readonly servers: readonly string[];
  readonly authentication: NatsAuthentication;
  /** Undefined: TLS only where the server offers it, with the certificate authorities of the system. */
  readonly tls?: NatsTls;
}

/** Where a way to authenticate was found. */
interface Found {
  /** As `--nats-token-file`. */
  readonly named: string;
  readonly from: 'flag' | 'environment';
  readonly kind: NatsAuthentication['kind'];
  readonly read: () => NatsAuthentication;
}

/**
 * Reads flags, environment and the files that they name.
 *
 * @param warnings what a person should know: secrets that others can read, or that travel in the clear
 * @throws NatsError (`nats-options`) naming the flag or variable
 */
export function readNatsOptions(
  flags: NatsFlags,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): { readonly options: NatsOptions; readonly warnings: readonly string[] } {
  const warnings: string[] = [];
  const warn = (text: string): void => void warnings.push(text);
  const variable = (name: string): string | undefined => environment[`WASSERWERK_NATS_${name}`] || undefined;

  const url = pick(flags.nats, '--nats', variable('URL'), 'WASSERWERK_NATS_URL');
  if (!url) {
    throw new NatsError(
      'nats-options',
      'the NATS server is not named',
      'give --nats <url>, as in --nats nats://localhost:4222, or set WASSERWERK_NATS_URL',
    );
  }
  const { servers, credentials } = credentialsInUrl(url);

  const found: Found[] = [];
  const add = (
    source: Source | undefined,
    kind: Found['kind'],
    read: (source: Source) => NatsAuthentication,
  ): void => {
    if (source) found.push({ named: source.named, from: source.from, kind, read: () => read(source) });
  };
  if (credentials) {
    add(url, credentials.user === undefined ? 'token' : 'password', () =>
      credentials.user === undefined
        ? { kind: 'token', token: credentials.secret }
        : { kind: 'password', user: credentials.user, password: credentials.secret },
    );
  }
  const user = pick(flags.natsUser, '--nats-user', variable('USER'), 'WASSERWERK_NATS_USER');
  const password = pick(
    flags.natsPasswordFile,
    '--nats-password-file',
    variable('PASSWORD'),
    'WASSERWERK_NATS_PASSWORD',
  );
  add([user, password].find((source) => source?.from === 'flag') ?? user ?? password, 'password', () => {
    if (!user) throw missing(password?.named, '--nats-user or WASSERWERK_NATS_USER');
    if (!password) throw missing(user.named, '--nats-password-file or WASSERWERK_NATS_PASSWORD');
    return { kind: 'password', user: user.value, password: secretOf(password, warn) };
  });
  add(
    pick(flags.natsTokenFile, '--nats-token-file', variable('TOKEN'), 'WASSERWERK_NATS_TOKEN'),
    'token',
    (source) => ({ kind: 'token', token: secretOf(source, warn) }),
  );
  add(
    pick(flags.natsNkeyFile, '--nats-nkey-file', variable('NKEY_SEED'), 'WASSERWERK_NATS_NKEY_SEED'),
    'nkey',
    (source) => nkeyOf(source, secretOf(source, warn)),
  );
  const creds = pick(
    flags.natsCredsFile,
    '--nats-creds-file',
    variable('CREDS_FILE'),
    'WASSERWERK_NATS_CREDS_FILE',
  );
  add(creds && { ...creds, holds: 'path' }, 'creds', (source) => credsOf(source, contentOf(source, warn)));

  const authentication = choose(found)?.read() ?? { kind: 'none' };
  const path = (flag: string | undefined, named: string, name: string): Source | undefined => {
    const source = pick(flag, named, variable(name), `WASSERWERK_NATS_${name}`);
    return source && { ...source, holds: 'path' };
  };
  const tls = checkedTls(
    {
      ca: path(flags.natsCa, '--nats-ca', 'CA'),
      certificate: path(flags.natsCert, '--nats-cert', 'CERT'),
      key: path(flags.natsKey, '--nats-key', 'KEY'),
      isAsked: servers.some(({ scheme }) => scheme === 'tls'),
    },
    warn,
  );
  if (!tls) warnAboutClearText(servers, authentication, warn);
  const options = { servers: servers.map(({ text }) => text), authentication, ...(tls && { tls }) };
  return { options, warnings };
}

/** The name that the server knows us by, where the credentials tell it. */
export function userOf({ authentication }: NatsOptions): string | undefined {
  return authentication.kind === 'password' ? authentication.user : undefined;
}

/** For logs, without any secret: as `nats://host:4222 as user w1 (password), TLS`. */
export function describe({ servers, authentication, tls }: NatsOptions): string {
  const who = ((): string => {
    switch (authentication.kind) {
      case 'none':
        return 'without credentials';
      case 'token':
        return 'with a token';
      case 'password':
        return `as user ${authentication.user}, with a password`;
      case 'nkey':
        return `with the nkey ${authentication.publicKey}`;
      case 'creds':
        return `with ${authentication.file}`;
    }
  })();
  const parts = [
    tls && 'TLS',
    tls?.caFile && `authority ${tls.caFile}`,
    tls?.certificateFile && `certificate ${tls.certificateFile}`,
  ];
  return [`${servers.join(', ')} ${who}`, ...parts.filter((part) => part !== undefined)].join(', ');
}

/** A flag, else a variable of the environment. Flags of secrets name files, variables hold the secret itself. */
function pick(
  flag: string | undefined,
  flagName: string,
  variable: string | undefined,
  variableName: string,
): Source | undefined {
  if (flag !== undefined) return { named: flagName, from: 'flag', value: flag, holds: 'path' };
  if (variable !== undefined) {
    return { named: variableName, from: 'environment', value: variable, holds: 'content' };
  }
  return undefined;
}

/** The one way to authenticate: of the flags, else of the environment. */
function choose(found: readonly Found[]): Found | undefined {
  const flags = found.filter(({ from }) => from === 'flag');
  const ways = flags.length > 0 ? flags : found;
  if (ways.length > 1) {
    throw new NatsError(
      'nats-options',
      `${ways.map(({ named, kind }) => (isUrl(named) ? `${named} (with a ${kind} in it)` : named)).join(' and ')} are different ways to authenticate`,
      'give one of them',
    );
  }
  return ways[0];
}

const isUrl = (named: string): boolean => named === '--nats' || named === 'WASSERWERK_NATS_URL';

function missing(given: string | undefined, needed: string): NatsError {
  return new NatsError('nats-options', `${given ?? 'a user'} needs ${needed} beside it`, `give ${needed}`);
}

function nkeyOf(source: Source, seed: Secret): NatsAuthentication {
  // A file may hold comments or the public key beside the seed, as tools write them.
  const line = /^\s*(SU[A-Z2-7]+)\s*$/mu.exec(seed.reveal())?.[1];
  try {
    if (line === undefined) throw new Error('no line with a seed');
    const publicKey = nkeys.fromSeed(new TextEncoder().encode(line)).getPublicKey();
    return { kind: 'nkey', publicKey, seed: new Secret(line) };
  } catch {
    // Not the cause: it might quote the seed.
    throw new NatsError(
      'nats-options',
      `${source.named}: there is no nkey seed of a user${source.holds === 'path' ? ` in ${source.value}` : ''}`,
      'a seed is a line of 58 capital letters and digits that begins with SU; deploy/nats/README.md says how to make one',
    );
  }
}

function credsOf(source: Source, text: string): NatsAuthentication {
  if (!text.includes('BEGIN NATS USER JWT') || !text.includes('BEGIN USER NKEY SEED')) {
    throw new NatsError(
      'nats-options',
      `${source.named}: ${source.value} is no file of NATS credentials`,
      'such a file holds a "NATS USER JWT" and a "USER NKEY SEED"; `nsc generate creds` writes it',
    );
  }
  return { kind: 'creds', file: source.value, creds: new Secret(text) };
}

function warnAboutClearText(
  servers: readonly Server[],
  { kind }: NatsAuthentication,
  warn: (text: string) => void,
): void {
  if (kind !== 'token' && kind !== 'password') return;
  const far = servers.filter(({ isLoopback }) => !isLoopback);
  if (far.length === 0) return;
  warn(
    `the ${kind} travels to ${far.map(({ text }) => text).join(', ')} without encryption unless the server asks for TLS; ` +
      'use tls:// or an nkey',
  );
}
