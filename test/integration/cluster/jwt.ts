// What `nsc` would make: an operator, an account and a user of it as JWTs of NATS, signed with nkeys. For the test of
// credentials files; not a test.

import { randomUUID } from 'node:crypto';
import { nkeys } from 'nats';

type Key = ReturnType<typeof nkeys.createUser>;

function jwt(
  type: 'operator' | 'account' | 'user',
  key: Key,
  issuer: Key,
  claims: object,
  expires?: number,
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const iat = Math.floor(Date.now() / 1000);
  const body = {
    jti: randomUUID(),
    iat,
    ...(expires !== undefined && { exp: iat + expires }),
    iss: issuer.getPublicKey(),
    name: type,
    sub: key.getPublicKey(),
    nats: { ...claims, type, version: 2 },
  };
  const signed = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part(body)}`;
  return `${signed}.${Buffer.from(issuer.sign(new TextEncoder().encode(signed))).toString('base64url')}`;
}

/** A server's config, and files of credentials: of a user that it knows, of another account's, of one that expires. */
export function makeJwts(expiresSeconds: number): {
  readonly config: string;
  readonly good: string;
  readonly foreign: string;
  readonly expiring: string;
} {
  const operator = nkeys.createOperator();
  const account = nkeys.createAccount();
  const unlimited = { subs: -1, data: -1, payload: -1 };
  const limits = { ...unlimited, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
  const accountJwt = jwt('account', account, operator, { limits });
  const creds = (issuer: Key, expires?: number): string => {
    const user = nkeys.createUser();
    const text = jwt('user', user, issuer, unlimited, expires);
    const seed = new TextDecoder().decode(user.getSeed());
    return (
      `-----BEGIN NATS USER JWT-----\n${text}\n------END NATS USER JWT------\n\n` +
      `-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`
    );
  };
  return {
    config:
      `operator: "${jwt('operator', operator, operator, {})}"\nresolver: MEMORY\n` +
      `resolver_preload: { ${account.getPublicKey()}: "${accountJwt}" }\n`,
    good: creds(account),
    foreign: creds(nkeys.createAccount()),
    expiring: creds(account, expiresSeconds),
  };
}
