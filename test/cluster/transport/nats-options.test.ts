import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { Command } from 'commander';
import { nkeys } from 'nats';
import { afterAll, beforeAll, describe as group, expect, test } from 'vitest';
import { natsFlags } from '../../../src/cli/nats-flags.js';
import { NatsError } from '../../../src/cluster/transport/nats-errors.js';
import {
  describe,
  readNatsOptions,
  userOf,
  type NatsFlags,
} from '../../../src/cluster/transport/nats-options.js';
import { Secret } from '../../../src/cluster/transport/secret.js';

let folder = '';
const file = (name: string): string => join(folder, name);
const put = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(file(name), text);
  chmodSync(file(name), mode);
  return file(name);
};
const seed = new TextDecoder().decode(nkeys.createUser().getSeed());
const secrets = ['pass-word-1', 'tok-en-2', seed, 'from-url-3', 'jwt-key-4'];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wasserwerk-options-'));
  put('password', 'pass-word-1\n');
  put('token', 'tok-en-2');
  put('nkey', `# of w1\n${seed}\n`);
  put('empty', '\n');
  put(
    'creds',
    '-----BEGIN NATS USER JWT-----\nabc\n------END NATS USER JWT------\n-----BEGIN USER NKEY SEED-----\njwt-key-4\n------END USER NKEY SEED------\n',
  );
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const read = (flags: NatsFlags, environment: Record<string, string> = {}) =>
  readNatsOptions({ nats: 'nats://localhost', ...flags }, environment);

/** The error, which must be one of usage and show no secret, however it is printed. */
function refused(flags: NatsFlags, environment: Record<string, string> = {}): string {
  try {
    readNatsOptions(flags, environment);
  } catch (error) {
    expect(error).toBeInstanceOf(NatsError);
    expect(error).toMatchObject({ code: 'nats-options', exitCode: 2 });
    const shown = inspect(error, { depth: 9, showHidden: true }) + JSON.stringify(error);
    for (const secret of secrets) expect(shown).not.toContain(secret);
    return `${(error as NatsError).message} | ${(error as NatsError).hint}`;
  }
  throw new Error('not refused');
}

group('servers', () => {
  test('schemes, default port, lists', () => {
    const { options } = readNatsOptions({ nats: 'nats://a, tls://b:5222,c,nats://[::1]:7' }, {});
    expect(options.servers).toEqual(['nats://a:4222', 'tls://b:5222', 'nats://c:4222', 'nats://[::1]:7']);
    expect(options.tls).toEqual({});
  });
  test('the flag wins over the environment', () => {
    const environment = { WASSERWERK_NATS_URL: 'nats://b' };
    expect(readNatsOptions({}, environment).options.servers).toEqual(['nats://b:4222']);
    expect(readNatsOptions({ nats: 'nats://a' }, environment).options.servers).toEqual(['nats://a:4222']);
  });
  test.each([
    [undefined, 'WASSERWERK_NATS_URL'],
    ['http://a', 'http://'],
    ['nats://', '--nats'],
    ['nats://a/b', 'host and port'],
    [',', 'names no server'],
    ['nats://u:from-url-3/x@a', 'no URL'],
    ['nats://u:from-url-3@a,nats://v:from-url-3@b', 'different credentials'],
    ['nats://u:from-url-3%zz@a', 'nats://…@a'],
  ])('%s is refused', (nats, text) => {
    expect(refused(nats === undefined ? {} : { nats })).toContain(text);
  });
});

