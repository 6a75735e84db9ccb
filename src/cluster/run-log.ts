// What a run writes into its log: a listener that stands beside the one who prints, and calls it in turn. Which lines there
// are, and their fields, is docs/operations.md; how a line is written is output/log.ts.

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import {
  logFile,
  manifestFile,
  openLog,
  type JsonLog,
  type LogFields,
  type LogLevel,
} from '../output/mod.js';
import type { PlanReport } from './machines/particle-epochs.js';
import type { RunResult } from './run.js';
import type { RunListener } from './run-options.js';
import { version } from './version.js';

export interface LogOptions {
  readonly level?: LogLevel;
  /** Id of the run; without it, the name of its folder. */
  readonly run?: string | undefined;
  /** Folder of a run that is resumed: then its log also has failures from before the run goes on. */
  readonly folder?: string | undefined;
  /** Told once if the log cannot be written: the run goes on without. */
  readonly failed?: (text: string) => void;
}

type Line = readonly [level: Exclude<LogLevel, 'silent'>, text: string, fields: LogFields];

/** More lines than this are not kept before the folder is known. */
const MOST_EARLY = 1000;

/** The log of one run. Lines from before its folder is known are kept until it is. */
export class RunLog {
  #log: JsonLog | undefined;
  #early: Line[] = [];
  #step = 0;
  #epoch = 0;
  #run: string | undefined;
  #machines: ReadonlySet<string> = new Set();
  #isClosed = false;

  constructor(private readonly options: LogOptions = {}) {}

  /** The listener that writes and then tells `other`. */
  around(other: RunListener = {}): RunListener {
    return {
      ...other,
      begun: (run) => {
        const { folder, simulation, resumedFrom } = run;
        this.#open(folder);
        this.#step = simulation.step;
        const { model } = simulation;
        const resumed = resumedFrom === undefined ? {} : { resumedFrom };
        this.note('info', resumedFrom === undefined ? 'the run begins' : 'the run goes on', {
          event: resumedFrom === undefined ? 'start' : 'resume',
          ...resumed,
          name: model.name,
          version,
          representation: simulation.kind,
          units: simulation.units,
          nodes: model.graph.nodeCount,
          dimension: model.dimension,
          steps: model.stepCount,
          seed: model.seed,
          workers: simulation.workers,
        });
        if (resumedFrom === undefined) {
          for (const { tier, code, message } of simulation.notes) {
            this.note(tier === 'warn' ? 'warn' : 'info', message, { event: 'preflight', code });
          }
        }
        other.begun?.(run);
      },
      looked: (look) => {
        this.#step = look.step;
        const { observation } = look;
        if (observation) {
          this.note('debug', 'observed', {
            event: 'observation',
            modelTime: observation.time,
            rate: Math.round(look.rate),
            potentialEnergy: observation.potentialEnergy,
          });
        }
        other.looked?.(look);
      },
      wrote: (what) => {
        this.note('info', `${what.kind} of step ${what.step}`, { event: what.kind, step: what.step });
        other.wrote?.(what);
      },
      reformed: (reform) => {
        this.#step = reform.step;
        this.note('warn', `${reform.reason}: going on from step ${reform.step}`, { event: 'reform' });
        other.reformed?.(reform);
      },
      warned: (text) => {
        this.note('warn', text, { event: 'warning' });
        other.warned?.(text);
      },
    };
  }

  /** The id of the run, where it has one: before the run begins. */
  set run(id: string) {
    this.#run = id;
  }

  /** Writes what was said to a person about machines and the network. */
  said(text: string): void {
    const warning = /^warning: /u;
    this.note(warning.test(text) ? 'warn' : 'info', text.replace(warning, ''), { event: 'message' });
  }

  /** Writes how the work is shared out in an epoch, and who has come and gone since the one before. */
  planned({ epoch, machines, storage, plan }: PlanReport): void {
    this.#epoch = epoch;
    const names = new Set(machines.map(({ name }) => name));
    for (const worker of this.#machines) {
      if (!names.has(worker)) this.note('warn', `${worker} is gone`, { event: 'leave', worker });
    }
    for (const { name, workers, shards, particles } of machines) {
      if (this.#machines.has(name)) continue;
      this.note('info', `${name} takes part`, {
        ...{ event: 'join', worker: name, threads: workers, shards, particles },
      });
    }
    this.#machines = names;
    this.note('info', `plan of epoch ${epoch}: ${machines.length} machines, cut by ${plan.partition}`, {
      ...{ event: 'plan', machines: machines.length, partition: plan.partition, storage },
    });
  }

  /** Writes a line. `worker` is the machine that it is about; null: the run as a whole. */
  note(level: Line[0], text: string, fields: LogFields = {}): void {
    const line: Line = [level, text, { epoch: this.#epoch, step: this.#step, worker: null, ...fields }];
    if (this.#log) this.#log.write(...line);
    else if (!this.#isClosed && this.#early.length < MOST_EARLY) this.#early.push(line);
  }

  /** Writes how the run ended. */
  ended({ status, step, stateHash, timings }: RunResult): void {
    this.#step = step;
    this.note('info', `the run is ${status} at step ${step}`, {
      event: status === 'finished' ? 'end' : 'stop',
      stateHash: stateHash ?? null,
      wallSeconds: timings.wallSeconds,
      particleSteps: timings.particleSteps,
    });
  }

  /** Writes that the run failed. */
  failed(error: unknown): void {
    const { code } = error as { code?: unknown };
    const { folder } = this.options;
    if (folder !== undefined && existsSync(join(folder, manifestFile))) this.#open(resolve(folder));
    this.note('error', error instanceof Error ? error.message : String(error), {
      event: 'error',
      code: typeof code === 'string' ? code : 'defect',
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#early = [];
    this.#log?.close();
    this.#log = undefined;
  }

  #open(folder: string): void {
    if (this.#log || this.#isClosed || this.options.level === 'silent') return;
    const { level = 'info', failed } = this.options;
    const run = this.#run ?? this.options.run ?? basename(folder);
    this.#log = openLog(join(folder, logFile), level, { run }, (error) => {
      failed?.(`the log cannot be written, the run goes on without: ${error.message}`);
    });
    for (const line of this.#early) this.#log.write(...line);
    this.#early = [];
  }
}
