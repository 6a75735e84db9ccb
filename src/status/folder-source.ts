// A run folder as those who watch it see it: finished, interrupted, failed, killed, or worked on by another process. Reads files
// and changes none. A run of this process is monitor.ts.

import { basename } from 'node:path';
import { readBundle } from '../cluster/mod.js';
import { loadBundle } from '../config/mod.js';
import { buildModel, edgeSources, temperatureAt, type Model } from '../model/mod.js';
import {
  CheckpointStore,
  energyLines,
  observationLines,
  openDensities,
  readSnapshots,
  RunFolder,
  type EnergyRecordJson,
  type IndexedLines,
  type Inspection,
  type Manifest,
  type ObservationRecord,
} from '../output/mod.js';
import { EventLog } from './event-log.js';
import { motionOf } from './motion.js';
import { RECORD_BYTES } from './limits.js';
import { densityPicture, thinned } from './picture-maker.js';
import type { Picture, RunEvent, RunState, RunView, StatusSource } from './source.js';

/** Milliseconds between two looks at a folder that a process works on. */
const LOOK_MS = 1000;

/** What was found in the folder when it was looked at last. */
interface Found extends Inspection {
  readonly observation: ObservationRecord | undefined;
  readonly energy: EnergyRecordJson | undefined;
  readonly checkpoint: { readonly step: number; readonly at: Date } | undefined;
}

export class FolderSource implements StatusSource {
  readonly actions = undefined;
  readonly #log = new EventLog();
  readonly #observations: IndexedLines<ObservationRecord>;
  readonly #energies: IndexedLines<EnergyRecordJson>;
  readonly #model: Model | undefined;
  readonly #edges: RunView['edges'];
  #found: Found;
  #view: RunView | undefined;
  #timer: NodeJS.Timeout | undefined;
  #picture: { readonly key: string; readonly picture: Picture | undefined } | undefined;

  private constructor(
    found: Inspection,
    model: Model | undefined,
    private readonly why: string | undefined,
  ) {
    this.#observations = observationLines(found.path);
    this.#energies = energyLines(found.path);
    this.#found = { ...found, observation: undefined, energy: undefined, checkpoint: undefined };
    this.#model = model;
    this.#edges = model
      ? {
          from: Array.from(edgeSources(model.graph)),
          to: Array.from(model.graph.targets),
          weight: Array.from(model.graph.weights),
        }
      : { from: [], to: [], weight: [] };
  }

  /**
   * Opens a folder. Where its model cannot be built (a data file is gone, say) edges are left out, with a warning.
   * @throws OutputError where it is no run
   */
  static async open(path: string): Promise<FolderSource> {
    const found = await RunFolder.inspect(path);
    let model: Model | undefined;
    let why: string | undefined;
    try {
      ({ model } = buildModel(loadBundle(await readBundle(found.path)), { skipPreflight: true }));
    } catch (error) {
      why = `edges are not known: ${error instanceof Error ? error.message : String(error)}`;
    }
    const source = new FolderSource(found, model, why);
    await source.refresh();
    source.#noteHistory();
    return source;
  }

  /** Looks at the folder anew. @throws OutputError */
  async refresh(): Promise<void> {
    const before = this.view();
    const inspection = await RunFolder.inspect(this.#found.path);
    const [observation, energy, checkpoint] = await Promise.all([
      this.#observations.last(),
      this.#energies.last(),
      new CheckpointStore(inspection.path).newest(),
    ]);
    this.#found = { ...inspection, observation, energy, checkpoint };
    this.#view = undefined;
    const after = this.view();
    if (after.state !== before.state) this.#log.add('state', after.step, after.state);
    if (after.step !== before.step) this.#log.add('look', after.step, `step ${after.step}`);
    if (after.checkpoint && after.checkpoint.step !== before.checkpoint?.step) {
      this.#log.add('checkpoint', after.checkpoint.step, `checkpoint of step ${after.checkpoint.step}`);
    }
  }

  /** Follows a run that another process works on, until `close`. @param failed is told why the folder cannot be read any more */
  follow(failed: (error: unknown) => void): void {
    if (this.#timer) return;
    let isBusy = false;
    this.#timer = setInterval(() => {
      if (isBusy) return;
      isBusy = true;
      this.refresh()
        .catch(failed)
        .finally(() => (isBusy = false));
    }, LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** What the manifest tells of the past. */
  #noteHistory(): void {
    const { manifest } = this.#found;
    const started = new Date(manifest.startedAt);
    this.#log.add('state', 0, 'the run begins', started);
    for (const { step, reason } of manifest.reforms) {
      this.#log.add('reform', step, `${reason}: going on from step ${step}`, started);
    }
    for (const warning of manifest.warnings) this.#log.add('warning', 0, warning, started);
    if (manifest.status === 'running') return;
    const reason = reasonOf(manifest);
    this.#log.add(
      'state',
      manifest.stepsDone,
      reason === null ? manifest.status : `${manifest.status}: ${reason}`,
      new Date(manifest.finishedAt),
    );
  }

