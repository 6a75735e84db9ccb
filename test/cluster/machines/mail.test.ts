// Mail: whatever the network does to messages, a request is carried out once and its reply arrives; whoever else speaks is
// not taken for whom one asked.

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Mail, RemoteError } from '../../../src/cluster/machines/mail.js';
import type { Replies, Request } from '../../../src/cluster/machines/protocol.js';
import { PAYLOAD_BYTES, protocolVersion } from '../../../src/cluster/transport/frame.js';
import { LocalHub, type InFlight } from '../../../src/cluster/transport/threads.js';
import type { Address, Transport } from '../../../src/cluster/transport/transport.js';
import { forged } from '../transport/frames.js';
import { turns } from '../transport/turns.js';
import { coordinatorBeat, replies, requests, types, workerBeat } from './messages.js';

const worker: Address = { role: 'worker', name: 'w1' };
const coordinator: Address = { role: 'coordinator', name: 'run-1' };
const scope = { run: 'run-1', epoch: 4 };

const open: Mail[] = [];
function mailOf(transport: Transport, retryMs = 10): Mail {
  const mail = new Mail(transport, { retryMs });
  open.push(mail);
  return mail;
}
afterEach(() => {
  for (const mail of open.splice(0)) mail.close();
});

type Handle = (request: Request) => Promise<Replies[Request['type']]>;

/** A machine that counts what it carries out, and a coordinator. */
function pair(handle: Handle = async ({ type }) => replies[type]) {
  const hub = new LocalHub();
  const carriedOut: Request[] = [];
  const machine = mailOf(hub.join(worker));
  machine.serve(async (_from, _scope, request) => {
    carriedOut.push(request);
    return handle(request);
  });
  return { hub, carriedOut, machine, asker: mailOf(hub.join(coordinator)) };
}

const advance = (from: number): Extract<Request, { type: 'advance' }> => ({
  type: 'advance',
  from,
  to: from + 1,
});
/** A reply that tells which request it answers. */
const answerTo = (request: Request): Replies['advance'] => ({
  ...replies.advance,
  sentBytes: request.type === 'advance' ? request.from : 0,
});

