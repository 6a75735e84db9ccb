// Mail under fire: random bytes, spoiled frames, and envelopes with anything in them, in the middle of requests that go on.
// Nothing of it is thrown, carried out, or taken for an answer.

import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { packControl } from '../../../src/cluster/machines/control-codec.js';
import { Mail } from '../../../src/cluster/machines/mail.js';
import type { Request } from '../../../src/cluster/machines/protocol.js';
import {
  encodeFrames,
  frameKind,
  HEADER_BYTES,
  nobody,
  noRun,
} from '../../../src/cluster/transport/frame.js';
import { LocalHub } from '../../../src/cluster/transport/threads.js';
import type { Address } from '../../../src/cluster/transport/transport.js';
import { seal } from '../transport/frames.js';
import { coordinatorBeat, replies, requests, workerBeat } from './messages.js';

const worker: Address = { role: 'worker', name: 'w1' };
const coordinator: Address = { role: 'coordinator', name: 'run-1' };
const scope = { run: 'run-1', epoch: 4 };

const open: Mail[] = [];
afterEach(() => {
  for (const mail of open.splice(0)) mail.close();
});

/** A machine and a coordinator that work, and two attackers that the network takes for them. */
function scene() {
  const hub = new LocalHub();
  const [machineSide, askerSide] = [hub.join(worker), hub.join(coordinator)];
  const [machine, asker] = [
    new Mail(machineSide, { retryMs: 5, incompleteBytes: 2 ** 24 }),
    new Mail(askerSide, { retryMs: 5 }),
  ];
  open.push(machine, asker);
  const trouble: Error[] = [];
  for (const side of [machineSide, askerSide]) side.onTrouble((error) => trouble.push(error));
  const carriedOut: Request[] = [];
  machine.serve(async (_from, _scope, request) => {
    carriedOut.push(request);
    await sleep(2);
    return replies[request.type];
  });
  const beats: unknown[] = [];
  machine.onBeat((_, beat) => beats.push(beat));
  asker.onBeat((_, beat) => beats.push(beat));
  const [asCoordinator, asWorker] = [hub.join(coordinator), hub.join(worker)];
  return {
    ...{ hub, machine, asker, carriedOut, beats, trouble },
    /** Sends bytes to both sides, on both channels. */
    attack: (bytes: Uint8Array): void => {
      asCoordinator.send(worker, 'control', bytes);
      asCoordinator.send('all', 'heartbeat', bytes);
      asWorker.send(coordinator, 'control', bytes);
      asWorker.send('all', 'heartbeat', bytes);
    },
  };
}

/** Frames with these bytes as their payload. */
function framesOf(payload: Uint8Array): Uint8Array[] {
  const header = {
    kind: frameKind.control,
    run: noRun,
    epoch: 0,
    from: nobody,
    to: nobody,
    group: 0,
    sequence: 5,
  };
  return encodeFrames(header, payload);
}

/** Sends what is spoiled while a request goes on, and sees that nothing but the request has happened. */
async function endure(spoiled: readonly Uint8Array[]): Promise<void> {
  const { asker, machine, attack, carriedOut, beats, trouble } = scene();
  for (const bytes of spoiled) attack(bytes);
  const reply = asker.request(worker, scope, requests.rows);
  for (const bytes of spoiled) attack(bytes);
  expect(await reply).toEqual(replies.rows);
  for (const bytes of spoiled) attack(bytes);
  await sleep(3);
  expect(carriedOut).toEqual([requests.rows]);
  expect(beats).toEqual([]);
  expect(trouble).toEqual([]);
  if (spoiled.length > 0) expect(machine.refused.size).toBeGreaterThan(0);
  machine.close();
  asker.close();
}

const bytes = fc.uint8Array({ maxLength: 200 });

