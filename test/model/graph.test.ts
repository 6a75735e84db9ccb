// Graphs: shapes, compressed rows, lists and files.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/mod.js';
import { buildModel, components, compressGraph, grid, shape, type Graph } from '../../src/model/mod.js';
import { BASE, build, problemWith } from '../config/helpers.js';

const degrees = (graph: Graph): number[] =>
  Array.from({ length: graph.nodeCount }, (_, g) => graph.offsets[g + 1] - graph.offsets[g]);

/** What every graph must be: rows ascending, no loops, symmetric, `reverse` an involution between equal weights. */
function expectSound(graph: Graph): void {
  expect(graph.offsets[0]).toBe(0);
  expect(graph.offsets[graph.nodeCount]).toBe(graph.targets.length);
  for (let g = 0; g < graph.nodeCount; g++) {
    for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) {
      if (e > graph.offsets[g]) expect(graph.targets[e]).toBeGreaterThan(graph.targets[e - 1]);
      const h = graph.targets[e];
      const back = graph.reverse[e];
      expect(h).not.toBe(g);
      expect(graph.targets[back]).toBe(g);
      expect(back >= graph.offsets[h] && back < graph.offsets[h + 1]).toBe(true);
      expect(graph.reverse[back]).toBe(e);
      expect(graph.weights[back]).toBe(graph.weights[e]);
    }
  }
}

const graphOf = (parts: ReturnType<typeof shape>): Graph => compressGraph(parts.nodeNames, parts.edges).graph;

