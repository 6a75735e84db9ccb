// The hub within a process: who gets what, when, and what the faults do to it.

import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LocalHub } from '../../../src/cluster/transport/threads.js';
import type { Address, Channel, Transport } from '../../../src/cluster/transport/transport.js';

const w1: Address = { role: 'worker', name: 'w1' };
const w2: Address = { role: 'worker', name: 'w2' };
const run: Address = { role: 'coordinator', name: 'run' };

/** What arrives, as texts `from: bytes`. */
function listen(transport: Transport, channel: Channel = 'control'): string[] {
  const heard: string[] = [];
  transport.receive(channel, ({ from, bytes }) => {
    heard.push(`${from.name}: ${[...bytes].join(' ')}`);
  });
  return heard;
}

const delivered = (): Promise<void> => sleep(0).then(() => sleep(5));

describe('a hub', () => {
  it('delivers copies, in order, to whom they are for, and never inside send', async () => {
    const hub = new LocalHub();
    const [one, two, coordinator] = [hub.join(w1), hub.join(w2), hub.join(run)];
    const [heard1, heard2, heard] = [listen(one), listen(two), listen(coordinator)];
    const bulk = listen(two, 'bulk');
    const bytes = Uint8Array.of(1, 2);
    one.send(w2, 'control', bytes);
    bytes[0] = 9;
    one.send(w2, 'control', bytes);
    one.send(w2, 'bulk', bytes);
    one.send('all', 'control', Uint8Array.of(3));
    coordinator.send('all', 'control', Uint8Array.of(4));
    expect(heard2).toEqual([]);
    await delivered();
    expect(heard2).toEqual(['w1: 1 2', 'w1: 9 2', 'run: 4']);
    expect(bulk).toEqual(['w1: 9 2']);
    expect(heard1).toEqual(['run: 4']);
    expect(heard).toEqual(['w1: 3', 'run: 4']);
  });

  it('tells what a handler throws, and calls it and the others again', async () => {
    const hub = new LocalHub();
    const [one, two] = [hub.join(w1), hub.join(w2)];
    const trouble: string[] = [];
    two.onTrouble(({ message }) => trouble.push(message));
    let calls = 0;
    two.receive('control', () => {
      calls += 1;
      throw new Error(`call ${calls}`);
    });
    const heard = listen(two);
    one.send(w2, 'control', Uint8Array.of(1));
    one.send(w2, 'control', Uint8Array.of(2));
    await delivered();
    expect(trouble).toEqual(['call 1', 'call 2']);
    expect(heard).toEqual(['w1: 1', 'w1: 2']);
  });

  it('delivers no more to a handler that was taken away, or after closing', async () => {
    const hub = new LocalHub();
    const [one, two] = [hub.join(w1), hub.join(w2)];
    let calls = 0;
    const end = two.receive('control', () => (calls += 1));
    const heard = listen(two);
    end();
    one.send(w2, 'control', Uint8Array.of(1));
    await delivered();
    expect([calls, heard.length]).toEqual([0, 1]);
    await two.close();
    one.send(w2, 'control', Uint8Array.of(1));
    two.send(w1, 'control', Uint8Array.of(1));
    await delivered();
    expect(heard).toHaveLength(1);
    expect(two.connected).toBe(false);
  });

  it('takes no address that is no name', () => {
    const hub = new LocalHub();
    expect(() => hub.join({ role: 'worker', name: 'a.b' })).toThrow(RangeError);
    expect(() => hub.join(w1).send({ role: 'worker', name: 'all' }, 'bulk', new Uint8Array())).toThrow(
      RangeError,
    );
  });
});

describe('faults', () => {
  it('drop, repeat and delay messages as they say', async () => {
    const hub = new LocalHub();
    const [one, two] = [hub.join(w1), hub.join(w2)];
    const heard = listen(two);
    hub.faults.drop = ({ index }) => index === 1;
    hub.faults.duplicate = ({ bytes }) => (bytes[0] === 3 ? 2 : 0);
    hub.faults.delayMs = ({ index }) => (index === 0 ? 20 : 0);
    for (const byte of [1, 2, 3, 4]) one.send(w2, 'control', Uint8Array.of(byte));
    await sleep(60);
    expect(heard).toEqual(['w1: 3', 'w1: 3', 'w1: 3', 'w1: 4', 'w1: 1']);
  });

  it('cut two from each other, and from nobody else, until they are healed', async () => {
    const hub = new LocalHub();
    const [one, two, coordinator] = [hub.join(w1), hub.join(w2), hub.join(run)];
    const [heard1, heard2, heard] = [listen(one), listen(two), listen(coordinator)];
    const all = async (): Promise<void> => {
      one.send(w2, 'control', Uint8Array.of(1));
      two.send(w1, 'control', Uint8Array.of(2));
      one.send(run, 'control', Uint8Array.of(3));
      await delivered();
    };
    const heal = hub.faults.cut(w1, w2);
    await all();
    expect([heard1, heard2, heard]).toEqual([[], [], ['w1: 3']]);
    expect(one.connected).toBe(true);
    heal();
    await all();
    expect([heard1, heard2]).toEqual([['w2: 2'], ['w1: 1']]);
  });

  it('disconnect one: it is told, and what is sent or under way is lost', async () => {
    const hub = new LocalHub();
    const [one, two] = [hub.join(w1), hub.join(w2)];
    const [heard1, heard2] = [listen(one), listen(two)];
    const told: boolean[] = [];
    two.onConnection((connected) => told.push(connected));
    one.send(w2, 'control', Uint8Array.of(1));
    hub.disconnect(w2);
    expect([two.connected, one.connected]).toEqual([false, true]);
    two.send(w1, 'control', Uint8Array.of(2));
    await delivered();
    hub.reconnect(w2);
    one.send(w2, 'control', Uint8Array.of(3));
    await delivered();
    expect([heard1, heard2, told]).toEqual([[], ['w1: 3'], [false, true]]);
  });
});
