// What `compare` prints for people: a table of the nodes at one time, a table of the quantities over all times, the verdict.

import type { Comparison, NodeDistances } from '../compare/mod.js';
import type { ComparedRun, ComparisonResult } from './compare.js';
import { table, withError } from './format.js';

/** More nodes than this are shown by those that differ most; more coordinates by the first. */
const shownNodes = 16;
const shownCoordinates = 3;

/** Prints a comparison to standard output. */
export function printComparison(result: ComparisonResult): void {
  process.stdout.write(comparisonText(result));
}

/** The text of a comparison. */
export function comparisonText(result: ComparisonResult): string {
  const { a, b, shown, times, densities, notes } = result;
  const head =
    `a  ${described(a)}\nb  ${described(b)}\n` +
    (times.length === 1
      ? `at t = ${brief(shown.time)} (step ${shown.step}):\n`
      : `at t = ${brief(shown.time)} (step ${shown.step}), the last of ${times.length} common times; z = (b - a) in combined standard errors:\n`);
  const distances = new Map(densities?.nodes.map((node) => [node.node, node]));
  const late =
    densities && densities.time !== shown.time ? `L1 and W1 are those at t = ${brief(densities.time)}\n` : '';
  return (
    head +
    nodeTable(shown.comparisons, distances) +
    late +
    `over ${times.length === 1 ? 'this time' : 'all common times'}:\n` +
    quantityTable(result) +
    notes.map((note) => `note: ${note}\n`).join('') +
    `${verdictLine(result)}\n`
  );
}

function described({ folder, representation, particles, seed, status }: ComparedRun): string {
  const kind =
    representation !== 'particles'
      ? representation
      : `${particles.toLocaleString('en')} particles, seed ${seed}`;
  return `${folder} (${kind}${status === 'finished' ? '' : `, ${status}`})`;
}

const brief = (value: number): string => String(Number(value.toPrecision(6)));

/** A score: two digits after the point, fewer if it is large. */
function score(z: number | undefined): string {
  if (z === undefined || Number.isNaN(z)) return '-';
  if (!Number.isFinite(z)) return z > 0 ? 'inf' : '-inf';
  return z.toFixed(Math.abs(z) < 10 ? 2 : Math.abs(z) < 100 ? 1 : 0);
}

function nodeTable(
  comparisons: readonly Comparison[],
  distances: ReadonlyMap<string, NodeDistances>,
): string {
  const all = [...new Set(comparisons.flatMap(({ node }) => (node === undefined ? [] : [node])))];
  const worst = new Map<string, number>(all.map((node) => [node, 0]));
  for (const { node, z, counted } of comparisons) {
    if (node !== undefined && counted) worst.set(node, Math.max(worst.get(node) ?? 0, Math.abs(z)));
  }
  const chosen = new Set(
    [...all].sort((s, t) => (worst.get(t) ?? 0) - (worst.get(s) ?? 0)).slice(0, shownNodes),
  );
  const nodes = all.filter((node) => chosen.has(node));
  const coordinates = [
    ...new Set(comparisons.flatMap(({ coordinate }) => (coordinate === undefined ? [] : [coordinate]))),
  ].slice(0, shownCoordinates);
  const find = (node: string, quantity: string, coordinate?: string): Comparison | undefined =>
    comparisons.find(
      (one) => one.node === node && one.quantity === quantity && one.coordinate === coordinate,
    );
  const w1 = [...distances.values()][0]?.transport.kind;
  const rows = nodes.map((node) => {
    const mass = find(node, 'mass');
    const distance = distances.get(node);
    return [
      node,
      mass ? withError(mass.a, mass.aError) : '-',
      mass ? withError(mass.b, mass.bError) : '-',
      score(mass?.z),
      ...coordinates.flatMap((x) => [score(find(node, 'mean', x)?.z), score(find(node, 'variance', x)?.z)]),
      score(find(node, 'potential')?.z),
      ...(w1 === undefined
        ? []
        : [
            distance ? noisy(distance.density.distance, distance.density.expected) : '-',
            distance ? noisy(distance.transport.distance, distance.transport.expected) : '-',
          ]),
    ];
  });
  const columns = [
    ...['node', 'mass a', 'mass b', 'z'],
    ...coordinates.flatMap((x) => [`mean ${x} z`, `var ${x} z`]),
    'mean V z',
    ...(w1 === undefined ? [] : ['L1 (noise)', `${w1} (noise)`]),
  ];
  const rest = all.length - nodes.length;
  return (
    table([columns, ...rows]) +
    (rest > 0 ? `  … the ${nodes.length} of ${all.length} nodes that differ most\n` : '')
  );
}

/** A distance, and the one that noise alone would give. */
function noisy(distance: number, expected: number): string {
  const digits = Math.max(0, Math.min(9, 1 - Math.floor(Math.log10(Math.max(distance, expected, 1e-9)))));
  return `${distance.toFixed(digits)} (${expected.toFixed(digits)})`;
}

function quantityTable({ quantities }: ComparisonResult): string {
  const rows = quantities.map(({ quantity, comparisons, exceeding, largest }) => [
    quantity === 'density' ? 'L1 of densities' : quantity,
    String(comparisons),
    String(exceeding),
    score(largest.z),
    brief(largest.time),
    place(largest),
    quantity === 'density' ? String(Number(largest.b.toPrecision(3))) : withError(largest.a, largest.aError),
    quantity === 'density'
      ? `noise ${withError(largest.a, largest.aError)}`
      : withError(largest.b, largest.bError),
  ]);
  return table([['quantity', 'compared', 'beyond', 'largest z', 'at t', 'node', 'a', 'b'], ...rows]);
}

function place({ node, coordinate }: Comparison): string {
  return [node, coordinate].filter((part) => part !== undefined).join(', ') || 'all';
}

function verdictLine(result: ComparisonResult): string {
  const { verdict, comparisons, exceeding, threshold, largest, falseAlarm, allow } = result;
  const bound = `|z| > ${threshold.toFixed(2)}`;
  const count = comparisons.toLocaleString('en');
  const rule =
    `runs that agree have one of ${count} with ${bound} with probability ${falseAlarm} at most` +
    (allow > 0 ? `; differences of ${allow * 100} % are allowed` : '');
  if (verdict === 'agree')
    return `agree: the largest |z| of ${count} is ${score(Math.abs(largest?.z ?? 0))} (${rule})`;
  return `differ: ${exceeding.toLocaleString('en')} of ${count} have ${bound}, the largest ${score(Math.abs(largest?.z ?? 0))} (${rule})`;
}
