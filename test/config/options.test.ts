// Every key of a config, walked through good and bad values. The last test sees to it that no key is forgotten.

import { describe, expect, it } from 'vitest';
import { annotatedSchema, type JsonSchema } from '../../src/config/json-schema.js';
import { parseConfig, type LoadOptions } from '../../src/config/mod.js';
import { buildModel } from '../../src/model/mod.js';
import { BASE, build, problemsOf } from './helpers.js';

interface Row {
  readonly key: string;
  /** In place of the base config. */
  readonly text?: string;
  /** Overrides that make the key meaningful. */
  readonly with?: readonly string[];
  readonly good: readonly string[];
  /** Value, and what the message must say. */
  readonly bad: readonly (readonly [string, RegExp])[];
}

const box = ['space.box=[-9, 9]', 'space.boundary=reflecting'];
const two = 'graph={nodes: [a, b], edges: [{from: a, to: b}]}';
const movements = ['representation=grid', 'dynamics={kind: jko, tau: 0.1}', 'time={end: 1}'];
const free = 'dynamics={mobility: free, rate: 1}';
const lumped = 'representation=lumped';
const growing = [lumped, 'graph={nodes: 1}', 'grow={letters: {name: s, length: 4}}'];
const accelerated = [lumped, 'dynamics={kind: accelerated, mobility: log-mean, friction: 1}'];
const files = {
  'edges.csv': 'source,target,weight\na,b,1\nb,c,2\n',
  'nodes.csv': 'node,depth\na,1\nb,2\nc,3\n',
  'data.csv': 'u,v,w\n1,2,5\n3,4,5\n5,7,5\n2,2,5\n',
  'gap.csv': 'u,v\n1,2\n,4\nNaN,x\n',
};
const data = 'potential.data.A.';
/** Without what an objective takes the place of. */
const lumpedObjective = `representation: lumped
graph: { ring: 4 }
temperature: 1
time: { step: 0.01, end: 1 }
objective: {}
`;
const inline = ['potential.data={A: {file: data.csv, columns: [u, v]}}'];

