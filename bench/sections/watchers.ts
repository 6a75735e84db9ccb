// What those who watch a run cost it: the same run without a status endpoint, with one that nobody asks, with a dashboard and a scraper, with 200
// connections that read nothing, and with clients that ask as fast as they can. In turns. Clients are in this process and take time from
// the machine themselves, so the processor time of the run counts.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { RING_OU } from '../../src/cli/bench.js';
import { commandLine, inTemporaryFolder } from '../children.js';
import { target, type Section, type SectionOptions, type SectionResult } from '../report.js';
import { median, spread, spreadText } from '../statistics.js';
import { particleOverride } from './speed.js';

/** Processor time of a run over that of one without an endpoint. */
const TARGET = 1.05;
const SILENT = 200;
const HASTY = 8;

/** Does something to the endpoint at a URL until the signal comes. */
type Crowd = (url: string, signal: AbortSignal) => Promise<void>;

interface Case {
  readonly name: string;
  readonly crowd: Crowd | undefined;
  readonly isPromised: boolean;
}

const cases: readonly Case[] = [
  { name: 'no endpoint', crowd: undefined, isPromised: false },
  { name: 'nobody asks', crowd: () => Promise.resolve(), isPromised: true },
  { name: 'a dashboard, a scraper', crowd: watchers, isPromised: true },
  {
    name: `${SILENT} connections that read nothing, a scraper`,
    crowd: async (url, signal) => {
      await Promise.all([silent(url, signal), scraper(url, signal)]);
    },
    isPromised: true,
  },
  { name: `${HASTY} clients as fast as they can`, crowd: hasty, isPromised: false },
];

export const watching: Section = { name: 'watchers', title: 'Who watches', run };

async function run({ rounds, quick, progress }: SectionOptions): Promise<SectionResult> {
  const steps = quick ? 200 : 2000;
  const samples = new Map<string, Sample[]>();
  for (let round = 0; round < rounds; round++) {
    for (const { name, crowd } of cases) {
      progress(`watchers: round ${round + 1} of ${rounds}, ${name}`);
      const list = samples.get(name) ?? [];
      list.push(await watchedRun([particleOverride(quick), `time.end=${steps / 100}`], crowd));
      samples.set(name, list);
    }
  }
  const alone = samples.get(cases[0].name) ?? [];
  const rows = cases.map(({ name, isPromised }) => {
    const list = samples.get(name) ?? [];
    const ratio = spread(list.map(({ cpu }, round) => cpu / alone[round].cpu));
    const percent = { min: 100 * ratio.min, median: 100 * ratio.median, max: 100 * ratio.max };
    return [
      name,
      (median(list.map(({ rate }) => rate)) / 1e6).toFixed(0),
      median(list.map(({ cpu }) => cpu)).toFixed(2),
      spreadText(percent, 1),
      isPromised ? target(`<= ${100 * TARGET} %`, ratio.median <= TARGET) : '',
    ];
  });
  return {
    tables: [
      {
        caption: `ring-ou, 1 worker, ${steps} steps (${rounds} rounds in turns)`,
        head: ['who', 'M particle-steps/s', 'processor time, s', '% of a run without an endpoint', 'target'],
        rows,
      },
    ],
    remarks: [],
    data: Object.fromEntries(samples),
  };
}

interface Sample {
  /** Particle-steps per second, and seconds of processor time of the whole command. */
  readonly rate: number;
  readonly cpu: number;
}

/** A run with a crowd; without an endpoint if there is none. */
async function watchedRun(set: readonly string[], crowd: Crowd | undefined): Promise<Sample> {
  return inTemporaryFolder(async (folder) => {
    const config = join(folder, 'ring-ou.yaml');
    const out = join(folder, 'run');
    writeFileSync(config, RING_OU);
    const stop = new AbortController();
    const work = crowd === undefined ? undefined : gather(out, crowd, stop.signal);
    try {
      const { stdout, usage } = await commandLine([
        ...['run', config, '--workers', '1', '--out', out, '--quiet', '--json'],
        ...(crowd === undefined ? ['--no-status'] : []),
        ...set.flatMap((one) => ['--set', one]),
      ]);
      const { timings } = JSON.parse(stdout) as { timings: { particleStepsPerSecond: number } };
      return { rate: timings.particleStepsPerSecond, cpu: usage.cpuSeconds };
    } finally {
      stop.abort();
      await work;
    }
  });
}

async function gather(out: string, crowd: Crowd, signal: AbortSignal): Promise<void> {
  const file = join(out, 'status.json');
  while (!existsSync(file)) {
    if (signal.aborted) return;
    await sleep(20);
  }
  const { url } = JSON.parse(readFileSync(file, 'utf8')) as { url: string };
  await crowd(url, signal);
}

/** Asks, and reads the answer; a run that ends meanwhile is no failure. */
async function ask(url: string, signal: AbortSignal): Promise<boolean> {
  // A signal of its own: one listener for each request would pile up on the shared one.
  return fetch(url, { signal: AbortSignal.any([signal]) })
    .then((response) => response.arrayBuffer())
    .then(
      () => true,
      () => false,
    );
}

async function scraper(url: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && (await ask(`${url}metrics`, signal))) {
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
}

async function watchers(url: string, signal: AbortSignal): Promise<void> {
  const pictures = async (): Promise<void> => {
    while (!signal.aborted && (await ask(`${url}api/picture?most=5000`, signal))) {
      await ask(`${url}api/observables?since=0`, signal);
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([ask(`${url}api/events`, signal), pictures(), scraper(url, signal)]);
}

async function silent(url: string, signal: AbortSignal): Promise<void> {
  const { port } = new URL(url);
  const texts = [
    '',
    'GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'GET /api/status HTTP/1.1\r\nX: ',
  ];
  const sockets: Socket[] = [];
  const open = (i: number): void => {
    if (signal.aborted) return;
    const socket = connect(Number(port), '127.0.0.1');
    sockets[i] = socket;
    socket.on('error', () => undefined).pause();
    // Who is thrown out comes again.
    socket.on('close', () => setTimeout(() => open(i), 100));
    socket.write(texts[i % texts.length]);
  };
  for (let i = 0; i < SILENT; i++) open(i);
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });
  for (const socket of sockets) socket.destroy();
}

async function hasty(url: string, signal: AbortSignal): Promise<void> {
  const paths = ['api/status', 'metrics', 'api/picture?most=50000', 'api/observables'];
  await Promise.all(
    Array.from({ length: HASTY }, async (_, i) => {
      while (!signal.aborted && (await ask(url + paths[i % paths.length], signal)));
    }),
  );
}
