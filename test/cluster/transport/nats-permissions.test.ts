import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nkeys } from 'nats';
import { afterAll, expect, test } from 'vitest';
import { accountsText, type UserEntry } from '../../../src/cluster/transport/nats-accounts.js';
import { inboxPrefix, workerPermissions } from '../../../src/cluster/transport/nats-permissions.js';

const deploy = fileURLToPath(new URL('../../../deploy/nats', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-credentials-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const make = (name: string, ...args: string[]): string => {
  execFileSync(process.execPath, [
    join(deploy, 'make-credentials.mjs'),
    '--out',
    join(folder, name),
    ...args,
  ]);
  return join(folder, name);
};
const plain = (text: string): string =>
  text
    .replace(/^\s*#.*$/gmu, '')
    .replace(/[\s,]+/gu, ' ')
    .trim();
const users = (identity: (name: string) => string): UserEntry[] =>
  (['coordinator', 'monitor', 'w1', 'w2', 'w3'] as const).map((name) => ({
    role: name === 'coordinator' || name === 'monitor' ? name : 'worker',
    name,
    identity: identity(name),
  }));

test('accounts.conf of deploy/nats is what its script makes, and says what the code means', () => {
  const kept = plain(readFileSync(join(deploy, 'accounts.conf'), 'utf8'));
  expect(plain(readFileSync(join(make('a', '--auth', 'environment'), 'accounts.conf'), 'utf8'))).toBe(kept);
  const meant = accountsText(users((name) => `user: "${name}", password: $${name.toUpperCase()}_PASSWORD`));
  expect(plain(meant)).toBe(kept);
});

test('nkeys of the script are good, its secrets are for the owner alone, and it overwrites nothing', () => {
  const path = make('b', '--auth', 'nkey', '--workers', 'north');
  const seed = readFileSync(join(path, 'north.nkey'), 'utf8').trim();
  const key = nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();
  expect(readFileSync(join(path, 'accounts.conf'), 'utf8')).toContain(`nkey: "${key}"`);
  expect(readFileSync(join(path, 'accounts.conf'), 'utf8')).not.toContain(seed);
  expect(statSync(join(path, 'north.nkey')).mode & 0o077).toBe(0);
  expect(() => make('b', '--auth', 'nkey', '--workers', 'north')).toThrow('EEXIST');
  expect(() => make('c', '--workers', 'a.b')).toThrow('no name of a worker');
});

test('no worker has a right by which the server speaks in its own name', () => {
  const { publish, subscribe } = workerPermissions('w1');
  for (const subject of publish)
    expect(subject).not.toMatch(/CONSUMER|CREATE|UPDATE|DIRECT|KV_|\$KV|^>|^\*/u);
  for (const subject of subscribe)
    expect(subject).not.toMatch(/^>|^\*|\$KV|\$JS|_INBOX\.|_INBOX_coordinator/u);
  expect(inboxPrefix({ role: 'worker', name: 'w1' })).toBe('_INBOX_w1');
  expect(inboxPrefix({ role: 'coordinator', name: 'run-7' })).toBe('_INBOX_coordinator');
});
