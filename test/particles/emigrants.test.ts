// Batches of emigrants between machines: what was packed is placed, and nothing else is.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel, layout } from '../../src/kernel/mod.js';
import {
  allocateMemory,
  BatchError,
  packEmigrants,
  ParticleStore,
  placeEmigrants,
  planMemory,
  travellingBytes,
} from '../../src/particles/mod.js';
import { modelOf } from './models.js';

const NODES = 6;
/** Nodes 0, 1, 2 are on machine 0, the others on machine 1. */
const owner = Uint16Array.from([0, 0, 0, 1, 1, 1]);
const sources = [0, 1, 2];
const inboxOf = (machine: number) => ({ owner, self: machine, nodeCount: NODES });

interface Emigrant {
  readonly node: number;
  readonly fields: readonly number[];
}

const kernels = new Map(
  (['f32', 'f64'] as const).map((precision) => {
    const model = modelOf({
      space: { variables: 2 },
      graph: { ring: NODES },
      potential: { formula: 'x[0]^2' },
      temperature: 1,
      dynamics: { mobility: 'barker' },
      particles: 1000,
      precision,
      initial: { gaussian: {} },
      time: { step: 0.01, steps: 10 },
    });
    return [precision, { model, kernel: compileKernel(model) }];
  }),
);

function memoryOf(precision: 'f32' | 'f64') {
  const found = kernels.get(precision);
  if (!found) throw new RangeError(precision);
  const { model, kernel } = found;
  const plan = planMemory(model, kernel.plan, 1, 1, { capacity: 1000, inboxes: [1000] });
  const memory = allocateMemory(kernel, plan);
  const store = new ParticleStore(memory, plan, NODES, kernel.plan.fields, precision);
  const values = precision === 'f32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
  const fieldsAt = (entry: number): number => (entry + layout.emigrant.fields) / values.BYTES_PER_ELEMENT;
  return {
    store,
    inbox: plan.inboxes[0][0],
    /** Puts entries into the outboxes of nodes 0, 1, 2. */
    put(of: readonly (readonly Emigrant[])[]) {
      let at = plan.workers[0].outboxes[0];
      of.forEach((entries, shard) => {
        store.setOutbox(shard, 0, at, entries.length);
        for (const { node, fields } of entries) {
          store.words[(at + layout.emigrant.node) / 4] = node;
          fields.forEach((value, i) => (values[fieldsAt(at) + i] = value));
          at += 4 * store.entryWords;
        }
      });
    },
    /** What the exchange finds. */
    take(): Emigrant[][] {
      return sources.map((shard) => {
        const { address, count } = store.outbox(shard, 0);
        return Array.from({ length: count }, (_, entry) => {
          const at = address + 4 * store.entryWords * entry;
          const first = fieldsAt(at);
          const fields = Array.from(values.subarray(first, first + kernel.plan.fields));
          return { node: store.words[(at + layout.emigrant.node) / 4], fields };
        });
      });
    },
  };
}

const bytesOf = (batch: Uint32Array): Uint8Array =>
  new Uint8Array(batch.buffer, batch.byteOffset, batch.byteLength);

function packed(of: readonly (readonly Emigrant[])[], precision: 'f32' | 'f64' = 'f32'): Uint8Array {
  const from = memoryOf(precision);
  from.put(of);
  const batch = packEmigrants(from.store, sources, 0, inboxOf(0), [1]).get(1);
  if (!batch) throw new Error('there is no batch');
  return bytesOf(batch);
}

const one: Emigrant[][] = [[{ node: 3, fields: [1, 2] }], [], [{ node: 5, fields: [3, 4] }]];

describe('a batch', () => {
  it('brings those for the other machine, in their order, in either precision, wherever the bytes lie', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('f32' as const, 'f64' as const),
        fc.array(
          fc.array(
            fc.record({
              node: fc.nat(NODES - 1),
              fields: fc.tuple(fc.integer(), fc.integer()).map(([a, b]) => [Math.fround(a), Math.fround(b)]),
            }),
            { maxLength: 9 },
          ),
          { minLength: 3, maxLength: 3 },
        ),
        fc.nat(7),
        (precision, of, offset) => {
          const batch = packed(of, precision);
          const travelling = of.map((entries) => entries.filter(({ node }) => owner[node] === 1));
          const shifted = new Uint8Array(batch.length + offset).subarray(offset);
          shifted.set(batch);
          const to = memoryOf(precision);
          const bytes = placeEmigrants(to.store, sources, 0, inboxOf(1), shifted, to.inbox);
          expect(to.take()).toEqual(travelling);
          expect(bytes).toBe(4 * to.store.entryWords * travelling.flat().length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has as many bytes an emigrant as the planner counts on', () => {
    const many = [Array.from({ length: 100 }, () => ({ node: 4, fields: [0, 0] })), [], []];
    expect(packed(many).length).toBe(4 * sources.length + 100 * travellingBytes(2, 4, NODES));
    expect(travellingBytes(2, 4, NODES)).toBe(10);
    expect(travellingBytes(3, 8, 100_000)).toBe(28);
  });

  it.each([
    ['is cut off', (batch: Uint8Array) => batch.subarray(0, batch.length - 4)],
    ['is too long', (batch: Uint8Array) => Uint8Array.from([...batch, 0, 0, 0, 0])],
    ['has no whole words', (batch: Uint8Array) => batch.subarray(0, batch.length - 1)],
    ['has no counts', () => new Uint8Array(8)],
    ['claims more entries', (batch: Uint8Array) => batch.with(0, 200)],
    ['claims as many as there are numbers', (batch: Uint8Array) => batch.fill(255, 0, 12)],
    ['has one for the sender', (batch: Uint8Array) => batch.with(12, 0)],
    ['has one for no node', (batch: Uint8Array) => batch.with(12, 77)],
  ])('that %s is refused and changes nothing', (_, spoil) => {
    const to = memoryOf('f32');
    to.put([[], [], []]);
    expect(() => placeEmigrants(to.store, sources, 0, inboxOf(1), spoil(packed(one)), to.inbox)).toThrow(
      BatchError,
    );
    expect(to.take()).toEqual([[], [], []]);
  });

  it('that does not fit into its inbox is refused', () => {
    const to = memoryOf('f32');
    const small = { address: to.inbox.address, bytes: 16 };
    expect(() => placeEmigrants(to.store, sources, 0, inboxOf(1), packed(one), small)).toThrow(/fit/u);
  });
});
