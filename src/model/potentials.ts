// Potentials per node and rates per directed edge, each distinct expression once. Expressions are hash-consed, so equal
// formulas are one object whatever their spelling.

import type { Path } from '../config/mod.js';
import { suggest } from '../config/thread.js';
import type { Expression } from '../expression/mod.js';
import type { BuildContext } from './context.js';
import { readFormula, type Scope } from './formulas.js';
import { edgeSources, type CompressedGraph } from './graph.js';
import type { ListedEdges, RateText } from './graph-list.js';
import type { Graph } from './model.js';

/** Distinct expressions, and which of them each node or edge uses. */
export interface Classes {
  readonly expressions: readonly Expression[];
  readonly of: Int32Array;
}

/** Gives numbers to distinct expressions in order of appearance. */
class Numbering {
  readonly expressions: Expression[] = [];
  readonly #numbers = new Map<Expression, number>();

  of(expression: Expression): number {
    let number = this.#numbers.get(expression);
    if (number === undefined) {
      number = this.expressions.length;
      this.expressions.push(expression);
      this.#numbers.set(expression, number);
    }
    return number;
  }
}

/** Reads `potential.formula` and `potential.nodes`. */
export function buildPotentials(context: BuildContext, graph: Graph, scope: Scope): Classes {
  const { formula, nodes = {} } = context.config.potential;
  const allow = { coordinates: true, time: true, node: true };
  const read = (path: Path, text: string): Expression | undefined =>
    readFormula(context, path, text, scope, { allow, place: 'a potential' });
  const shared = formula === undefined ? undefined : read(['potential', 'formula'], formula);
  const own = new Map<number, Expression>();
  const index = new Map(graph.nodeNames.map((name, i) => [name, i]));
  for (const [name, text] of Object.entries(nodes)) {
    const path = ['potential', 'nodes', name];
    const node = index.get(name);
    if (node === undefined) {
      const hint = suggest(name, graph.nodeNames, 'nodes');
      context.refuse(path, `there is no node "${name}"`, { at: 'key', value: name, hint });
      continue;
    }
    const expression = read(path, text);
    if (expression !== undefined) own.set(node, expression);
  }
  if (formula === undefined) {
    const missing = graph.nodeNames.filter((name) => !Object.hasOwn(nodes, name));
    if (missing.length > 0) {
      const shown = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
      context.refuse(['potential', 'nodes'], `has no formula for ${missing.length} nodes: ${shown}`, {
        at: 'key',
        hint: 'add them, or add potential.formula for all other nodes',
      });
    }
  }
  context.stopIfUnfit();
  const numbering = new Numbering();
  const of = Int32Array.from({ length: graph.nodeCount }, (_, g) => {
    const expression = own.get(g) ?? shared;
    return expression === undefined ? -1 : numbering.of(expression);
  });
  return { expressions: numbering.expressions, of };
}

/** Reads the free rates: of `graph.edges`, and `dynamics.rate` for all other directions. */
export function buildRates(
  context: BuildContext,
  { graph, forward }: CompressedGraph,
  listed: ListedEdges | undefined,
  potentials: Classes,
  scope: Scope,
): Classes {
  const { mobility, rate } = context.config.dynamics;
  const edgeCount = graph.targets.length;
  const given = [...(listed?.rates ?? []), ...(listed?.reverseRates ?? [])].filter(
    (text) => text !== undefined,
  );
  if (mobility !== 'free') {
    for (const text of given.slice(0, 3)) {
      const message = `is used with mobility free only; the mobility is ${mobility}`;
      context.refuse(text.path, message, {
        at: 'key',
        hint: 'write dynamics: { mobility: free }, or remove it',
      });
    }
    return { expressions: [], of: new Int32Array(0) };
  }
  const common: RateText | undefined =
    rate === undefined ? undefined : { formula: rate, path: ['dynamics', 'rate'] };
  const texts = new Array<RateText | undefined>(edgeCount).fill(common);
  forward.forEach((e, i) => {
    texts[e] = listed?.rates[i] ?? texts[e];
    texts[graph.reverse[e]] = listed?.reverseRates[i] ?? texts[graph.reverse[e]];
  });
  const sources = edgeSources(graph);
  const missing = texts.indexOf(undefined);
  if (missing >= 0) {
    const from = graph.nodeNames[sources[missing]];
    const to = graph.nodeNames[graph.targets[missing]];
    const count = texts.filter((text) => text === undefined).length;
    const message = `mobility free needs rates: none from "${from}" to "${to}"${count > 1 ? ` and ${count - 1} more` : ''}`;
    context.refuse(['dynamics', 'mobility'], message, {
      value: mobility,
      hint: 'add dynamics.rate for all edges, or rate and reverseRate to the edge (0 for no jumps)',
    });
    return { expressions: [], of: new Int32Array(0) };
  }
  // A rate may name the potentials at both ends, so one text is one expression per pair of potentials.
  const known = new Map<string, number>();
  const numbering = new Numbering();
  const of = new Int32Array(edgeCount);
  for (let e = 0; e < edgeCount; e++) {
    const text = texts[e] as RateText;
    const source = potentials.of[sources[e]];
    const target = potentials.of[graph.targets[e]];
    const key = `${source} ${target} ${text.formula}`;
    let number = known.get(key);
    if (number === undefined) {
      const expression = readFormula(context, text.path, text.formula, scope, {
        allow: { coordinates: true, time: true, node: true },
        edge: {
          sourcePotential: potentials.expressions[source],
          targetPotential: context.builder.toSide(potentials.expressions[target], 'target'),
        },
        place: 'a rate',
      });
      number = expression === undefined ? -1 : numbering.of(expression);
      known.set(key, number);
    }
    of[e] = number;
  }
  return { expressions: numbering.expressions, of };
}
