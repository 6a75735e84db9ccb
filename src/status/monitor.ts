// A run of this process as those who watch it see it: listens to the run loop, and answers as a StatusSource. Keeps the last of everything
// and a log of events; tables it reads from the run's files. The run does not wait for it, but for the pictures and checkpoints
// that it asks for at looks; no result depends on it.

import { basename } from 'node:path';
import type { CrewMember, CrewReport, Evolution, RunListener, RunOptions } from '../cluster/mod.js';
import { version } from '../cluster/mod.js';
import type { EnergyRecord, Observation } from '../estimate/mod.js';
import { edgeSources, temperatureAt } from '../model/mod.js';
import {
  CheckpointStore,
  energyJson,
  energyLines,
  observationLines,
  observationRecord,
  type EnergyRecordJson,
  type IndexedLines,
  type Manifest,
  type ObservationRecord,
} from '../output/mod.js';
import { EventLog } from './event-log.js';
import { RECORD_BYTES } from './limits.js';
import { motionOf } from './motion.js';
import { Durations, Loads, Pace } from './pace.js';
import { PictureMaker } from './picture-maker.js';
import type {
  Picture,
  RunActions,
  RunEvent,
  RunState,
  RunView,
  StatusSource,
  StepDurations,
  WorkerView,
} from './source.js';

/** What the monitor may do with the run: the same that signals do. */
export interface RunControls {
  /** Holds the run up at its next look, or lets it go on. */
  pause(): void;
  resume(): void;
  /** Whether the run is to be held up. */
  readonly isClosed: boolean;
  /** For RunOptions.gate. */
  readonly passed: Promise<void> | undefined;
  /** Has a run that is held up ask again what is wanted of it. */
  poke(): void;
  stop(reason: string): void;
}

/** How a run ended. */
export interface RunEnding {
  readonly state: 'finished' | 'interrupted' | 'failed';
  readonly reason: string | null;
  readonly stateHash: string | null;
  readonly step?: number;
  /** The last one, which may have come after the last look. */
  readonly energy?: EnergyRecordJson;
}

/** What is known once the run has begun. */
interface Begun {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly simulation: Evolution;
  readonly edges: RunView['edges'];
  readonly at: number;
  readonly observations: IndexedLines<ObservationRecord>;
  readonly energies: IndexedLines<EnergyRecordJson>;
}

/** Milliseconds after which a view is made anew though nothing has happened: ages and lags grow. */
const VIEW_MS = 1000;

const seconds = (): number => performance.now() / 1000;

export class Monitor implements StatusSource {
  readonly #log = new EventLog();
  readonly #pace = new Pace();
  readonly #durations = new Durations();
  readonly #loads = new Loads();
  readonly #pictures: PictureMaker;
  readonly #startedAt = new Date();
  #run: Begun | undefined;
  #state: RunState = 'starting';
  #ending: (RunEnding & { readonly at: Date; readonly seconds: number }) | undefined;
  #step = 0;
  #stepsHere = 0;
  #mass: Float64Array = new Float64Array(0);
  #observation: Observation | undefined;
  #energy: EnergyRecord | undefined;
  #checkpoint: { readonly step: number; readonly at: Date } | undefined;
  #checkpointWanted = false;
  readonly #warnings: string[] = [];
  /** The crew as it was last, for when the run is over. */
  #crew: CrewReport | undefined;
  #view: { readonly view: RunView; readonly at: number } | undefined;

  /** Of the run, where it has one beside the name of its folder. */
  id: string | undefined;

