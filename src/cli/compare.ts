// `wasserwerk compare`: a run against another run, or against the grid solution of its own config. Reads, has all
// differences judged, and prints; the judging is src/compare.

import {
  atCommonTimes,
  compareEnergies,
  compareLaws,
  compareObservations,
  comparisonNotes,
  densityComparisons,
  gridBias,
  isSameTime,
  Judge,
  kurtosisOf,
  mismatch,
  type Bias,
  type Comparison,
  type Law,
  type NodeDistances,
  type Side,
  type Verdict,
} from '../compare/mod.js';
import type { ObservationRecord } from '../output/mod.js';
import { exitCode, UsageError } from './exit.js';
import { printComparison } from './compare-text.js';
import { solveReference } from './reference.js';
import { readLaws, readRun, sideOf, snapshotTimes, type RunData } from './run-data.js';

export interface CompareOptions {
  readonly reference?: true;
  readonly fresh?: true;
  readonly set: readonly string[];
  readonly at?: number;
  readonly bins?: number;
  readonly allow?: number;
  readonly workers?: number;
  readonly json?: true;
}

/** A run as the result names it. */
export interface ComparedRun {
  readonly folder: string;
  readonly name: string;
  readonly representation: 'particles' | 'grid' | 'lumped';
  readonly particles: number;
  readonly seed: number;
  readonly status: string;
  readonly stepsDone: number;
}

/** What `--json` prints. Numbers that are infinite or unknown are null. */
export interface ComparisonResult extends Omit<Verdict, 'agree'> {
  readonly verdict: 'agree' | 'differ';
  readonly a: ComparedRun;
  readonly b: ComparedRun;
  /** Differences that were allowed, see `--allow`. */
  readonly allow: number;
  /** Common times: step of a, step of b. */
  readonly times: readonly { readonly step: number; readonly otherStep: number; readonly time: number }[];
  /** All comparisons of observables and energies at one of them: that of `--at`, or the last. */
  readonly shown: {
    readonly step: number;
    readonly time: number;
    readonly comparisons: readonly Comparison[];
  };
  /** Distances of the laws of x given a node, at the last common snapshot; null where there is none. */
  readonly densities: {
    readonly step: number;
    readonly time: number;
    readonly nodes: readonly NodeDistances[];
  } | null;
  readonly notes: readonly string[];
}

/** Part of a quantity that may differ between two grids, which have no noise: their cells and steps are not the same. */
const allowedBetweenGrids = 1e-3;

