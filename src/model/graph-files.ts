// Graphs from files: GraphML, and CSV tables of edges and nodes. Reading only; what makes a sound graph is checked in
// graph-list.ts.

import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Path } from '../config/mod.js';
import { suggest } from '../config/thread.js';
import type { BuildContext } from './context.js';
import type { EdgeEntry } from './graph-list.js';
import type { ParameterTable } from './model.js';
import { isNumeric, numericColumn, readTable, readText, type Table } from './tables.js';

/** A graph as read: names, edges as given, node parameters. */
export interface GraphFile {
  readonly nodeNames: readonly string[];
  readonly entries: readonly EdgeEntry[];
  readonly parameters: readonly ParameterTable[];
}

const identifier = /^[A-Za-z_]\w*$/u;

/** Reads the CSV tables `file` (edges) and `nodes`. */
export function readCsvGraph(
  context: BuildContext,
  file: string,
  nodes: string | undefined,
  weight: number,
): GraphFile | undefined {
  const path = ['graph', 'file'];
  const edges = readTable(context, path, file);
  const nodeTable = nodes === undefined ? undefined : readTable(context, ['graph', 'nodes'], nodes);
  if (edges === undefined || (nodes !== undefined && nodeTable === undefined)) return undefined;
  const ends = endColumns(context, path, edges);
  if (ends === undefined) return undefined;
  const [source, target] = ends;
  edges.header.forEach((name, i) => {
    if (i === source || i === target || name === 'weight') return;
    context.refuse(path, `${file} has an unknown column "${name}"`, {
      value: name,
      hint: `${suggest(name, ['weight'], 'a third column is called')}; otherwise remove it`,
    });
  });
  const weights = edges.header.includes('weight') ? numericColumn(context, path, edges, 'weight') : undefined;
  const entries = edges.rows.map((row, i): EdgeEntry => ({
    from: row[source],
    to: row[target],
    weight: weights === undefined ? weight : weights[i],
    path,
    prefix: `${file} line ${edges.lines[i]}: `,
  }));
  if (nodeTable === undefined) {
    const names = new Set<string>();
    for (const { from, to } of entries) names.add(from).add(to);
    return { nodeNames: [...names], entries, parameters: [] };
  }
  return { ...nodesOf(context, nodeTable), entries };
}

/** Headers of the two ends of an edge. */
const endNames = [
  ['source', 'target'],
  ['from', 'to'],
] as const;

/** The columns with the ends of edges, or one complaint of what is missing. */
function endColumns(
  context: BuildContext,
  path: Path,
  { file, header }: Table,
): readonly [number, number] | undefined {
  for (const names of endNames) {
    const [source, target] = names.map((name) => header.indexOf(name));
    if (source >= 0 && target >= 0) return [source, target];
  }
  const known = endNames.flat();
  const given = header.filter((name) => known.some((end) => end === name));
  const missing =
    given.length === 0
      ? 'columns "source" and "target"'
      : `second end of edges beside "${given.join('" and "')}"`;
  context.refuse(path, `${file} has no ${missing}`, {
    value: header.join(', '),
    hint: `begin the file with the line source,target or source,target,weight (from,to will do); its columns now: ${header.join(', ')}`,
  });
  return undefined;
}

function nodesOf(context: BuildContext, table: Table): Pick<GraphFile, 'nodeNames' | 'parameters'> {
  const path = ['graph', 'nodes'];
  const nameColumn = Math.max(
    0,
    table.header.findIndex((name) => ['node', 'name', 'id'].includes(name)),
  );
  const parameters: ParameterTable[] = [];
  table.header.forEach((name, i) => {
    if (i === nameColumn) return;
    if (!identifier.test(name)) {
      context.note(
        'column-left-out',
        path,
        `column "${name}" of ${table.file} is left out: it cannot be used in formulas`,
      );
      return;
    }
    // A column with no number in it is a label; one with some is a column of numbers with mistakes.
    const isLabel =
      !isNumeric(table, i) && table.rows.every((row) => row[i] === '' || Number.isNaN(Number(row[i])));
    if (isLabel && table.rows.some((row) => row[i] !== '')) {
      context.note('column-left-out', path, `column "${name}" of ${table.file} is left out: it holds texts`);
      return;
    }
    const values = numericColumn(context, path, table, name);
    if (values !== undefined) parameters.push({ name, components: 1, values });
  });
  return { nodeNames: table.rows.map((row) => row[nameColumn]), parameters };
}

/** An element as the XML parser gives it: attributes by `@name`, text as `#text`; plain text where there is nothing else. */
type XmlNode = Readonly<Record<string, unknown>>;

const asList = (value: unknown): XmlNode[] => {
  if (value === undefined || value === '') return [];
  return (Array.isArray(value) ? value : [value]) as XmlNode[];
};
const attribute = (node: XmlNode, name: string): string | undefined => {
  const value = node[`@${name}`];
  return typeof value === 'string' ? value : undefined;
};
const content = (node: unknown): string => {
  const text = typeof node === 'object' && node !== null ? (node as XmlNode)['#text'] : node;
  return typeof text === 'string' ? text : '';
};

