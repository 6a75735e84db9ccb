// Whether two runs can be compared at all, and what a reader should know of how they differ. Which numbers are compared is
// observables.ts.

import type { Side } from './side.js';

/** Why two runs cannot be compared, naming what differs; undefined if they can. */
export function mismatch(a: Side, b: Side): string | undefined {
  return (
    names('coordinates', a, b, a.coordinateNames, b.coordinateNames) ??
    names('nodes', a, b, a.nodeNames, b.nodeNames) ??
    edges(a, b) ??
    ends(a, b)
  );
}

function names(
  what: string,
  a: Side,
  b: Side,
  ofA: readonly string[],
  ofB: readonly string[],
): string | undefined {
  if (ofA.length !== ofB.length)
    return `the ${what} differ: ${a.label} has ${ofA.length}, ${b.label} has ${ofB.length}`;
  const at = ofA.findIndex((name, i) => name !== ofB[i]);
  if (at < 0) return undefined;
  return `the ${what} differ: number ${at} is "${ofA[at]}" in ${a.label} and "${ofB[at]}" in ${b.label}`;
}

function edges(a: Side, b: Side): string | undefined {
  for (let g = 0; g < a.nodeNames.length; g++) {
    const [inA, inB] = [a, b].map(({ edges: { offsets, targets } }) =>
      Array.from(targets.subarray(offsets[g], offsets[g + 1])),
    );
    const onlyA = inA.find((target) => !inB.includes(target));
    const onlyB = inB.find((target) => !inA.includes(target));
    const other = onlyA ?? onlyB;
    if (other === undefined) continue;
    const owner = onlyA === undefined ? b : a;
    return `the graphs differ: the edge ${a.nodeNames[g]} - ${a.nodeNames[other]} is in ${owner.label} only`;
  }
  return undefined;
}

function ends(a: Side, b: Side): string | undefined {
  const at = a.boundaries.findIndex((boundary, i) => {
    const other = b.boundaries[i];
    // A box to reflect at may be compared with free space, but a circle is another space than a line.
    if (boundary.kind !== 'periodic' && other.kind !== 'periodic') return false;
    return JSON.stringify(boundary) !== JSON.stringify(other);
  });
  if (at < 0) return undefined;
  return (
    `the spaces differ: the boundary of ${a.coordinateNames[at]} is ${JSON.stringify(a.boundaries[at])} in ${a.label} ` +
    `and ${JSON.stringify(b.boundaries[at])} in ${b.label}`
  );
}

/** Keys of the config that do not change what is computed, only how or how exactly. */
const ofNoMatter =
  /^(name|description|seed|source|particles|representation|precision|partition|grid|observe|snapshots|checkpoint)\b/u;

/** Keys that only say how exactly particles or a grid follow the same equation. */
const ofExactness = /^(dynamics\.(splitting|integrator)|time)\b/u;

/** Where two configs ask for different things: paths of keys, sorted. */
export function configDifferences(a: Side, b: Side): readonly string[] {
  const found = new Set<string>();
  const ofDifferentKinds = a.representation !== b.representation;
  const walk = (inA: unknown, inB: unknown, path: string): void => {
    const bothObjects = typeof inA === 'object' && typeof inB === 'object' && inA !== null && inB !== null;
    if (bothObjects) {
      for (const key of new Set([...Object.keys(inA), ...Object.keys(inB)])) {
        walk(
          (inA as Record<string, unknown>)[key],
          (inB as Record<string, unknown>)[key],
          path === '' ? key : `${path}.${key}`,
        );
      }
    } else if (inA !== inB && !ofNoMatter.test(path) && !(ofDifferentKinds && ofExactness.test(path))) {
      found.add(path);
    }
  };
  walk(a.config, b.config, '');
  return [...found].sort();
}

/**
 * What a reader of the verdict should know.
 *
 * @param hasBias whether the error of the cells of `b` is known and allowed for
 */
export function comparisonNotes(a: Side, b: Side, hasBias = false): readonly string[] {
  const notes: string[] = [];
  const differences = configDifferences(a, b);
  if (differences.length > 0) {
    const shown = differences.slice(0, 8).join(', ');
    notes.push(
      `the configs differ in ${shown}${differences.length > 8 ? ` and ${differences.length - 8} more keys` : ''}`,
    );
  }
  if (a.representation === 'particles' && b.representation === 'particles') {
    if (a.stateHash !== null && a.stateHash === b.stateHash) {
      notes.push('both runs end in the same state, bit by bit: this compares a run with itself');
    } else if (a.seed === b.seed) {
      notes.push(
        `both runs have seed ${a.seed}, hence may share random numbers: they are not independent, and the combined errors ` +
          'are not those of their difference; give one of them another seed',
      );
    }
  } else if (a.representation !== 'particles' && b.representation !== 'particles') {
    notes.push('both runs have no sampling noise: a difference counts if it is larger than what is allowed');
  } else {
    notes.push(
      hasBias
        ? 'what cells twice as wide change is allowed for, as the error of the grid; the bias of the time step of the ' +
            'particles is in no error: halve time.step to see it, or say with --allow how much of it is acceptable'
        : 'standard errors hold the sampling noise of the particles only, not the bias of their time step nor the error of the ' +
            'grid: halve time.step, or grid.cells, to see those; --allow says how much of them is acceptable',
    );
  }
  return notes;
}
