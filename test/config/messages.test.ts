// What somebody sees who writes a config for the first time and errs: one problem per slip, with its line, and a fix that can be
// followed. Not which values are taken (options.test.ts), nor where carets stand (positions.test.ts).

import { describe, expect, it } from 'vitest';
import type { Problem } from '../../src/config/mod.js';
import { BASE, build, problemsIn } from './helpers.js';

const line = (start: string): string => {
  const found = BASE.split('\n').find((text) => text.startsWith(start));
  if (found === undefined) throw new Error(`no line ${start}`);
  return `${found}\n`;
};
const without = (start: string): string => BASE.replace(line(start), '');
const as = (start: string, text: string): string => BASE.replace(line(start), `${text}\n`);
const withPotential = (text: string): string =>
  BASE.replace(/potential:\n.*\n.*\n/u, `potential:\n  formula: x^2\n${text}\n`);
const formula = (text: string): string => BASE.replace('0.5*(x^2 + y^2) + h', text);

const attachments = {
  'headless.csv': 'a,b\nb,c\n',
  'nan.csv': 'age,y\n1,2\nNaN,3\n4,\n',
  'edges.csv': 'from,to,weight\na,b,1\nb,c,-2\n',
};

/** What is written, where the only problem is said to be, what is said, and what is to be done. */
const slips: readonly (readonly [string, string, number, RegExp, RegExp])[] = [
  ['no initial law', without('initial'), 9, /initial: is missing/u, /^add initial: \{ gaussian: \{/u],
  [
    'no potential',
    BASE.replace(/potential:\n.*\n.*\n/u, ''),
    7,
    /is missing/u,
    /^add potential: \{ formula:/u,
  ],
  ['no space', without('space'), 9, /is missing/u, /^add space: \{ variables: \[x, y\] \}/u],
  ['no time', without('time'), 9, /is missing/u, /^add time: \{ step: 0\.01, end: 10 \}/u],
  ['no temperature', without('temperature'), 9, /is missing/u, /^add temperature: 1/u],
  ['no particles', without('particles'), 9, /is missing/u, /^add particles: /u],
  ['no stop', as('time', 'time: { step: 0.01 }'), 10, /no end/u, /end: 10/u],
  ['nothing', '', 1, /empty/u, /init/u],
  [
    'a text for a section',
    as('initial', 'initial: gaussian'),
    9,
    /expected a section/u,
    /^write initial: \{/u,
  ],
  ['a section without values', as('initial', 'initial:'), 9, /has no value/u, /^write initial: \{/u],
  ['a word for a number', as('particles', 'particles: many'), 8, /'many'/u, /^write a whole number/u],
  ['commas for thousands', as('particles', 'particles: 1,000'), 8, /whole number/u, /^write 1_000$/u],
  ['a number of particles beyond reason', as('particles', 'particles: 1e13'), 8, /1099511627776/u, /^use/u],
  ['a word for a temperature', as('temperature', 'temperature: warm'), 7, /"warm"/u, /\{ linear \}/u],
  [
    'half a schedule',
    as('temperature', 'temperature: { linear: { from: 1, to: 0 } }'),
    7,
    /duration/u,
    /^add duration: /u,
  ],
  [
    'triples in a schedule',
    as('temperature', 'temperature: { piecewise: [[0, 1, 2]] }'),
    7,
    /3 numbers/u,
    /\[\[0, 2\]/u,
  ],
  [
    'a key of another section',
    `${BASE}step: 0.1\n`,
    11,
    /unknown key/u,
    /^move it into time, as in time: \{ step: … \}/u,
  ],
  ['a key without a colon', `seed 5: 1\n${BASE}`, 1, /seed 5/u, /"seed:"/u],
  [
    'other names for friction',
    `${BASE}dynamics: { kind: accelerated, gamma: 1 }\n`,
    11,
    /called friction/u,
    /^write friction/u,
  ],
  [
    'no friction',
    `${BASE}dynamics: { kind: accelerated }\n`,
    11,
    /friction: is missing/u,
    /^add friction: 1/u,
  ],
  [
    'an array without a file',
    withPotential('  data:\n    A: { column: age }'),
    7,
    /file: is missing/u,
    /^add file: data\.csv/u,
  ],
  [
    'an array without a column',
    withPotential('  data:\n    A: { file: nan.csv }'),
    7,
    /names no column/u,
    /column: name/u,
  ],
  [
    'NaN in data',
    withPotential('  data:\n    A: { file: nan.csv, column: age }'),
    7,
    /row 2 \(line 3\).*"NaN"/u,
    /^fill the cell/u,
  ],
  [
    'a file of edges without header',
    as('graph', 'graph: { file: headless.csv }'),
    3,
    /no columns "source" and "target"/u,
    /source,target/u,
  ],
  [
    'a negative weight in a file',
    as('graph', 'graph: { file: edges.csv }'),
    3,
    /edges\.csv line 3: .*-2/u,
    /^use 0 or more/u,
  ],
  [
    'a number for side lengths',
    as('graph', 'graph: { grid: 16 }'),
    3,
    /side lengths, got 16/u,
    /^write grid: \[16, 16\]/u,
  ],
  [
    'half an edge',
    as('graph', 'graph: { nodes: [a, b], edges: [{ from: a }] }'),
    3,
    /to: is missing/u,
    /^add to: <a node name>/u,
  ],
  [
    'coordinates without a box',
    as('space', 'space: { variables: [x, y], boundary: periodic }'),
    2,
    /"x", "y" need a box/u,
    /^add box: \[\[0, 1\], \[0, 1\]\]/u,
  ],
  [
    'commas in braces',
    BASE.replace(/potential:\n.*\n.*\n/u, 'potential: { formula: min(x, y, 2) }\n'),
    4,
    /unknown key "y".*comma/u,
    /in quotes/u,
  ],
  ['an open parenthesis', formula('0.5*(x^2 + y^2 + h'), 5, /needs a '\)'/u, /^add the '\)'/u],
  ['a value that is none', formula('log(-1)*x'), 5, /not a finite number/u, /logarithm/u],
  ['too few arguments', formula('atan2(x)'), 5, /takes 2 arguments/u, /^write atan2\(a, b\)/u],
  [
    'vectors of other lengths',
    withPotential('  data: { v: [1, 2, 3] }').replace('x^2', 'dot(v, x)'),
    5,
    /3 and 2 entries/u,
    /one length/u,
  ],
  [
    'an index beyond the end',
    withPotential('  data: { v: [1, 2, 3] }').replace('x^2', 'v[3]*x'),
    5,
    /out of range/u,
    /0 to 2/u,
  ],
  [
    'keys that are not aligned',
    as('space', 'space:\n variables: [x, y]\n  boundary: free'),
    4,
    /column/u,
    /same number of spaces/u,
  ],
  ['an alias of nothing', as('name', 'name: *who'), 1, /alias/iu, /write the values out/u],
  [
    'an objective of nothing',
    `${as('graph', 'objective: {}').replace(/potential:\n.*\n.*\n/u, '')}representation: lumped\n`,
    3,
    /module: path/u,
    /^write \{ module/u,
  ],
];

const told = ({ path, message }: Problem): string => `${path}: ${message}`;

describe('slips', () => {
  it.each(slips)('%s', (_, text, at, message, fix) => {
    const problems = problemsIn(text, { attachments });
    expect(problems.map(told)).toHaveLength(1);
    const [problem] = problems;
    expect(problem.where).toMatch(new RegExp(`^test\\.yaml:${at}:\\d+$`, 'u'));
    expect(told(problem)).toMatch(message);
    expect(problem.hint).toMatch(fix);
  });

  it('edges may be headed from and to', () => {
    const { model } = build(['graph={file: edges.csv}', 'potential={formula: x^2}'], {
      attachments: { 'edges.csv': 'from,to,weight\na,b,1\nb,c,2\n' },
    });
    expect(model.graph.nodeNames).toEqual(['a', 'b', 'c']);
    expect([...model.graph.weights]).toEqual([1, 1, 2, 2]);
  });
});

describe('keys without use', () => {
  const unused = (...overrides: string[]): string[] =>
    build(overrides)
      .notes.filter(({ code }) => code === 'unused')
      .map(({ path }) => path);

  it('are pointed out', () => {
    expect(unused('lumped.tolerance=1e-3')).toEqual(['lumped']);
    expect(unused('grid={tolerance: 1e-3}')).toEqual(['grid.tolerance']);
    const grid = 'representation=grid';
    expect(unused(grid, 'precision=f64', 'dynamics.integrator=heun', 'partition=nodes')).toEqual([
      'dynamics.integrator',
      'precision',
      'partition',
    ]);
    expect(
      unused('representation=lumped', 'grid.tolerance=1e-3', 'snapshots={every: 5, particles: 5}'),
    ).toEqual(['grid', 'snapshots.particles']);
  });

  it('are none where nothing else is written', () => {
    for (const representation of ['particles', 'grid', 'lumped']) {
      expect(unused(`representation=${representation}`)).toEqual([]);
    }
    expect(unused('grid={cells: 64}', 'precision=f64')).toEqual([]);
  });
});

it('warns of a potential that is not finite at some places where particles start', () => {
  const codes = (text: string): string[] =>
    build([`potential.formula=${text}`]).notes.map(({ code }) => code);
  expect(codes('log(x) + x^2 + h')).toContain('potential-not-finite');
  expect(codes('x^2 + h')).not.toContain('potential-not-finite');
});
