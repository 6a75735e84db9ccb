// Edges given one by one, in the config or in a file: names are resolved, and what cannot be a symmetric weighted graph
// is refused. Not the reading of files (graph-files.ts).

import type { Path } from '../config/mod.js';
import { formatValue, suggest } from '../config/thread.js';
import type { BuildContext } from './context.js';
import type { EdgeList } from './graph.js';

/** An edge as given. */
export interface EdgeEntry {
  readonly from: string;
  readonly to: string;
  readonly weight: number;
  readonly rate?: string | undefined;
  readonly reverseRate?: string | undefined;
  /** Where it is written: the key, and for files a prefix such as "edges.csv line 3: ". */
  readonly path: Path;
  readonly prefix: string;
}

/** A formula for the free rate of one directed edge, with the key it is written at. */
export interface RateText {
  readonly formula: string;
  readonly path: Path;
}

/** Edges, each once, with the rates given for either direction. */
export interface ListedEdges {
  readonly edges: EdgeList;
  readonly rates: readonly (RateText | undefined)[];
  readonly reverseRates: readonly (RateText | undefined)[];
}

// A file with one wrong name has it in many lines.
const problemLimit = 10;

/** Numbers of the nodes by name; refuses names given twice. */
export function indexNames(context: BuildContext, names: readonly string[], path: Path): Map<string, number> {
  const index = new Map<string, number>();
  names.forEach((name, i) => {
    if (index.has(name)) {
      context.refuse([...path, i], `the node "${name}" is listed twice`, {
        value: name,
        hint: 'give each node its own name',
      });
    }
    index.set(name, i);
  });
  return index;
}

/** Resolves and checks edges. */
export function listEdges(
  context: BuildContext,
  nodes: ReadonlyMap<string, number>,
  entries: readonly EdgeEntry[],
): ListedEdges {
  const from: number[] = [];
  const to: number[] = [];
  const weights: number[] = [];
  const rates: (RateText | undefined)[] = [];
  const reverseRates: (RateText | undefined)[] = [];
  const seen = new Map<number, number>();
  const before = context.problems.length;
  const refuse = (entry: EdgeEntry, message: string, hint: string, value?: unknown): void => {
    if (context.problems.length - before >= problemLimit) return;
    context.refuse(entry.path, entry.prefix + message, { hint, ...(value === undefined ? {} : { value }) });
  };
  const setRate = (
    list: (RateText | undefined)[],
    i: number,
    formula: string | undefined,
    path: Path,
    entry: EdgeEntry,
  ): void => {
    if (formula === undefined) return;
    const old = list[i];
    if (old !== undefined && old.formula !== formula) {
      refuse(
        entry,
        `the rate of this direction is given twice: ${old.formula} and ${formula}`,
        'keep one of the two',
      );
    }
    list[i] = { formula, path };
  };

  for (const entry of entries) {
    const a = nodes.get(entry.from);
    const b = nodes.get(entry.to);
    if (a === undefined || b === undefined) {
      const name = a === undefined ? entry.from : entry.to;
      refuse(entry, `there is no node "${name}"`, suggest(name, nodes.keys(), 'nodes'), name);
      continue;
    }
    if (a === b) {
      refuse(entry, `the edge joins "${entry.from}" to itself`, 'remove it: K(g,g) is 0', entry.from);
      continue;
    }
    if (!(entry.weight >= 0) || !Number.isFinite(entry.weight)) {
      refuse(
        entry,
        `expected a weight >= 0, got ${formatValue(entry.weight)}`,
        'use 0 or more',
        entry.weight,
      );
      continue;
    }
    const key = Math.min(a, b) * nodes.size + Math.max(a, b);
    let i = seen.get(key);
    if (i === undefined) {
      i = from.length;
      seen.set(key, i);
      from.push(a);
      to.push(b);
      weights.push(entry.weight);
      rates.push(undefined);
      reverseRates.push(undefined);
    } else if (weights[i] !== entry.weight) {
      const same = from[i] === a;
      refuse(
        entry,
        same
          ? `the edge from "${entry.from}" to "${entry.to}" is given twice, with weights ${weights[i]} and ${entry.weight}`
          : `weights are not symmetric: ${weights[i]} from "${entry.to}" to "${entry.from}", ${entry.weight} back`,
        same
          ? 'keep one of them'
          : 'give both directions one weight (or each edge once); for unequal rates use mobility free',
      );
    }
    const along = from[i] === a;
    setRate(along ? rates : reverseRates, i, entry.rate, [...entry.path, 'rate'], entry);
    setRate(along ? reverseRates : rates, i, entry.reverseRate, [...entry.path, 'reverseRate'], entry);
  }
  return {
    edges: { from: Int32Array.from(from), to: Int32Array.from(to), weights: Float64Array.from(weights) },
    rates,
    reverseRates,
  };
}
