#!/usr/bin/env node
// Makes credentials for coordinator, monitor and workers of a NATS server: accounts.conf with the permissions of each, files
// with their secrets, and certificates. Needs node (20 or newer), and openssl for certificates; nothing else.
//
//   node make-credentials.mjs --workers w1,w2,w3 --auth nkey --out credentials
//   node make-credentials.mjs --workers w1,w2,w3 --auth password --certificates nats.example.org,10.0.0.5 --out credentials
//
//   --workers <names>       with commas; [A-Za-z0-9_-], one for each machine
//   --auth <kind>           nkey (default): the server only knows public keys, the secrets are <name>.nkey
//                           password: accounts.conf holds them, too; <name>.password
//                           environment: the server takes them from variables as W1_PASSWORD
//                           certificate: for server-certificates.conf; none but the certificates
//   --certificates <hosts>  also an authority, and certificates for the server under these names and for each user
//   --out <folder>          default: credentials; what is there already is not overwritten
//
// The permissions are those of src/cluster/transport/nats-permissions.ts, which says why they are as they are; a test compares.

import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { createPublicKey, createPrivateKey, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: 'w1,w2,w3' },
    auth: { type: 'string', default: 'nkey' },
    certificates: { type: 'string' },
    out: { type: 'string', default: 'credentials' },
  },
});
const workers = values.workers.split(',');
for (const name of workers) {
  if (!/^[A-Za-z0-9_-]{1,64}$/u.test(name) || ['coordinator', 'monitor'].includes(name)) {
    throw new Error(`${JSON.stringify(name)} is no name of a worker`);
  }
}
if (!['nkey', 'password', 'environment', 'certificate'].includes(values.auth)) {
  throw new Error('--auth is nkey, password, environment or certificate');
}
const users = [
  { role: 'coordinator', name: 'coordinator' },
  { role: 'monitor', name: 'monitor' },
  ...workers.map((name) => ({ role: 'worker', name })),
];
const verbs = ['PING', 'INFO', 'STATS'];

const permissions = {
  coordinator: () => ({
    publish: [
      'wasserwerk.coordinator.>',
      '$JS.API.STREAM.INFO.KV_wasserwerk',
      '$JS.API.STREAM.CREATE.KV_wasserwerk',
      '$JS.API.STREAM.MSG.GET.KV_wasserwerk',
      '$KV.wasserwerk.*',
      '$JS.API.STREAM.INFO.OBJ_wasserwerk',
      '$JS.API.STREAM.CREATE.OBJ_wasserwerk',
      '$JS.API.STREAM.MSG.GET.OBJ_wasserwerk',
      '$JS.API.STREAM.PURGE.OBJ_wasserwerk',
      '$O.wasserwerk.>',
    ],
    subscribe: [
      'wasserwerk.worker.*.*.*',
      'wasserwerk.coordinator.*.all.*',
      '$KV.wasserwerk.*',
      '_INBOX_coordinator.>',
    ],
  }),
  worker: (name) => ({
    publish: [
      `wasserwerk.worker.${name}.>`,
      '_INBOX_monitor.>',
      '$JS.API.STREAM.INFO.OBJ_wasserwerk',
      '$JS.API.STREAM.MSG.GET.OBJ_wasserwerk',
      '$JS.API.STREAM.PURGE.OBJ_wasserwerk',
      '$O.wasserwerk.>',
    ],
    subscribe: [
      `wasserwerk.coordinator.*.${name}.*`,
      'wasserwerk.coordinator.*.all.*',
      `wasserwerk.worker.*.${name}.*`,
      ...verbs.flatMap((verb) => [
        `$SRV.${verb}`,
        `$SRV.${verb}.wasserwerk-worker`,
        `$SRV.${verb}.wasserwerk-worker.*`,
      ]),
      `_INBOX_${name}.>`,
    ],
  }),
  monitor: () => ({
    publish: verbs.flatMap((verb) => [`$SRV.${verb}`, `$SRV.${verb}.>`]),
    subscribe: ['_INBOX_monitor.>'],
  }),
};

