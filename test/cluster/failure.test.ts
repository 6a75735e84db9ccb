// Errors on their way between threads: what arrives is what was thrown, and the cause wins over its consequences.

import { describe, expect, it } from 'vitest';
import { BarrierAborted } from '../../src/cluster/barrier.js';
import { asFailure, errorOf } from '../../src/cluster/failure.js';
import { KernelFault } from '../../src/particles/mod.js';

/** Over the channel between threads. */
function sent(...errors: unknown[]) {
  return errors.map((error) => structuredClone(asFailure(error)).failure);
}

describe('a failure that comes from a thread', () => {
  it('is a fault of the kernel again', () => {
    const error = errorOf(sent(new KernelFault('too many jumps', 'kernel-fault')));
    expect(error).toBeInstanceOf(KernelFault);
    expect(error).toMatchObject({ code: 'kernel-fault', message: 'too many jumps' });
  });

  it('keeps code, message and stack of any other error', () => {
    const thrown = Object.assign(new RangeError('no memory'), { code: 'ERR_MEMORY' });
    const error = errorOf(sent(thrown));
    expect(error).toMatchObject({ code: 'ERR_MEMORY', message: 'no memory', stack: thrown.stack });
    expect(errorOf(sent(new Error('plain')))).not.toHaveProperty('code');
    expect(errorOf(sent('text')).message).toBe('text');
  });

  it('is the cause, not that of workers who waited for it', () => {
    const waited = new BarrierAborted('another worker failed');
    const cause = new KernelFault('the cause', 'not-finite');
    for (const order of [
      [waited, cause, waited],
      [cause, waited],
    ]) {
      expect(errorOf(sent(...order)).message).toBe('the cause');
    }
    expect(errorOf(sent(waited)).message).toBe('another worker failed');
  });
});
