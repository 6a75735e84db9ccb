// The schemas: every sound message passes as it is, and each kind of unsound one is refused.

import { describe, expect, it } from 'vitest';
import { CheckError, checkHeartbeat, checkReply, checkRequest } from '../../../src/cluster/machines/check.js';
import { packControl, unpackControl } from '../../../src/cluster/machines/control-codec.js';
import { coordinatorBeat, replies, requests, types, workerBeat } from './messages.js';

const sent = (value: unknown): unknown => unpackControl(packControl(value));

describe('sound messages', () => {
  it.each(types)('%s: request and reply pass, and survive the wire', (type) => {
    expect(checkRequest(requests[type])).toEqual(requests[type]);
    expect(checkRequest(sent(requests[type]))).toEqual(requests[type]);
    expect(checkReply(type, sent(replies[type]))).toEqual(replies[type]);
  });

  it('heartbeats pass, and lose what this version does not know', () => {
    expect(checkHeartbeat(sent(workerBeat))).toEqual(workerBeat);
    expect(checkHeartbeat(sent(coordinatorBeat))).toEqual(coordinatorBeat);
    expect(checkHeartbeat({ ...workerBeat, run: null, protocol: 9, mood: 'good' })).toEqual({
      ...workerBeat,
      run: null,
      protocol: 9,
    });
  });

  it('a digest may be a Buffer, as hashes make them', () => {
    const digests = Buffer.alloc(64, 3);
    expect(checkReply('hashes', sent({ ...replies.hashes, digests }))).toEqual(replies.hashes);
  });
});

const { join } = requests;
const { placement } = join;
const part = requests.restore.parts[0];

describe('unsound requests', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'advance'],
    ['a list', [requests.advance]],
    ['no type', {}],
    ['an unknown type', { type: 'shutdown' }],
    ['a type that is a property of every object', { type: 'constructor' }],
    ['a type that is no text', { type: 3 }],
    ['a field too many', { ...requests.sample, more: 1 }],
    ['a field too few', { type: 'advance', from: 1 }],
    ['a step back', { type: 'advance', from: 2, to: 1 }],
    ['a negative step', { type: 'advance', from: -1, to: 1 }],
    ['half a step', { type: 'advance', from: 0, to: 0.5 }],
    ['a step beyond 2^53', { type: 'advance', from: 0, to: 2 ** 54 }],
    ['a time that is no number', { type: 'moments', time: Number.NaN }],
    ['an infinite time', { type: 'moments', time: Infinity }],
    ['an empty path', { ...requests.probe, path: '' }],
    ['a path with a zero', { ...requests.probe, path: '/a\0b' }],
    ['a location that leads elsewhere', { ...requests.save, location: '../step-1' }],
    ['a location that is a path', { ...requests.save, location: 'a/b' }],
    ['a location with two dots', { ...requests.save, location: '..' }],
    ['a prefix that leads elsewhere', { ...requests.save, prefix: '../x' }],
    [
      'a part whose name leads elsewhere',
      { ...requests.restore, parts: [{ ...part, entry: { ...part.entry, name: '../a' } }] },
    ],
    [
      'a part without a digest',
      { ...requests.restore, parts: [{ ...part, entry: { ...part.entry, sha256: 'ab' } }] },
    ],
    ['shards that are a list', { ...requests.restore, parts: [{ ...part, shards: [1, 2] }] }],
    ['shards of another type', { ...requests.restore, parts: [{ ...part, shards: Float64Array.of(1) }] }],
    [
      'indices that do not ascend',
      { type: 'rows', fields: 2, of: [{ shard: 1, indices: Uint32Array.of(2, 2) }] },
    ],
    ['a member that is not there', { ...join, self: 2 }],
    ['an owner that is not there', { ...join, placement: { ...placement, owner: Uint16Array.of(0, 2) } }],
    ['no replicas', { ...join, placement: { ...placement, groupOfReplica: new Uint16Array() } }],
    ['no shards', { ...join, placement: { ...placement, owner: new Uint16Array() } }],
    ['replicas of unequal size', { ...join, placement: { ...placement, owner: Uint16Array.of(0, 1, 1) } }],
    [
      'more groups than replicas',
      { ...join, placement: { ...placement, groupOfReplica: Uint16Array.of(0, 2) } },
    ],
    ['nobody', { ...join, placement: { ...placement, members: [] } }],
    [
      'a member with a name of two tokens',
      {
        ...join,
        placement: {
          ...placement,
          members: [
            { name: 'a.b', instance: 'x' },
            { name: 'b', instance: 'y' },
          ],
        },
      },
    ],
    ['a run of everybody', { ...join, run: 'all' }],
    ['an attachment that is no text', { ...join, bundle: { ...join.bundle, attachments: { a: 1 } } }],
    ['another partition', { ...join, placement: { ...placement, partition: 'auto' } }],
    ['another storage', { ...join, storage: { kind: 'tape' } }],
    ['a bucket that is no name', { ...join, storage: { kind: 'object-store', bucket: 'a.b' } }],
  ])('%s', (_, value) => {
    expect(() => checkRequest(value)).toThrow(CheckError);
  });
});

