// The page as a whole: well formed, complete in itself, readable by machines for those who cannot see it, and deaf to what
// is written in names. Whether it is beautiful only a person with a browser can say.

import { createHash } from 'node:crypto';
import { XMLParser } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { brief } from '../../src/drawing/mod.js';
import { renderReport } from '../../src/report/mod.js';
import { hostile, reportData, type Shape } from './data.js';

const shapes: [string, Shape][] = [
  ['particles in the plane', {}],
  ['a line', { coordinates: ['x'] }],
  ['many coordinates', { coordinates: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] }],
  ['one node', { nodes: 1 }],
  ['many nodes', { nodes: 60 }],
  ['too many nodes to draw', { nodes: 300, snapshots: 'none' }],
  ['a grid', { snapshots: 'cells' }],
  ['a grid on a line', { snapshots: 'cells', coordinates: ['x'] }],
  ['a grid in space', { snapshots: 'cells', coordinates: ['x', 'y', 'z'] }],
  ['no entropy', { energies: false }],
  ['no snapshots', { snapshots: 'none' }],
  ['one observation', { times: 1 }],
  ['no observation', { times: 0, snapshots: 'none', energies: false }],
];
const pages = new Map(shapes.map(([name, shape]) => [name, renderReport(reportData(shape))]));
const page = (name: string): string => pages.get(name) ?? '';

/** Tags that are not closed in order: the parser forgives much. */
function unbalanced(text: string): string[] {
  const open: string[] = [];
  const wrong: string[] = [];
  for (const [, end, name, self] of text.matchAll(/<(\/?)([a-z]\w*)(?:\s[^<>]*?)?(\/?)>/gu)) {
    if (end === '/' && open.pop() !== name) wrong.push(name);
    else if (end === '' && self === '') open.push(name);
  }
  return [...wrong, ...open];
}