describe('shapes', () => {
  const expected = {
    ring: (n: number) => Array.from({ length: n }, () => 2),
    path: (n: number) => Array.from({ length: n }, (_, i) => (n === 1 ? 0 : i === 0 || i === n - 1 ? 1 : 2)),
    complete: (n: number) => Array.from({ length: n }, () => n - 1),
    star: (n: number) => Array.from({ length: n }, (_, i) => (i === 0 ? n - 1 : 1)),
  };

  it('are symmetric, connected and of the right degrees', () => {
    const kinds = fc.constantFrom('ring', 'path', 'complete', 'star');
    fc.assert(
      fc.property(
        kinds,
        fc.integer({ min: 3, max: 40 }),
        fc.double({ min: 0.1, max: 9, noNaN: true }),
        (kind, n, weight) => {
          const graph = graphOf(shape(kind, n, weight));
          expectSound(graph);
          expect(degrees(graph)).toEqual(expected[kind](n));
          expect(graph.weights.every((w) => w === weight)).toBe(true);
          expect(components(graph).count).toBe(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('hypercubes flip one bit, and know their bits', () => {
    for (let d = 1; d <= 7; d++) {
      const parts = shape('hypercube', d, 1);
      const graph = graphOf(parts);
      expectSound(graph);
      expect(degrees(graph)).toEqual(Array.from({ length: 2 ** d }, () => d));
      const [{ name, components: width, values }] = parts.parameters;
      expect([name, width]).toEqual(['bits', d]);
      for (let g = 0; g < graph.nodeCount; g++) {
        const own = [...values.subarray(g * d, (g + 1) * d)];
        expect(own.reduce((sum, bit, j) => sum + bit * 2 ** j, 0)).toBe(g);
        expect(graph.nodeNames[g]).toBe(own.join(''));
      }
    }
  });

  it('grids join neighbours, and opposite sides where periodic', () => {
    const sides = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(sides, fc.boolean(), (lengths, periodic) => {
        const parts = grid(lengths, periodic, 1);
        const graph = graphOf(parts);
        expectSound(graph);
        expect(components(graph).count).toBe(1);
        const position = parts.parameters[0].values;
        const a = lengths.length;
        for (let g = 0; g < graph.nodeCount; g++) {
          const degree = lengths.reduce((sum, side, i) => {
            const at = position[g * a + i];
            const inside = (at > 0 ? 1 : 0) + (at < side - 1 ? 1 : 0);
            return sum + (periodic && side > 2 ? 2 : inside);
          }, 0);
          expect(graph.offsets[g + 1] - graph.offsets[g]).toBe(degree);
        }
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    ['{hypercube: 16}', 65536],
    ['{ring: 100000}', 100000],
    ['{grid: [300, 300], periodic: true}', 90000],
  ])('%s builds within seconds', (graph, nodes) => {
    const overrides = [`graph=${graph}`, 'potential={formula: x^2 + y^2 + a, parameters: {a: sin(node)}}'];
    expect(build(overrides).model.graph.nodeCount).toBe(nodes);
  });
});

describe('compressed rows', () => {
  it('hold any list of edges', () => {
    const pair = fc.tuple(fc.nat(14), fc.nat(14)).filter(([a, b]) => a < b);
    const list = fc.uniqueArray(pair, { maxLength: 60, selector: ([a, b]) => a * 15 + b });
    fc.assert(
      fc.property(list, (pairs) => {
        const edges = {
          from: Int32Array.from(pairs, ([a]) => a),
          to: Int32Array.from(pairs, ([, b]) => b),
          weights: Float64Array.from(pairs, (_, i) => i),
        };
        const names = Array.from({ length: 15 }, (_, i) => `n${i}`);
        const { graph, forward } = compressGraph(names, edges);
        expectSound(graph);
        pairs.forEach(([a, b], i) => {
          expect(graph.targets[forward[i]]).toBe(b);
          expect(graph.targets[graph.reverse[forward[i]]]).toBe(a);
          expect(graph.weights[forward[i]]).toBe(i);
        });
      }),
    );
  });
});

describe('lists of edges', () => {
  it('may give an edge in both directions', () => {
    const { model } = build([
      'graph={nodes: [a, b, c], edges: [[a, b, 2], [b, a, 2], [c, b]], weight: 3}',
      'potential.formula=x^2+y^2',
    ]);
    expectSound(model.graph);
    expect([...model.graph.weights]).toEqual([2, 2, 3, 3]);
  });

  it('suggest names', () => {
    const problem = problemWith(['graph={nodes: [open, closed], edges: [[open, close]]}']);
    expect(problem.hint).toBe('did you mean "closed"?');
    expect(problem.path).toBe('graph.edges[0]');
  });

  it('report edges of the file where they stand', () => {
    const text = BASE.replace('{ ring: 4 }', '\n  nodes: 3\n  edges:\n    - [0, 1]\n    - [1, 3]');
    const load = (): unknown => buildModel(parseConfig(text, { file: 'a.yaml' }));
    expect(load).toThrow(/a\.yaml:7:7: graph\.edges\[1\]: there is no node "3"/u);
  });
});

describe('files', () => {
  const potential = 'potential={formula: depth*(x^2 + y^2)}';
  const csv = (edges: string, nodes = 'node,depth,label\na,1,one\nb,2,two\nc,3,three\n') => ({
    attachments: { 'edges.csv': edges, 'nodes.csv': nodes },
  });
  const files = ['graph={file: edges.csv, nodes: nodes.csv}', potential];

  it('CSV gives edges, weights, and parameters of nodes', () => {
    const { model, notes } = build(files, csv('source,target,weight\na,b,2\nb,a,2\nb,c,0.5\n'));
    expectSound(model.graph);
    expect([...model.graph.weights]).toEqual([2, 2, 0.5, 0.5]);
    expect([...model.parameters[0].values]).toEqual([1, 2, 3]);
    expect(notes.map((note) => note.code)).toContain('column-left-out');
  });

  it.each([
    ['source,target,weight\na,b,1\nb,a,2\n', /line 3: weights are not symmetric/u],
    ['source,target,weight\na,b,-1\n', /line 2: expected a weight >= 0/u],
    ['source,target,weight\na,a,1\n', /to itself/u],
    ['source,target,weight\na,d,1\n', /no node "d"/u],
    ['source,target,weight\na,b,\n', /row 1 \(line 2\), column "weight" is empty/u],
    ['source,target,wieght\na,b,1\n', /unknown column "wieght"/u],
    ['begin,end\na,b\n', /no columns "source" and "target"/u],
    ['from,end\na,b\n', /no second end of edges beside "from"/u],
    ['from,to,wieght\na,b,1\n', /unknown column "wieght"/u],
    ['source,target\na\n', /not valid CSV/u],
    ['source,target\n', /no rows/u],
  ])('CSV %j is refused', (edges, message) => {
    expect(() => build(files, csv(edges))).toThrow(message);
  });

  it('CSV nodes with gaps are refused', () => {
    const nodes = 'node,depth\na,1\nb,\nc,3\n';
    expect(() => build(files, csv('source,target\na,b\n', nodes))).toThrow(
      /nodes\.csv row 2 \(line 3\), column "depth" is empty/u,
    );
  });

  const graphml = (body: string, kind = 'undirected'): { attachments: Record<string, string> } => ({
    attachments: {
      'g.graphml':
        `<?xml version="1.0"?><graphml xmlns="http://graphml.graphdrawing.org/xmlns">` +
        `<key id="d0" for="node" attr.name="depth" attr.type="double"><default>4</default></key>` +
        `<key id="d1" for="edge" attr.name="weight" attr.type="double"/>` +
        `<graph edgedefault="${kind}">${body}</graph></graphml>`,
    },
  });
  const ml = ['graph={file: g.graphml, weight: 7}', potential];
  const nodes = '<node id="a"/><node id="b &amp; c"><data key="d0">5</data></node>';

  it('GraphML gives edges, weights, and parameters of nodes', () => {
    const edges = '<edge source="a" target="b &amp; c"><data key="d1">2</data></edge>';
    const { model } = build(ml, graphml(nodes + edges));
    expect(model.graph.nodeNames).toEqual(['a', 'b & c']);
    expect([...model.graph.weights]).toEqual([2, 2]);
    expect([...model.parameters[0].values]).toEqual([4, 5]);
    const plain = build(ml, graphml(`${nodes}<edge source="a" target="b &amp; c"/>`, 'directed'));
    expect([...plain.model.graph.weights]).toEqual([7, 7]);
    expect(plain.notes.map((note) => note.code)).toContain('directed-graphml');
  });

  it.each([
    [`${nodes}<edge source="a" target="x"/>`, /edge 1: there is no node "x"/u],
    [`${nodes}<edge source="a" target="a"/>`, /to itself/u],
    ['<node id="a"/><node id="a"/>', /listed twice/u],
    ['', /no nodes/u],
    ['<node id="a"><data key="d0">much</data></node>', /no finite number for "depth"/u],
    ['<node id="a">', /line 1/u],
  ])('GraphML %j is refused', (body, message) => {
    expect(() => build(ml, graphml(body))).toThrow(message);
  });

  it('GraphML with entities is refused', () => {
    const text = '<!DOCTYPE g [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><graphml/>';
    expect(() => build(ml, { attachments: { 'g.graphml': text } })).toThrow(/document types and entities/u);
  });
});
