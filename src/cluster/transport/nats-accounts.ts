// The accounts of a server's config: users, how the server knows them, and the permissions of their roles. Written for the
// server of `--nats auto`, and by deploy/nats/make-credentials.mjs for others.

import {
  coordinatorPermissions,
  monitorPermissions,
  permissionsText,
  workerPermissions,
} from './nats-permissions.js';

export interface UserEntry {
  readonly role: 'coordinator' | 'worker' | 'monitor';
  /** Of a worker: the one that it has in runs. */
  readonly name: string;
  /** As `user: "w1", password: "…"` or `nkey: "U…"`. */
  readonly identity: string;
}

/** The text of `accounts {}`. Users must be inside of an account: those beside it would be in an account without JetStream. */
export function accountsText(users: readonly UserEntry[]): string {
  const permissions = ({ role, name }: UserEntry): string => {
    switch (role) {
      case 'coordinator':
        return permissionsText(coordinatorPermissions(), '      ');
      case 'worker':
        return permissionsText(workerPermissions(name), '      ');
      case 'monitor':
        return permissionsText(monitorPermissions(), '      ');
    }
  };
  const entries = users.map((user) => `      { ${user.identity}, permissions: ${permissions(user)} }\n`);
  return `accounts {
  wasserwerk {
    jetstream: enabled
    users: [
${entries.join('')}    ]
  }
}
`;
}
