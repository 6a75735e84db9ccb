// Who may ask: names that a request may come under, and the bearer token of actions. A page of the internet whose name is made to
// point to this machine (DNS rebinding) comes under its own name, and is refused.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import { hostname } from 'node:os';

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1'];
const WILDCARDS = ['0.0.0.0', '::'];

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const name = bare(host);
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/**
 * Tells whether a Host header names this server: by a loopback name, or by the name that it was told to listen on. A server on
 * all addresses takes any address (a page of the internet has a name) and the name of this machine.
 */
export function hostCheck(given: string): (header: string | undefined) => boolean {
  const own = bare(given);
  const onAll = WILDCARDS.includes(own);
  const machine = hostname().toLowerCase();
  return (header) => {
    if (header === undefined) return false;
    const found = /^(\[[0-9a-f:.]+\]|[^:/?#@[\]]+)(?::\d{1,5})?$/iu.exec(header.trim());
    if (!found) return false;
    const name = bare(found[1]);
    if (LOOPBACK_NAMES.includes(name) || name === own) return true;
    return onAll && (isIP(name) !== 0 || name === machine || name.startsWith(`${machine}.`));
  };
}

/** A name without the brackets of IPv6, without a final dot, in small letters. */
function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/u, '$1')
    .replace(/\.$/u, '');
}

/** A new token: 192 random bits that need no quoting anywhere. */
export function newToken(): string {
  return randomBytes(24).toString('base64url');
}

/** Tells whether an Authorization header carries the token, in a time that does not depend on where they differ. */
export function tokenCheck(token: string): (header: string | undefined) => boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  const expected = digest(token);
  return (header) => {
    const found = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/iu.exec(header ?? '');
    // Compared all the same, so that a missing one takes as long.
    return timingSafeEqual(digest(found?.[1] ?? ''), expected) && found !== null;
  };
}
