// Runs on several machines, to be disturbed: a server, workers and coordinators as processes, a run folder to look into,
// and what the same run gives on one thread when it is left alone. Not a test.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { checkpointSteps, readManifest, wasserwerk, writeConfig, type Ended } from '../command.js';
import { Program } from './programs.js';
import { startServer, type ServerOptions, type TestServer } from './server.js';

/**
 * Two replicas of six nodes, cut by nodes, so that every machine needs every other in each step. Long enough to be
 * disturbed in the middle, and checkpoints often enough to lose only a part.
 */
export const config = {
  name: 'to be disturbed',
  space: { variables: ['x', 'y'] },
  graph: { ring: 6 },
  potential: { formula: '0.5*((x - node)^2 + y^2) + 0.3*node' },
  temperature: 1,
  dynamics: { mobility: 'metropolis' },
  particles: 100_000,
  initial: { gaussian: { mean: 0, std: 1 } },
  time: { step: 0.002, steps: 3000 },
  seed: 5,
  partition: 'nodes',
  observe: { every: 50 },
  checkpoint: { every: 300, keep: 2 },
};

/** What a run gives that is left alone. */
export interface Reference {
  readonly stateHash: string;
  readonly tables: ReadonlyMap<string, string>;
}

const TABLES = ['observables.jsonl', 'observables.csv', 'jumps.csv'];

function tablesOf(folder: string): Map<string, string> {
  return new Map(TABLES.map((name) => [name, readFileSync(join(folder, name), 'latin1')]));
}

interface Observed {
  readonly step: number;
  readonly mass: readonly number[];
}

/** A run folder, seen from outside. */
export class RunFolder {
  constructor(readonly path: string) {}

  /** Its last complete observation. */
  get observed(): Observed | undefined {
    let text: string;
    try {
      text = readFileSync(join(this.path, 'observables.jsonl'), 'utf8');
    } catch {
      return undefined;
    }
    const end = text.lastIndexOf('\n');
    if (end < 0) return undefined;
    return JSON.parse(text.slice(text.lastIndexOf('\n', end - 1) + 1, end)) as Observed;
  }

  /** The step that was observed last; -1 where none was. */
  get step(): number {
    return this.observed?.step ?? -1;
  }

  get checkpoints(): readonly number[] {
    return checkpointSteps(this.path);
  }

  /** Epochs that its machines have had so far. */
  get epoch(): number {
    try {
      return (JSON.parse(readFileSync(join(this.path, 'machines.json'), 'utf8')) as { epoch: number }).epoch;
    } catch {
      return 0;
    }
  }

  get stateHash(): string | null {
    return readManifest(this.path).stateHash;
  }

  get status(): string {
    return readManifest(this.path).status;
  }
}

export interface StartOptions {
  /** Arguments after all others. */
  readonly args?: readonly string[];
  readonly prefix?: readonly string[];
  readonly url?: string;
  /** The changes are the whole config of the run. */
  readonly replace?: boolean;
}

/** The place of one test: a folder, a server, programs. All of it is gone after the test. */
export class Field {
  readonly folder = mkdtempSync(join(tmpdir(), 'wasserwerk-faults-'));
  /** The folder of the run: `run`, unless `place` says otherwise. */
  run = new RunFolder(join(this.folder, 'run'));
  readonly programs: Program[] = [];
  readonly #cleanups: (() => unknown)[] = [];
  #server: TestServer | undefined;

  /** Something to be undone after the test, before its folder is deleted; the last one first. */
  cleanup(undo: () => unknown): void {
    this.#cleanups.push(undo);
  }

  /** Puts the run into another folder, before it begins. */
  place(...names: string[]): RunFolder {
    this.run = new RunFolder(join(this.folder, ...names));
    return this.run;
  }

  async startServer(options: ServerOptions = { jetstream: true }): Promise<TestServer> {
    this.#server = await startServer(options);
    return this.#server;
  }

