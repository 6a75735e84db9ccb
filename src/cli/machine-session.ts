// Everything that a run on other machines needs around it: the connection, the lock on the run, who is there; with
// `--nats auto` also the server and the workers. Opened before the run and closed after it. The run itself is
// cluster/machines/coordinator.ts.

import { setTimeout as sleep } from 'node:timers/promises';
import type { NatsConnection } from 'nats';
import {
  bucketOfRun,
  connectNats,
  coreCount,
  LumpedSimulation,
  MachineHost,
  MachineSimulation,
  Mail,
  natsTransport,
  now,
  objectStorage,
  readNatsOptions,
  Roster,
  RunStopped,
  RunLock,
  startNatsServer,
  TakenOver,
  type EpochOptions,
  type MachinesReport,
  type NatsOptions,
  type PlanReport,
  type PointsOnMachines,
  type RunOptions,
} from '../cluster/mod.js';
import { UsageError } from './exit.js';
import { LocalWorkers } from './local-workers.js';
import type { MachineFlags } from './machine-flags.js';
import { measureSpeed, SPEED_VARIABLE } from './self-benchmark.js';

export interface SessionSetup {
  readonly flags: MachineFlags;
  /** Threads of each local worker; only with `--nats auto`. */
  readonly workers: number | undefined;
  /** Whether the local workers may run code that the config names. */
  readonly allowModules: boolean;
  /** Id of the run. */
  readonly run: string;
  /** A person wants to stop. */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  readonly planned?: (report: PlanReport) => void;
}

export interface MachineSession {
  /** Whom epochs of machines are made of, and how. */
  readonly epochs: EpochOptions;
  /** What a run is started with. */
  readonly options: Pick<RunOptions, 'evolve' | 'guard'>;
  /** Why something failed: another process may have taken the run over while this one was held up. */
  readonly explained: (error: unknown) => Promise<unknown>;
  /** What was measured, once there is something. */
  readonly report: () => MachinesReport | PointsOnMachines | undefined;
  close(): Promise<void>;
}

/** Ends something that was opened. */
type Closer = () => Promise<unknown>;

/** Machines that `--nats auto` starts unless told. */
const LOCAL_MACHINES = 2;

/**
 * Connects, and takes the lock of the run.
 * @throws UsageError, NatsError; RunStopped if the server does not answer in time
 */