mkdirSync(values.out, { recursive: true, mode: 0o700 });
const file = (name) => join(values.out, name);
const save = (name, text) => writeFileSync(file(name), text, { mode: 0o600, flag: 'wx' });

save('accounts.conf', accounts(users.map((user) => ({ ...user, identity: identity(user) }))));
if (values.certificates !== undefined || values.auth === 'certificate') {
  certificates((values.certificates ?? 'localhost,127.0.0.1').split(','));
}

/** How the server knows a user; its secret goes to a file. */
function identity({ name }) {
  switch (values.auth) {
    case 'environment':
      return `user: "${name}", password: $${name.toUpperCase().replaceAll('-', '_')}_PASSWORD`;
    case 'certificate':
      return `user: "CN=${name}"`;
    case 'password': {
      const password = randomBytes(24).toString('base64url');
      save(`${name}.password`, `${password}\n`);
      return `user: "${name}", password: "${password}"`;
    }
    default: {
      const { seed, publicKey } = nkey();
      save(`${name}.nkey`, `${seed}\n`);
      return `nkey: "${publicKey}"`;
    }
  }
}

function accounts(entries) {
  const list = (subjects) => `[\n${subjects.map((subject) => `          "${subject}"\n`).join('')}        ]`;
  const text = ({ role, name, identity: known }) => {
    const { publish, subscribe } = permissions[role](name);
    return `      { ${known}, permissions: {
        publish: ${list(publish)}
        subscribe: ${list(subscribe)}
      } }\n`;
  };
  return `accounts {
  wasserwerk {
    jetstream: enabled
    users: [
${entries.map(text).join('')}    ]
  }
}
`;
}

/** A key of a user as NATS writes it: an Ed25519 key in base32 with a checksum. */
function nkey() {
  const raw = randomBytes(32);
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), raw]);
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  // 18 << 3 is a seed, 20 << 3 a user.
  const [kindOfSeed, kindOfUser] = [18 << 3, 20 << 3];
  return {
    seed: base32([kindOfSeed | (kindOfUser >> 5), (kindOfUser & 31) << 3, ...raw]),
    publicKey: base32([kindOfUser, ...spki.subarray(-32)]),
  };
}

/** With a CRC-16 (XMODEM) behind it. */
function base32(bytes) {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  const bits = [...bytes, crc & 0xff, crc >> 8].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const digits = bits.match(/.{1,5}/gu) ?? [];
  return digits.map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five.padEnd(5, '0'), 2)]).join('');
}

/** An authority, and what it signs: the server under its names, each user under its own. */
function certificates(hosts) {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const openssl = (...args) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const days = ['-days', '825'];
  // prettier-ignore
  openssl('req', '-x509', ...curve, '-days', '3650', '-subj', '/CN=wasserwerk authority', '-keyout', file('ca-key.pem'), '-out', file('ca.pem'));
  const sign = (name, subject, extensions) => {
    save('extensions', extensions);
    // prettier-ignore
    openssl('req', ...curve, '-subj', subject, '-keyout', file(`${name}-key.pem`), '-out', file('request'));
    // prettier-ignore
    openssl('x509', '-req', ...days, '-in', file('request'), '-CA', file('ca.pem'), '-CAkey', file('ca-key.pem'), '-set_serial', `0x${randomBytes(8).toString('hex')}`, '-extfile', file('extensions'), '-out', file(`${name}.pem`));
    rmSync(file('extensions'));
    rmSync(file('request'));
  };
  const names = hosts.map((host) => `${isIP(host) ? 'IP' : 'DNS'}:${host}`).join(',');
  sign('server', `/CN=${hosts[0]}`, `subjectAltName=${names}\nextendedKeyUsage=serverAuth\n`);
  for (const { name } of users) sign(name, `/CN=${name}`, 'extendedKeyUsage=clientAuth\n');
}
