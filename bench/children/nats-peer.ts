// A process of its own that sends frames through a nats-server, or takes them: headers, checksums and copies as the
// transport between machines makes them, and nothing else. Takes a job as JSON, prints one line of JSON.

import { crc32 } from 'node:zlib';
import { connect, type NatsConnection } from 'nats';

export interface NatsPeerJob {
  /** `send` streams to `take`; `ask` sends one at a time to `echo`, which sends as much back. */
  readonly role: 'send' | 'take' | 'ask' | 'echo';
  readonly url: string;
  /** Of payload. */
  readonly bytes: number;
  readonly messages: number;
}

export interface NatsPeerResult {
  readonly seconds: number;
  /** Processor time of this process meanwhile. */
  readonly cpuSeconds: number;
}

const HEADER = 64;
/** Bytes and messages under way at most: a server drops who is 64 MB behind. */
const WINDOW = { bytes: 16 * 2 ** 20, messages: 2000 };

const job = JSON.parse(process.argv[2]) as NatsPeerJob;
const connection = await connect({ servers: job.url });
const window = Math.max(1, Math.min(WINDOW.messages, Math.floor(WINDOW.bytes / job.bytes)));
const credit = Math.max(1, Math.floor(window / 4));
const payload = new Uint8Array(job.bytes).fill(1);

function frame(): Uint8Array {
  const bytes = new Uint8Array(HEADER + job.bytes);
  bytes.set(payload, HEADER);
  new DataView(bytes.buffer).setUint32(60, crc32(bytes.subarray(HEADER)), true);
  return bytes;
}

function check(bytes: Uint8Array): void {
  const sum = new DataView(bytes.buffer, bytes.byteOffset).getUint32(60, true);
  if (crc32(bytes.subarray(HEADER)) !== sum) throw new Error('a frame has changed on its way');
}

/** Runs until `done` is called; times from the call of `begin` on. */
async function timed(work: (begin: () => void, done: () => void) => void): Promise<NatsPeerResult> {
  let [start, cpu] = [performance.now(), process.cpuUsage()];
  await new Promise<void>((resolve) => {
    work(() => {
      [start, cpu] = [performance.now(), process.cpuUsage()];
    }, resolve);
  });
  const used = process.cpuUsage(cpu);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (used.user + used.system) / 1e6 };
}

/** Says hello until the other one answers. */
async function meet(nats: NatsConnection): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => nats.publish('bench.hello'), 20);
    nats.subscribe('bench.ready', {
      max: 1,
      callback: () => {
        clearInterval(timer);
        resolve();
      },
    });
  });
}

const { messages } = job;
let result: NatsPeerResult;
switch (job.role) {
  case 'send':
    await meet(connection);
    result = await timed((_, done) => {
      let [sent, arrived] = [0, 0];
      const fill = (): void => {
        for (; sent < messages && sent - arrived < window; sent++) connection.publish('bench.data', frame());
      };
      connection.subscribe('bench.credit', {
        callback: (_error, message) => {
          arrived = Number(message.string());
          if (arrived >= messages) done();
          else fill();
        },
      });
      fill();
    });
    break;
  case 'take':
    result = await timed((begin, done) => {
      let arrived = 0;
      connection.subscribe('bench.hello', { max: 1, callback: () => connection.publish('bench.ready') });
      connection.subscribe('bench.data', {
        callback: (_error, message) => {
          if (arrived++ === 0) begin();
          check(message.data);
          if (arrived % credit !== 0 && arrived !== messages) return;
          connection.publish('bench.credit', String(arrived));
          if (arrived === messages) done();
        },
      });
    });
    break;
  case 'ask':
    await meet(connection);
    result = await timed((_, done) => {
      let answers = 0;
      connection.subscribe('bench.back', {
        callback: (_error, message) => {
          check(message.data);
          if (++answers === messages) done();
          else connection.publish('bench.data', frame());
        },
      });
      connection.publish('bench.data', frame());
    });
    break;
  case 'echo':
    result = await timed((begin, done) => {
      let arrived = 0;
      connection.subscribe('bench.hello', { max: 1, callback: () => connection.publish('bench.ready') });
      connection.subscribe('bench.data', {
        callback: (_error, message) => {
          if (arrived++ === 0) begin();
          check(message.data);
          connection.publish('bench.back', frame());
          if (arrived === messages) done();
        },
      });
    });
    break;
  default:
    throw new TypeError(`no such role: ${String(job.role satisfies never)}`);
}
await connection.drain();
console.log(JSON.stringify(result));
