// NATS subjects of messages between machines, and who hears what. The sender stands in the subject, where the server's
// permissions vouch for it. Not the permissions themselves: deploy/nats/.
//
//   wasserwerk.<role of the sender>.<sender>.<receiver, or all>.<channel>

import type { Address, Channel, Role } from './transport.js';

const PREFIX = 'wasserwerk';
const EVERYBODY = 'all';
const ROLES: readonly Role[] = ['coordinator', 'worker'];
const CHANNELS: readonly Channel[] = ['control', 'heartbeat', 'bulk'];

/** Whether somebody may have this name: one token of a subject, and not the word for everybody. */
export function isName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/u.test(name) && name !== EVERYBODY;
}

/**
 * The address, if its name may be one.
 *
 * @throws RangeError
 */
export function checkedAddress(address: Address): Address {
  if (!isName(address.name)) {
    throw new RangeError(
      `'${address.name}' cannot be the name of a ${address.role}: take 1 to 64 of A-Z a-z 0-9 _ -, other than '${EVERYBODY}'`,
    );
  }
  return address;
}

/** The subject of a message. */
export function subjectOf(from: Address, to: Address | 'all', channel: Channel): string {
  const receiver = to === EVERYBODY ? EVERYBODY : checkedAddress(to).name;
  return `${PREFIX}.${from.role}.${checkedAddress(from).name}.${receiver}.${channel}`;
}

/** What a subject says; `to` is a name, or `all`. */
export interface ParsedSubject {
  readonly from: Address;
  readonly to: string;
  readonly channel: Channel;
}

/** Reads a subject, or returns undefined if it is not one of these. */
export function parseSubject(subject: string): ParsedSubject | undefined {
  const [prefix, roleText, name, to, channelText, ...more] = subject.split('.');
  const role = ROLES.find((known) => known === roleText);
  const channel = CHANNELS.find((known) => known === channelText);
  if (prefix !== PREFIX || role === undefined || channel === undefined || more.length > 0) return undefined;
  if (name === undefined || to === undefined || !isName(name)) return undefined;
  if (to !== EVERYBODY && !isName(to)) return undefined;
  return { from: { role, name }, to, channel };
}

/** Whose messages somebody hears: of which role, and to whom. Workers do not hear what workers say to all. */
function hearing(self: Address): readonly (readonly [sender: Role, receiver: string])[] {
  return self.role === 'worker'
    ? [
        ['coordinator', self.name],
        ['coordinator', EVERYBODY],
        ['worker', self.name],
      ]
    : [
        ['worker', self.name],
        ['worker', EVERYBODY],
        ['coordinator', EVERYBODY],
      ];
}

/** The subjects that somebody subscribes to for a channel: each message is under one of them. */
export function subscriptionsOf(self: Address, channel: Channel): string[] {
  checkedAddress(self);
  return hearing(self).map(([sender, receiver]) => `${PREFIX}.${sender}.*.${receiver}.${channel}`);
}

/** Whether `self` hears what `from` sends to `to`: what `subscriptionsOf` says, without a server. */
export function hears(self: Address, from: Address, to: Address | 'all'): boolean {
  const receiver = to === EVERYBODY ? EVERYBODY : to.name;
  return hearing(self).some(([sender, heard]) => sender === from.role && heard === receiver);
}
