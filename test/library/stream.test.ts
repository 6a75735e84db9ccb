import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import type { EnergyRecord, Observation } from '../../src/estimate/mod.js';
import type { InitialLaw, Preflight } from '../../src/model/mod.js';
import type * as Public from '../../src/library/mod.js';
import { ObservableStream } from '../../src/library/stream.js';

const observation = (step: number): Observation => ({ step }) as Observation;
const energy = (step: number): EnergyRecord => ({ step, energy: -step }) as EnergyRecord;
const nobody = (): void => undefined;

describe('a stream of observables', () => {
  it('keeps the order, and is full only while somebody reads', async () => {
    const stream = new ObservableStream(2, nobody);
    for (const step of [0, 1, 2]) stream.add(observation(step), false);
    expect(stream.isFull).toBe(false);
    const reader = stream.read();
    stream.add(observation(3), false);
    expect(stream.isFull).toBe(false);
    stream.add(observation(4), false);
    expect(stream.isFull).toBe(true);
    const changed = vi.fn();
    void stream.change().then(changed);
    expect((await reader.next()).value?.step).toBe(3);
    await Promise.resolve();
    expect(changed).toHaveBeenCalled();
    expect(stream.isFull).toBe(false);
  });

  it('holds an observation back until its energy is there, and those after it', async () => {
    const stream = new ObservableStream(9, nobody);
    const reader = stream.read();
    const first = reader.next();
    stream.add(observation(0), true);
    stream.addEnergy(energy(1));
    stream.add(observation(1), true);
    let isThere = false;
    void first.then(() => (isThere = true));
    await Promise.resolve();
    expect(isThere).toBe(false);
    stream.addEnergy(energy(0));
    expect((await first).value).toEqual({ step: 0, energy: energy(0) });
    expect((await reader.next()).value).toEqual({ step: 1, energy: energy(1) });
  });

  it('ends after what is queued', async () => {
    const stream = new ObservableStream(9, nobody);
    const reader = stream.read();
    stream.add(observation(0), true);
    stream.finish();
    expect((await reader.next()).value).toEqual({ step: 0, energy: undefined });
    expect(await reader.next()).toEqual({ value: undefined, done: true });
    expect(await reader.next()).toEqual({ value: undefined, done: true });
  });

  it('tells a failure once, to whoever waits', async () => {
    const stream = new ObservableStream(9, nobody);
    const reader = stream.read();
    const waiting = reader.next();
    stream.finish({ error: new Error('lost') });
    await expect(waiting).rejects.toThrow('lost');
    expect(await reader.next()).toEqual({ value: undefined, done: true });
  });

  it('tells when the reader leaves, and is never full after', async () => {
    const left = vi.fn();
    const stream = new ObservableStream(1, left);
    const reader = stream.read();
    stream.add(observation(0), false);
    expect(stream.isFull).toBe(true);
    await reader.return?.();
    await reader.return?.();
    expect(left).toHaveBeenCalledTimes(1);
    stream.add(observation(1), false);
    expect(stream.isFull).toBe(false);
    expect(await reader.next()).toEqual({ value: undefined, done: true });
  });

  it('does not tell of a reader who leaves after the end', async () => {
    const left = vi.fn();
    const stream = new ObservableStream(1, left);
    const reader = stream.read();
    stream.finish();
    await reader.return?.();
    expect(left).not.toHaveBeenCalled();
  });

  it('is read once', () => {
    const stream = new ObservableStream(1, nobody);
    stream.read();
    expect(() => stream.read()).toThrow(expect.objectContaining({ code: 'read-twice' }));
  });
});

it('the public records are those of the estimators', () => {
  expectTypeOf<Omit<Public.Observable, 'energy'>>().toEqualTypeOf<Observation>();
  expectTypeOf<Public.EnergyRecord>().toEqualTypeOf<EnergyRecord>();
  expectTypeOf<Public.InitialLaw>().toEqualTypeOf<InitialLaw>();
  expectTypeOf<Public.Remark>().toEqualTypeOf<Preflight>();
});
