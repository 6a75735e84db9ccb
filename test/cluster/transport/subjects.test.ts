// Subjects: what is written is read, nothing else is, and who subscribes is who hears.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hears,
  isName,
  parseSubject,
  subjectOf,
  subscriptionsOf,
} from '../../../src/cluster/transport/subjects.js';
import type { Address, Channel } from '../../../src/cluster/transport/transport.js';

const channels: readonly Channel[] = ['control', 'heartbeat', 'bulk'];
const names = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/u).filter((name) => name !== 'all');
const addresses = fc.record<Address>({ role: fc.constantFrom('coordinator', 'worker'), name: names });

/** Whether a pattern with `*` matches, as a server does it. */
function matches(pattern: string, subject: string): boolean {
  const [tokens, other] = [pattern.split('.'), subject.split('.')];
  return tokens.length === other.length && tokens.every((token, at) => token === '*' || token === other[at]);
}

describe('subjects', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(addresses, fc.option(addresses), fc.constantFrom(...channels), (from, to, channel) => {
        const subject = subjectOf(from, to ?? 'all', channel);
        expect(parseSubject(subject)).toEqual({ from, to: to?.name ?? 'all', channel });
      }),
    );
    expect(subjectOf({ role: 'worker', name: 'w1' }, { role: 'coordinator', name: 'run' }, 'bulk')).toBe(
      'wasserwerk.worker.w1.run.bulk',
    );
  });

  it.each([
    '',
    'wasserwerk',
    'wasserwerk.worker.w1.w2',
    'wasserwerk.worker.w1.w2.bulk.more',
    'other.worker.w1.w2.bulk',
    'wasserwerk.root.w1.w2.bulk',
    'wasserwerk.worker.w1.w2.rumours',
    'wasserwerk.worker..w2.bulk',
    'wasserwerk.worker.all.w2.bulk',
    'wasserwerk.worker.w 1.w2.bulk',
    'wasserwerk.worker.*.w2.bulk',
    'wasserwerk.worker.w1.>.bulk',
  ])('are nothing else: %s', (subject) => {
    expect(parseSubject(subject)).toBeUndefined();
  });

  it('cannot be made with a name that is not one token', () => {
    for (const name of ['', 'all', 'a.b', 'a b', '*', '>', 'ä', 'a\n', 'x'.repeat(65)]) {
      expect(isName(name)).toBe(false);
      const bad: Address = { role: 'worker', name };
      const good: Address = { role: 'worker', name: 'w1' };
      expect(() => subjectOf(bad, 'all', 'bulk')).toThrow(RangeError);
      expect(() => subjectOf(good, bad, 'bulk')).toThrow(RangeError);
      expect(() => subscriptionsOf(bad, 'bulk')).toThrow(RangeError);
    }
  });

  it('are subscribed to by exactly those who hear them, once', () => {
    const some: Address[] = ['a', 'b'].flatMap((name) => [
      { role: 'worker', name },
      { role: 'coordinator', name },
    ]);
    for (const self of some) {
      for (const from of some) {
        for (const to of [...some, 'all'] as const) {
          const subject = subjectOf(from, to, 'control');
          const count = subscriptionsOf(self, 'control').filter((pattern) =>
            matches(pattern, subject),
          ).length;
          expect(count).toBe(hears(self, from, to) ? 1 : 0);
        }
      }
    }
  });

  it('keep what workers say to all from other workers', () => {
    const [worker, other]: Address[] = [
      { role: 'worker', name: 'a' },
      { role: 'worker', name: 'b' },
    ];
    expect(hears(other, worker, 'all')).toBe(false);
    expect(hears(other, worker, other)).toBe(true);
    expect(hears({ role: 'coordinator', name: 'run' }, worker, 'all')).toBe(true);
  });
});
