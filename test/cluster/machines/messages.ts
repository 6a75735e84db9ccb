// One sound message of each type, for tests that send them or spoil them. Not a test.

import type {
  CoordinatorHeartbeat,
  Replies,
  Request,
  WorkerHeartbeat,
} from '../../../src/cluster/machines/protocol.js';

const sha256 = 'ab'.repeat(32);
const parts = [
  { entry: { name: 'shards-00001-0.bin', bytes: 2 ** 40, sha256 }, shards: Uint32Array.of(7, 3) },
];

export const requests: { readonly [T in Request['type']]: Extract<Request, { type: T }> } = {
  probe: { type: 'probe', path: '/a/folder/probe', content: 'words' },
  join: {
    type: 'join',
    run: 'run-1',
    bundle: { file: 'a.yaml', text: 'name: a', overrides: ['seed=2'], attachments: { 'a.csv': '1,2\n' } },
    placement: {
      epoch: 4,
      members: [
        { name: 'w1', instance: 'one' },
        { name: 'w2', instance: 'two' },
      ],
      owner: Uint16Array.of(0, 1, 1, 0, 1, 0),
      groupOfReplica: Uint16Array.of(0, 1),
      partition: 'nodes',
    },
    self: 1,
    storage: { kind: 'folder', path: '/a/folder' },
  },
  'join-lumped': {
    type: 'join-lumped',
    run: 'run-1',
    bundle: { file: 'a.yaml', text: 'name: a', overrides: [], attachments: {} },
    folder: '/a/folder',
    code: [{ path: '/a/folder/objective.ts', sha256 }],
    membership: { epoch: 4, members: [{ name: 'w1', instance: 'one' }] },
    self: 0,
  },
  points: {
    type: 'points',
    changes: [
      { kind: 'clear' },
      { kind: 'rest' },
      { kind: 'retire', nodes: ['a', 'b'] },
      { kind: 'keep', node: 'c' },
      { kind: 'forget' },
    ],
    work: { kind: 'move', step: 3, time: 0.5, timeStep: 0.1, decay: [1, 0.5] },
  },
  sample: { type: 'sample' },
  restore: { type: 'restore', step: 2 ** 40, location: 'step-000000000100', parts },
  advance: { type: 'advance', from: 100, to: 200 },
  moments: { type: 'moments', time: 0.25 },
  hashes: { type: 'hashes' },
  rows: { type: 'rows', of: [{ shard: 3, indices: Uint32Array.of(1, 2, 9) }] },
  save: { type: 'save', step: 100, location: '.tmp-step-000000000100-77-1', prefix: 'shards-00001-' },
  leave: { type: 'leave', reason: 'the run is done' },
};

const counted = { shards: Uint32Array.of(1, 4), counts: Uint32Array.of(10, 0) };

export const replies: Replies = {
  probe: { seen: true },
  join: { workers: 8 },
  'join-lumped': { workers: 2 },
  points: {
    numbers: Float64Array.of(1, Number.NaN, -0),
    gradients: 1,
    evaluations: 0,
    busySeconds: 0.25,
  },
  sample: counted,
  restore: counted,
  advance: {
    ...counted,
    jumps: Float64Array.of(0, 2 ** 53),
    busySeconds: [0.125, 0.5],
    waitedSeconds: [0, 1e-9],
    sentBytes: 2 ** 41,
    sentMessages: 12,
    askedAgain: 0,
  },
  moments: {
    shards: counted.shards,
    counts: Float64Array.of(10, 0),
    means: Float64Array.of(1, -0, Number.NaN, 4),
    products: Float64Array.of(1, 2),
  },
  hashes: { shards: counted.shards, digests: new Uint8Array(64).fill(3) },
  rows: { rows: Float32Array.of(1.5, -2) },
  save: { parts },
  leave: {},
};

export const types = Object.keys(requests) as Request['type'][];

export const workerBeat: WorkerHeartbeat = {
  type: 'worker',
  name: 'w1',
  instance: '3f0c2b',
  version: '0.1.0',
  protocol: 1,
  cores: 8,
  workers: 7,
  memoryBytes: 2 ** 36,
  speed: 1.5e8,
  allowModules: false,
  state: 'joined',
  run: 'run-1',
  epoch: 4,
  step: 100,
};

export const coordinatorBeat: CoordinatorHeartbeat = {
  type: 'coordinator',
  run: 'run-1',
  protocol: 1,
  epoch: 4,
  step: 100,
  members: [{ name: 'w1', instance: '3f0c2b' }],
};
