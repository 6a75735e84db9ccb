// Node parameters: numbers, formulas, lists, maps and columns of files become one table each. Order matters: a formula
// may use the parameters above it.

import type { ParameterSpec, Path, ValueSpec } from '../config/mod.js';
import { suggest } from '../config/thread.js';
import { isName, isReserved } from '../expression/mod.js';
import type { BuildContext } from './context.js';
import { formulaAtNode, formulaAtNodes, type Scope } from './formulas.js';
import type { Graph, ParameterTable } from './model.js';
import { numericColumn, readTable } from './tables.js';

/** The name that counts the components in `{ formula, components }`. */
const componentName = 'component';
// Wrong values tend to come for every node.
const problemLimit = 5;

/** Resolves `potential.parameters`; `given` are the tables that come with the graph. */
export function buildParameters(
  context: BuildContext,
  graph: Graph,
  given: readonly ParameterTable[],
  data: Scope['data'],
): ParameterTable[] {
  const tables = given.filter((table) => {
    if (isUsable(context, table.name, data)) return true;
    context.note(
      'column-left-out',
      ['graph'],
      `node data "${table.name}" is left out: formulas know this name otherwise`,
    );
    return false;
  });
  const nodes = new Map(graph.nodeNames.map((name, i) => [name, i]));
  for (const [name, spec] of Object.entries(context.config.potential.parameters)) {
    const path = ['potential', 'parameters', name];
    if (!isName(name)) {
      const hint = 'use a letter, then letters, digits and _';
      context.refuse(path, `"${name}" cannot be a name in formulas`, { at: 'key', hint });
      continue;
    }
    if (!isUsable(context, name, data)) {
      const hint = `call it ${name}1, for example`;
      context.refuse(path, `the name "${name}" has another meaning in formulas`, { at: 'key', hint });
      continue;
    }
    if (tables.some((table) => table.name === name)) {
      const hint = 'use another name';
      context.refuse(path, `the graph has the node data "${name}" already`, { at: 'key', hint });
      continue;
    }
    const table = resolve(context, { name, path, spec, graph, nodes, scope: { parameters: tables, data } });
    if (table !== undefined) tables.push(table);
  }
  return tables;
}

function isUsable(context: BuildContext, name: string, data: Scope['data']): boolean {
  return !isReserved(name, 'parameter') && !context.config.space.variables.includes(name) && !data.has(name);
}

interface Job {
  readonly name: string;
  readonly path: Path;
  readonly spec: ParameterSpec;
  readonly graph: Graph;
  readonly nodes: ReadonlyMap<string, number>;
  readonly scope: Scope;
}

function resolve(context: BuildContext, job: Job): ParameterTable | undefined {
  const { name, path, spec, graph, scope } = job;
  const n = graph.nodeCount;
  switch (spec.kind) {
    case 'formula': {
      const values = formulaAtNodes(context, path, spec.formula, scope, n);
      return values && finite(context, job, { name, components: 1, values });
    }
    case 'vector':
      return interleave(
        context,
        job,
        spec.formulas.map((formula, i) => formulaAtNodes(context, [...path, 'vector', i], formula, scope, n)),
      );
    case 'components': {
      const columns: (Float64Array | undefined)[] = [];
      for (let i = 0; i < spec.components; i++) {
        const counted = { name: componentName, components: 1, values: new Float64Array(n).fill(i) };
        const inner = { ...scope, parameters: [...scope.parameters, counted] };
        columns.push(formulaAtNodes(context, [...path, 'formula'], spec.formula, inner, n));
        if (columns[i] === undefined) break;
      }
      return interleave(context, job, columns);
    }
    case 'list':
      return fromList(context, job, spec.values);
    case 'map':
      return fromMap(context, job, spec.values);
    case 'table':
      return fromTable(context, job, spec);
    default:
      return spec satisfies never;
  }
}

function interleave(
  context: BuildContext,
  job: Job,
  columns: readonly (Float64Array | undefined)[],
): ParameterTable | undefined {
  const n = job.graph.nodeCount;
  const components = columns.length;
  const values = new Float64Array(n * components);
  for (let c = 0; c < components; c++) {
    const column = columns[c];
    if (column === undefined) return undefined;
    for (let g = 0; g < n; g++) values[g * components + c] = column[g];
  }
  return finite(context, job, { name: job.name, components, values });
}

