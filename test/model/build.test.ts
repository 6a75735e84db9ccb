// From config to model: parameters, data, potentials, rates, initial law, time.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/mod.js';
import { buildModel, PointEvaluator, type Model } from '../../src/model/mod.js';
import { build, load, problemWith } from '../config/helpers.js';

const table = (model: Model, name: string): number[] => [
  ...(model.parameters.find((parameter) => parameter.name === name)?.values ?? []),
];
const potentialAt = (model: Model, x: readonly number[], node: number): number =>
  new PointEvaluator([model.potentials[model.potentialOfNode[node]]], model.parameters).run({
    x,
    node,
    time: 0,
  })[0];

describe('parameters', () => {
  it('take all their forms', () => {
    const { model } = build(
      [
        'potential.parameters={h: 2*node, k: h+1, l: [1, 1/2, 0, node], v: {vector: [node, k]}, ' +
          'w: {formula: component*10 + node, components: 2}, m: {"3": 1, "2": 2, "1": 3, "0": 4}, b: {file: t.csv, column: u}}',
      ],
      { attachments: { 't.csv': 'node,u\n3,30\n0,0\n1,10\n2,20\n' } },
    );
    expect(table(model, 'h')).toEqual([0, 2, 4, 6]);
    expect(table(model, 'k')).toEqual([1, 3, 5, 7]);
    expect(table(model, 'l')).toEqual([1, 0.5, 0, 3]);
    expect(table(model, 'v')).toEqual([0, 1, 1, 3, 2, 5, 3, 7]);
    expect(table(model, 'w')).toEqual([0, 10, 1, 11, 2, 12, 3, 13]);
    expect(table(model, 'm')).toEqual([4, 3, 2, 1]);
    expect(table(model, 'b')).toEqual([0, 10, 20, 30]);
  });

  it('may pick data by node', () => {
    const { model } = build(['potential.data={D: [5, 6, 7, 8]}', 'potential.parameters={h: "D[node]"}']);
    expect(table(model, 'h')).toEqual([5, 6, 7, 8]);
  });

  it('come with hypercubes and grids', () => {
    const { model } = build([
      'graph={grid: [2, 2]}',
      'potential={formula: "x*position[0] + y*position[1]", parameters: {s: "position[0]+position[1]"}}',
    ]);
    expect(table(model, 's')).toEqual([0, 1, 1, 2]);
    expect(problemWith(['graph={hypercube: 2}', 'potential.parameters={h: 0, bits: 1}']).message).toMatch(
      /has the node data "bits"/u,
    );
  });
});

describe('data', () => {
  it('are standardised with 1/n, or centred', () => {
    const text = 'a,b\n1,10\n3,10\n5,10\n';
    const overrides = [
      'potential={formula: "A[0,0] + c[2] + x*0 + y*0", data: {A: {file: d.csv, columns: [a], standardize: true}, c: {file: d.csv, column: a, center: true}}}',
    ];
    const { model } = build(overrides, { attachments: { 'd.csv': text } });
    expect(potentialAt(model, [0, 0], 0)).toBeCloseTo(2 - 2 / Math.sqrt(8 / 3), 14);
    const constant = ['potential={formula: x*y, data: {A: {file: d.csv, columns: [b], standardize: true}}}'];
    expect(problemWith(constant, { attachments: { 'd.csv': text } }).message).toMatch(
      /"b" of d\.csv is constant/u,
    );
  });
});

describe('potentials', () => {
  it('are one class for all nodes of one formula', () => {
    const { model } = build(['potential.nodes={"1": 0.5*(x^2 + y^2) + h, "2": x^2}']);
    expect(model.potentials).toHaveLength(2);
    expect([...model.potentialOfNode]).toEqual([0, 0, 1, 0]);
    expect(potentialAt(model, [1, 2], 3)).toBeCloseTo(2.8, 14);
  });

  it('are needed on every node', () => {
    const problem = problemWith(['potential={nodes: {"0": x}}']);
    expect(problem.message).toMatch(/no formula for 3 nodes: 1, 2, 3/u);
  });

  it('of the diabetes example are the sum of squares and the prior', () => {
    const { model } = buildModel(loadConfig('configs/diabetes-variable-selection.yaml'));
    expect(model.graph.nodeCount).toBe(1024);
    const x = Array.from({ length: 10 }, () => 0);
    const p = 0.05;
    const out = Math.log(2 * Math.PI * p * p) / 2;
    // At x = 0 what is left is |y|^2/(2 s2), with |y|^2/442 the variance of the progression.
    expect(potentialAt(model, x, 0)).toBeCloseTo(
      (442 * 5929.884896910383) / (2 * 2932.681637200331) + 10 * out,
      6,
    );
    const shift = Math.log(2 * Math.PI) / 2 - out;
    expect(potentialAt(model, x, 4) - potentialAt(model, x, 0)).toBeCloseTo(shift, 9);
  });

  it('of the diabetes example agree with the formula written out patient by patient', () => {
    const { model } = buildModel(loadConfig('configs/diabetes-variable-selection.yaml'));
    const lines = readFileSync('configs/data/diabetes.csv', 'utf8').trim().split('\n').slice(1);
    const rows = lines.map((line) => line.split(',').map(Number));
    const columns = rows[0].map((_, j) => {
      const values = rows.map((row) => row[j]);
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      const centred = values.map((value) => value - mean);
      const deviation = Math.sqrt(centred.reduce((a, b) => a + b * b, 0) / values.length);
      return j < 10 ? centred.map((value) => value / deviation) : centred;
    });
    const normal = (x: number, sd: number): number =>
      (x * x) / (2 * sd * sd) + Math.log(2 * Math.PI * sd * sd) / 2;
    for (const node of [1, 358, 1023]) {
      const x = Array.from({ length: 10 }, (_, j) => 0.1 * (j - 4) + 0.03 * (node % 7));
      const bits = x.map((_, j) => (node >> j) & 1);
      let direct = 0;
      rows.forEach((_, i) => {
        const predicted = x.reduce((sum, value, j) => sum + 25 * bits[j] * value * columns[j][i], 0);
        direct += (columns[10][i] - predicted) ** 2 / (2 * 2932.681637200331);
      });
      x.forEach((value, j) => (direct += normal(value, bits[j] === 1 ? 1 : 0.05)));
      expect(potentialAt(model, x, node)).toBeCloseTo(direct, 8);
    }
  });
});

