// What an ill-willed or broken neighbour on the bus does to a run: messages of a live run, flipped, cut, repeated, late,
// under other names; bytes that are no messages; messages that are in order but not its own to say. Not a test.
//
// Everything here has full rights on the server, which is more than deploy/nats gives anybody. Two things it does not do,
// as no program could tell them from the truth: a frame of another machine, under the name of that machine, with wrong
// numbers and the right checksum; and a coordinator's commands under the name of that coordinator.

import { connect, type Msg, type NatsConnection } from 'nats';
import { packControl } from '../../../src/cluster/machines/control-codec.js';
import { Mail } from '../../../src/cluster/machines/mail.js';
import type { Request } from '../../../src/cluster/machines/protocol.js';
import {
  decodeFrame,
  encodeFrames,
  frameKind,
  type FrameHeader,
} from '../../../src/cluster/transport/frame.js';
import { natsTransport } from '../../../src/cluster/transport/nats.js';

const INTERVAL_MS = 10;
/** Messages of the run that are kept to be sent again much later. */
const KEPT = 200;

interface Recorded {
  readonly subject: string;
  readonly data: Uint8Array;
}

/** A generator with a seed, so that a failure can be looked at again. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Mutation = (message: Recorded, random: (below: number) => number) => Recorded;

/** A frame with another header and a checksum that is right. */
function reheaded({ subject, data }: Recorded, changes: Partial<FrameHeader>): Recorded {
  const { payload, ...header } = decodeFrame(data);
  const [frame] = encodeFrames({ ...header, ...changes }, payload);
  return { subject, data: frame };
}

const EVIL = 'evil';

/** `wasserwerk.<role>.<sender>.…` with another sender. */
function renamed({ subject, data }: Recorded, role: string | undefined, sender: string): Recorded {
  const words = subject.split('.');
  return { subject: [words[0], role ?? words[1], sender, ...words.slice(3)].join('.'), data };
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  flipped: ({ subject, data }, random) => {
    const copy = Uint8Array.from(data);
    for (let bits = 1 + random(4); bits > 0; bits--) copy[random(copy.length)] ^= 1 << random(8);
    return { subject, data: copy };
  },
  truncated: ({ subject, data }, random) => ({ subject, data: data.slice(0, random(data.length)) }),
  extended: ({ subject, data }, random) => {
    const longer = new Uint8Array(data.length + 1 + random(900_000 - Math.min(data.length, 800_000)));
    longer.set(data);
    return { subject, data: longer };
  },
  repeated: (message) => message,
  'of another epoch': (message, random) => reheaded(message, { epoch: random(1_000_000) + 1000 }),
  'of another run': (message) => reheaded(message, { run: '0123456789abcdef' }),
  'far ahead': (message) => reheaded(message, { sequence: 2 ** 40, from: decodeFrame(message.data).from }),
  'for nobody': (message) => reheaded(message, { to: 77, group: 99 }),
  'from nobody': (message) => reheaded(message, { from: 5 }),
  'under a wrong name': (message) => renamed(message, undefined, EVIL),
  'under a wrong role': (message) =>
    renamed(message, message.subject.split('.')[1] === 'worker' ? 'coordinator' : 'worker', EVIL),
  'on another channel': ({ subject, data }, random) => ({
    subject: subject.replace(/[^.]+$/u, ['bulk', 'control', 'heartbeat'][random(3)]),
    data,
  }),
};

/** Payloads of control frames that are small and want to become large, or deep, or something else. */
function bombs(): Uint8Array[] {
  const array32 = Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff);
  const map32 = Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff);
  const deep = new Uint8Array(200_000).fill(0x91);
  const deepMap = new Uint8Array(300_000).map((_, index) => [0x81, 0xa1, 0x61][index % 3]);
  const ones = new Uint8Array(500_000).fill(0x01);
  ones.set([0xdc, 0xff, 0xff]);
  const typed = Uint8Array.of(0xc9, 0xff, 0xff, 0xff, 0xff, 0x74, 8);
  const record = Uint8Array.of(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 0x01);
  const prototype = packControl(JSON.parse('{"__proto__":{"what":"request","id":1},"what":"request"}'));
  return [array32, map32, deep, deepMap, ones, typed, record, prototype, new Uint8Array(0)];
}

export interface Hostility {
  /** What has been sent so far, by kind. */
  readonly sent: ReadonlyMap<string, number>;
  /** What was wrong with the sending itself. */
  readonly troubles: readonly unknown[];
  /** Answers to requests that it had no right to. */
  readonly answered: readonly string[];
  stop(): Promise<void>;
}