export async function compare(
  folder: string,
  other: string | undefined,
  options: CompareOptions,
): Promise<number> {
  if ((other === undefined) !== (options.reference === true)) {
    throw new UsageError('give two run folders, or one and --reference');
  }
  const stop = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => stop.abort(signal);
  const run = await readRun(folder);
  let [against, coarse]: (string | undefined)[] = [other];
  if (against === undefined) {
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
    try {
      const reference = await solveReference(run, {
        fresh: options.fresh === true,
        workers: options.workers,
        set: options.set,
        signal: stop.signal,
        tell: (text) => void process.stderr.write(text),
      });
      [against, coarse] = [reference?.fine, reference?.coarse];
    } finally {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    }
    if (against === undefined)
      return stop.signal.reason === 'SIGTERM' ? exitCode.stopped : exitCode.interrupted;
  }
  const result = await compareRuns(
    run,
    await readRun(against),
    options,
    coarse === undefined ? undefined : await readRun(coarse),
  );
  if (options.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
  else printComparison(result);
  return result.verdict === 'agree' ? exitCode.done : exitCode.failed;
}

/**
 * Compares two runs at all times that both have observed.
 *
 * @param coarse `b` on cells twice as wide: says how far b is off
 * @throws UsageError if they are of different graphs or spaces, or have no time in common
 */
export async function compareRuns(
  a: RunData,
  b: RunData,
  options: Pick<CompareOptions, 'at' | 'bins' | 'allow'>,
  coarse?: RunData,
): Promise<ComparisonResult> {
  const [sideA, sideB] = [sideOf(a), sideOf(b)];
  const reason = mismatch(sideA, sideB);
  if (reason !== undefined) throw new UsageError(`${a.label} and ${b.label} cannot be compared: ${reason}`);
  const areGrids = sideA.representation !== 'particles' && sideB.representation !== 'particles';
  const allow = options.allow ?? (areGrids ? allowedBetweenGrids : 0);
  const pairs = chosen(sideA, sideB, options.at);
  const laws = new CommonLaws([a, b, ...(coarse ? [coarse] : [])]);
  const biasAt = coarse ? biasOf(sideB, sideOf(coarse)) : () => undefined;
  const judge = new Judge();

  let shown: Comparison[] = [];
  for (const [ofA, ofB] of pairs) {
    const [lawsA, lawsB] = await laws.at(ofA.time);
    const bias = biasAt(ofB);
    const strictness = { allow, ...(bias && { bias }) };
    shown = compareObservations(sideA, sideB, ofA, ofB, {
      ...strictness,
      kurtosis: [kurtosisOf(lawsA), kurtosisOf(lawsB)],
    });
    for (const [energyA, energyB] of energiesAt(sideA, sideB, ofA.time))
      shown.push(...compareEnergies(energyA, energyB, strictness));
    judge.add(shown);
  }
  let densities: ComparisonResult['densities'] = null;
  const space = { nodeNames: sideA.nodeNames, boundaries: sideA.boundaries };
  for (const [{ step, time }] of atCommonTimes(snapshotTimes(a), snapshotTimes(b))) {
    if (options.at !== undefined && step !== options.at) continue;
    const [lawsA, lawsB, wide] = await laws.at(time);
    const nodes = compareLaws(lawsA, lawsB, space, { bins: options.bins, allow, coarse: wide });
    if (nodes.length === 0) continue;
    judge.add(densityComparisons(nodes, { step, time }));
    densities = { step, time, nodes };
  }

  const { agree, ...verdict } = judge.verdict();
  if (verdict.comparisons === 0) {
    throw new UsageError(`${a.label} and ${b.label} have no number in common that could be compared`);
  }
  const [last] = pairs[pairs.length - 1];
  const uncounted = shown.some(({ counted }) => !counted);
  return {
    verdict: agree ? 'agree' : 'differ',
    ...verdict,
    a: described(a),
    b: described(b),
    allow,
    times: pairs.map(([{ step, time }, { step: otherStep }]) => ({ step, otherStep, time })),
    shown: { step: last.step, time: last.time, comparisons: shown },
    densities,
    notes: [
      ...comparisonNotes(sideA, sideB, coarse !== undefined),
      ...(uncounted
        ? ['variances count only at times of snapshots: without fourth moments their errors are not known']
        : []),
    ],
  };
}

function described({ label, manifest, model }: RunData): ComparedRun {
  return {
    folder: label,
    name: manifest.name,
    representation: model.representation,
    particles: model.particleCount,
    seed: model.seed,
    status: manifest.status,
    stepsDone: manifest.stepsDone,
  };
}

/** The observations to compare: of all common times, or at the step of the first run that was asked for. */
function chosen(a: Side, b: Side, at: number | undefined): ReturnType<typeof commonObservations> {
  const common = commonObservations(a, b);
  if (common.length === 0) {
    throw new UsageError(
      `${a.label} and ${b.label} have no time in common: ${times(a)} against ${times(b)}; ` +
        'observe both at the same times (observe.every, time.step)',
    );
  }
  if (at === undefined) return common;
  const found = common.filter(([{ step }]) => step === at);
  if (found.length > 0) return found;
  const near = common
    .map(([{ step }]) => step)
    .sort((s, t) => Math.abs(s - at) - Math.abs(t - at))
    .slice(0, 5)
    .sort((s, t) => s - t);
  throw new UsageError(`step ${at} is not observed in both runs; near it are steps ${near.join(', ')}`);
}

const commonObservations = (a: Side, b: Side) => atCommonTimes(a.observations, b.observations);

function times({ label, observations }: Side): string {
  if (observations.length === 0) return `${label} has no observation`;
  const last = observations[observations.length - 1];
  return `${label} has ${observations.length} observations from t = ${observations[0].time} to ${last.time}`;
}

const energiesAt = (a: Side, b: Side, time: number) =>
  atCommonTimes(
    a.energies.filter((record) => isSameTime(record.time, time)),
    b.energies.filter((record) => isSameTime(record.time, time)),
  );

/** The bias of a grid at the times of its observations, by the same on wider cells. */
function biasOf(fine: Side, coarse: Side): (observation: ObservationRecord) => Bias | undefined {
  return (observation) => {
    const [pair] = atCommonTimes([observation], coarse.observations);
    if (pair === undefined) return undefined;
    return gridBias(fine, coarse, pair, energiesAt(fine, coarse, observation.time)[0]);
  };
}

type Laws = readonly (Law | undefined)[];

/** The laws of runs at a time, each empty where there is no snapshot. Keeps what was read last. */
class CommonLaws {
  readonly #runs: readonly RunData[];
  #time = NaN;
  #found: Laws[] = [];

  constructor(runs: readonly RunData[]) {
    this.#runs = runs;
  }

  async at(time: number): Promise<readonly Laws[]> {
    if (this.#time !== time) {
      this.#found = [];
      for (const run of this.#runs) {
        const found = snapshotTimes(run).find((snapshot) => isSameTime(snapshot.time, time));
        this.#found.push(found === undefined ? [] : await readLaws(run, found.index));
      }
      this.#time = time;
    }
    return this.#found;
  }
}