describe('the builder of a model', () => {
  it('holds the same expressions whether or not the checks were run', () => {
    const config = load(['potential.formula=log(1 + x^2)*sin(y) + h']);
    const sizes = [true, false].map(
      (skipPreflight) => buildModel(config, { skipPreflight }).model.builder.size,
    );
    expect(sizes[0]).toBe(sizes[1]);
  });
});

describe('rates', () => {
  const two =
    'graph={nodes: [a, b], edges: [{from: a, to: b, weight: 3, rate: 2*x^2, reverseRate: exp(-deltaV)}]}';
  const at = (model: Model, edge: number, node: number, x: readonly number[]): number =>
    new PointEvaluator([model.rates[model.rateOfEdge[edge]]], model.parameters).run({
      x,
      node,
      target: 1 - node,
      time: 0,
      weight: 3,
      temperature: 1,
    })[0];

  it('are free per direction', () => {
    const { model } = build([
      'dynamics={mobility: free}',
      two,
      'potential.formula=h*x+y',
      'potential.parameters.h=[1, 3]',
    ]);
    expect(at(model, 0, 0, [2, 0])).toBe(8);
    expect(at(model, 1, 1, [2, 0])).toBeCloseTo(Math.exp(4), 10);
  });

  it('are read once per text', () => {
    const { model } = build(['dynamics={mobility: free, rate: weight}', 'graph={ring: 50}']);
    expect(model.rates).toHaveLength(1);
    expect(model.rateOfEdge).toHaveLength(100);
  });

  it('need the mobility free', () => {
    expect(() => build([two])).toThrow(/used with mobility free only/u);
    expect(problemWith(['dynamics={rate: 1}']).hint).toMatch(/mobility: free/u);
    expect(problemWith(['dynamics={mobility: free}']).message).toMatch(/none from "0" to "1" and 7 more/u);
  });
});

describe('the initial law', () => {
  it('is node-major', () => {
    const { model } = build([
      'initial={gaussian: {mean: [node, 1-node], std: [1, 0.5]}, masses: [0, 1, 1, 2]}',
    ]);
    expect(model.initialLaw).toEqual({
      kind: 'gaussian',
      mean: Float64Array.of(0, 1, 1, 0, 2, -1, 3, -2),
      standardDeviation: Float64Array.of(1, 0.5, 1, 0.5, 1, 0.5, 1, 0.5),
    });
    expect([...model.initialMasses]).toEqual([0, 0.25, 0.25, 0.5]);
  });

  it('takes the box where uniform says nothing', () => {
    const { model } = build([
      'space={variables: [x, y], boundary: periodic, box: [[0, 1], [-1, 2]]}',
      'initial={uniform: {high: 0.5}}',
    ]);
    expect(model.initialLaw).toMatchObject({ kind: 'uniform' });
    expect(model.initialLaw.kind === 'uniform' && [...model.initialLaw.low.slice(0, 4)]).toEqual([
      0, -1, 0, -1,
    ]);
  });

  it('notes what it normalises', () => {
    const { notes } = build(['initial.masses=[1, 1, 1, 1]']);
    expect(notes).toMatchObject([{ tier: 'note', code: 'masses-normalised' }]);
    expect(build(['initial.masses={"0": 1}']).notes).toEqual([]);
  });
});

describe('time', () => {
  it('is a whole number of steps', () => {
    expect(build(['time={step: 0.1, end: 0.3}']).model.stepCount).toBe(3);
    expect(build(['time={step: 2*pi/1000, end: 2*pi}']).notes).toEqual([]);
    const { model, notes } = build(['time={step: 0.03, end: 1}']);
    expect(model.stepCount).toBe(33);
    expect(notes).toMatchObject([{ code: 'end-rounded', path: 'time.end' }]);
  });
});

describe('temperature', () => {
  it('0 is refused with the mobility symmetric, also at the end of a schedule', () => {
    const symmetric = 'dynamics.mobility=symmetric';
    expect(problemWith([symmetric, 'temperature=0']).message).toMatch(/is 0/u);
    expect(problemWith([symmetric, 'temperature={linear: {from: 1, to: 0, duration: 0.5}}']).message).toMatch(
      /reaches 0/u,
    );
    expect(() => build([symmetric, 'temperature={linear: {from: 1, to: 0, duration: 5}}'])).not.toThrow();
  });
});
