// What a message between machines costs, through a local server: the constants of the cost model
// (src/cluster/machines/cost.ts) that are about messages. Part of the section `cluster`.

import { fitCosts, type Measurement } from '../../src/cluster/machines/fit.js';
import { DEFAULT_COSTS, type CostModel } from '../../src/cluster/machines/cost.js';
import { child } from '../children.js';
import { withNatsServer } from '../nats-server.js';
import type { SectionOptions, SectionTable } from '../report.js';
import { median } from '../statistics.js';

/** Payloads, and messages of each in a stream and one at a time. */
const SIZES = [
  { bytes: 64, stream: 150_000, turns: 6000 },
  { bytes: 4096, stream: 60_000, turns: 5000 },
  { bytes: 65_536, stream: 8000, turns: 2000 },
  { bytes: 524_288, stream: 1200, turns: 300 },
];

interface Sample {
  /** Seconds a message: by the clock, and processor time of who sends, of who takes and of the server. */
  readonly seconds: number;
  readonly sender: number;
  readonly taker: number;
  readonly server: number | undefined;
}

export interface MessageCosts {
  readonly tables: readonly SectionTable[];
  readonly costs: CostModel;
  readonly data: unknown;
}

type Term = 'message' | 'byte';
const TERMS = ['message', 'byte'] as const;

export async function measureMessages({ rounds, quick, progress }: SectionOptions): Promise<MessageCosts> {
  const streams = SIZES.map((): Sample[] => []);
  const turns = SIZES.map((): Sample[] => []);
  await withNatsServer(async ({ url, cpuSeconds }) => {
    const pair = async (roles: 'stream' | 'turns', bytes: number, messages: number): Promise<Sample> => {
      const before = cpuSeconds();
      const [from, to] = roles === 'stream' ? (['send', 'take'] as const) : (['ask', 'echo'] as const);
      const [taker, sender] = await Promise.all([
        child('nats-peer', { role: to, url, bytes, messages }),
        child('nats-peer', { role: from, url, bytes, messages }),
      ]);
      const after = cpuSeconds();
      return {
        seconds: sender.seconds / messages,
        sender: sender.cpuSeconds / messages,
        taker: taker.cpuSeconds / messages,
        server: before === undefined || after === undefined ? undefined : (after - before) / messages,
      };
    };
    for (let round = 0; round < Math.min(3, rounds); round++) {
      for (const [index, { bytes, stream, turns: count }] of SIZES.entries()) {
        progress(`cluster: messages of ${bytes} bytes, round ${round + 1}`);
        const less = quick ? 10 : 1;
        streams[index].push(await pair('stream', bytes, Math.ceil(stream / less)));
        turns[index].push(await pair('turns', bytes, Math.ceil(count / less)));
      }
    }
  });
  const mid = (samples: readonly Sample[], of: (sample: Sample) => number | undefined): number =>
    median(samples.map((sample) => of(sample) ?? NaN));
  const perByte = (of: (sample: Sample) => number | undefined): Record<Term, number> => {
    const data = SIZES.map(({ bytes }, i): Measurement<Term> => ({
      seconds: mid(streams[i], of),
      amounts: { message: 1, byte: bytes },
    })).filter(({ seconds }) => seconds > 0);
    return fitCosts<Term>(data, TERMS).constants;
  };
  const [sending, taking, serving] = [
    perByte((s) => s.sender),
    perByte((s) => s.taker),
    perByte((s) => s.server),
  ];
  // One at a time: a message sent and one taken in each turn, by either of the two.
  const short = turns[0];
  const both = (mid(short, (s) => s.sender) + mid(short, (s) => s.taker)) / 2;
  const large = SIZES.length - 1;
  // A byte through the server takes as long as the stream of the largest frames shows, by the clock.
  const clock = mid(streams[large], (s) => s.seconds) / SIZES[large].bytes;
  const costs: CostModel = {
    ...DEFAULT_COSTS,
    sendSeconds: both / 2,
    receiveSeconds: both / 2,
    sendByteSeconds: sending.byte,
    receiveByteSeconds: taking.byte,
    serverMessageSeconds: serving.message > 0 ? serving.message : DEFAULT_COSTS.serverMessageSeconds,
    serverByteSeconds: clock,
    serverWakeSeconds: mid(short, (s) => s.server) / 2 || DEFAULT_COSTS.serverWakeSeconds,
    latencySeconds: mid(short, (s) => s.seconds) / 2,
  };
  const micro = (seconds: number): string => (Number.isFinite(seconds) ? (1e6 * seconds).toFixed(1) : '');
  const rows = SIZES.map(({ bytes }, i) => [
    bytes.toLocaleString('en'),
    (bytes / mid(streams[i], (s) => s.seconds) / 1e6).toFixed(0),
    micro(mid(streams[i], (s) => s.sender)),
    micro(mid(streams[i], (s) => s.taker)),
    micro(mid(streams[i], (s) => s.server)),
    micro(mid(turns[i], (s) => s.seconds) / 2),
    micro((mid(turns[i], (s) => s.sender) + mid(turns[i], (s) => s.taker)) / 2),
    micro(mid(turns[i], (s) => s.server) / 2),
  ]);
  return {
    tables: [
      {
        caption:
          'Frames through a local nats-server, from process to process, us a message (streams: many under way; turns: one at a time, there and back)',
        head: [
          'payload, bytes',
          'stream, MB/s',
          'sender, CPU',
          'receiver, CPU',
          'server, CPU',
          'turns: one way',
          'sent and taken, CPU',
          'server, CPU',
        ],
        rows,
      },
    ],
    costs,
    data: { sizes: SIZES, streams, turns, fitted: { sending, taking, serving } },
  };
}
