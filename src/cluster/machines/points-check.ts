// What may arrive of points-protocol.ts, as schemas. Numbers are within bounds and agree with one another; whether a node is here is for who
// uses them. Requests and replies in general are check.ts.

import * as z from 'zod';
import {
  lengthOf,
  MOST_NUMBERS,
  type PointsChange,
  type PointsReply,
  type PointsRequest,
  type PointsWork,
} from './points-protocol.js';

/** Nodes in a message. */
const MOST_NODES = 1_000_000;
/** Coordinates of a node: 16 GiB of them. */
const MOST_COORDINATES = 2 ** 31;

const count = z.number().int().nonnegative();
/** A node: its name in the graph, or the text of its structure. */
const node = z.string().max(1_000_000);
const dimension = count.min(1).max(MOST_COORDINATES);
const velocities = count.max(MOST_COORDINATES);
const f64s = z
  .instanceof(Float64Array)
  .refine((numbers) => numbers.length <= MOST_NUMBERS, `more than ${MOST_NUMBERS} numbers`);
const finite = z.number().refine(Number.isFinite, 'not finite');

const size = { node, dimension, velocities };
const hasVelocities = (one: { readonly dimension: number; readonly velocities: number }): boolean =>
  one.velocities === 0 || one.velocities === one.dimension;
const VELOCITIES = 'neither no velocities nor one per coordinate';
const sizes = z.array(z.strictObject(size).refine(hasVelocities, VELOCITIES)).max(MOST_NODES);
const newborn = z
  .array(z.strictObject({ ...size, parent: node }).refine(hasVelocities, VELOCITIES))
  .max(MOST_NODES);

const span = { node, from: count, to: count };
const ascends = ({ from, to }: { readonly from: number; readonly to: number }): boolean =>
  from <= to && to - from <= MOST_NUMBERS;
const SPAN = 'no piece of a point';
const spans = z
  .array(z.strictObject(span).refine(ascends, SPAN))
  .max(MOST_NODES)
  .refine((pieces) => lengthOf(pieces) <= MOST_NUMBERS, `more than ${MOST_NUMBERS} numbers`);
const pieces = z
  .array(
    z
      .strictObject({ ...span, ...size })
      .refine(hasVelocities, VELOCITIES)
      .refine((piece) => ascends(piece) && piece.to <= piece.dimension + piece.velocities, SPAN),
  )
  .max(MOST_NODES);

const change = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rest') }),
  z.strictObject({ kind: z.literal('retire'), nodes: z.array(node).max(MOST_NODES) }),
  z.strictObject({ kind: z.literal('keep'), node }),
  z.strictObject({ kind: z.literal('forget') }),
  z.strictObject({ kind: z.literal('clear') }),
]) satisfies z.ZodType<PointsChange>;

const moment = { step: count, time: finite };
const filled = (kind: 'lend' | 'put') =>
  z
    .strictObject({ kind: z.literal(kind), pieces, numbers: f64s })
    .refine((work) => work.numbers.length === lengthOf(work.pieces), 'numbers do not fit their pieces');

const work = z.union([
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('start'), nodes: sizes, ...moment, seed: count }),
    z.strictObject({ kind: z.literal('bear'), nodes: newborn, ...moment }),
    z.strictObject({ kind: z.literal('evaluate'), ...moment }),
    z.strictObject({
      kind: z.literal('move'),
      ...moment,
      timeStep: finite,
      decay: z.tuple([finite, finite]),
    }),
    z.strictObject({ kind: z.literal('values'), time: finite }),
    z.strictObject({ kind: z.literal('read'), pieces: spans }),
    z
      .strictObject({ kind: z.literal('kept'), from: count, to: count })
      .refine(ascends, 'no piece of a point'),
  ]),
  filled('lend'),
  filled('put'),
]) satisfies z.ZodType<PointsWork>;

export const pointsRequest = z.strictObject({
  type: z.literal('points'),
  changes: z.array(change).max(MOST_NODES),
  work,
}) satisfies z.ZodType<PointsRequest>;

export const pointsReply = z.strictObject({
  numbers: z.instanceof(Float64Array),
  gradients: count,
  evaluations: count,
  busySeconds: z.number().nonnegative(),
}) satisfies z.ZodType<PointsReply>;