  // ---- what is asked -------------------------------------------------------------------------------------------------

  view(): RunView {
    this.#view ??= this.#makeView();
    return this.#view;
  }

  observations(since: number, most: number): Promise<readonly ObservationRecord[]> {
    return this.#observations.read(since, most, RECORD_BYTES);
  }

  energies(since: number, most: number): Promise<readonly EnergyRecordJson[]> {
    return this.#energies.read(since, most, RECORD_BYTES);
  }

  /** The last snapshot; undefined where the run takes none. */
  async picture(most: number): Promise<Picture | undefined> {
    const { path } = this.#found;
    const [particles, densities] = await Promise.all([readSnapshots(path), openDensities(path)]);
    const { steps } = particles ?? densities ?? { steps: [] };
    const step = steps.at(-1);
    if (step === undefined) return undefined;
    const key = `${step} ${steps.length}`;
    if (this.#picture?.key !== key) {
      let picture: Picture | undefined;
      if (particles) {
        const { x, node } = await particles.read(steps.length - 1);
        picture = { kind: 'particles', step, x, node };
      } else if (densities) {
        const { mesh, nodeNames } = densities;
        picture = densityPicture(step, await densities.read(steps.length - 1), mesh, nodeNames.length);
      }
      this.#picture = { key, picture };
    }
    const { picture } = this.#picture;
    return picture && thinned(picture, most);
  }

  events(after: number): readonly RunEvent[] {
    return this.#log.after(after);
  }

  subscribe(listener: (event: RunEvent) => void): () => void {
    return this.#log.subscribe(listener);
  }

  #makeView(): RunView {
    const { path, manifest, isLive, observation, energy, checkpoint } = this.#found;
    const state = stateOf(manifest, isLive);
    const model = this.#model;
    // The manifest is renewed with checkpoints only.
    const step = Math.max(
      manifest.stepsDone,
      state === 'running' || state === 'unknown' ? (observation?.step ?? 0) : 0,
    );
    const time = model ? step * model.timeStep : (observation?.time ?? 0);
    const { wallSeconds, particleSteps } = manifest.timings;
    return {
      ...{ name: manifest.name, id: basename(path), folder: path, version: manifest.wasserwerkVersion },
      state,
      reason:
        state === 'unknown'
          ? 'the process that worked on it is gone: go on with `wasserwerk resume`'
          : reasonOf(manifest),
      startedAt: manifest.startedAt,
      finishedAt: manifest.status === 'running' ? null : manifest.finishedAt,
      representation: representationOf(manifest),
      units: unitsOf(manifest, model),
      ...{ coordinateNames: manifest.coordinateNames, nodeNames: manifest.nodeNames, edges: this.#edges },
      ...{ step, steps: manifest.steps, time },
      endTime: model ? model.stepCount * model.timeStep : time,
      temperature: model ? temperatureAt(model.temperature, time) : (observation?.temperature ?? 0),
      ...{ unitStepsPerSecond: null, secondsLeft: null, wallSeconds, unitSteps: particleSteps },
      mass: observation?.mass.map((mass) => mass ?? 0) ?? [],
      observation: observation ?? null,
      energy: energy ?? null,
      motion: motionOf(model, observation ?? null, energy ?? null),
      ...{ workers: [], partition: null, imbalance: null, epoch: 0, reforms: manifest.reforms.length },
      exchange: { sentBytes: 0, sentMessages: 0, askedAgain: 0 },
      checkpoint: checkpoint
        ? { step: checkpoint.step, ageSeconds: Math.max(0, (Date.now() - checkpoint.at.getTime()) / 1000) }
        : null,
      warnings: [...manifest.warnings, ...(this.why === undefined ? [] : [this.why])],
      stateHash: manifest.stateHash,
    };
  }
}

/** `unknown` is a run that was killed: its manifest says `running`, and nobody works on it. */
function stateOf(manifest: Manifest, isLive: boolean): RunState {
  if (isLive) return 'running';
  return manifest.status === 'running' ? 'unknown' : manifest.status;
}

function reasonOf(manifest: Manifest): string | null {
  switch (manifest.status) {
    case 'interrupted':
      return manifest.reason;
    case 'failed':
      return manifest.error.message;
    case 'running':
    case 'finished':
      return null;
    default:
      return manifest satisfies never;
  }
}

function representationOf({ config: { representation } }: Manifest): RunView['representation'] {
  return representation === 'grid' || representation === 'lumped' ? representation : 'particles';
}

/** Particles, cells of all nodes, or nodes; 0 where that is not known. */
function unitsOf({ config }: Manifest, model: Model | undefined): number {
  if (!model) return typeof config['particles'] === 'number' ? config['particles'] : 0;
  if (model.representation === 'particles') return model.particleCount;
  if (model.representation === 'lumped') return model.graph.nodeCount;
  const cells = model.mesh?.cells.reduce((product, count) => product * count, 1) ?? 0;
  return cells * model.graph.nodeCount;
}