interface Key {
  readonly name: string;
  readonly type: string;
  readonly fallback: string | undefined;
}

/** The keys declared for nodes or edges, by id. */
function keysOf(root: XmlNode, target: 'node' | 'edge'): Map<string, Key> {
  const keys = new Map<string, Key>();
  for (const key of asList(root['key'])) {
    const applies = attribute(key, 'for') ?? 'all';
    const id = attribute(key, 'id');
    if (id === undefined || (applies !== target && applies !== 'all')) continue;
    const fallback = key['default'] === undefined ? undefined : content(key['default']);
    keys.set(id, {
      name: attribute(key, 'attr.name') ?? id,
      type: attribute(key, 'attr.type') ?? 'string',
      fallback,
    });
  }
  return keys;
}

/** Data of a node or edge by key name, defaults included. */
function dataOf(element: XmlNode, keys: ReadonlyMap<string, Key>): Map<string, string> {
  const values = new Map<string, string>();
  for (const key of keys.values()) if (key.fallback !== undefined) values.set(key.name, key.fallback);
  for (const data of asList(element['data'])) {
    const key = keys.get(attribute(data, 'key') ?? '');
    if (key !== undefined) values.set(key.name, content(data).trim());
  }
  return values;
}

function toNumber(text: string | undefined, type: string): number {
  if (text === undefined || text === '') return NaN;
  if (type === 'boolean')
    return text === 'true' || text === '1' ? 1 : text === 'false' || text === '0' ? 0 : NaN;
  return Number(text);
}

/** Reads a GraphML file: numeric node data become parameters, the edge data `weight` the weight. */
export function readGraphml(context: BuildContext, file: string, weight: number): GraphFile | undefined {
  const path: Path = ['graph', 'file'];
  const text = readText(context, path, file);
  if (text === undefined) return undefined;
  const refuse = (message: string, hint: string): void => {
    context.refuse(path, `${file}: ${message}`, { value: file, hint });
  };
  if (/<!(?:DOCTYPE|ENTITY)/iu.test(text)) {
    refuse('document types and entities are not read', 'remove <!DOCTYPE …>');
    return undefined;
  }
  // Marked deprecated in favour of a package of its own; it is here, does what is needed, and fails no text that parses.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const valid = XMLValidator.validate(text);
  if (valid !== true) {
    refuse(`line ${valid.err.line}, column ${valid.err.col}: ${valid.err.msg}`, 'mend the XML');
    return undefined;
  }
  let document: XmlNode;
  try {
    document = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      removeNSPrefix: true,
      parseTagValue: false,
      parseAttributeValue: false,
    }).parse(text) as XmlNode;
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error), 'mend the XML');
    return undefined;
  }
  const root = document['graphml'] as XmlNode | undefined;
  const graphs = asList(root?.['graph']);
  if (root === undefined || graphs.length !== 1) {
    refuse(`holds ${graphs.length} graphs`, 'give a GraphML file with one graph');
    return undefined;
  }
  const graph = graphs[0];
  const nodes = asList(graph['node']);
  if (nodes.length === 0) {
    refuse('has no nodes', 'add <node id="…"/>');
    return undefined;
  }
  if (graph['hyperedge'] !== undefined || nodes.some((node) => node['graph'] !== undefined)) {
    refuse('hyperedges and nested graphs are not read', 'flatten the graph');
    return undefined;
  }
  if (attribute(graph, 'edgedefault') === 'directed') {
    context.note(
      'directed-graphml',
      path,
      `the edges of ${file} are directed; each is taken in both directions`,
    );
  }
  const nodeNames = nodes.map((node, i) => attribute(node, 'id') ?? String(i));
  const nodeKeys = keysOf(root, 'node');
  const data = nodes.map((node) => dataOf(node, nodeKeys));
  const parameters: ParameterTable[] = [];
  for (const { name, type } of nodeKeys.values()) {
    if (type === 'string' || !identifier.test(name)) {
      context.note(
        'data-left-out',
        path,
        `node data "${name}" of ${file} is left out: it is no number with a plain name`,
      );
      continue;
    }
    const values = Float64Array.from(data, (values) => toNumber(values.get(name), type));
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong < 0) {
      parameters.push({ name, components: 1, values });
    } else {
      refuse(
        `node "${nodeNames[wrong]}" has no finite number for "${name}"`,
        'fill it in, or give the key a <default>',
      );
    }
  }
  const edgeKeys = keysOf(root, 'edge');
  const weightType = [...edgeKeys.values()].find((key) => key.name === 'weight')?.type ?? 'double';
  const entries = asList(graph['edge']).map((edge, i): EdgeEntry => {
    const given = dataOf(edge, edgeKeys).get('weight');
    return {
      from: attribute(edge, 'source') ?? '',
      to: attribute(edge, 'target') ?? '',
      weight: given === undefined ? weight : toNumber(given, weightType),
      path,
      prefix: `${file} edge ${i + 1}: `,
    };
  });
  return { nodeNames, entries, parameters };
}
