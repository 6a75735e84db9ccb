// The schemas of what is said about points: unsound and oversized messages are refused.

import { describe, expect, it } from 'vitest';
import { CheckError, checkReply, checkRequest } from '../../../src/cluster/machines/check.js';
import { packControl, unpackControl } from '../../../src/cluster/machines/control-codec.js';
import { MOST_NUMBERS, type PointsWork } from '../../../src/cluster/machines/points-protocol.js';
import { replies, requests } from './messages.js';

const size = { node: 'a', dimension: 2, velocities: 2 };
const piece = { ...size, from: 1, to: 3 };
const numbers = Float64Array.of(1, Number.NaN);

const works: { readonly [K in PointsWork['kind']]: Extract<PointsWork, { kind: K }> } = {
  start: { kind: 'start', nodes: [size], step: 0, time: 0, seed: 2 ** 40 },
  bear: { kind: 'bear', nodes: [{ ...size, parent: 'b' }], step: 1, time: 0.5 },
  lend: { kind: 'lend', pieces: [piece], numbers },
  put: { kind: 'put', pieces: [piece, { ...piece, node: 'b', from: 3 }], numbers },
  evaluate: { kind: 'evaluate', step: 1, time: 0.5 },
  move: { kind: 'move', step: 1, time: 0.5, timeStep: 0.1, decay: [1, 0] },
  values: { kind: 'values', time: 0.5 },
  read: { kind: 'read', pieces: [{ node: 'a', from: 0, to: 4 }] },
  kept: { kind: 'kept', from: 0, to: MOST_NUMBERS },
};

const request = (work: unknown, changes: unknown = []): unknown => ({ type: 'points', changes, work });

describe('work on points', () => {
  it.each(Object.values(works))('$kind passes, and survives the wire', (work) => {
    const whole = request(work);
    expect(checkRequest(unpackControl(packControl(whole)))).toEqual(whole);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['another kind', { kind: 'mutate' }],
    ['a field too many', { ...works.values, more: 1 }],
    ['half a step', { ...works.move, step: 0.5 }],
    ['an infinite time', { ...works.move, time: Infinity }],
    ['one decay', { ...works.move, decay: [1] }],
    ['a node that is no text', { ...works.start, nodes: [{ ...size, node: 3 }] }],
    ['no coordinates', { ...works.start, nodes: [{ ...size, dimension: 0 }] }],
    ['more coordinates than memory', { ...works.start, nodes: [{ ...size, dimension: 2 ** 40 }] }],
    ['velocities of some coordinates', { ...works.start, nodes: [{ ...size, velocities: 1 }] }],
    ['no parent', { ...works.bear, nodes: [size] }],
    ['numbers of another type', { ...works.put, numbers: Float32Array.of(1, 2) }],
    ['fewer numbers than pieces', { ...works.put, numbers: Float64Array.of(1) }],
    [
      'a piece beyond its point',
      { ...works.put, pieces: [{ ...piece, to: 5 }], numbers: new Float64Array(4) },
    ],
    ['a piece that ends before it begins', { ...works.lend, pieces: [{ ...piece, from: 3, to: 1 }] }],
    [
      'more numbers than a message may have',
      {
        ...works.put,
        pieces: [{ node: 'a', dimension: 2 ** 21, velocities: 0, from: 0, to: MOST_NUMBERS + 1 }],
        numbers: new Float64Array(MOST_NUMBERS + 1),
      },
    ],
    [
      'a question for more numbers than a message may have',
      {
        ...works.read,
        pieces: Array.from({ length: 3 }, () => ({ node: 'a', from: 0, to: MOST_NUMBERS / 2 })),
      },
    ],
    ['a question for too much of what was kept', { ...works.kept, to: MOST_NUMBERS + 1 }],
  ])('is refused: %s', (_, work) => {
    expect(() => checkRequest(request(work))).toThrow(CheckError);
  });

  it.each<[string, unknown]>([
    ['no list', {}],
    ['another change', [{ kind: 'forge' }]],
    ['a change too long', [{ kind: 'rest', node: 'a' }]],
    ['a node that is no text', [{ kind: 'retire', nodes: [1] }]],
  ])('changes are refused: %s', (_, changes) => {
    expect(() => checkRequest(request(works.values, changes))).toThrow(CheckError);
  });

  it.each<[string, object]>([
    ['numbers that are a list', { numbers: [1] }],
    ['negative gradients', { gradients: -1 }],
    ['seconds that are no number', { busySeconds: Number.NaN }],
  ])('a reply is refused: %s', (_, change) => {
    expect(() => checkReply('points', { ...replies.points, ...change })).toThrow(CheckError);
  });

  it.each<[string, object]>([
    ['no folder', { folder: '' }],
    ['a digest that is none', { code: [{ path: '/a', sha256: 'ab' }] }],
    ['a member that is not there', { self: 1 }],
    ['nobody', { membership: { epoch: 1, members: [] } }],
    ['an epoch beyond 32 bits', { membership: { ...requests['join-lumped'].membership, epoch: 2 ** 32 } }],
  ])('joining is refused: %s', (_, change) => {
    expect(() => checkRequest({ ...requests['join-lumped'], ...change })).toThrow(CheckError);
  });
});
