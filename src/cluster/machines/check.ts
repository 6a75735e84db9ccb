// What may arrive as a request, a reply or a heartbeat: schemas of protocol.ts. A value that passes has the type, and its
// numbers are within bounds and agree with one another; whether they fit the run (shards that exist, the length of a mean)
// is for who uses them. The compiler holds schemas and types together: a type or a field that is missing here is an error.

import * as z from 'zod';
import { isName } from '../transport/subjects.js';
import { pointsReply, pointsRequest } from './points-check.js';
import type {
  CoordinatorHeartbeat,
  Placement,
  Replies,
  Request,
  ShardCounts,
  ShardPart,
  StorageDescription,
  Trouble,
  WorkerHeartbeat,
} from './protocol.js';

type RequestType = Request['type'];

/** A value that is not what it should be; says which field. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
  readonly code = 'malformed';
}

function checked<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = issue.path.length === 0 ? '' : ` at ${issue.path.join('.')}`;
  throw new CheckError(`malformed ${what}${place}: ${issue.message}`.slice(0, 500));
}

// ---- words and numbers -----------------------------------------------------------------------------------------------

const MAX_MEMBERS = 65_536;
/** Texts of configs and of the files they name. */
const MAX_TEXT = 64 * 1024 * 1024;

const count = z.number().int().nonnegative();
const u32 = count.max(2 ** 32 - 1);
const seconds = z.number().nonnegative();
/** Names of machines and runs, and what tells processes apart. */
export const nameSchema = z.string().refine(isName, 'not a name');
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u);
/** `step-…`, or the name of a draft: never a path that leads elsewhere. */
const location = z.string().regex(/^\.?[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/u);
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes('\0'), 'not a path');
const text = z.string().max(MAX_TEXT);

/** A Buffer, as hashes make them, becomes the plain array that it is. */
const u8s = z
  .instanceof(Uint8Array)
  .transform((bytes) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
const u16s = z.instanceof(Uint16Array);
const u32s = z.instanceof(Uint32Array);
const f32s = z.instanceof(Float32Array);
const f64s = z.instanceof(Float64Array);

const ascends = (values: Uint32Array): boolean =>
  values.every((value, at) => at === 0 || value > values[at - 1]);
const ascending = u32s.refine(ascends, 'does not ascend');
const amounts = f64s.refine(
  (values) => values.every((value) => value >= 0 && value < Infinity),
  'not finite, or negative',
);

// ---- parts of messages -----------------------------------------------------------------------------------------------

const member = z.strictObject({ name: nameSchema, instance: nameSchema });

const membership = { epoch: u32, members: z.array(member).min(1).max(MAX_MEMBERS) };

const placement = z
  .strictObject({
    ...membership,
    owner: u16s,
    groupOfReplica: u16s,
    partition: z.enum(['replicas', 'nodes']),
  })
  .refine(
    ({ members, owner }) => owner.every((machine) => machine < members.length),
    'a shard belongs to nobody',
  )
  .refine(
    ({ owner, groupOfReplica: { length } }) =>
      length > 0 && owner.length >= length && owner.length % length === 0,
    'the replicas do not have the same number of shards',
  )
  .refine(
    ({ groupOfReplica }) => groupOfReplica.every((group) => group < groupOfReplica.length),
    'more groups than replicas',
  ) satisfies z.ZodType<Placement>;

const storage = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('folder'), path }),
  z.strictObject({
    kind: z.literal('object-store'),
    // A bucket, or the part of one that is a run's (object-storage.ts).
    bucket: z.string().regex(/^[A-Za-z0-9_-]{1,128}(\/[A-Za-z0-9_-]{1,64})?$/u),
  }),
]) satisfies z.ZodType<StorageDescription>;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/u);

const shardPart = z.strictObject({
  entry: z.strictObject({ name: fileName, bytes: count, sha256 }),
  shards: u32s,
}) satisfies z.ZodType<ShardPart>;

const bundle = z.strictObject({
  file: z.string().max(4096),
  text,
  overrides: z.array(text).max(10_000),
  attachments: z.record(z.string().max(4096), text),
});

const shardCounts = { shards: ascending, counts: u32s };
const oneCountEach = ({ shards, counts }: ShardCounts): boolean => shards.length === counts.length;
const DIFFERENT = 'not one for each shard';

/** Whether an array has the same number of entries for every shard. */
const isPerShard = (array: ArrayLike<unknown>, shards: Uint32Array): boolean =>
  shards.length === 0 ? array.length === 0 : array.length % shards.length === 0;

// ---- requests --------------------------------------------------------------------------------------------------------

