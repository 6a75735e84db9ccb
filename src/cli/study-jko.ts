// `wasserwerk study jko`: minimizing movements of a config for several lengths of step, held against the gradient flow of the
// same energy on the same grid. Numbers, a table and a page. The solvers are src/grid; all of it runs on this thread.

import { totalmem } from 'node:os';
import { join } from 'node:path';
import { loadConfig, type RunConfig } from '../config/mod.js';
import { version } from '../cluster/mod.js';
import { energyRecordOf, GridPlan, gridSolver, runAlone } from '../grid/mod.js';
import { buildModel, type Model } from '../model/mod.js';
import { csvLine, makeFolders, writeFileAtomic } from '../output/mod.js';
import {
  renderStudy,
  studyPicture,
  type StudyData,
  type StudyOfMobility,
  type StudyRow,
} from '../report/mod.js';
import { exitCode, UsageError } from './exit.js';
import { table } from './format.js';
import { shownFolder } from './run-data.js';

export interface StudyFlags {
  readonly tau: string;
  readonly mobility?: string;
  readonly set: readonly string[];
  readonly out?: string;
  readonly quiet?: true;
  readonly json?: true;
}

/** Error of a step of the gradient flow: far below any error of a movement. */
const tolerance = 1e-7;
/** Times at which states are compared: the last are parts of the end. */
const mostTimes = 4;

/** A state: densities of cells, and the energy. */
interface State {
  readonly density: Float64Array;
  readonly energy: number;
}

export async function studyJko(file: string, flags: StudyFlags): Promise<number> {
  const taus = readTaus(flags.tau);
  const first = load(file, flags, undefined);
  const end = first.config.time.end ?? first.model.timeStep * first.model.stepCount;
  const times = commonTimes(end, taus);
  const mobilities = flags.mobility?.split(',').map((name) => name.trim()) ?? [first.model.mobility];
  const models = mobilities.map((mobility) => load(file, flags, mobility).model);
  const say = (text: string): void => {
    if (flags.quiet !== true) process.stderr.write(`${text}\n`);
  };
  const studies = models.map((model) => study(model, taus, times, say));
  const command = [
    ...['wasserwerk study jko', file, `--tau ${taus.join(',')}`],
    ...(flags.mobility === undefined ? [] : [`--mobility ${mobilities.join(',')}`]),
    ...flags.set.map((change) => `--set ${change}`),
  ].join(' ');
  const data: StudyData = {
    name: first.model.name,
    version,
    inner: first.model.movement?.inner ?? 1,
    ...{ taus, times, tolerance, mobilities: studies, command },
  };
  const folder = flags.out ?? join('studies', slug(first.model.name));
  await makeFolders(folder);
  await writeFileAtomic(join(folder, 'study.json'), `${JSON.stringify(data, null, 2)}\n`);
  await writeFileAtomic(join(folder, 'study.csv'), csvOf(data));
  await writeFileAtomic(join(folder, 'study.html'), renderStudy(data));
  await writeFileAtomic(join(folder, 'study.svg'), studyPicture(data));
  if (flags.json) process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
  else if (flags.quiet !== true) process.stdout.write(textOf(data, folder));
  return exitCode.done;
}

/** Lengths of steps, longest first. */
function readTaus(text: string): number[] {
  const taus = text.split(',').map(Number);
  if (
    taus.length < 2 ||
    taus.some((tau) => !(tau > 0 && tau < Infinity)) ||
    new Set(taus).size < taus.length
  ) {
    throw new UsageError(`--tau takes two or more different lengths of step, as 0.2,0.1,0.05; got ${text}`);
  }
  return taus.sort((a, b) => b - a);
}

/** Up to four times, the last being the end, that every length of step meets. */
function commonTimes(end: number, taus: readonly number[]): number[] {
  const meets = (time: number): boolean =>
    taus.every(
      (tau) => Math.abs(time / tau - Math.round(time / tau)) < 1e-9 * (time / tau) && time > 0.5 * tau,
    );
  for (let count = mostTimes; count >= 1; count--) {
    if (meets(end / count)) return Array.from({ length: count }, (_, k) => ((k + 1) * end) / count);
  }
  throw new UsageError(
    `the end t = ${end} is no multiple of every step in --tau ${taus.join(',')}; choose steps that divide it, or --set time.end=…`,
  );
}