export async function openSession(setup: SessionSetup): Promise<MachineSession> {
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    // What was opened last goes first; one that cannot be closed keeps none of the others open.
    for (const closer of closers.splice(0).reverse()) {
      try {
        await closer();
      } catch (error) {
        setup.say(`warning: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  try {
    return { ...(await open(setup, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(setup: SessionSetup, closers: Closer[]): Promise<Omit<MachineSession, 'close'>> {
  const { flags, run, signal, say } = setup;
  const isLocal = flags.nats === 'auto';
  const machines = flags.machines ?? (isLocal ? LOCAL_MACHINES : 1);
  const maxMachines = flags.maxMachines ?? machines;
  if (maxMachines < machines) {
    throw new UsageError(`--max-machines ${maxMachines} is less than --machines ${machines}`);
  }
  if (!isLocal && setup.workers !== undefined) {
    throw new UsageError(
      '--workers is for processes that compute: give it to each `wasserwerk worker`, or use --nats auto',
    );
  }
  const options = isLocal ? await startLocal(setup, machines, closers) : remote(setup);
  const halt = new AbortController();

  const connections = await connect(options, setup, machines);
  closers.push(() => connections.close());
  void connections.closed.then((reason) => {
    if (reason) halt.abort(new RunStopped(reason.message, { cause: reason }));
  });
  const { control } = connections;
  const held = await lock(control, setup, halt, closers);
  const isGuarded = held !== undefined;

  const self = { role: 'coordinator', name: run } as const;
  const transport = natsTransport(self, connections);
  closers.push(() => transport.close());
  transport.onTrouble((error) => {
    say(`warning: ${error.message}`);
  });
  const mail = new Mail(transport);
  closers.push(async () => {
    mail.close();
  });
  const roster = new Roster(mail, transport, {
    warned: (text) => {
      say(`warning: ${text}`);
    },
  });
  closers.push(async () => {
    roster.close();
  });

  const crew = { run, mail, roster, machines, maxMachines, waitSeconds: flags.wait, signal };
  const epochs: EpochOptions = { ...crew, halt: halt.signal, told: say };
  let computing: { readonly report: MachinesReport | PointsOnMachines } | undefined;
  const evolve: RunOptions['evolve'] = async (config, { skipPreflight, partition, allowModules }) => {
    const build = skipPreflight !== undefined && { skipPreflight };
    if (config.representation === 'grid') {
      throw new UsageError(
        '`representation: grid` runs on one machine only: leave out --nats and --machines, or use ' +
          '`representation: particles`',
      );
    }
    if (config.representation === 'lumped') {
      const options = { ...build, allowModules: allowModules === true };
      return LumpedSimulation.create(config, options, (own) => {
        const host = new MachineHost(epochs, own);
        computing = host;
        return host;
      });
    }
    const simulation = MachineSimulation.create(config, {
      ...epochs,
      ...(isGuarded && {
        objectStore: {
          bucket: bucketOfRun(run),
          open: (bucket: string) => objectStorage(control, bucket, { create: true }),
        },
      }),
      ...(setup.planned && { planned: setup.planned }),
      ...(isLocal && { hostCores: coreCount() }),
      ...build,
      ...(partition !== undefined && { partition }),
    });
    computing = simulation;
    return simulation;
  };
  return {
    epochs,
    options: { evolve, ...(isGuarded && { guard: run }) },
    report: () => computing?.report,
    explained: async (error) => {
      await settled(held);
      return halt.signal.aborted ? (halt.signal.reason as unknown) : error;
    },
  };
}

function remote({ flags, say }: SessionSetup): NatsOptions {
  const { options, warnings } = readNatsOptions(flags);
  for (const warning of warnings) say(`warning: ${warning}`);
  return options;
}

/** Starts a server and workers on this machine. */
async function startLocal(
  { workers, allowModules, say }: SessionSetup,
  machines: number,
  closers: Closer[],
): Promise<NatsOptions> {
  const server = await startNatsServer({ workers: machines });
  closers.push(() => server.stop());
  const threads = workers ?? Math.max(1, Math.floor(coreCount() / machines));
  // They are all alike: measured once, and not while they take the time from each other.
  const speed = await measureSpeed(threads);
  const local = new LocalWorkers({
    count: machines,
    threads,
    allowModules,
    environmentOf: (name) => ({ ...server.environmentOf(name), [SPEED_VARIABLE]: String(speed) }),
    ended: (text) => {
      say(`warning: ${text}`);
    },
  });
  closers.push(() => local.close());
  return server.credentialsOf('coordinator');
}

/** Connects in the time that machines are waited for. */
async function connect(options: NatsOptions, { flags, run, signal, say }: SessionSetup, machines: number) {
  const late = AbortSignal.timeout(flags.wait * 1000);
  let isFirst = true;
  try {
    return await connectNats(
      options,
      { role: 'coordinator', name: run },
      {
        signal: AbortSignal.any([signal, late]),
        onState: ({ state, text }) => {
          if (!isFirst || state !== 'connected') say(text);
          if (state === 'connected') isFirst = false;
        },
      },
    );
  } catch (error) {
    if (signal.aborted)
      throw new RunStopped(`stopped while waiting for the NATS server: ${String(signal.reason)}`);
    if (!late.aborted) throw error;
    throw new RunStopped(
      `no NATS server answers at ${options.servers.join(', ')} after ${flags.wait} s: start it, check --nats, or wait longer with ` +
        `--wait; the run needs it to reach its ${machines} machines`,
      { cause: error },
    );
  }
}

/** Takes the lock of the run, where the server keeps one. */
async function lock(
  control: NatsConnection,
  { flags, run, signal, say }: SessionSetup,
  halt: AbortController,
  closers: Closer[],
): Promise<RunLock | undefined> {
  let held: RunLock;
  if (flags.standby === true) say(`standing by for run ${run}: waiting for its lock`);
  try {
    held = await RunLock.acquire(control, run, { wait: flags.standby === true, signal, patient: true });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'jetstream-off' || flags.standby === true) throw error;
    say(
      'note: the NATS server has no JetStream: no --standby can take this run over, and checkpoints need a folder that all ' +
        'machines share',
    );
    return undefined;
  }
  closers.push(() => held.release());
  if (flags.standby === true) say(`run ${run} is ours: going on with it`);
  held.lost.addEventListener('abort', () => {
    halt.abort(
      new TakenOver(
        'this process has lost the lock of the run: another one may go on with it, and this one stops',
      ),
    );
  });
  return held;
}

/** Waits until it is known whether a lock is still ours, but not for long. */
async function settled(held: RunLock | undefined): Promise<void> {
  const end = now() + SETTLE_SECONDS;
  while (held && !held.held && !held.lost.aborted && now() < end) await sleep(50);
}

/** A renewal of the lock takes less, where the server answers. */
const SETTLE_SECONDS = 3;