/** Waits until something is so. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(2);
}

describe('a request', () => {
  it.each(types)('%s is handed over as it is, and so is its reply', async (type) => {
    const { asker, carriedOut } = pair();
    expect(await asker.request<typeof type>(worker, scope, requests[type])).toEqual(replies[type]);
    expect(carriedOut).toEqual([requests[type]]);
  });

  it('says who asks, of which run and epoch', async () => {
    const { machine, hub } = pair();
    machine.close();
    const other = mailOf(hub.join({ role: 'worker', name: 'w2' }));
    const seen: unknown[] = [];
    other.serve(async (from, of) => {
      seen.push(from, of);
      return replies.sample;
    });
    await mailOf(hub.join(coordinator)).request({ role: 'worker', name: 'w2' }, scope, requests.sample);
    expect(seen).toEqual([coordinator, scope]);
  });

  it('that takes long is not carried out again, and answered when it is done', async () => {
    let finish: (() => void) | undefined;
    const { asker, carriedOut, hub } = pair(async () => {
      await new Promise<void>((resolve) => (finish = resolve));
      return replies.leave;
    });
    const sent: InFlight[] = [];
    hub.faults.drop = (message) => {
      sent.push(message);
      return false;
    };
    const reply = asker.request(worker, scope, requests.leave);
    await until(() => sent.length > 12);
    finish?.();
    expect(await reply).toEqual({});
    expect(carriedOut).toHaveLength(1);
    // Once the machine has said that it works, it is asked after, and the request is not sent again.
    const lengths = sent.filter(({ from }) => from.role === 'coordinator').map(({ bytes }) => bytes.length);
    expect(Math.max(...lengths.slice(-2))).toBeLessThan(lengths[0]);
  });

  it('of many frames arrives, and a reply of many frames, though every other frame is lost at first', async () => {
    const { asker, hub, carriedOut } = pair(async () => ({ rows: new Float64Array(300_000).fill(0.5) }));
    const lost = new Set<string>();
    hub.faults.drop = ({ bytes, from }) => {
      const chunk = `${from.role} ${bytes[40] ?? 0} ${bytes.length}`;
      if (bytes.length < 1000 || lost.has(chunk)) return false;
      lost.add(chunk);
      return true;
    };
    const of = [{ shard: 1, indices: Uint32Array.from({ length: 400_000 }, (_, at) => at) }];
    const { rows } = await asker.request(worker, scope, { type: 'rows', fields: 2, of });
    expect(rows).toHaveLength(300_000);
    expect(carriedOut).toEqual([{ type: 'rows', fields: 2, of }]);
    expect(lost.size).toBeGreaterThan((300_000 * 8) / PAYLOAD_BYTES);
  });

  it('is carried out exactly once, whatever is lost, repeated and overtaken', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(9), { minLength: 20, maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        async (fates, count, slow) => {
          const { hub, asker, machine, carriedOut } = pair(async (request) => {
            if (slow) await sleep(15);
            return answerTo(request);
          });
          // The fate of a message is that of its number; everything gets through at last.
          const fateOf = ({ index }: InFlight): number => fates[index] ?? 9;
          hub.faults.drop = (message) => fateOf(message) < 4;
          hub.faults.duplicate = (message) => (fateOf(message) === 4 ? 2 : 0);
          hub.faults.delayMs = (message) => (fateOf(message) === 5 ? 40 : fateOf(message) === 6 ? 5 : 0);
          const asked = Array.from({ length: count }, (_, at) => asker.request(worker, scope, advance(at)));
          const answers = await Promise.all(asked);
          expect(answers.map(({ sentBytes }) => sentBytes)).toEqual([...answers.keys()]);
          // One after the other, too; what was delayed arrives meanwhile.
          for (let at = count; at < count + 3; at += 1) {
            expect((await asker.request(worker, scope, advance(at))).sentBytes).toBe(at);
          }
          await sleep(50);
          const steps = carriedOut.map((request) => (request.type === 'advance' ? request.from : -1));
          expect(steps.sort((a, b) => a - b)).toEqual(Array.from({ length: count + 3 }, (_, at) => at));
          machine.close();
          asker.close();
        },
      ),
      { numRuns: 15 },
    );
  });

  it('that comes late, when it is settled, is dropped', async () => {
    const { hub, asker, machine, carriedOut } = pair();
    hub.faults.delayMs = ({ index }) => (index === 0 ? 50 : 0);
    const given = new AbortController();
    const first = asker.request(worker, scope, advance(0), { signal: given.signal });
    given.abort(new Error('no longer'));
    await expect(first).rejects.toThrow('no longer');
    await asker.request(worker, scope, requests.sample);
    await until(() => machine.refused.size > 0);
    expect(carriedOut).toEqual([requests.sample]);
    expect(machine.refused).toEqual(new Map([['settled', 1]]));
  });

  it('of another process under the same address is another request', async () => {
    const { hub, asker, carriedOut } = pair();
    await asker.request(worker, scope, advance(1));
    const next = mailOf(hub.join(coordinator));
    await next.request(worker, scope, advance(1));
    await asker.request(worker, scope, advance(2));
    expect(carriedOut).toEqual([advance(1), advance(1), advance(2)]);
    // Both hear what is sent to their address, and each takes what is its own.
    expect([...asker.refused.keys()]).toEqual(['unexpected']);
  });

  it('goes to the new process where the machine was started anew while it worked', async () => {
    const { hub, asker, machine, carriedOut } = pair(() => new Promise(() => undefined));
    const reply = asker.request(worker, scope, requests.sample);
    await until(() => carriedOut.length === 1);
    await turns();
    machine.close();
    const again = mailOf(hub.join(worker));
    again.serve(async () => replies.sample);
    expect(await reply).toEqual(replies.sample);
  });

  it('is answered when the connection is back, which is asked about at once', async () => {
    const hub = new LocalHub();
    const asker = mailOf(hub.join(coordinator), 3_600_000);
    mailOf(hub.join(worker)).serve(async () => replies.sample);
    hub.disconnect(coordinator);
    const reply = asker.request(worker, scope, requests.sample);
    await turns();
    hub.reconnect(coordinator);
    expect(await reply).toEqual(replies.sample);
  });

  it('waits for a machine that does not serve yet', async () => {
    const hub = new LocalHub();
    const machine = mailOf(hub.join(worker));
    const reply = mailOf(hub.join(coordinator)).request(worker, scope, requests.sample);
    await until(() => (machine.refused.get('not-served') ?? 0) > 1);
    machine.serve(async () => replies.sample);
    expect(await reply).toEqual(replies.sample);
  });

  it('ends by its signal, with the reason', async () => {
    const { asker, hub } = pair();
    hub.faults.drop = () => true;
    const given = new AbortController();
    const reply = asker.request(worker, scope, requests.sample, { signal: given.signal });
    given.abort(new RangeError('lost'));
    await expect(reply).rejects.toThrow(new RangeError('lost'));
    await expect(asker.request(worker, scope, requests.sample, { signal: given.signal })).rejects.toThrow(
      'lost',
    );
  });

  it('ends when the mail is closed', async () => {
    const { asker, hub } = pair();
    hub.faults.drop = () => true;
    const reply = asker.request(worker, scope, requests.sample);
    asker.close();
    await expect(reply).rejects.toMatchObject({ code: 'closed' });
  });

  it('that is none is not sent', async () => {
    const { asker, carriedOut } = pair();
    await expect(asker.request(worker, scope, { type: 'advance', from: 2, to: 1 })).rejects.toMatchObject({
      code: 'malformed',
    });
    expect(carriedOut).toEqual([]);
  });
});

describe('trouble', () => {
  it('is what a handler throws: its code and message, once', async () => {
    const { asker, carriedOut } = pair(async () => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    });
    const error: unknown = await asker.request(worker, scope, requests.save).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RemoteError);
    expect(error).toMatchObject({ code: 'ENOSPC', message: 'no space left' });
    expect(carriedOut).toHaveLength(1);
  });

  it.each([
    ['an error without a code', new Error('odd'), { code: 'error', message: 'odd' }],
    ['no error at all', 'text', { code: 'error', message: 'text' }],
    ['nothing', undefined, { code: 'error', message: 'undefined' }],
  ])('is also %s', async (_, thrown, expected) => {
    const { asker } = pair(async () => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- that it is none is the case that is tested
      throw thrown;
    });
    await expect(asker.request(worker, scope, requests.sample)).rejects.toMatchObject(expected);
  });

  it('is a reply that is none, seen where it is made', async () => {
    const { asker } = pair(async () => replies.probe);
    await expect(asker.request(worker, scope, requests.sample)).rejects.toMatchObject({
      code: 'malformed-reply',
    });
  });

  it('is another version of the protocol; both are named, and nothing is carried out', async () => {
    const { hub, carriedOut, machine } = pair();
    // A coordinator of a later version: its frames say so, and so do those that it can read.
    const inner = hub.join(coordinator);
    const received: number[] = [];
    const other: Transport = {
      self: inner.self,
      connected: true,
      send: (to, channel, bytes) => {
        inner.send(to, channel, forged(bytes, 4, 16, 77));
      },
      receive: (channel, handler) =>
        inner.receive(channel, (message) => {
          received.push(message.bytes[4]);
          handler(message);
        }),
      onConnection: (handler) => inner.onConnection(handler),
      onTrouble: (handler) => inner.onTrouble(handler),
      close: () => inner.close(),
    };
    const asker = mailOf(other);
    const error: unknown = await asker.request(worker, scope, requests.join).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'protocol-version' });
    expect((error as Error).message).toMatch(
      new RegExp(`w1 speaks version ${protocolVersion} .* version 77`),
    );
    expect([carriedOut.length, received]).toEqual([0, [protocolVersion]]);
    expect(machine.refused.get('protocol-version')).toBe(1);
  });

  it('of another version is the only thing that is taken from there', async () => {
    const { hub, asker, carriedOut } = pair();
    const machine = hub.join({ role: 'worker', name: 'w2' });
    // Sends each reply back as of another version.
    const honest = mailOf({
      ...{ self: machine.self, connected: true },
      send: (to, channel, bytes) => {
        machine.send(to, channel, forged(bytes, 4, 16, 2));
      },
      receive: (channel, handler) => machine.receive(channel, handler),
      onConnection: (handler) => machine.onConnection(handler),
      onTrouble: (handler) => machine.onTrouble(handler),
      close: () => machine.close(),
    });
    honest.serve(async () => replies.sample);
    const given = new AbortController();
    const reply = asker.request(machine.self, scope, requests.sample, { signal: given.signal });
    await until(() => (asker.refused.get('protocol-version') ?? 0) > 1);
    given.abort(new Error('enough'));
    await expect(reply).rejects.toThrow('enough');
    expect(carriedOut).toEqual([]);
  });
});

describe('who speaks', () => {
  it('a worker cannot command', async () => {
    const { hub, machine, carriedOut } = pair();
    const rogue = mailOf(hub.join({ role: 'worker', name: 'w2' }));
    const given = new AbortController();
    const reply = rogue.request(worker, scope, requests.leave, { signal: given.signal });
    await until(() => (machine.refused.get('sender') ?? 0) > 1);
    given.abort(new Error('enough'));
    await expect(reply).rejects.toThrow('enough');
    expect(carriedOut).toEqual([]);
  });

  it('a machine cannot answer for another', async () => {
    const { hub, asker } = pair(async () => {
      await sleep(40);
      return replies.sample;
    });
    const rogue = hub.join({ role: 'worker', name: 'w2' });
    // Everything that goes to the asker comes from the rogue as well, changed or not.
    hub.faults.drop = ({ from, receiver, bytes }) => {
      if (from.name === 'w1' && receiver.name === 'run-1') rogue.send(coordinator, 'control', bytes);
      return false;
    };
    await asker.request(worker, scope, requests.sample);
    await turns();
    expect(asker.refused.get('unexpected')).toBeGreaterThan(0);
  });

  it('only one handler serves at a time', () => {
    const { machine } = pair();
    expect(() => machine.serve(async () => replies.sample)).toThrow(/already/);
  });
});

describe('heartbeats', () => {
  it('of coordinators reach all, those of workers coordinators only, and nobody hears its own', async () => {
    const { hub, asker, machine } = pair();
    const standby = mailOf(hub.join(coordinator));
    const heard: string[] = [];
    for (const [name, mail] of Object.entries({ asker, machine, standby })) {
      mail.onBeat((from, { type }) => heard.push(`${name} hears ${type} ${from.name}`));
    }
    asker.beat(coordinatorBeat);
    machine.beat(workerBeat);
    await turns();
    expect(heard.sort()).toEqual([
      'asker hears worker w1',
      'machine hears coordinator run-1',
      'standby hears coordinator run-1',
      'standby hears worker w1',
    ]);
  });

  it('are as they were sent, also with many members', async () => {
    const { asker, machine } = pair();
    const many = {
      ...coordinatorBeat,
      members: Array.from({ length: 20_000 }, (_, at) => ({
        name: `worker-${at}`,
        instance: `instance-${at}`,
      })),
    };
    const heard: unknown[] = [];
    const end = machine.onBeat((_, heartbeat) => heard.push(heartbeat));
    asker.beat(many);
    await until(() => heard.length > 0);
    expect(heard).toEqual([many]);
    end();
    asker.beat(many);
    await turns();
    expect(heard).toHaveLength(1);
  });

  it('that do not go with their sender are dropped', async () => {
    const { hub, asker, machine } = pair();
    const heard: unknown[] = [];
    asker.onBeat((from) => heard.push(from));
    machine.onBeat((from) => heard.push(from));
    machine.beat({ ...workerBeat, name: 'w2' });
    machine.beat(coordinatorBeat);
    mailOf(hub.join(coordinator)).beat(workerBeat);
    machine.beat({ ...workerBeat, speed: Number.NaN });
    await turns();
    expect(heard).toEqual([]);
    expect(asker.refused).toEqual(new Map(Object.entries({ sender: 3, malformed: 1 })));
  });

  it('of another version are heard if they can be read', async () => {
    const { hub, asker } = pair();
    const heard: unknown[] = [];
    asker.onBeat((_, { protocol }) => heard.push(protocol));
    const inner = hub.join(worker);
    const send = (bytes: Uint8Array): void => {
      inner.send('all', 'heartbeat', forged(bytes, 4, 16, 77));
    };
    const other = mailOf({
      ...{ self: worker, connected: true },
      send: (_to, _channel, bytes) => {
        send(bytes);
      },
      receive: () => () => undefined,
      onConnection: () => () => undefined,
      onTrouble: () => () => undefined,
      close: async () => undefined,
    });
    other.beat({ ...workerBeat, protocol: 77 });
    other.beat({ ...workerBeat, protocol: 77, state: 'in a state of theirs' as 'idle' });
    await turns();
    expect(heard).toEqual([77]);
    expect(asker.refused.get('protocol-version')).toBe(1);
  });

  it('reach every handler, though one throws, and the transport is told', async () => {
    const hub = new LocalHub();
    const transport = hub.join(coordinator);
    const mail = mailOf(transport);
    const trouble: string[] = [];
    transport.onTrouble(({ message }) => trouble.push(message));
    let calls = 0;
    mail.onBeat(() => {
      throw new Error('a bad handler');
    });
    mail.onBeat(() => (calls += 1));
    const machine = mailOf(hub.join(worker));
    machine.beat(workerBeat);
    machine.beat(workerBeat);
    await turns();
    expect([calls, trouble]).toEqual([2, ['a bad handler', 'a bad handler']]);
  });
});
