// What a machine does in a run, whatever kind of run it is: an interface for member.ts, which knows who is in which epoch.
// Particles are particle-part.ts, points of lumped runs points-part.ts.

import type { PartStorage } from '../../output/mod.js';
import type { MembershipCode, Replies, Request, StorageDescription } from './protocol.js';

/** A request that cannot be met because of who is in which epoch of which run. */
export class MembershipError extends Error {
  constructor(
    readonly code: MembershipCode,
    message: string,
  ) {
    super(message);
  }
}

/** Requests that join a run. */
export type JoinRequest = Extract<Request, { type: 'join' | 'join-lumped' }>;
/** Requests that are work within an epoch. */
export type WorkRequest = Exclude<Request, JoinRequest | { type: 'probe' | 'leave' }>;

export interface MemberPart {
  /** The step that was done last. */
  readonly step: number;
  readonly workers: number;
  /** How many shards it has; of a lumped run they come and go, and nobody counts them here. */
  readonly shards: number | undefined;
  /** Does what is asked. One request at a time. */
  serve(request: WorkRequest): Promise<Replies[Request['type']]>;
  /** Ends what is under way as soon as may be: it belongs to an epoch that is over. */
  giveUp(): void;
  close(): Promise<void>;
}

/** What a machine has for its parts. */
export interface PartOptions {
  /** Threads to compute with. */
  readonly workers: number;
  /** Whether it runs code that coordinators name. */
  readonly allowModules: boolean;
  /** Finds what a coordinator describes. */
  readonly storage: (description: StorageDescription) => PartStorage | Promise<PartStorage>;
}

/** A request that is none of this kind of run. */
export function foreign(request: WorkRequest, kind: string): MembershipError {
  return new MembershipError('stale-epoch', `'${request.type}' is nothing to ask of a ${kind} run`);
}
