// Who may say what on a NATS server: the permissions of a coordinator, of a worker, and of a monitor (a person with the
// tool `nats`). The one place that knows; --nats auto writes them into its server's config, and a test holds the files of
// deploy/nats/ against them.
//
// Three ways around such permissions are kept closed:
//   - No `allow_responses`: whoever may publish with any reply subject and receive what it published would thereby get
//     leave to publish on that subject, as anybody. Workers answer monitors below an inbox of its own instead.
//   - No CONSUMER.CREATE and, for workers, no STREAM.CREATE: a consumer delivers what is stored, and a stream republishes
//     what it gets, on any subject, in the server's name. Locks and storage do without consumers.
//   - No DIRECT.GET: it sends the bytes as they are stored to any reply subject. What STREAM.MSG.GET sends there is JSON,
//     which is no frame.

import type { Address } from './transport.js';

/** Bucket of the key-value store with the locks on runs, and of the object store with parts of checkpoints. */
export const BUCKET = 'wasserwerk';
/** Below this, those who ask `$SRV` for workers get their answers: `nats --inbox-prefix=_INBOX_monitor service list`. */
export const MONITOR_INBOX = '_INBOX_monitor';
/** Name of the service that every worker is. */
export const SERVICE = 'wasserwerk-worker';

export interface Permissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
}

/** The inboxes of one user: nobody else may listen there. */
export function inboxPrefix({ role, name }: Address): string {
  return `_INBOX_${role === 'coordinator' ? 'coordinator' : name.replace(/[^A-Za-z0-9_-]/gu, '_')}`;
}

export function coordinatorPermissions(): Permissions {
  const api = (verb: string, stream: string): string => `$JS.API.STREAM.${verb}.${stream}`;
  return {
    publish: [
      'wasserwerk.coordinator.>',
      // The lock.
      ...['INFO', 'CREATE', 'MSG.GET'].map((verb) => api(verb, `KV_${BUCKET}`)),
      `$KV.${BUCKET}.*`,
      // The object store.
      ...['INFO', 'CREATE', 'MSG.GET', 'PURGE'].map((verb) => api(verb, `OBJ_${BUCKET}`)),
      `$O.${BUCKET}.>`,
    ],
    subscribe: [
      'wasserwerk.worker.*.*.*',
      'wasserwerk.coordinator.*.all.*',
      `$KV.${BUCKET}.*`,
      '_INBOX_coordinator.>',
    ],
  };
}

/** @param name of the worker: the server must know it under no other */
export function workerPermissions(name: string): Permissions {
  return {
    publish: [
      `wasserwerk.worker.${name}.>`,
      `${MONITOR_INBOX}.>`,
      // The object store. PURGE: a part that is written anew replaces the old one.
      ...['INFO', 'MSG.GET', 'PURGE'].map((verb) => `$JS.API.STREAM.${verb}.OBJ_${BUCKET}`),
      `$O.${BUCKET}.>`,
    ],
    subscribe: [
      `wasserwerk.coordinator.*.${name}.*`,
      'wasserwerk.coordinator.*.all.*',
      `wasserwerk.worker.*.${name}.*`,
      ...['PING', 'INFO', 'STATS'].flatMap((verb) => [
        `$SRV.${verb}`,
        `$SRV.${verb}.${SERVICE}`,
        `$SRV.${verb}.${SERVICE}.*`,
      ]),
      `_INBOX_${name}.>`,
    ],
  };
}

/** For people and dashboards: may ask who is there, hears nothing else. */
export function monitorPermissions(): Permissions {
  return {
    publish: ['PING', 'INFO', 'STATS'].flatMap((verb) => [`$SRV.${verb}`, `$SRV.${verb}.>`]),
    subscribe: [`${MONITOR_INBOX}.>`],
  };
}

/** As the config of a server writes them. */
export function permissionsText({ publish, subscribe }: Permissions, indent: string): string {
  const list = (subjects: readonly string[]): string =>
    `[\n${subjects.map((subject) => `${indent}    "${subject}"\n`).join('')}${indent}  ]`;
  return `{\n${indent}  publish: ${list(publish)}\n${indent}  subscribe: ${list(subscribe)}\n${indent}}`;
}
