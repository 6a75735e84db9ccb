// The tables of a sweep as CSV: one with a row per run, one with a row per point. Numbers that are not known are empty cells.

import { csvLine, type Cell } from '../output/mod.js';
import type { SweepPlan } from './plan.js';
import type { Measured, SweepPoint, SweepRecord } from './summary.js';

/** Masses of more nodes than this are left to the tables of the runs. */
export const MOST_NODES = 64;

/** Names of all nodes in the order they first occur; none where there are too many. */
export function nodesOf(all: readonly { readonly nodeNames?: readonly string[] }[]): string[] {
  const names = new Set(all.flatMap(({ nodeNames = [] }) => nodeNames));
  return names.size > MOST_NODES ? [] : [...names];
}

const pair = (measured: Measured | undefined): Cell[] => [
  measured?.value ?? undefined,
  measured?.error ?? undefined,
];
const withError = (name: string): string[] => [name, `${name} error`];
const quantities = ['mean V', 'E', 'KL'].flatMap(withError);

function masses(
  nodes: readonly string[],
  { nodeNames = [], mass = [] }: { nodeNames?: readonly string[]; mass?: readonly Measured[] },
): Cell[] {
  return nodes.flatMap((name) => pair(mass[nodeNames.indexOf(name)]));
}

/** A row per run. */
export function runsCsv(plan: SweepPlan, records: readonly SweepRecord[]): string {
  const nodes = nodesOf(records);
  const head = ['run', 'folder', ...plan.keys.map(({ path }) => path), 'seed', 'status', 'step', 'time'];
  const lines = plan.runs.map((run) => {
    const record = records[run.number - 1];
    return csvLine([
      ...[run.number, run.folder, ...plan.points[run.point], run.seed],
      ...[record.status, record.step, record.time],
      ...masses(nodes, record),
      ...[record.potentialEnergy, record.energy, record.relativeEntropy].flatMap(pair),
      ...[record.seconds, record.stateHash, record.error?.code],
    ]);
  });
  const columns = nodes.flatMap((name) => withError(`mass ${name}`));
  return csvLine([...head, ...columns, ...quantities, 'seconds', 'state hash', 'error']) + lines.join('');
}

/** A row per point: means over its finished seeds. */
export function pointsCsv(plan: SweepPlan, points: readonly SweepPoint[]): string {
  const nodes = nodesOf(points);
  const columns = nodes.flatMap((name) => withError(`mass ${name}`));
  return (
    csvLine([...plan.keys.map(({ path }) => path), 'finished', ...columns, ...quantities, 'seconds']) +
    points
      .map((point) =>
        csvLine([
          ...[...point.values, point.finished, ...masses(nodes, point)],
          ...[point.potentialEnergy, point.energy, point.relativeEntropy].flatMap(pair),
          point.seconds ?? undefined,
        ]),
      )
      .join('')
  );
}