const requests = {
  probe: z.strictObject({ type: z.literal('probe'), path, content: z.string().max(65_536) }),
  join: z
    .strictObject({
      type: z.literal('join'),
      run: nameSchema,
      bundle,
      placement,
      self: count,
      storage,
    })
    .refine(
      (request) => request.self < request.placement.members.length,
      'there is no member of that number',
    ),
  'join-lumped': z
    .strictObject({
      type: z.literal('join-lumped'),
      run: nameSchema,
      bundle,
      folder: path,
      code: z.array(z.strictObject({ path, sha256 })).max(10_000),
      membership: z.strictObject(membership),
      self: count,
    })
    .refine(
      (request) => request.self < request.membership.members.length,
      'there is no member of that number',
    ),
  points: pointsRequest,
  sample: z.strictObject({ type: z.literal('sample') }),
  restore: z.strictObject({
    type: z.literal('restore'),
    step: count,
    location,
    parts: z.array(shardPart),
  }),
  advance: z
    .strictObject({ type: z.literal('advance'), from: count, to: count })
    .refine(({ from, to }) => from <= to, 'a step back'),
  moments: z.strictObject({ type: z.literal('moments'), time: z.number() }),
  hashes: z.strictObject({ type: z.literal('hashes') }),
  rows: z.strictObject({
    type: z.literal('rows'),
    of: z.array(z.strictObject({ shard: u32, indices: ascending })),
  }),
  save: z.strictObject({ type: z.literal('save'), step: count, location, prefix: fileName }),
  leave: z.strictObject({ type: z.literal('leave'), reason: z.string().max(10_000) }),
} satisfies { [T in RequestType]: z.ZodType<Extract<Request, { type: T }>> };

/**
 * The request, if it is one.
 *
 * @throws CheckError
 */
export function checkRequest(value: unknown): Request {
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  if (typeof type !== 'string' || !Object.hasOwn(requests, type)) {
    throw new CheckError(`unknown type of request: ${String(type).slice(0, 100)}`);
  }
  return checked<Request>(`request '${type}'`, requests[type as RequestType], value);
}

// ---- replies ---------------------------------------------------------------------------------------------------------

/** The reply to each type of request. */
const replies: { readonly [T in RequestType]: z.ZodType<Replies[T]> } = {
  probe: z.strictObject({ seen: z.boolean() }),
  join: z.strictObject({ workers: count.min(1).max(65_536) }),
  'join-lumped': z.strictObject({ workers: count.min(1).max(65_536) }),
  points: pointsReply,
  sample: z.strictObject(shardCounts).refine(oneCountEach, DIFFERENT),
  restore: z.strictObject(shardCounts).refine(oneCountEach, DIFFERENT),
  advance: z
    .strictObject({
      ...shardCounts,
      jumps: amounts,
      busySeconds: z.array(seconds).max(65_536),
      waitedSeconds: z.array(seconds).max(65_536),
      sentBytes: count,
      sentMessages: count,
      askedAgain: count,
    })
    .refine(oneCountEach, DIFFERENT),
  moments: z
    .strictObject({ shards: ascending, counts: amounts, means: f64s, products: f64s })
    .refine(({ shards, counts }) => shards.length === counts.length, DIFFERENT)
    .refine(
      ({ shards, means, products }) => isPerShard(means, shards) && isPerShard(products, shards),
      DIFFERENT,
    ),
  hashes: z
    .strictObject({ shards: ascending, digests: u8s })
    .refine(({ shards, digests }) => digests.length === 32 * shards.length, DIFFERENT),
  rows: z.strictObject({ rows: z.union([f32s, f64s]) }),
  save: z.strictObject({ parts: z.array(shardPart) }),
  leave: z.strictObject({}),
};

/**
 * The reply to a request of that type, if it is one.
 *
 * @throws CheckError
 */
export function checkReply<T extends RequestType>(type: T, value: unknown): Replies[T] {
  return checked(`reply to '${type}'`, replies[type], value);
}

/** Trouble as data. */
export const troubleSchema = z.strictObject({
  code: z.string().max(100),
  message: z.string().max(10_000),
}) satisfies z.ZodType<Trouble>;

// ---- heartbeats ------------------------------------------------------------------------------------------------------

// Heartbeats of another version of the protocol are read, too, where they can be: they say which one it is. Hence fields
// that are not known pass (and are taken away).

const workerHeartbeat = z.object({
  type: z.literal('worker'),
  name: nameSchema,
  instance: nameSchema,
  version: z.string().max(100),
  protocol: count,
  cores: count,
  workers: count,
  memoryBytes: count,
  speed: z.number().nonnegative(),
  allowModules: z.boolean(),
  state: z.enum(['idle', 'joined', 'draining']),
  run: nameSchema.nullable(),
  epoch: u32,
  step: count,
}) satisfies z.ZodType<WorkerHeartbeat>;

const coordinatorHeartbeat = z.object({
  type: z.literal('coordinator'),
  run: nameSchema,
  protocol: count,
  epoch: u32,
  step: count,
  members: z.array(member).max(MAX_MEMBERS),
}) satisfies z.ZodType<CoordinatorHeartbeat>;

const heartbeats = z.discriminatedUnion('type', [workerHeartbeat, coordinatorHeartbeat]);

/**
 * The heartbeat, if it is one.
 *
 * @throws CheckError
 */
export function checkHeartbeat(value: unknown): WorkerHeartbeat | CoordinatorHeartbeat {
  return checked('heartbeat', heartbeats, value);
}
