// `wasserwerk worker`: offers this machine to runs, one after the other, until it is told to leave. Says on stderr what it
// offers, which runs it joins and leaves, and how it stands with the server.

import { randomUUID } from 'node:crypto';
import { hostname, totalmem } from 'node:os';
import {
  answerDiscovery,
  connectNats,
  coreCount,
  Mail,
  Member,
  natsTransport,
  objectStorage,
  readNatsOptions,
  userOf,
  version,
  workerMetadata,
  type NatsFlags,
} from '../cluster/mod.js';
import { folderStorage, type LogLevel } from '../output/mod.js';
import { exitCode, UsageError } from './exit.js';
import { counted } from './format.js';
import { formatRate } from './progress.js';
import { bytes } from './plan-text.js';
import { measureSpeed } from './self-benchmark.js';
import { WorkerLog } from './worker-log.js';

export interface WorkerOptions extends NatsFlags {
  readonly name?: string;
  readonly workers?: number;
  readonly allowModules?: true;
  readonly logFile?: string;
  readonly logJson?: true;
  readonly logLevel?: LogLevel;
}

/** Offers this machine until it is told to leave. @throws UsageError, NatsError */
export async function worker(flags: WorkerOptions): Promise<number> {
  if (flags.nats === 'auto') {
    throw new UsageError('`--nats auto` is for `wasserwerk run`, which starts its own workers');
  }
  const { options, warnings } = readNatsOptions(flags);
  const name = flags.name ?? nameOf(userOf(options));
  if (!/^[A-Za-z0-9_-]{1,64}$/u.test(name)) {
    throw new UsageError(`--name ${JSON.stringify(name)}: a name has 1 to 64 letters, digits, _ and -`);
  }
  const log = new WorkerLog(name, flags);
  const say = (text: string): void => {
    log.say(text);
  };
  for (const warning of warnings) say(`warning: ${warning}`);
  const leaving = new Leaving();
  try {
    const workers = flags.workers ?? coreCount();
    const speed = await measureSpeed(workers);
    const memoryBytes = totalmem();
    say(
      `worker ${name}, wasserwerk ${version}: ${counted(workers, 'thread')} on ${coreCount()} cores, ` +
        `${bytes(memoryBytes)} of memory, ${formatRate(speed, 'particle')}`,
    );
    const connections = await connectNats(
      options,
      { role: 'worker', name },
      {
        signal: leaving.soon,
        onState: ({ text }) => {
          say(text);
        },
      },
    );
    try {
      const transport = natsTransport({ role: 'worker', name }, connections);
      transport.onTrouble((error) => {
        say(`warning: ${error.message}`);
      });
      const mail = new Mail(transport);
      const instance = randomUUID();
      const member = new Member(mail, transport, {
        ...{ instance, workers, memoryBytes, speed, allowModules: flags.allowModules === true },
        storage: (place) =>
          place.kind === 'folder'
            ? folderStorage(place.path)
            : objectStorage(connections.control, place.bucket),
        joined: (run, epoch, shards, machines) => {
          log.say(
            `joined run ${run}, epoch ${epoch}${shards === undefined ? '' : `, with ${shards} shards`}; ` +
              counted(machines, 'machine'),
            { event: 'join', run, epoch, shards, machines },
          );
        },
        left: (run, reason) => {
          log.say(`left run ${run}: ${reason}`, { event: 'leave', run });
        },
      });
      log.place = () => member.heartbeat;
      member.start();
      const started = new Date().toISOString();
      const silent = answerDiscovery(
        connections.control,
        { id: instance, version, started, metadata: () => workerMetadata(member.heartbeat) },
        (error) => {
          say(`warning: ${error.message}`);
        },
      );
      leaving.soon.addEventListener('abort', () => {
        say(
          `${String(leaving.soon.reason)}: leaving as soon as others have the work (once more to leave at once)`,
        );
        member.drain();
      });
      if (leaving.soon.aborted) member.drain();
      const lost = await Promise.race([
        member.closed.then(() => undefined),
        connections.closed,
        leaving.atOnce.then(() => undefined),
      ]);
      silent();
      await member.close();
      mail.close();
      await transport.close();
      if (lost) throw lost;
      say(`worker ${name} has left`);
      return exitCode.done;
    } finally {
      await connections.close();
    }
  } catch (error) {
    if (leaving.soon.aborted && error === leaving.soon.reason) return exitCode.done;
    log.failed(error);
    throw error;
  } finally {
    leaving.close();
    log.close();
  }
}

/** When to leave: soon at the first signal, at once at the second, or when the process is gone that started this one. */
class Leaving {
  readonly #soon = new AbortController();
  #leave: () => void = () => undefined;
  readonly atOnce = new Promise<void>((resolve) => {
    this.#leave = resolve;
  });
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    if (this.#soon.signal.aborted) this.#leave();
    else this.#soon.abort(signal);
  };
  readonly #onOrphaned = (): void => {
    this.#soon.abort('the process that started this one is gone');
    this.#leave();
  };

  constructor() {
    process.on('SIGINT', this.#onSignal).on('SIGTERM', this.#onSignal).on('disconnect', this.#onOrphaned);
  }

  get soon(): AbortSignal {
    return this.#soon.signal;
  }

  close(): void {
    process.off('SIGINT', this.#onSignal).off('SIGTERM', this.#onSignal).off('disconnect', this.#onOrphaned);
    // The pipe to the process that started this one would keep this one alive.
    if (process.connected) process.disconnect();
  }
}

/** The user of the credentials, else host and process; letters that names may not have become hyphens. */
function nameOf(user: string | undefined): string {
  return (user ?? `${hostname()}-${process.pid}`).replace(/[^A-Za-z0-9_-]/gu, '-').slice(-64);
}