  get server(): TestServer {
    if (!this.#server) throw new Error('startServer comes first');
    return this.#server;
  }

  start(name: string, args: readonly string[], options: StartOptions = {}): Program {
    const all = [...args, '--nats', options.url ?? this.server.url, ...(options.args ?? [])];
    const program = new Program(name, all, { cwd: this.folder, prefix: options.prefix ?? [] });
    this.programs.push(program);
    return program;
  }

  /** A machine of one thread. */
  worker(name: string, options: StartOptions = {}): Program {
    return this.start(name, ['worker', '--name', name, '--workers', '1'], options);
  }

  workers(count: number): Program[] {
    return Array.from({ length: count }, (_, index) => this.worker(`w${index + 1}`));
  }

  /** The coordinator of a new run. */
  coordinator(machines: number, changes: object = {}, options: StartOptions = {}): Program {
    const file = writeConfig(join(this.folder, 'config.yaml'), {
      ...(options.replace === true ? {} : config),
      ...changes,
    });
    const args = ['run', file, '--out', this.run.path, '--machines', String(machines), '--json'];
    return this.start('run', args, options);
  }

  /** Another coordinator, which goes on with the run. */
  resume(options: StartOptions = {}): Program {
    return this.start('resume', ['resume', this.run.path, '--machines', '1', '--json'], options);
  }

  /**
   * Waits until the run is in its midst: at least one checkpoint more than at the call, and steps after it that will have
   * to be done again. With `past`, also that so many steps are done.
   */
  async midst(past = 0): Promise<void> {
    const before = this.run.checkpoints.at(-1) ?? 0;
    await this.until(`a checkpoint after step ${before}, and steps after it`, () => {
      const last = this.run.checkpoints.at(-1) ?? 0;
      return last > before && this.run.step > last && this.run.step >= past;
    });
  }

  /** Waits for a condition. Gives up at once when a coordinator has failed. */
  async until(what: string, isTrue: () => boolean, seconds = 40): Promise<void> {
    const end = performance.now() + seconds * 1000;
    while (!isTrue()) {
      if (performance.now() > end) throw new Error(`waited ${seconds} s: ${what}`);
      await sleep(10);
    }
  }

  /** That the coordinator ends well, with the bits of the run that was left alone: nothing lost, nothing doubled. */
  async expectSame(coordinator: Program, expected: Reference, seconds = 90): Promise<Ended> {
    const ended = await coordinator.end(seconds);
    expect(ended.code).toBe(0);
    expect(ended.stderr).not.toContain('    at ');
    const result = JSON.parse(ended.stdout) as { status: string; stateHash: string };
    expect(result.status).toBe('finished');
    this.expectSameFolder(expected);
    expect(result.stateHash).toBe(expected.stateHash);
    return ended;
  }

  /** Goes on with the run in one process, without any network, to the same end. */
  async resumeHere(expected: Reference): Promise<void> {
    const { code, stderr } = await wasserwerk(this.folder, 'resume', this.run.path, '--workers', '2');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toMatch(/from step [1-9]/u);
    this.expectSameFolder(expected);
  }

  expectSameFolder(expected: Reference): void {
    const particles = (this.run.observed?.mass ?? []).map((mass) => Math.round(mass * config.particles));
    expect(particles.reduce((sum, count) => sum + count, 0)).toBe(config.particles);
    for (const [name, content] of tablesOf(this.run.path)) {
      // Not toBe: nobody wants to read that difference.
      if (content !== expected.tables.get(name)) expect.fail(`${name} differs`);
    }
    expect(this.run.status).toBe('finished');
    expect(this.run.stateHash).toBe(expected.stateHash);
  }

  /** That the workers which are left are sound: each ends in good order when it is told to. */
  async expectSound(...workers: Program[]): Promise<void> {
    for (const worker of workers) worker.send('SIGTERM');
    for (const worker of workers) {
      const { code, stderr } = await worker.end(20);
      expect({ worker: worker.name, code }).toEqual({ worker: worker.name, code: 0 });
      expect(stderr).not.toContain('    at ');
    }
  }

  async remove(): Promise<void> {
    for (const program of this.programs) await program.kill().catch(() => undefined);
    await this.#server?.remove();
    for (const undo of this.#cleanups.splice(0).reverse()) await undo();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A field for each test of a file; what its programs said is printed where a test fails. */
export function useField(): () => Field {
  let field: Field | undefined;
  beforeEach(() => {
    field = new Field();
  });
  afterEach(async ({ task }) => {
    if (!field) return;
    if (task.result?.state === 'fail') {
      const { epoch, step, checkpoints } = field.run;
      console.error(
        [
          `---- '${task.name}' failed in epoch ${epoch}, step ${step}, with checkpoints ${checkpoints.join(', ')}`,
          ...field.programs.map((program) => program.describe()),
        ].join('\n'),
      );
    }
    await field.remove();
    field = undefined;
  });
  return () => {
    if (!field) throw new Error('fields are for tests');
    return field;
  };
}

/** The run of `config`, with changes, on one thread, left alone: computed before the tests of a file. */
export function useReference(changes: object = {}): () => Reference {
  let reference: Reference | undefined;
  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'wasserwerk-reference-'));
    try {
      const file = writeConfig(join(folder, 'config.yaml'), { ...config, ...changes });
      const { code, stderr } = await wasserwerk(folder, 'run', file, '--out', 'run', '--workers', '1');
      expect(code, stderr).toBe(0);
      const path = join(folder, 'run');
      const { stateHash } = readManifest(path);
      if (stateHash === null) throw new Error('a run without a state hash');
      reference = { stateHash, tables: tablesOf(path) };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
  return () => {
    if (!reference) throw new Error('references are for tests');
    return reference;
  };
}