function fromList(context: BuildContext, job: Job, list: readonly ValueSpec[]): ParameterTable | undefined {
  const { path, graph } = job;
  if (list.length !== graph.nodeCount) {
    context.refuse(path, `${list.length} values for ${graph.nodeCount} nodes`, {
      hint: `give ${graph.nodeCount} values, one per node; for a vector write { vector: [...] }`,
    });
    return undefined;
  }
  return fromEntries(
    context,
    job,
    list.map((value, node) => ({ node, value, path: [...path, node] })),
  );
}

function fromMap(
  context: BuildContext,
  job: Job,
  map: Readonly<Record<string, ValueSpec>>,
): ParameterTable | undefined {
  const { path, graph, nodes } = job;
  const entries: Entry[] = [];
  for (const [node, value] of Object.entries(map)) {
    const index = nodes.get(node);
    if (index !== undefined) entries.push({ node: index, value, path: [...path, node] });
    else {
      const hint = suggest(node, nodes.keys(), 'nodes');
      context.refuse([...path, node], `there is no node "${node}"`, { at: 'key', value: node, hint });
    }
  }
  if (entries.length !== Object.keys(map).length) return undefined;
  const missing = graph.nodeNames.filter((node) => !Object.hasOwn(map, node));
  if (missing.length > 0) {
    const shown = missing.slice(0, 5).join(', ') + (missing.length > 5 ? ', …' : '');
    context.refuse(path, `has no value for ${missing.length} of ${graph.nodeCount} nodes: ${shown}`, {
      at: 'key',
      hint: 'give every node a value, or write a formula of node',
    });
    return undefined;
  }
  return fromEntries(context, job, entries);
}

interface Entry {
  readonly node: number;
  readonly value: ValueSpec;
  readonly path: Path;
}

function fromEntries(context: BuildContext, job: Job, entries: readonly Entry[]): ParameterTable | undefined {
  const width = (value: ValueSpec): number | undefined =>
    typeof value === 'string' ? undefined : value.length;
  const shape = width(entries[0].value);
  const odd = entries.find((entry) => width(entry.value) !== shape);
  if (odd !== undefined) {
    context.refuse(odd.path, 'the values differ in length', {
      hint: 'give every node the same number of components',
    });
    return undefined;
  }
  const components = shape ?? 1;
  const values = new Float64Array(job.graph.nodeCount * components);
  const before = context.problems.length;
  for (const { node, value, path } of entries) {
    if (context.problems.length - before >= problemLimit) break;
    const texts = typeof value === 'string' ? [value] : value;
    texts.forEach((text, c) => {
      const at = typeof value === 'string' ? path : [...path, c];
      const result = formulaAtNode(context, at, text, job.scope, node);
      if (result !== undefined) values[node * components + c] = result;
    });
  }
  if (context.problems.length > before) return undefined;
  return finite(context, job, { name: job.name, components, values });
}

function fromTable(
  context: BuildContext,
  job: Job,
  spec: Extract<ParameterSpec, { kind: 'table' }>,
): ParameterTable | undefined {
  const { path, graph, nodes } = job;
  const table = readTable(context, [...path, 'file'], spec.file);
  if (table === undefined) return undefined;
  if (table.rows.length !== graph.nodeCount) {
    const message = `${spec.file} has ${table.rows.length} rows for ${graph.nodeCount} nodes`;
    context.refuse([...path, 'file'], message, { value: spec.file, hint: 'give one row per node' });
    return undefined;
  }
  const key = table.header.findIndex((name) => name === 'node');
  const order = table.rows.map((row, i) => (key < 0 ? i : nodes.get(row[key])));
  const unknown = order.indexOf(undefined);
  if (unknown >= 0 || new Set(order).size !== order.length) {
    const what = unknown >= 0 ? `names an unknown node "${table.rows[unknown][key]}"` : 'names a node twice';
    context.refuse([...path, 'file'], `${spec.file} ${what}`, {
      value: spec.file,
      hint: 'name each node once',
    });
    return undefined;
  }
  const columns = spec.columns.map((column, i) => {
    const at = spec.vector ? [...path, 'columns', i] : [...path, 'column'];
    const raw = numericColumn(context, at, table, column);
    if (raw === undefined) return undefined;
    const values = new Float64Array(graph.nodeCount);
    raw.forEach((value, row) => {
      values[order[row] as number] = value;
    });
    return values;
  });
  return interleave(context, job, columns);
}

/** Refuses a table with values that are no finite numbers. */
function finite(context: BuildContext, job: Job, table: ParameterTable): ParameterTable | undefined {
  const wrong = table.values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return table;
  const node = Math.floor(wrong / table.components);
  const message = `"${table.name}" is ${table.values[wrong]} on node "${job.graph.nodeNames[node]}"`;
  context.refuse(job.path, message, { hint: 'every node needs a finite value' });
  return undefined;
}