describe('mail endures', () => {
  it('random bytes, alone, in frames, and in headers with the right checksum', async () => {
    const sealed = fc.uint8Array({ minLength: HEADER_BYTES, maxLength: 200 }).map((random) => {
      random.set(framesOf(new Uint8Array())[0].subarray(0, 8));
      return seal(random);
    });
    const framed = bytes.map((payload) => framesOf(payload)[0]);
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(bytes, sealed, framed), { maxLength: 20 }), endure), {
      numRuns: 60,
    });
  });

  it('envelopes with anything in them', async () => {
    const word = fc.constantFrom('0123456789abcdef', 'w1', 'run-1', '', '\0');
    const envelope = fc.record(
      {
        what: fc.constantFrom('request', 'ask', 'working', 'unknown', 'reply', 'trouble', 'beat', 'none'),
        instance: fc.oneof(word, fc.jsonValue()),
        to: fc.oneof(word, fc.jsonValue()),
        id: fc.oneof(fc.nat(3), fc.double(), fc.jsonValue()),
        settled: fc.oneof(fc.nat(3), fc.maxSafeInteger()),
        run: word,
        epoch: fc.nat(5),
        // Never a sound one: that would rightly be carried out.
        request: fc.oneof(
          fc.jsonValue(),
          fc.record({ type: fc.constantFrom('advance', 'join', 'save', 'rows'), from: fc.jsonValue() }),
        ),
        reply: fc.jsonValue(),
        trouble: fc.oneof(fc.jsonValue(), fc.constant({ code: 'lost', message: 'gone' })),
        heartbeat: fc.oneof(fc.jsonValue(), fc.constant({ ...workerBeat, name: 'w2' })),
      },
      { requiredKeys: ['what'] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(envelope, { minLength: 1, maxLength: 20 }), (envelopes) =>
        endure(envelopes.flatMap((value) => framesOf(packControl(value)))),
      ),
      { numRuns: 60 },
    );
  });

  it('its own messages, spoiled on the way with the right checksum', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(10_000), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        fc.nat(300),
        async (changes, sealAgain, cut) => {
          const { hub, asker, machine, carriedOut, beats, trouble, attack } = scene();
          // Every message is there twice: first spoiled, then as it is.
          let spoiling = false;
          hub.faults.drop = (message) => {
            if (message.channel === 'bulk' || spoiling) return false;
            spoiling = true;
            const spoiled = message.bytes.slice(0, cut < 30 ? cut * 4 : undefined);
            for (const [at, byte] of changes) {
              // The numbers of the envelope are text within it; a request under another number is a request.
              if (spoiled.length > 0) spoiled[at % spoiled.length] = byte;
            }
            const changed = Buffer.compare(spoiled, message.bytes) !== 0;
            if (changed) attack(sealAgain && spoiled.length >= HEADER_BYTES ? seal(spoiled) : spoiled);
            spoiling = false;
            return false;
          };
          const given = AbortSignal.timeout(10_000);
          // A reply may be spoiled into trouble that is in order; then it is that, and nothing worse.
          const outcome = await asker
            .request(worker, scope, requests.join, { signal: given })
            .then(() => 'answered')
            .catch((error: unknown) => (error as { code?: string }).code ?? 'none');
          expect(outcome).toBeTypeOf('string');
          expect(outcome).not.toBe('none');
          machine.beat(workerBeat);
          asker.beat(coordinatorBeat);
          await sleep(3);
          expect(carriedOut.length).toBeGreaterThan(0);
          expect(new Set(carriedOut.map(({ type }) => type))).toEqual(new Set(['join']));
          expect(beats.length).toBeGreaterThanOrEqual(2);
          expect(trouble).toEqual([]);
          machine.close();
          asker.close();
        },
      ),
      { numRuns: 200 },
    );
  });

  it('more incomplete messages than it has memory for', async () => {
    const { asker, machine, attack, hub } = scene();
    const long = framesOf(new Uint8Array(700_000));
    const view = new DataView(long[0].buffer);
    for (let sequence = 0; sequence < 100; sequence += 1) {
      view.setUint32(32, sequence, true);
      if (sequence % 25 === 0) await sleep(1);
      hub.join({ role: 'coordinator', name: `c${sequence % 7}` }).send(worker, 'control', seal(long[0]));
    }
    attack(long[1]);
    await sleep(5);
    expect(machine.refused.get('evicted')).toBeGreaterThan(0);
    expect(await asker.request(worker, scope, requests.rows)).toEqual(replies.rows);
  });
});
