// Answers of all machines → numbers of all shards, with distrust: every shard must be told of once, by the machine that
// has it, and no particle may be lost or doubled. What does not hold is an error, never a result.

import { createHash } from 'node:crypto';
import { StateError } from '../../estimate/mod.js';
import type { MomentLayout, ShardMoments } from '../../particles/mod.js';
import { MachineError } from './errors.js';
import type { Answer } from './members.js';
import type { ShardCounts } from './protocol.js';

interface Told {
  readonly member: number;
  readonly name: string;
}

/**
 * Checks that the shards that machines speak of are all shards, each told of by its owner.
 * @throws MachineError (`incomplete-answer`)
 */
function checkShards(
  owner: Uint16Array,
  answers: readonly (Told & { readonly shards: Uint32Array })[],
  what: string,
): void {
  let told = 0;
  for (const { member, name, shards } of answers) {
    let before = -1;
    for (const shard of shards) {
      const trouble =
        shard >= owner.length
          ? `there is no shard ${shard}`
          : shard <= before
            ? `shard ${shard} comes twice or out of order`
            : owner[shard] !== member
              ? `shard ${shard} is another machine's`
              : undefined;
      if (trouble !== undefined) throw incomplete(name, what, trouble);
      before = shard;
    }
    told += shards.length;
  }
  if (told === owner.length) return;
  for (const { member, name, shards } of answers) {
    const own = new Set(shards);
    const missing = owner.findIndex((machine, shard) => machine === member && !own.has(shard));
    if (missing >= 0) throw incomplete(name, what, `shard ${missing} is missing`);
  }
  throw incomplete('(none)', what, `${owner.length - told} shards are told of by nobody`);
}

function incomplete(machine: string, what: string, trouble: string): MachineError {
  return new MachineError(
    machine,
    'incomplete-answer',
    `its ${what} cannot be right: ${trouble}; this is a defect of the program, please report it with the config`,
  );
}

function checkLength(name: string, what: string, length: number, wanted: number): void {
  if (length !== wanted) throw incomplete(name, what, `${length} numbers instead of ${wanted}`);
}

/**
 * Particles of every shard.
 * @param particles how many there must be in all
 * @throws MachineError; StateError (`mass-lost`) if particles are missing, or there are too many
 */
export function gatherCounts(
  owner: Uint16Array,
  particles: number,
  step: number,
  answers: readonly (Told & { readonly reply: ShardCounts })[],
): Uint32Array<ArrayBuffer> {
  checkShards(
    owner,
    answers.map(({ member, name, reply }) => ({ member, name, shards: reply.shards })),
    'counts',
  );
  const counts = new Uint32Array(owner.length);
  let total = 0;
  for (const { name, reply } of answers) {
    checkLength(name, 'counts', reply.counts.length, reply.shards.length);
    reply.shards.forEach((shard, index) => {
      counts[shard] = reply.counts[index];
      total += reply.counts[index];
    });
  }
  if (total === particles) return counts;
  throw new StateError(
    'mass-lost',
    `at step ${step} the machines have ${total} particles instead of ${particles} between them; this is a defect of the ` +
      'program, please report it with the config',
  );
}

/** Moments of every shard. @throws MachineError */
export function gatherMoments(
  owner: Uint16Array,
  { columns, pairs }: MomentLayout,
  answers: readonly Answer<'moments'>[],
): ShardMoments[] {
  checkShards(
    owner,
    answers.map(({ member, name, reply }) => ({ member, name, shards: reply.shards })),
    'moments',
  );
  const shards: ShardMoments[] = [];
  shards.length = owner.length;
  for (const { name, reply } of answers) {
    const { length } = reply.shards;
    checkLength(name, 'moments', reply.counts.length, length);
    checkLength(name, 'moments', reply.means.length, length * columns);
    checkLength(name, 'moments', reply.products.length, length * pairs.length);
    reply.shards.forEach((shard, index) => {
      shards[shard] = {
        count: reply.counts[index],
        mean: reply.means.slice(index * columns, (index + 1) * columns),
        products: reply.products.slice(index * pairs.length, (index + 1) * pairs.length),
      };
    });
  }
  return shards;
}

const DIGEST_BYTES = 32;

/** The hash of the state from the digests of all shards. @throws MachineError */
export function gatherHash(owner: Uint16Array, answers: readonly Answer<'hashes'>[]): string {
  checkShards(
    owner,
    answers.map(({ member, name, reply }) => ({ member, name, shards: reply.shards })),
    'hashes',
  );
  const digests = new Uint8Array(owner.length * DIGEST_BYTES);
  for (const { name, reply } of answers) {
    checkLength(name, 'hashes', reply.digests.length, reply.shards.length * DIGEST_BYTES);
    reply.shards.forEach((shard, index) => {
      digests.set(
        reply.digests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES),
        shard * DIGEST_BYTES,
      );
    });
  }
  return createHash('sha256').update(digests).digest('hex');
}

/** Checks that the parts of a checkpoint hold every shard once. @throws MachineError */
export function checkSaved(owner: Uint16Array, answers: readonly Answer<'save'>[]): void {
  checkShards(
    owner,
    answers.map(({ member, name, reply }) => {
      const shards = Uint32Array.from(reply.parts.flatMap((part) => Array.from(part.shards)));
      return { member, name, shards: shards.sort() };
    }),
    'parts of the checkpoint',
  );
}