function load(
  file: string,
  flags: StudyFlags,
  mobility: string | undefined,
): { readonly config: RunConfig; readonly model: Model } {
  const overrides = [...flags.set, ...(mobility === undefined ? [] : [`dynamics.mobility=${mobility}`])];
  const config = loadConfig(file, { overrides });
  if (config.dynamics.kind !== 'jko') {
    throw new UsageError(
      `${file} is of kind ${config.dynamics.kind}; a study of movements needs dynamics: { kind: jko, tau: … }`,
    );
  }
  return { config, model: buildModel(config, { skipPreflight: true }).model };
}

/** The states of a model at some times. */
function statesOf(
  model: Model,
  stepsTo: readonly number[],
  looked: (plan: GridPlan, last: ReturnType<typeof energyRecordOf>) => void = () => undefined,
): State[] {
  const plan = new GridPlan(model);
  const arrays = plan.view(plan.allocate(totalmem()));
  const solver = gridSolver(plan, arrays, { index: 0, size: 1 });
  runAlone(solver.start());
  let at = 0;
  return stepsTo.map((step) => {
    runAlone(solver.advance(at, step));
    at = step;
    const energy = runAlone(solver.measure(step * model.timeStep));
    looked(plan, energyRecordOf(plan, arrays, step, energy));
    return { density: arrays.field.slice(), energy: energy.energy };
  });
}

function study(
  model: Model,
  taus: readonly number[],
  times: readonly number[],
  say: (text: string) => void,
): StudyOfMobility {
  say(`${model.mobility}: gradient flow to t = ${times[times.length - 1]}`);
  const flow: Model = {
    ...model,
    ...{ movement: undefined, splitting: 'strang', gridTolerance: tolerance },
    ...{ timeStep: times[0], stepCount: times.length },
  };
  const exact = statesOf(
    flow,
    times.map((_, k) => k + 1),
  );
  const rows: StudyRow[] = [];
  let worstGap = 0;
  let [iterations, steps] = [0, 0];
  let volume = 1;
  for (const tau of taus) {
    const stepsTo = times.map((time) => Math.round(time / tau));
    say(`${model.mobility}: movements with tau = ${tau}`);
    const states = statesOf(
      { ...model, timeStep: tau, stepCount: stepsTo[stepsTo.length - 1] },
      stepsTo,
      (plan, last) => {
        ({ volume } = plan.cells);
        worstGap = Math.max(worstGap, last.movements?.worstGap ?? 0);
        if (last.step !== stepsTo[stepsTo.length - 1]) return;
        iterations += last.movements?.totalIterations ?? 0;
        steps += last.step;
      },
    );
    states.forEach(({ density, energy }, k) => {
      const before = rows.findLast((row) => row.time === times[k]);
      let sum = 0;
      density.forEach((f, i) => {
        sum += Math.abs(f - exact[k].density[i]);
      });
      const densityError = sum * volume;
      const energyError = Math.abs(energy - exact[k].energy);
      const order = (longer: number, shorter: number): number =>
        Math.log(longer / shorter) / Math.log((before?.tau ?? 1) / tau);
      rows.push({
        ...{ tau, time: times[k], densityError, energyError },
        densityOrder: before && order(before.densityError, densityError),
        energyOrder: before && order(before.energyError, energyError),
      });
    });
  }
  rows.sort((a, b) => a.time - b.time || b.tau - a.tau);
  return { mobility: model.mobility, rows, worstGap, iterationsPerStep: iterations / steps };
}

const slug = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/gu, '-') || 'study';

function csvOf({ mobilities }: StudyData): string {
  const head = ['mobility', 'time', 'tau', 'density_error', 'density_order', 'energy_error', 'energy_order'];
  const lines = mobilities.flatMap(({ mobility, rows }) =>
    rows.map((row) =>
      csvLine([
        ...[mobility, row.time, row.tau, row.densityError, row.densityOrder],
        ...[row.energyError, row.energyOrder],
      ]),
    ),
  );
  return csvLine(head) + lines.join('');
}

function textOf(data: StudyData, folder: string): string {
  const order = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(2));
  const tables = data.mobilities.map(({ mobility, rows, worstGap, iterationsPerStep }) => {
    const lines = rows.map((row) => [
      ...[String(row.time), String(row.tau), row.densityError.toExponential(2), order(row.densityOrder)],
      ...[row.energyError.toExponential(2), order(row.energyOrder)],
    ]);
    return (
      `${mobility}: ${iterationsPerStep.toFixed(1)} steps of Newton's method a movement, worst gap ${worstGap.toExponential(1)}\n` +
      `${table([['time', 'tau', 'L1 error', 'order', 'energy error', 'order'], ...lines])}\n`
    );
  });
  return `${tables.join('\n')}\nwrote study.json, study.csv, study.html, study.svg to ${shownFolder(folder)}\n`;
}