  /** @param name of the run, as far as it is known before it begins */
  constructor(
    private readonly controls: RunControls,
    private readonly name = '',
  ) {
    this.#pictures = new PictureMaker(() => {
      controls.poke();
    });
  }

  // ---- what the run tells ------------------------------------------------------------------------------------------

  readonly listener: Required<Omit<RunListener, 'estimated'>> = {
    begun: ({ folder, manifest, simulation, resumedFrom }) => {
      const { graph } = simulation.model;
      this.#run = {
        ...{ folder, manifest, simulation, at: seconds() },
        edges: {
          from: Array.from(edgeSources(graph)),
          to: Array.from(graph.targets),
          weight: Array.from(graph.weights),
        },
        observations: observationLines(folder),
        energies: energyLines(folder),
      };
      this.#warnings.push(...manifest.warnings);
      this.#step = simulation.step;
      this.#mass = simulation.masses();
      if (resumedFrom !== undefined) void this.#findCheckpoint(folder);
      this.#become(
        'running',
        resumedFrom === undefined ? 'the run begins' : `the run goes on from step ${resumedFrom}`,
      );
    },
    looked: ({ step, steps, stepSeconds, masses, observation, energy }) => {
      const at = seconds();
      this.#step = step;
      this.#mass = masses;
      this.#stepsHere = steps;
      this.#pace.add(step, at);
      this.#durations.add(steps, stepSeconds);
      this.#crew = this.#run?.simulation.crew;
      this.#loads.add(new Map(this.#crew?.members.map(({ name, busySeconds }) => [name, busySeconds])), at);
      if (observation && observation !== this.#observation) {
        this.#observation = observation;
        this.#tell('observation', step, `observed step ${step}`);
      }
      if (energy && energy.step !== this.#energy?.step) {
        this.#energy = energy;
        this.#tell(
          'energy',
          energy.step,
          `energy of step ${energy.step}: E = ${energy.energy.toPrecision(6)}`,
        );
      }
      this.#tell('look', step, `step ${step}`);
    },
    wrote: ({ kind, step }) => {
      if (kind === 'checkpoint') this.#checkpoint = { step, at: new Date() };
      this.#tell(kind, step, `${kind} of step ${step}`);
    },
    reformed: ({ reason, step }) => {
      this.#step = step;
      this.#pace.reset();
      this.#loads.reset();
      this.#tell('reform', step, `${reason}: going on from step ${step}`);
    },
    warned: (text) => {
      this.#warnings.push(text);
      this.#tell('warning', this.#step, text);
    },
  };

  /** What a run is started with, beside the listener. */
  readonly options: Required<Pick<RunOptions, 'gate' | 'checkpointWanted' | 'atLook'>> = {
    gate: () => {
      const hold = this.controls.passed;
      if (hold && this.#state !== 'paused') {
        this.#become('paused', `paused at step ${this.#step}`);
      } else if (!hold && this.#state === 'paused') {
        this.#pace.reset();
        this.#loads.reset();
        this.#become('running', 'the run goes on');
      }
      return hold;
    },
    checkpointWanted: () => {
      const wanted = this.#checkpointWanted;
      this.#checkpointWanted = false;
      return wanted;
    },
    atLook: (simulation) => this.#pictures.look(simulation),
  };

  /** Something that a person is told. */
  message(text: string): void {
    this.#tell('message', this.#step, text);
  }

  /** The run is over, one way or the other. */
  ended(ending: RunEnding): void {
    this.#ending = { ...ending, at: new Date(), seconds: seconds() };
    this.#step = ending.step ?? this.#step;
    this.#pictures.close();
    const why = ending.reason === null ? '' : `: ${ending.reason}`;
    this.#become(ending.state, `${ending.state}${why}`);
  }

  #become(state: RunState, text: string): void {
    this.#state = state;
    this.#tell('state', this.#step, text);
  }

  #tell(kind: RunEvent['kind'], step: number, text: string): void {
    this.#view = undefined;
    this.#log.add(kind, step, text);
  }

  async #findCheckpoint(folder: string): Promise<void> {
    // A folder that cannot be read is the run's trouble, which it tells itself.
    const found = await new CheckpointStore(folder).newest().catch(() => undefined);
    this.#checkpoint ??= found;
  }

  // ---- what is asked -------------------------------------------------------------------------------------------------

  view(): RunView {
    const at = performance.now();
    if (!this.#view || (this.#ending === undefined && at - this.#view.at > VIEW_MS)) {
      this.#view = { view: this.#makeView(), at };
    }
    return this.#view.view;
  }

  async observations(since: number, most: number): Promise<readonly ObservationRecord[]> {
    return (await this.#run?.observations.read(since, most, RECORD_BYTES)) ?? [];
  }

  async energies(since: number, most: number): Promise<readonly EnergyRecordJson[]> {
    return (await this.#run?.energies.read(since, most, RECORD_BYTES)) ?? [];
  }

  async picture(most: number): Promise<Picture | undefined> {
    return this.#run && this.#pictures.get(most);
  }

  events(after: number): readonly RunEvent[] {
    return this.#log.after(after);
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    return this.#log.subscribe(listener);
  }

  get stepDurations(): StepDurations {
    return this.#durations.data;
  }

  get actions(): RunActions | undefined {
    return this.#ending ? undefined : this.#actions;
  }

  readonly #actions: RunActions = {
    pause: () => {
      if (this.controls.isClosed) return 'the run is paused already';
      this.controls.pause();
      this.message('asked to pause');
      return undefined;
    },
    resume: () => {
      if (!this.controls.isClosed) return 'the run is not paused';
      this.controls.resume();
      this.message('asked to go on');
      return undefined;
    },
    checkpoint: () => {
      if (!this.#run) return 'the run has not begun';
      this.#checkpointWanted = true;
      this.message('asked for a checkpoint');
      this.controls.poke();
      return undefined;
    },
    stop: (reason) => {
      this.controls.stop(reason);
      return undefined;
    },
  };

  #makeView(): RunView {
    const run = this.#run;
    const ending = this.#ending;
    const model = run?.simulation.model;
    const crew = ending ? this.#crew : (run?.simulation.crew ?? this.#crew);
    const units = run?.simulation.units ?? 0;
    const steps = model?.stepCount ?? 0;
    const time = this.#step * (model?.timeStep ?? 0);
    const isWaiting = this.#state === 'running' && crew?.kind === 'machines' && crew.members.length === 0;
    const state = isWaiting ? 'waiting' : this.#state;
    const pace = state === 'running' ? this.#pace.stepsPerSecond : null;
    const before = run?.manifest.timings;
    const here = run ? (ending?.seconds ?? seconds()) - run.at : 0;
    const observation =
      this.#observation && model
        ? observationRecord(
            {
              nodeNames: model.graph.nodeNames,
              coordinateNames: model.coordinateNames,
              edges: model.graph,
            },
            this.#observation,
          )
        : null;
    const energy = ending?.energy ?? (this.#energy ? energyJson(this.#energy) : null);
    return {
      name: model?.name ?? this.name,
      id: this.id ?? (run ? basename(run.folder) : ''),
      folder: run?.folder ?? '',
      version,
      state,
      reason: ending?.reason ?? null,
      startedAt: run?.manifest.startedAt ?? this.#startedAt.toISOString(),
      finishedAt: ending?.at.toISOString() ?? null,
      representation: run?.simulation.kind ?? 'particles',
      units,
      coordinateNames: model?.coordinateNames ?? [],
      nodeNames: model?.graph.nodeNames ?? [],
      edges: run?.edges ?? { from: [], to: [], weight: [] },
      ...{ step: this.#step, steps, time, endTime: steps * (model?.timeStep ?? 0) },
      temperature: model ? temperatureAt(model.temperature, time) : 0,
      unitStepsPerSecond: pace === null ? null : pace * units,
      secondsLeft: pace === null ? null : (steps - this.#step) / pace,
      wallSeconds: (before?.wallSeconds ?? 0) + here,
      unitSteps: (before?.particleSteps ?? 0) + this.#stepsHere * units,
      mass: Array.from(this.#mass),
      ...{ observation, energy, motion: motionOf(model, observation, energy) },
      workers: (crew?.members ?? []).map((member) => this.#workerView(member, state, here)),
      partition: run && crew && crew.members.length > 0 ? run.simulation.load.partition : null,
      imbalance: this.#loads.imbalance,
      epoch: crew?.epoch ?? 0,
      reforms: crew?.reforms ?? 0,
      exchange: {
        sentBytes: crew?.sentBytes ?? 0,
        sentMessages: crew?.sentMessages ?? 0,
        askedAgain: crew?.askedAgain ?? 0,
      },
      checkpoint: this.#checkpoint
        ? {
            step: this.#checkpoint.step,
            ageSeconds: Math.max(0, (Date.now() - this.#checkpoint.at.getTime()) / 1000),
          }
        : null,
      warnings: [...this.#warnings],
      stateHash: ending?.stateHash ?? null,
    };
  }

  /** @param here seconds since this process took up the run */
  #workerView(member: CrewMember, runState: RunState, here: number): WorkerView {
    const { name, threads, shards, particles, busySeconds, waitedSeconds, lagSeconds } = member;
    const idle = runState === 'running' ? 'working' : 'idle';
    return {
      ...{ name, threads, shards, particles, busySeconds, lagSeconds },
      state: member.state === 'here' ? idle : member.state,
      waitedSeconds: waitedSeconds ?? Math.max(0, here - busySeconds),
      load: runState === 'running' ? this.#loads.of(name) : 0,
    };
  }
}