/** Begins; goes on until it is stopped. */
export async function hostility(url: string, workers: readonly string[]): Promise<Hostility> {
  const connection = await connect({ servers: url, noEcho: true });
  const random = generator(12_345);
  const sent = new Map<string, number>();
  const troubles: unknown[] = [];
  const answered: string[] = [];
  const kept: Recorded[] = [];
  let [run, epoch] = ['', 0];

  const say = (kind: string, { subject, data }: Recorded): void => {
    sent.set(kind, (sent.get(kind) ?? 0) + 1);
    connection.publish(subject, data);
  };
  /** The last message of each subject: all kinds of traffic get their turn, however rare. */
  const latest = new Map<string, Recorded>();
  const record = (message: Msg): void => {
    const { subject } = message;
    const data = Uint8Array.from(message.data);
    let frame;
    try {
      frame = decodeFrame(data);
    } catch {
      return; // not what a member says
    }
    if (frame.chunks !== 1) return;
    const [, role, name] = subject.split('.');
    if (role === 'coordinator') {
      run = name;
      epoch = Math.max(epoch, frame.epoch < 1000 ? frame.epoch : 0);
    }
    latest.set(subject, { subject, data });
    if (kept.length < KEPT && random(4) === 0) kept.push({ subject, data });
  };
  connection.subscribe('wasserwerk.>', {
    callback: (error, message) => {
      if (error === null) record(message);
    },
  });

  const asEvil = (role: 'worker' | 'coordinator') => {
    const transport = natsTransport({ role, name: EVIL }, { control: connection, bulk: connection });
    return { transport, mail: new Mail(transport) };
  };
  const evil = { worker: asEvil('worker'), coordinator: asEvil('coordinator') };

  const garbage = (): void => {
    const subjects = [
      ...latest.keys(),
      'wasserwerk',
      'wasserwerk.worker.x',
      'wasserwerk.worker.a.all.bulk.more',
    ];
    const length = [0, 1, 63, 64, 65, 1000, 100_000][random(7)];
    say('random bytes', {
      subject: subjects[random(subjects.length)],
      data: Uint8Array.from({ length }, () => random(256)),
    });
  };

  const explode = (bomb: Uint8Array): void => {
    const header = {
      kind: frameKind.control,
      run: '0'.repeat(16),
      epoch: 0,
      from: 0xffffffff,
      to: 0xffffffff,
    };
    const [data] = encodeFrames({ ...header, group: 0, sequence: random(1_000_000) }, bomb);
    for (const worker of workers) {
      say('bombs', { subject: `wasserwerk.coordinator.${run}.${worker}.control`, data });
      say('bombs', { subject: `wasserwerk.worker.${worker}.${run}.control`, data });
    }
  };

  /** The first chunk of very long messages, each another one: what takes them in may not keep them all. */
  const promise = (): void => {
    const header = {
      kind: frameKind.control,
      run: '0'.repeat(16),
      epoch: 0,
      from: 0xffffffff,
      to: 0xffffffff,
    };
    const long = encodeFrames(
      { ...header, group: 0, sequence: 1_000_000 + random(1_000_000) },
      new Uint8Array(4 * 1024 * 1024),
    );
    for (const worker of workers)
      say('unfinished', { subject: `wasserwerk.coordinator.${EVIL}.${worker}.control`, data: long[0] });
  };

  const lie = (): void => {
    const instance = 'ffffffffffffffff';
    const common = {
      version: '0.1.0',
      protocol: 1,
      cores: 1,
      workers: 1,
      memoryBytes: 1,
      allowModules: false,
    };
    const worker = {
      ...common,
      type: 'worker',
      instance,
      name: EVIL,
      state: 'joined',
      run,
      step: 0,
    } as const;
    // It claims to be in this run, in an epoch that is yet to come, and to be fast beyond measure.
    evil.worker.mail.beat({ ...worker, speed: 1e300, epoch: 0xfffffffe });
    evil.worker.mail.beat({ ...worker, speed: 0, epoch: epoch + 1 });
    evil.worker.mail.beat({ ...worker, name: workers[0], speed: 1, epoch, state: 'draining' });
    const members = [{ name: EVIL, instance }];
    evil.coordinator.mail.beat({ type: 'coordinator', run, protocol: 1, epoch: epoch + 1, step: 0, members });
    evil.coordinator.mail.beat({
      type: 'coordinator',
      run: EVIL,
      protocol: 1,
      epoch: 1,
      step: 0,
      members: [],
    });
    sent.set('lies', (sent.get('lies') ?? 0) + 5);
  };

  const command = (): void => {
    const requests: Request[] = [
      { type: 'leave', reason: 'go away' },
      { type: 'sample' },
      { type: 'advance', from: 0, to: 1_000_000 },
      { type: 'save', step: 1, location: 'step-000000000001', prefix: 'shards-' },
    ];
    const request = requests[random(requests.length)];
    const scope = { run, epoch: epoch + random(2) };
    const name = workers[random(workers.length)];
    const signal = AbortSignal.timeout(500);
    sent.set('commands', (sent.get('commands') ?? 0) + 1);
    evil.coordinator.mail.request({ role: 'worker', name }, scope, request, { signal }).then(
      () => answered.push(`${name} obeyed '${request.type}' of a stranger`),
      () => undefined,
    );
  };

  const kinds = Object.entries(MUTATIONS);
  const explosives = bombs();
  let rounds = 0;
  const timer = setInterval(() => {
    if (run === '' || latest.size === 0) return;
    try {
      rounds++;
      const all = [...latest.values()];
      const [kind, mutate] = kinds[rounds % kinds.length];
      const mutated = mutate(all[random(all.length)], random);
      say(kind, mutated);
      if (rounds % 3 === 0) say('late', kept[random(kept.length)] ?? mutated);
      if (rounds % 5 === 0) garbage();
      if (rounds % 10 === 0) explode(explosives[(rounds / 10) % explosives.length]);
      if (rounds % 20 === 0) lie();
      if (rounds % 25 === 0) promise();
      if (rounds % 30 === 0) command();
    } catch (error) {
      troubles.push(error);
    }
  }, INTERVAL_MS);

  return {
    sent,
    troubles,
    answered,
    stop: async () => {
      clearInterval(timer);
      for (const { mail, transport } of Object.values(evil)) {
        mail.close();
        await transport.close();
      }
      await close(connection);
    },
  };
}

async function close(connection: NatsConnection): Promise<void> {
  if (!connection.isClosed()) await connection.close();
}