describe.each(shapes)('the report of %s', (name) => {
  const text = page(name);

  it('is well-formed markup', () => {
    const body = text.replace('<!doctype html>\n', '');
    expect(() => new XMLParser({ ignoreAttributes: false }).parse(body) as unknown).not.toThrow();
    expect(unbalanced(text)).toEqual([]);
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/u);
  });

  it('has nothing but numbers in its drawings', () => {
    for (const [, path] of text.matchAll(/<path d="([^"]*)"/gu)) expect(path).toMatch(/^[MLZh\d. -]+$/u);
    for (const [, points] of text.matchAll(/points="([^"]*)"/gu)) expect(points).toMatch(/^[\d., -]+$/u);
  });

  it('fetches nothing, runs nothing, and forbids both', () => {
    expect(text).not.toMatch(/<script|<link|<iframe|<object|<embed| on[a-z]+=|style="/u);
    for (const [, address] of text.matchAll(/(?:href|src)="([^"]*)"/gu))
      expect(address).toMatch(/^(#|data:image\/png;base64,)/u);
    expect(text).not.toMatch(/url\(|@import/u);
    const [, style] = /<style>([\s\S]*?)<\/style>/u.exec(text) ?? [];
    const hash = createHash('sha256').update(style).digest('base64');
    expect(text).toContain(`default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; img-src data:`);
  });

  it('says every drawing in words, and has a caption for every figure', () => {
    const drawings = [...text.matchAll(/<svg [^>]*>/gu)].map(([tag]) => tag);
    for (const tag of drawings) {
      expect(tag).toContain('role="img"');
      expect(tag).toMatch(/aria-label="[^"]{10,}"/u);
    }
    const figures = [...text.matchAll(/<figure[^>]*>([\s\S]*?)<\/figure>/gu)].map(([, content]) => content);
    figures.forEach((content, k) => {
      expect(content).toContain(`<figcaption><b>Fig. ${k + 1}. </b>`);
    });
    expect(text).toContain('<html lang="en">');
    expect([...text.matchAll(/<h1>/gu)]).toHaveLength(1);
    const ids = [...text.matchAll(/ id="([^"]*)"/gu)].map(([, id]) => id);
    for (const [, target] of text.matchAll(/href="#([^"]*)"/gu)) expect(ids).toContain(target);
  });

  it('shows what is written in names as text', () => {
    const parsed: unknown = new XMLParser({ preserveOrder: true, processEntities: true }).parse(
      text.replace('<!doctype html>\n', ''),
    );
    expect(JSON.stringify(parsed)).not.toContain('"script"');
    expect(text).toContain('&lt;script&gt;alert(&quot;&amp;&#39;&quot;)&lt;/script&gt;\ufffd]]&gt;');
    expect(text).not.toContain(hostile);
  });

  it('holds the config, the command and the machine', () => {
    expect(text).toContain(
      `wasserwerk run &#39;it&#39;\\&#39;&#39;s mine.yaml&#39; --set particles=4_000 --set &#39;name=`,
    );
    expect(text).toContain('abc123');
    expect(text).toContain('v20.0.0 on linux');
    expect(text).toContain('1:15 min');
  });
});

describe('the report', () => {
  it('has the parts that the run has', () => {
    const titles = (name: string): string[] =>
      [...page(name).matchAll(/<h2 id="(\w+)"/gu)].map(([, id]) => id);
    expect(titles('particles in the plane')).toEqual([
      ...['energy', 'masses', 'graph', 'densities', 'means', 'run', 'config'],
    ]);
    expect(titles('no snapshots')).not.toContain('densities');
    expect(titles('no observation')).toEqual(['run', 'config']);
  });

  it('tells the rate at which KL falls, and says where it cannot', () => {
    const [, rate, error] = /λ = ([\d.]+) ± ([\d.]+)/u.exec(page('particles in the plane')) ?? [];
    expect(Math.abs(Number(rate) - 5)).toBeLessThan(Number(error));
    expect(page('particles in the plane')).toContain('class="line h1 fit"');
    expect(page('one observation')).toContain('No stretch of exponential decay');
    expect(page('no entropy')).toContain('observe.entropy');
    expect(page('no entropy')).not.toContain('KL(f|π)');
  });

  it('has H, E and T of particles with velocities', () => {
    const data = reportData();
    const observations = data.observations.map((o) => ({
      ...o,
      kineticEnergy: 1 - 0.01 * o.time,
      kineticEnergyError: 0.04,
    }));
    const moving = renderReport({ ...data, observations });
    const { energy } = data.energies[0];
    expect(moving).toContain(`H: ${brief((energy ?? NaN) + 1)} at t = 0`);
    expect(moving).toContain('thermal motion of the particles');
    expect(renderReport(data)).not.toContain('thermal motion of the particles');
  });

  it('names the two coordinates that vary most', () => {
    expect(page('many coordinates')).toContain('over c and f given the node');
    expect(page('many coordinates')).toContain('of 8 coordinates these two vary most');
  });

  it('stays small for many nodes', () => {
    const large = renderReport(
      reportData({ nodes: 1024, times: 200, coordinates: Array.from('abcdefghij') }),
    );
    expect(large.length).toBeLessThan(1_000_000);
    expect(large).toContain('Masses of all 1024 nodes over time');
    expect(large).toContain('the 12 heaviest of 1024 nodes');
  });

  it.each([
    [{ status: 'interrupted', reason: 'SIGINT', stepsDone: 40 }, 'Interrupted', '40 of 100 steps (SIGINT)'],
    [
      { status: 'failed', error: { code: 'x', message: hostile }, stepsDone: 40 },
      'Failed',
      '40 of 100 steps: &lt;script',
    ],
    [{ status: 'running', stepsDone: 40 }, 'Killed', 'at least 40 of 100 steps'],
  ] as const)('says how the run ended: %o', (manifest, word, words) => {
    const text = renderReport(reportData({ manifest: manifest as Shape['manifest'] & object }));
    expect(text).toContain(`<b>${word}</b>`);
    expect(text).toContain(words);
  });

  it('is the same every time', () => {
    expect(renderReport(reportData())).toBe(page('particles in the plane'));
  });
});