const rows: readonly Row[] = [
  {
    key: 'name',
    good: ['a run', '"7"'],
    bad: [
      ['7', /expected a name/u],
      ['" "', /expected a name/u],
    ],
  },
  { key: 'description', good: ['what it is'], bad: [['[1]', /expected a text/u]] },
  {
    key: 'space.variables',
    with: ['potential.formula=1'],
    good: ['[x]', '[x, y, z]', '1', '[x, q_1]'],
    bad: [
      ['0', /from 1/u],
      ['[]', /empty/u],
      ['[x, x]', /listed twice/u],
      ['[t]', /meaning of its own/u],
      ['["a b"]', /cannot be the name/u],
      ['{a: 1}', /list of names/u],
      ['1.5', /whole number/u],
    ],
  },
  {
    key: 'space.boundary',
    with: ['space.box=[-9, 9]'],
    good: ['free', 'periodic', 'reflecting', '[free, periodic]'],
    bad: [
      ['open', /expected free, periodic, reflecting, or a list/u],
      ['[free]', /1 boundaries for 2 coordinates/u],
      ['[free, perodic]', /perodic/u],
      ['3', /expected free/u],
    ],
  },
  {
    key: 'space.box',
    with: ['space.boundary=periodic'],
    good: ['[-1, 1]', '[[-1, 1], [-pi, 2*pi]]'],
    bad: [
      ['[1, 1]', /zero or negative size/u],
      ['[2, 1]', /zero or negative size/u],
      ['[1]', /not an interval/u],
      ['[[0, 1]]', /1 intervals for 2/u],
      ['[[0, 1], 3]', /interval/u],
      ['3', /expected \[low, high\]/u],
      ['[1, 2]', /outside the box/u],
    ],
  },
  {
    key: 'graph.ring',
    good: ['3', '100', '2^3'],
    bad: [
      ['2', /from 3/u],
      ['-1', /from 3/u],
      ['2.5', /whole/u],
      ['x', /'x' is a coordinate/u],
      ['.inf', /from 3/u],
    ],
  },
  { key: 'graph.path', with: ['graph={}'], good: ['1', '5'], bad: [['0', /from 1/u]] },
  {
    key: 'graph.complete',
    with: ['graph={}'],
    good: ['1', '5'],
    bad: [
      ['0', /from 1/u],
      ['1e6', /from 1 to 5000/u],
    ],
  },
  { key: 'graph.star', with: ['graph={}'], good: ['2', '5'], bad: [['1', /from 2/u]] },
  {
    key: 'graph.hypercube',
    with: ['graph={}'],
    good: ['1', '5'],
    bad: [
      ['0', /from 1/u],
      ['21', /to 20/u],
    ],
  },
  {
    key: 'graph.grid',
    with: ['graph={}'],
    good: ['[4]', '[2, 3]', '[1, 1]'],
    bad: [
      ['[]', /empty/u],
      ['[0]', /from 1/u],
      ['4', /list of side lengths/u],
      ['[10000, 10000]', /too large/u],
    ],
  },
  {
    key: 'graph.periodic',
    with: ['graph={grid: [3, 2]}'],
    good: ['true', 'false'],
    bad: [['1', /true or false/u]],
  },
  {
    key: 'graph.nodes',
    with: ['graph={edges: []}'],
    good: ['[a, b]', '3', '[1, 2]'],
    bad: [
      ['[a, a]', /listed twice/u],
      ['0', /from 1/u],
      ['[true]', /node name/u],
      ['[]', /empty/u],
    ],
  },
  {
    key: 'graph.edges',
    with: [two],
    good: ['[[a, b]]', '[[a, b, 1/2]]', '[[a, b], [b, a]]', '[{from: a, to: b, weight: 2}]'],
    bad: [
      ['[[a, c]]', /no node "c"/u],
      ['[[a, a]]', /to itself/u],
      ['[[a, b, -1]]', /weight >= 0, got -1/u],
      ['[[a, b, 1], [b, a, 2]]', /not symmetric/u],
      ['[[a, b, 1], [a, b, 2]]', /given twice/u],
      ['[[a]]', /two ends/u],
      ['[a]', /expected an edge/u],
      ['[[a, {}]]', /node name/u],
      ['{}', /expected a list/u],
    ],
  },
  { key: 'graph.edges.from', with: [two], good: [], bad: [] },
  { key: 'graph.edges.to', with: [two], good: [], bad: [] },
  {
    key: 'graph.edges[0].weight',
    with: [two],
    good: ['2', '0'],
    bad: [
      ['a', /unknown name/u],
      ['.nan', /got NaN/u],
    ],
  },
  {
    key: 'graph.edges[0].rate',
    with: [two, free],
    good: ['2', 'exp(-x^2)', 'target.h + weight', '0'],
    bad: [
      ['[1]', /expected a formula/u],
      ['zz', /unknown name 'zz'/u],
      ['-1', /rates are >= 0/u],
    ],
  },
  { key: 'graph.edges[0].reverseRate', with: [two, free], good: ['2'], bad: [['zz', /unknown name 'zz'/u]] },
  {
    key: 'graph.file',
    with: ['graph={}'],
    good: ['edges.csv'],
    bad: [
      ['no.csv', /no such file/u],
      ['a.json', /cannot tell the format/u],
      ['data.csv', /no columns "source" and "target"/u],
    ],
  },
  {
    key: 'graph.weight',
    good: ['2', '1/8', '0'],
    bad: [
      ['-1', />= 0/u],
      ['[1]', /expected a number/u],
      ['1/0', /finite/u],
    ],
  },
  {
    key: 'potential.formula',
    good: ['x', '3', 'h*x[0]', 't*y'],
    bad: [
      ['zz', /unknown name 'zz'/u],
      ['x +', /ends where/u],
      ['""', /expected a formula/u],
      ['{}', /expected a formula/u],
    ],
  },
  {
    key: 'potential.nodes',
    good: ['{"0": x^2}', '{"3": 0}'],
    bad: [
      ['{"9": x}', /no node "9"/u],
      ['{"0": q}', /unknown name/u],
      ['[x]', /map from node names/u],
    ],
  },
  {
    key: 'potential.parameters',
    good: [
      '{h: 1}',
      '{h: [1, 2, 3, 4]}',
      '{h: 2*node, k: h+1}',
      '{h: 0, v: {vector: [node, 1]}}',
      '{h: 0, v: {formula: component*node, components: 3}}',
      '{h: {"0": 1, "1": 2, "2": 3, "3": 1/2}}',
      '{h: {file: data.csv, column: u}}',
      '{h: 0, v: {file: data.csv, columns: [u, v]}}',
      '{h: 0, v: [[1, 2], [3, 4], [5, 6], [7, 8]]}',
    ],
    bad: [
      ['{h: [1, 2]}', /2 values for 4 nodes/u],
      ['{h: k, k: 1}', /unknown name 'k'/u],
      ['{h: x}', /coordinate/u],
      ['{h: 1/node}', /Infinity on node "0"|not a finite/u],
      ['{h: 0, pi: 1}', /another meaning/u],
      ['{h: 0, y: 1}', /another meaning/u],
      ['{h: 0, "a b": 1}', /cannot be a name/u],
      ['{h: {"0": 1}}', /no value for 3 of 4 nodes/u],
      ['{h: {"9": 1}}', /no node "9"/u],
      ['{h: {file: data.csv}}', /no column/u],
      ['{h: {file: data.csv, colum: u}}', /unknown key "colum"/u],
      ['{h: {file: data.csv, column: q}}', /no column "q"/u],
      ['{h: {file: no.csv, column: q}}', /no such file/u],
      ['{h: {vector: []}}', /empty/u],
      ['{h: {formula: 1}}', /components: is missing|is missing/u],
      ['{h: true}', /expected a number, a formula/u],
      ['[1]', /map from names/u],
    ],
  },
  { key: 'potential.parameters.vector', good: [], bad: [] },
  { key: 'potential.parameters.formula', good: [], bad: [] },
  { key: 'potential.parameters.components', good: [], bad: [] },
  { key: 'potential.parameters.file', good: [], bad: [] },
  { key: 'potential.parameters.column', good: [], bad: [] },
  { key: 'potential.parameters.columns', good: [], bad: [] },
  {
    key: 'potential.data',
    good: ['{A: [1, 2]}', '{A: [[1, 2], [3, 4]]}', '{A: {file: data.csv, column: u}}'],
    bad: [
      ['{A: [1, [2]]}', /differ in length/u],
      ['{x: [1]}', /meaning of its own/u],
      ['{A: 3}', /expected \{ file/u],
      ['{A: {file: gap.csv, column: u}}', /row 2 \(line 3\), column "u" is empty/u],
      ['{A: {file: gap.csv, column: v}}', /row 3 \(line 4\), column "v" is "x"/u],
      ['{A: {file: data.csv, column: uu}}', /no column "uu"/u],
    ],
  },
  {
    key: `${data}file`,
    with: inline,
    good: ['data.csv'],
    bad: [
      ['3', /file name/u],
      ['no.csv', /no such file/u],
    ],
  },
  {
    key: `${data}column`,
    with: ['potential.data={A: {file: data.csv}}'],
    good: ['u'],
    bad: [
      ['[u]', /column name/u],
      ['q', /no column/u],
    ],
  },
  {
    key: `${data}columns`,
    with: inline,
    good: ['[v, u]'],
    bad: [
      ['u', /list of column names/u],
      ['[q]', /no column/u],
    ],
  },
  { key: `${data}standardize`, with: inline, good: ['true'], bad: [['yes', /true or false/u]] },
  { key: `${data}center`, with: inline, good: ['true'], bad: [['0', /true or false/u]] },
  {
    key: 'temperature',
    good: ['0', '1/2', '{linear: {from: 1, to: 0, duration: 2}}', '{piecewise: [[0, 1], [1, 2]]}'],
    bad: [
      ['-1', />= 0/u],
      ['{}', /no schedule/u],
      ['{linear: {from: 1, to: 0, duration: 2}, piecewise: [[0, 1]]}', /several/u],
      ['[1]', /expected a temperature/u],
      ['.inf', /got Infinity/u],
    ],
  },
  {
    key: 'temperature.linear',
    with: ['temperature={}'],
    good: ['{from: 1, to: 0, duration: 1}'],
    bad: [['1', /section/u]],
  },
  {
    key: 'temperature.exponential',
    with: ['temperature={}'],
    good: ['{from: 1, to: 0.1, duration: 1}'],
    bad: [['{from: 1, to: 0, duration: 1}', /never reaches 0/u]],
  },
  {
    key: 'temperature.linear.from',
    with: ['temperature={linear: {from: 1, to: 1, duration: 1}}'],
    good: ['2'],
    bad: [['-1', />= 0/u]],
  },
  {
    key: 'temperature.linear.to',
    with: ['temperature={linear: {from: 1, to: 1, duration: 1}}'],
    good: ['2'],
    bad: [['-1', />= 0/u]],
  },
  {
    key: 'temperature.linear.duration',
    with: ['temperature={linear: {from: 1, to: 1, duration: 1}}'],
    good: ['2'],
    bad: [['0', /> 0/u]],
  },
  { key: 'temperature.exponential.from', good: [], bad: [] },
  { key: 'temperature.exponential.to', good: [], bad: [] },
  { key: 'temperature.exponential.duration', good: [], bad: [] },
  {
    key: 'temperature.piecewise',
    with: ['temperature={}'],
    good: ['[[0, 1]]'],
    bad: [
      ['[[0, 1], [0, 2]]', /ascend/u],
      ['[[0, -1]]', />= 0/u],
      ['[[0]]', /pair/u],
      ['[0, 1]', /pair/u],
      ['[]', /empty/u],
    ],
  },
  {
    key: 'dynamics.kind',
    good: ['gradient-flow'],
    bad: [
      ['jko', /needs the length of a step/u],
      ['flow', /expected gradient-flow, accelerated or jko/u],
    ],
  },
  { key: 'dynamics.kind', with: ['dynamics.friction=2'], good: ['accelerated'], bad: [] },
  {
    key: 'dynamics.kind',
    with: ['representation=grid', 'dynamics.friction=2', 'dynamics.mobility=log-mean'],
    good: ['accelerated'],
    bad: [],
  },
  {
    key: 'dynamics.friction',
    with: ['dynamics.kind=accelerated'],
    good: ['1', '0.5', '2*pi', '1e3'],
    bad: [
      ['0', /> 0, got 0/u],
      ['-1', />= 0, got -1/u],
      ['{nesterov: 3}', /particles have a constant friction/u],
    ],
  },
  {
    key: 'dynamics.friction',
    with: accelerated,
    good: ['0', '2.5', '{nesterov: 3}', '{nesterov: 3, restart: true}'],
    bad: [
      ['-1', />= 0/u],
      ['{nesterov: 0}', /> 0/u],
      ['{nestrov: 3}', /unknown key "nestrov"/u],
      ['[1]', /a number >= 0, or/u],
    ],
  },
  { key: 'dynamics.friction', good: [], bad: [['1', /used with kind accelerated only/u]] },
  { key: 'dynamics.friction.nesterov', good: [], bad: [] },
  { key: 'dynamics.friction.restart', good: [], bad: [] },
  {
    key: 'dynamics.mobility',
    with: accelerated,
    good: ['arithmetic', 'geometric', 'harmonic', 'constant'],
    bad: [
      ['metropolis', /depends on V/u],
      ['upwind', /no derivative/u],
      ['free', /no energy/u],
    ],
  },
  {
    key: 'dynamics.mobility',
    with: [
      'representation=grid',
      'graph={ring: 3}',
      'dynamics={kind: accelerated, mobility: log-mean, friction: 1}',
    ],
    good: ['log-mean', 'arithmetic', 'geometric', 'harmonic', 'constant'],
    bad: [
      ['metropolis', /metropolis is none/u],
      ['upwind', /no derivative/u],
    ],
  },
  {
    key: 'temperature',
    with: [lumped, 'dynamics.mobility=arithmetic'],
    good: ['0.1'],
    bad: [['0', /takes mass from empty nodes/u]],
  },
  {
    key: 'dynamics.integrator',
    with: [lumped],
    good: ['heun'],
    bad: [['leimkuhler-matthews', /is for noise/u]],
  },
  {
    key: 'observe.entropy',
    with: [lumped],
    good: ['none'],
    bad: [['knn', /entropy of masses is known/u]],
  },
  {
    key: 'dynamics.kind',
    with: ['dynamics.tau=0.1', 'time={end: 1}'],
    good: [],
    bad: [['jko', /movements are of densities on a grid/u]],
  },
  {
    key: 'dynamics.tau',
    with: movements,
    good: ['0.01', '1/8'],
    bad: [
      ['0', /> 0/u],
      ['long', /number/u],
    ],
  },
  {
    key: 'dynamics.inner',
    with: movements,
    good: ['1', '16'],
    bad: [
      ['0', /from 1 to 64/u],
      ['65', /64/u],
      ['1.5', /whole/u],
    ],
  },
  {
    key: 'dynamics.mobility',
    with: movements,
    good: [
      'log-mean',
      'arithmetic',
      'geometric',
      'harmonic',
      'constant',
      'metropolis',
      'barker',
      'symmetric',
    ],
    bad: [['upwind', /needs a concave theta/u]],
  },
  {
    key: 'dynamics.mobility',
    good: ['metropolis', 'barker', 'symmetric', 'log-mean', 'upwind'],
    bad: [
      ['metropols', /got "metropols"/u],
      ['free', /needs rates/u],
      ['[barker]', /expected metropolis/u],
    ],
  },
  {
    key: 'dynamics.rate',
    with: ['dynamics.mobility=free'],
    good: ['1', 'weight*exp(-deltaV/2)', 'abs(x)', 'target.node + node'],
    bad: [
      ['q', /unknown name/u],
      ['-1', /rates are >= 0/u],
      ['{}', /formula/u],
    ],
  },
  {
    key: 'dynamics.integrator',
    good: ['euler-maruyama', 'leimkuhler-matthews', 'heun'],
    bad: [
      ['euler', /expected euler-maruyama/u],
      ['baoab', /kind accelerated/u],
    ],
  },
  {
    key: 'dynamics.integrator',
    with: ['dynamics={kind: accelerated, friction: 1}'],
    good: ['baoab'],
    bad: [['heun', /no velocities/u]],
  },
  { key: 'dynamics.splitting', good: ['lie', 'strang'], bad: [['Lie', /expected lie or strang/u]] },
  {
    key: 'dynamics.diffusivity',
    good: ['2', '1 + node', '[1, 2, 3, 4]', '{"0": 1, "1": 1, "2": 1, "3": 2}', 'h+1'],
    bad: [
      ['0', /> 0, got 0/u],
      ['-node', /> 0/u],
      ['[1]', /1 values for 4/u],
      ['x', /coordinate/u],
      ['{"0": 1}', /no value/u],
    ],
  },
  {
    key: 'particles',
    good: ['1', '1_000', '1e3', '10*10'],
    bad: [
      ['0', /from 1/u],
      ['-5', /from 1/u],
      ['1.5', /whole/u],
      ['many', /unknown name/u],
      ['true', /whole/u],
    ],
  },
  {
    key: 'precision',
    good: ['f32', 'f64'],
    bad: [
      ['f16', /expected f32 or f64/u],
      ['32', /expected f32/u],
    ],
  },
  {
    key: 'representation',
    good: ['particles', 'grid', 'lumped'],
    bad: [['points', /expected particles/u]],
  },
  {
    key: 'representation',
    with: ['dynamics={kind: accelerated, mobility: log-mean, friction: 1}'],
    good: ['lumped', 'grid'],
    bad: [],
  },
  {
    key: 'lumped.tolerance',
    with: [lumped],
    good: ['1e-8', '0.1'],
    bad: [
      ['0', /from 1e-14/u],
      ['1', /to 0\.1/u],
      ['[1]', /expected a number/u],
    ],
  },
  {
    key: 'grow',
    with: [lumped, 'graph={nodes: 1}'],
    good: ['{letters: {name: s, length: 4}}', '{letters: {name: s, length: 4}, start: ["0110", "1111"]}'],
    bad: [
      ['{}', /neither what nodes are/u],
      ['{start: [a]}', /who is next to whom/u],
      ['{start: ["01"], letters: {name: s, length: 4}}', /"01" is no word/u],
      ['{letters: {name: s, length: 4}, flor: 1}', /unknown key "flor"/u],
      ['3', /expected a section/u],
    ],
  },
  {
    key: 'grow.start',
    with: growing,
    good: ['["0000"]', '["0101", "1010"]'],
    bad: [
      ['["0102"]', /no word/u],
      ['["0000", "0000"]', /twice/u],
      ['[]', /empty/u],
    ],
  },
  {
    key: 'grow.letters',
    with: [lumped, 'graph={nodes: 1}'],
    good: ['{name: s, length: 4}'],
    bad: [
      ['{name: s}', /length: is missing|is missing/u],
      ['{length: 4}', /is missing/u],
    ],
  },
  {
    key: 'grow.letters.name',
    with: growing,
    good: ['word'],
    bad: [
      ['x', /cannot be the name/u],
      ['node', /cannot be the name/u],
      ['"a b"', /cannot be the name/u],
    ],
  },
  { key: 'grow.letters.length', with: growing, good: ['1', '30'], bad: [['0', /from 1/u]] },
  { key: 'grow.letters.count', with: growing, good: ['2', '20'], bad: [['1', /from 2/u]] },
  { key: 'grow.letters.edit', with: growing, good: ['any', 'step'], bad: [['all', /expected any or step/u]] },
  { key: 'grow.letters.weight', with: growing, good: ['0.5'], bad: [['0', /> 0/u]] },
  { key: 'grow.every', with: growing, good: ['1'], bad: [['0', />= 1/u]] },
  { key: 'grow.birth', with: growing, good: ['1', '0.01'], bad: [['0', /> 0/u]] },
  { key: 'grow.share', with: growing, good: ['0.1'], bad: [['1', /0\.99/u]] },
  { key: 'grow.floor', with: growing, good: ['1e-9'], bad: [['0', /> 0/u]] },
  { key: 'grow.grace', with: growing, good: ['0'], bad: [['-1', />= 0/u]] },
  {
    key: 'grow.nodes',
    with: growing,
    good: ['2'],
    bad: [
      ['1', /from 2/u],
      ['many', /unknown name/u],
    ],
  },
  {
    key: 'grid.cells',
    with: ['representation=grid'],
    good: ['16', '[16, 4]', '2^5'],
    bad: [
      ['3', /from 4/u],
      ['100000', /to 65536/u],
      ['[16]', /1 numbers for 2 coordinates/u],
      ['[16, 2.5]', /whole/u],
      ['many', /number of cells/u],
      ['{}', /number of cells/u],
    ],
  },
  {
    key: 'grid.box',
    with: ['representation=grid'],
    good: ['[-3, 3]', '[[-3, 3], [-2*pi, 2*pi]]'],
    bad: [
      ['[3, -3]', /no interval with low < high/u],
      ['[1]', /no interval/u],
      ['[[-3, 3]]', /1 intervals for 2 coordinates/u],
      ['[[-3, 3], [1, 1]]', /no interval/u],
      ['3', /expected \[low, high\]/u],
    ],
  },
  {
    key: 'grid.tolerance',
    with: ['representation=grid'],
    good: ['1e-5', '0.1'],
    bad: [
      ['0', /> 0/u],
      ['-1', /> 0/u],
      ['0.5', /0\.1/u],
    ],
  },
  {
    key: 'initial.gaussian',
    good: ['{}', '{mean: [0, 1], std: node}', '{mean: {"0": 1, "1": [1, 2], "2": 0, "3": 0}}'],
    bad: [
      ['{mean: [0]}', /1 values for 2/u],
      ['{std: -1}', />= 0, got -1/u],
      ['{mean: x}', /coordinate/u],
      ['{sd: 1}', /unknown key "sd"/u],
      ['1', /section/u],
    ],
  },
  {
    key: 'initial.gaussian.mean',
    good: ['1', '[node, h]'],
    bad: [
      ['[1, 2, 3]', /3 values/u],
      ['1/0', /finite/u],
    ],
  },
  { key: 'initial.gaussian.std', good: ['0', '[1, 2]'], bad: [['-1', />= 0/u]] },
  {
    key: 'initial.uniform',
    with: ['initial={}'],
    good: ['{low: 0, high: 1}', '{low: [0, 1], high: [2, node + 2]}'],
    bad: [
      ['{low: 0}', /high: is missing|is missing/u],
      ['{low: 1, high: 1}', /not below/u],
    ],
  },
  {
    key: 'initial.uniform.low',
    with: [...box, 'initial={uniform: {}}'],
    good: ['0'],
    bad: [['-10', /outside the box/u]],
  },
  {
    key: 'initial.uniform.high',
    with: [...box, 'initial={uniform: {}}'],
    good: ['0'],
    bad: [['10', /outside the box/u]],
  },
  {
    key: 'initial.point',
    with: ['initial={}'],
    good: ['[0, 0]', '0', 'node', '{"0": 0, "1": [1, 2], "2": 3, "3": 4}'],
    bad: [
      ['[0]', /1 values for 2/u],
      ['q', /unknown name/u],
    ],
  },
  {
    key: 'initial.velocities',
    with: ['dynamics={kind: accelerated, friction: 1}'],
    good: ['thermal', 'rest'],
    bad: [['cold', /expected thermal or rest/u]],
  },
  { key: 'initial.velocities', good: [], bad: [['rest', /particles of kind accelerated/u]] },
  {
    key: 'initial.masses',
    good: ['uniform', '[1, 2, 3, 4]', 'node', '{"1": 1}'],
    bad: [
      ['[0, 0, 0, 0]', /all masses are 0/u],
      ['[1, -1, 1, 1]', /masses >= 0/u],
      ['[1]', /1 values/u],
      ['{"7": 1}', /no node "7"/u],
      ['unform', /unknown name/u],
    ],
  },
  {
    key: 'time.step',
    good: ['1/128'],
    bad: [
      ['0', /> 0/u],
      ['-1', /> 0/u],
      ['.nan', /got NaN/u],
    ],
  },
  {
    key: 'time.end',
    good: ['1', '2*pi'],
    bad: [
      ['0', /> 0/u],
      ['0.001', /before the first step/u],
      ['1e20', /2\^32/u],
    ],
  },
  {
    key: 'time.steps',
    with: ['time={step: 0.01}'],
    good: ['5'],
    bad: [
      ['0', /from 1/u],
      ['1.5', /whole/u],
    ],
  },
  {
    key: 'seed',
    good: ['0', '9007199254740991'],
    bad: [
      ['-1', /from 0/u],
      ['9007199254740993', /from 0/u],
      ['0.5', /whole/u],
    ],
  },
  {
    key: 'observe.every',
    good: ['1'],
    bad: [
      ['0', />= 1/u],
      ['60s', /60s/u],
    ],
  },
  {
    key: 'observe.entropy',
    good: ['none', 'knn', 'gaussian', 'grid', '{method: knn}', '{method: gaussian, samples: 16}'],
    bad: [
      ['nearest', /expected knn, grid, gaussian, none, or a section/u],
      ['true', /knn, grid, gaussian, none/u],
      ['{}', /method: is missing|is missing/u],
      ['{method: none}', /expected knn, grid or gaussian/u],
      ['{method: knn, neighbors: 4}', /unknown key "neighbors"/u],
    ],
  },
  {
    key: 'observe.entropy.method',
    with: ['observe.entropy={method: knn}'],
    good: ['grid'],
    bad: [['counts', /expected knn, grid or gaussian/u]],
  },
  {
    key: 'observe.entropy.neighbours',
    with: ['observe.entropy={method: knn}'],
    good: ['1', '100'],
    bad: [
      ['0', /from 1/u],
      ['101', /to 100/u],
      ['2.5', /whole/u],
    ],
  },
  {
    key: 'observe.entropy.samples',
    with: ['observe.entropy={method: knn}'],
    good: ['16', '1e5'],
    bad: [
      ['15', /from 16/u],
      ['1e8', /to 10/u],
    ],
  },
  {
    key: 'observe.logZ',
    good: ['auto', '0', '-3.5', 'log(2*pi)'],
    bad: [
      ['exact', /unknown name 'exact'|auto/u],
      ['.inf', /finite|Infinity/u],
      ['[1]', /number, or auto/u],
    ],
  },
  { key: 'snapshots.every', with: ['snapshots={every: 5}'], good: ['1'], bad: [['0', />= 1/u]] },
  {
    key: 'snapshots.particles',
    with: ['snapshots={every: 5}'],
    good: ['all', '10'],
    bad: [
      ['0', />= 1/u],
      ['some', /some/u],
    ],
  },
  {
    key: 'checkpoint.every',
    good: ['100', '60s', '10min', '1.5h', '500ms'],
    bad: [
      ['0', />= 1/u],
      ['10 parsecs', /no duration/u],
      ['0s', /duration > 0/u],
      ['-5s', /-5s|number/u],
    ],
  },
  { key: 'checkpoint.keep', good: ['1'], bad: [['0', /from 1/u]] },
  {
    key: 'objective.module',
    text: lumpedObjective,
    good: ['a.ts', 'folder/b.mjs'],
    bad: [
      ['3', /expected the path of a module/u],
      ['" "', /expected the path of a module/u],
    ],
  },
  {
    key: 'objective.options',
    text: lumpedObjective,
    with: ['objective.module=a.ts'],
    good: ['{}', '{ a: 1, b: [x, { c: true }] }'],
    bad: [['3', /expected a section with options/u]],
  },
  {
    key: 'objective.command',
    text: lumpedObjective,
    good: ['[python3, a.py]', '[./program]'],
    bad: [
      ['[]', /the list is empty/u],
      ['python3', /expected a list: the program and its arguments/u],
      ['[python3, 3]', /expected a word of the command/u],
    ],
  },
  {
    key: 'objective.timeout',
    text: lumpedObjective,
    with: ['objective.command=[a]'],
    good: ['500ms', '30s', '10min'],
    bad: [
      ['30', /expected a duration/u],
      ['0s', /duration > 0/u],
      ['fast', /no duration/u],
    ],
  },
  {
    key: 'optimize.stop.seconds',
    good: ['500ms', '2h'],
    bad: [
      ['5', /expected a duration/u],
      ['long', /no duration/u],
    ],
  },
  {
    key: 'optimize.stop.evaluations',
    good: ['1', '1_000_000'],
    bad: [
      ['0', />= 1/u],
      ['1.5', /whole/u],
    ],
  },
  { key: 'optimize.stop.stagnation', good: ['1', '500'], bad: [['0', />= 1/u]] },
  {
    key: 'optimize.restarts',
    good: ['0', '10'],
    bad: [
      ['-1', /from 0/u],
      ['0.5', /whole/u],
    ],
  },
  {
    key: 'optimize.improvement',
    with: ['optimize.stop.stagnation=5'],
    good: ['0', '1e-3'],
    bad: [['-1', />= 0/u]],
  },
  { key: 'optimize.top', good: ['1', '50'], bad: [['0', /from 1/u]] },
  {
    key: 'partition',
    good: ['auto', 'nodes', 'replicas'],
    bad: [['node', /expected auto, nodes or replicas/u]],
  },
];

/** The model of a row's config with a value for its key. */
function made(row: Row, value: string, options: LoadOptions): void {
  const overrides = [...(row.with ?? []), `${row.key}=${value}`];
  if (row.text === undefined) build(overrides, options);
  else buildModel(parseConfig(row.text, { file: 'test.yaml', overrides, ...options }));
}

describe('options', () => {
  it('knows one of potential and objective', () => {
    const text = `${BASE}objective: { module: a.ts }\nrepresentation: lumped\n`;
    const problems = problemsOf(() => parseConfig(text, { file: 'test.yaml' }));
    expect(problems.map(({ message, line }) => [message, line])).toEqual([
      ['the config has both potential and objective', 11],
    ]);
  });

  it('knows objectives for representation lumped only', () => {
    const text = lumpedObjective.replace('lumped', 'grid').replace('{}', '{ module: a.ts }');
    const problems = problemsOf(() => parseConfig(text, { file: 'test.yaml' }));
    expect(problems.map(({ message }) => message)).toEqual(['is used with representation lumped only']);
  });

  for (const row of rows) {
    for (const value of row.good) {
      it(`${row.key}=${value} is taken`, () => {
        expect(() => made(row, value, { attachments: files })).not.toThrow();
      });
    }
    for (const [value, message] of row.bad) {
      it(`${row.key}=${value} is refused`, () => {
        const problems = problemsOf(() => made(row, value, { attachments: files, folder: '/nowhere' }));
        expect(problems.map((problem) => problem.message).join('\n')).toMatch(message);
        expect(problems.some((problem) => problem.where.startsWith('--set '))).toBe(
          row.key !== 'space.box' || value !== '[1, 2]',
        );
      });
    }
  }

  it('walks every key of the schema', () => {
    const keys = new Set(rows.map((row) => row.key.replace(/\[\d+\]/gu, '').replace('data.A.', 'data.')));
    const missing: string[] = [];
    const walk = (path: string, schema: JsonSchema): void => {
      for (const [key, value] of Object.entries(schema.properties ?? {})) {
        const inner = path === '' ? key : `${path}.${key}`;
        if (!keys.has(inner) && ![...keys].some((known) => known.startsWith(`${inner}.`)))
          missing.push(inner);
        walk(inner, value);
      }
      for (const choice of schema.anyOf ?? []) walk(path, choice);
      if (schema.items !== undefined) walk(path, schema.items);
      if (typeof schema.additionalProperties === 'object') walk(path, schema.additionalProperties);
    };
    walk('', annotatedSchema());
    expect(missing).toEqual([]);
  });

  it('kind accelerated asks for a friction, and brings its integrator', () => {
    const [problem] = problemsOf(() => build(['dynamics.kind=accelerated']));
    expect([problem.path, problem.message, problem.hint]).toEqual([
      'dynamics.friction',
      'is missing: kind accelerated needs a number >= 0',
      'add friction: 1',
    ]);
    const { model } = build(['dynamics={kind: accelerated, friction: 3}', 'initial.velocities=rest']);
    expect(model.integrator).toBe('baoab');
    expect(model.kinetics).toEqual({ friction: 3, start: 'rest' });
    expect(build().model.kinetics).toBeUndefined();
  });

  it('describes every key', () => {
    const silent: string[] = [];
    const walk = (path: string, schema: JsonSchema): void => {
      for (const [key, value] of Object.entries(schema.properties ?? {})) {
        if (value.description === undefined) silent.push(`${path}.${key}`);
        walk(`${path}.${key}`, value);
      }
      for (const choice of schema.anyOf ?? []) walk(path, choice);
    };
    walk('', annotatedSchema());
    expect(silent).toEqual([]);
  });
});