group('ways to authenticate', () => {
  const url = { WASSERWERK_NATS_URL: 'nats://localhost' };
  test.each<[string, NatsFlags, Record<string, string>, string]>([
    ['none', {}, {}, 'without credentials'],
    [
      'password by flags',
      { natsUser: 'w1', natsPasswordFile: 'password' },
      {},
      'as user w1, with a password',
    ],
    ['password by environment', {}, { USER: 'w1', PASSWORD: 'pass-word-1' }, 'as user w1, with a password'],
    ['user by flag, password by environment', { natsUser: 'w1' }, { PASSWORD: 'pass-word-1' }, 'as user w1'],
    ['token by flag', { natsTokenFile: 'token' }, {}, 'with a token'],
    ['token by environment', {}, { TOKEN: 'tok-en-2' }, 'with a token'],
    ['nkey by flag', { natsNkeyFile: 'nkey' }, {}, 'with the nkey U'],
    ['nkey by environment', {}, { NKEY_SEED: seed }, 'with the nkey U'],
    ['creds by flag', { natsCredsFile: 'creds' }, {}, 'creds'],
    ['creds by environment', {}, { CREDS_FILE: 'creds' }, 'creds'],
    ['user in the URL', { nats: 'nats://w1:from-url-3@localhost' }, {}, 'as user w1, with a password'],
    ['token in the URL', { nats: 'nats://from-url-3@localhost' }, {}, 'with a token'],
    ['flags win', { natsTokenFile: 'token' }, { USER: 'w1', PASSWORD: 'pass-word-1' }, 'with a token'],
  ])('%s; nothing shows the secret', (_, flags, variables, text) => {
    const withFolder = Object.fromEntries(
      Object.entries(flags).map(([key, value]) => [
        key,
        key.endsWith('File') ? file(value as string) : (value as string),
      ]),
    );
    const environment = Object.fromEntries(
      Object.entries(variables).map(([key, value]) => [
        `WASSERWERK_NATS_${key}`,
        key === 'CREDS_FILE' ? file(value) : value,
      ]),
    );
    const { options, warnings } = readNatsOptions(withFolder, { ...url, ...environment });
    expect(describe(options)).toContain(text);
    expect(warnings).toEqual([]);
    const shown = [
      describe(options),
      inspect(options, { depth: 9, showHidden: true }),
      JSON.stringify(options),
      String(Object.values(options.authentication)),
    ].join('\n');
    for (const secret of secrets) expect(shown).not.toContain(secret);
  });
  test('the secret itself is there, without the end of the line', () => {
    const { options } = read({ natsUser: 'w1', natsPasswordFile: file('password') });
    expect(options.authentication.kind === 'password' && options.authentication.password.reveal()).toBe(
      'pass-word-1',
    );
    expect(userOf(options)).toBe('w1');
    expect(userOf(read({}).options)).toBeUndefined();
  });
  test('special characters in a URL', () => {
    const { options } = read({ nats: 'nats://w1:a%2Fb%40c@localhost' });
    expect(options.authentication.kind === 'password' && options.authentication.password.reveal()).toBe(
      'a/b@c',
    );
  });
  test.each<[string, () => NatsFlags, Record<string, string>, string[]]>([
    [
      'two flags',
      () => ({ natsTokenFile: file('token'), natsNkeyFile: file('nkey') }),
      {},
      ['--nats-token-file', '--nats-nkey-file'],
    ],
    [
      'URL and flag',
      () => ({ nats: 'nats://u:from-url-3@a', natsNkeyFile: file('nkey') }),
      {},
      ['--nats (', '--nats-nkey-file'],
    ],
    [
      'two variables',
      () => ({}),
      { WASSERWERK_NATS_TOKEN: 'tok-en-2', WASSERWERK_NATS_NKEY_SEED: seed },
      ['WASSERWERK_NATS_TOKEN', 'WASSERWERK_NATS_NKEY_SEED'],
    ],
    ['user without password', () => ({ natsUser: 'w1' }), {}, ['--nats-user needs --nats-password-file']],
    [
      'password without user',
      () => ({}),
      { WASSERWERK_NATS_PASSWORD: 'pass-word-1' },
      ['WASSERWERK_NATS_PASSWORD needs --nats-user'],
    ],
    ['missing file', () => ({ natsTokenFile: file('gone') }), {}, ['--nats-token-file', 'no such file']],
    ['folder', () => ({ natsTokenFile: folder }), {}, ['--nats-token-file', 'a folder']],
    ['empty file', () => ({ natsTokenFile: file('empty') }), {}, ['--nats-token-file', 'is empty']],
    ['no seed', () => ({ natsNkeyFile: file('token') }), {}, ['--nats-nkey-file', 'no nkey seed']],
    [
      'broken seed',
      () => ({}),
      { WASSERWERK_NATS_NKEY_SEED: `${seed.slice(0, -2)}AA` },
      ['WASSERWERK_NATS_NKEY_SEED'],
    ],
    [
      'no creds',
      () => ({ natsCredsFile: file('token') }),
      {},
      ['--nats-creds-file', 'no file of NATS credentials'],
    ],
    ['no certificate', () => ({ natsCa: file('token') }), {}, ['--nats-ca', 'no certificate']],
    ['certificate without key', () => ({ natsCert: file('token') }), {}, ['--nats-cert needs --nats-key']],
    [
      'key without certificate',
      () => ({}),
      { WASSERWERK_NATS_KEY: 'x' },
      ['WASSERWERK_NATS_KEY needs --nats-cert'],
    ],
  ])('%s: refused, and told where', (_, flags, environment, texts) => {
    const text = refused({ nats: 'nats://a', ...flags() }, environment);
    for (const part of texts) expect(text).toContain(part);
  });
});

group('warnings', () => {
  test.skipIf(process.platform === 'win32')('a secret that others can read', () => {
    const { warnings } = read({ natsTokenFile: put('open', 'tok-en-2', 0o644) });
    expect(warnings).toEqual([expect.stringContaining('--nats-token-file: others on this machine may read')]);
  });
  test('a password in the clear over a network', () => {
    const flags = { natsUser: 'u', natsPasswordFile: file('password') };
    expect(readNatsOptions({ nats: 'nats://far.example', ...flags }, {}).warnings).toHaveLength(1);
    expect(readNatsOptions({ nats: 'tls://far.example', ...flags }, {}).warnings).toEqual([]);
    expect(readNatsOptions({ nats: 'nats://far.example', natsNkeyFile: file('nkey') }, {}).warnings).toEqual(
      [],
    );
  });
});

test('a secret in a text, a list, an error', () => {
  const secret = new Secret('tok-en-2');
  for (const shown of [
    String(secret),
    inspect([secret]),
    inspect(new Error('x', { cause: secret })),
    JSON.stringify({ secret }),
  ]) {
    expect(shown).not.toContain('tok-en-2');
  }
  expect(inspect(secret, { showHidden: true, customInspect: false, depth: 9 })).not.toContain('tok-en-2');
});

test('flags of the command line have the names that are read', () => {
  const names = ['--nats-user', '--nats-password-file', '--nats-token-file', '--nats-nkey-file'];
  names.push('--nats-creds-file', '--nats-ca', '--nats-cert', '--nats-key');
  const command = natsFlags(new Command('worker').exitOverride());
  command.parse(
    names.flatMap((name) => [name, `value of ${name}`]),
    { from: 'user' },
  );
  const flags: Required<Omit<NatsFlags, 'nats'>> = command.opts();
  expect(flags).toEqual({
    natsUser: 'value of --nats-user',
    natsPasswordFile: 'value of --nats-password-file',
    natsTokenFile: 'value of --nats-token-file',
    natsNkeyFile: 'value of --nats-nkey-file',
    natsCredsFile: 'value of --nats-creds-file',
    natsCa: 'value of --nats-ca',
    natsCert: 'value of --nats-cert',
    natsKey: 'value of --nats-key',
  });
});