describe('unsound replies', () => {
  it.each<[string, () => unknown]>([
    ['another reply', () => checkReply('join', replies.probe)],
    ['no threads', () => checkReply('join', { workers: 0 })],
    [
      'more counts than shards',
      () => checkReply('sample', { ...replies.sample, counts: Uint32Array.of(1, 2, 3) }),
    ],
    ['shards twice', () => checkReply('sample', { ...replies.sample, shards: Uint32Array.of(1, 1) })],
    ['negative jumps', () => checkReply('advance', { ...replies.advance, jumps: Float64Array.of(-1) })],
    ['infinite jumps', () => checkReply('advance', { ...replies.advance, jumps: Float64Array.of(Infinity) })],
    ['negative seconds', () => checkReply('advance', { ...replies.advance, busySeconds: [-1] })],
    [
      'a count that is not one',
      () => checkReply('moments', { ...replies.moments, counts: Float64Array.of(1, Number.NaN) }),
    ],
    [
      'means of half a shard',
      () => checkReply('moments', { ...replies.moments, means: new Float64Array(3) }),
    ],
    [
      'moments of no shards',
      () =>
        checkReply('moments', { ...replies.moments, shards: new Uint32Array(), counts: new Float64Array() }),
    ],
    ['a short digest', () => checkReply('hashes', { ...replies.hashes, digests: new Uint8Array(63) })],
    ['rows of integers', () => checkReply('rows', { rows: Uint32Array.of(1) })],
    ['more than nothing', () => checkReply('leave', { goodbye: true })],
  ])('%s', (_, check) => {
    expect(check).toThrow(CheckError);
  });
});

describe('unsound heartbeats', () => {
  it.each<[string, unknown]>([
    ['nothing', null],
    ['another type', { ...workerBeat, type: 'observer' }],
    ['a name of two tokens', { ...workerBeat, name: 'a.b' }],
    ['a negative speed', { ...workerBeat, speed: -1 }],
    ['an infinite speed', { ...workerBeat, speed: Infinity }],
    ['another state', { ...workerBeat, state: 'lazy' }],
    ['no run', { ...coordinatorBeat, run: null }],
    ['an epoch beyond 32 bits', { ...coordinatorBeat, epoch: 2 ** 32 }],
    ['too many members', { ...coordinatorBeat, members: new Array(65_537).fill(coordinatorBeat.members[0]) }],
  ])('%s', (_, value) => {
    expect(() => checkHeartbeat(value)).toThrow(CheckError);
  });

  it('an error says where', () => {
    expect(() => checkRequest({ ...join, self: -1 })).toThrow(/request 'join' at self/);
  });
});
