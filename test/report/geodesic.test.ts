// The page of a geodesic: complete, and nothing that runs or is fetched.

import { describe, expect, test } from 'vitest';
import { renderGeodesic, type GeodesicData } from '../../src/report/mod.js';

function data(dimension: 1 | 2): GeodesicData {
  const cells = dimension === 1 ? [8] : [4, 5];
  const count = cells.reduce((product, n) => product * n, 1);
  return {
    title: 'a <b> & c',
    facts: [['W_K', '1.25']],
    nodeNames: ['left', '<script>'],
    coordinateNames: ['x', 'y'].slice(0, dimension),
    cells,
    low: cells.map(() => 0),
    high: cells.map(() => 1),
    times: [0, 0.25, 0.5, 0.75, 1],
    densities: Array.from({ length: 5 }, (_, k) =>
      Float64Array.from({ length: 2 * count }, (_, i) => (i < count ? 0.25 * k : 1 - 0.25 * k)),
    ),
    notes: ['a note'],
    footer: 'Made by a test.',
  };
}

describe.each([1, 2] as const)('d = %i', (dimension) => {
  const page = renderGeodesic(data(dimension));

  test('names stay text, and nothing runs', () => {
    expect(page.includes('a &lt;b&gt; &amp; c')).toBe(true);
    expect(/<script|javascript:|https?:\/\/(?!www\.w3\.org)/u.test(page)).toBe(false);
    expect(page.includes('default-src &#39;none&#39;')).toBe(true);
  });

  test('a layer of the film for each time, a rule for each layer, a still one for print', () => {
    const layers = page.match(/<g class="frame k\d+">/gu) ?? [];
    expect(layers).toHaveLength(dimension === 1 ? 5 : 10);
    for (let k = 0; k < 5; k++) expect(page.includes(`.frame.k${k}{animation-delay:`)).toBe(true);
    expect(page.includes('.frame.k2{visibility:visible}')).toBe(true);
  });

  test('masses along the path', () => {
    expect(page.includes('Masses along the path')).toBe(true);
    expect(page.includes('<td>0.50000</td>')).toBe(true);
  });
});
