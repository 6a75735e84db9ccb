// The laws of x given the node at chosen times. d = 1: curves, a chart per node. d >= 2: pictures, a panel per node and time,
// of the two coordinates (or of the two that vary most).

import type { Law } from '../compare/mod.js';
import { type Axis, brief, linearAxis } from '../drawing/mod.js';
import { chart, unit, type Series } from './chart.js';
import { colourBar } from './colour-bar.js';
import type { ReportData, ReportSnapshot } from './data.js';
import { cellRange, intervalCount, lineField, planeField, rangeOf, type Ends, type Range } from './field.js';
import type { Figures } from './figure.js';
import { element, group, type Markup } from './markup.js';
import { nodesInWords, type NamedNode, type NodeChoice } from './nodes.js';
import { pictureAddress } from './picture.js';

/** Fewer particles than this in a snapshot of a node are not drawn. */
const fewestParticles = 20;

function drawable(law: Law | undefined): law is Law {
  return law !== undefined && (law.kind === 'cells' || law.count >= fewestParticles);
}

export function densitySection(data: ReportData, choice: NodeChoice, figures: Figures): Markup {
  const { snapshots, dimension } = data;
  const laws = snapshots
    .flatMap((snapshot) => choice.named.map(({ index }) => snapshot.laws[index]))
    .filter(drawable);
  if (laws.length === 0) return group();
  const content =
    dimension === 1
      ? element('div', { class: 'figures' }, ...lineFigures(data, choice, laws, figures))
      : group(...planeFigures(data, choice, laws, figures));
  return group(element('h2', { id: 'densities' }, 'Densities given the node'), content);
}

/** The range of a coordinate that is drawn: its box if it has one, else where the laws are. */
function shownRange(data: ReportData, laws: readonly Law[], i: number): Range {
  const boundary = data.boundaries[i];
  return boundary.kind === 'free' ? rangeOf(laws, i) : [boundary.low, boundary.high];
}

function smallest(laws: readonly Law[]): number {
  return laws.reduce(
    (least, law) => (law.kind === 'particles' ? Math.min(least, law.count) : least),
    Infinity,
  );
}

// ---- one coordinate ---------------------------------------------------------------------------------------------------

function lineFigures(data: ReportData, choice: NodeChoice, laws: readonly Law[], figures: Figures): Markup[] {
  const [coordinate] = data.manifest.coordinateNames;
  const range = shownRange(data, laws, 0);
  const intervals = intervalCount(smallest(laws));
  return choice.named.flatMap(({ index, name }) => {
    const series = data.snapshots.flatMap((snapshot, k): Series[] => {
      const law = snapshot.laws[index];
      if (!drawable(law)) return [];
      const field = lineField(law, 0, range, intervals);
      const isSmooth = law.kind === 'cells';
      const centres = field.density.map((_, at) => (field.edges[at] + field.edges[at + 1]) / 2);
      return [
        {
          name: `t = ${brief(snapshot.time)}`,
          hue: k,
          x: isSmooth ? centres : field.edges,
          y: field.density,
          error: field.error.map((error) => 2 * error),
          steps: !isSmooth,
        },
      ];
    });
    if (series.length === 0) return [];
    const kind = data.representation === 'grid' ? 'Density' : 'Histogram';
    return [
      figures.add(
        chart({
          description: `${kind} of ${coordinate} on node ${name} at ${series.map((one) => one.name).join(', ')}.`,
          xLabel: coordinate,
          yLabel: `density of ${coordinate} given node ${name}`,
          series,
          names: 'row',
          include: [0],
          xRange: range,
        }),
        `${kind} of ${coordinate} on node ${name}.${data.representation === 'grid' ? '' : ' Bands: ± 2 standard errors of a count.'}`,
      ),
    ];
  });
}

// ---- two coordinates and more -----------------------------------------------------------------------------------------

/** Which two coordinates are drawn: those that vary most in the last observation, in their order. */
export function shownPair(data: ReportData): readonly [number, number] {
  if (data.dimension === 2) return [0, 1];
  const last = data.observations.at(-1);
  const spread = Array.from({ length: data.dimension }, (_, i) =>
    (last?.mass ?? []).reduce<number>((sum, mass, g) => sum + (mass ?? 0) * (last?.variance[g][i] ?? 0), 0),
  );
  const order = spread.map((_, i) => i).sort((a, b) => spread[b] - spread[a] || a - b);
  const [i, j] = order.slice(0, 2).sort((a, b) => a - b);
  return [i, j];
}

function planeFigures(
  data: ReportData,
  choice: NodeChoice,
  laws: readonly Law[],
  figures: Figures,
): Markup[] {
  const pair = shownPair(data);
  const names = pair.map((i) => data.manifest.coordinateNames[i]);
  let ranges: readonly [Range, Range] = [shownRange(data, laws, pair[0]), shownRange(data, laws, pair[1])];
  const [first] = laws;
  if (first.kind === 'cells')
    ranges = [cellRange(first, pair[0], ranges[0]), cellRange(first, pair[1], ranges[1])];
  const ends: readonly [Ends, Ends] = [data.boundaries[pair[0]].kind, data.boundaries[pair[1]].kind];
  return data.snapshots.map((snapshot) => {
    const nodes = choice.named.filter(({ index }) => drawable(snapshot.laws[index]));
    const here = nodes.map(({ index }) => snapshot.laws[index]).filter(drawable);
    const fields = here.map((law) => planeField(law, pair, ranges, ends));
    const largest = fields.reduce(
      (most, { density }) => density.reduce((size, value) => (value > size ? value : size), most),
      0,
    );
    const panels = nodes.map((node, k) => {
      const { density, width, height } = fields[k];
      const picture = pictureAddress(
        density.map((value) => Math.sqrt(value / largest)),
        width,
        height,
      );
      return panel(node, snapshot, picture, ranges, names, massAt(data, snapshot, node.index));
    });
    const kind = data.representation === 'grid' ? 'Densities' : 'Densities of the particles';
    const missing = choice.named.length - nodes.length;
    return figures.add(
      group(
        element('div', { class: 'panels' }, ...panels),
        largest > 0 && colourBar('density', [0, largest], 'root'),
      ),
      `${kind} over ${names.join(' and ')} given the node at t = ${brief(snapshot.time)}, for ${nodesInWords(choice)}` +
        `${data.dimension > 2 ? `; of ${data.dimension} coordinates these two vary most` : ''}.${data.representation === 'grid' ? '' : ' Gaussian kernel, its width 0.6 of Scott’s rule.'}` +
        (missing > 0
          ? ` ${missing} of them ${missing === 1 ? 'has' : 'have'} ${data.representation === 'grid' ? 'no mass yet' : 'too few particles to draw'}.`
          : ''),
      undefined,
      'wide',
    );
  });
}

/** The mass of a node at the time of a snapshot, where it was observed then. */
function massAt(data: ReportData, { step }: ReportSnapshot, node: number): number | undefined {
  return data.observations.find((o) => o.step === step)?.mass[node] ?? undefined;
}

const panelWidth = 210;
const panelHeight = 214;

function panel(
  node: NamedNode,
  snapshot: ReportSnapshot,
  picture: string,
  ranges: readonly [Range, Range],
  names: readonly string[],
  mass: number | undefined,
): Markup {
  const area = { left: 42, right: 204, top: 22, bottom: 176 };
  const [x, y] = ranges.map(([low, high]): Axis => linearAxis(low, high, 3));
  const toX = (value: number): number => area.left + x.place(value) * (area.right - area.left);
  const toY = (value: number): number => area.bottom - y.place(value) * (area.bottom - area.top);
  const shown =
    Array.from(node.name).length > 12 ? `${Array.from(node.name).slice(0, 11).join('')}…` : node.name;
  return element(
    'svg',
    {
      viewBox: `0 0 ${panelWidth} ${panelHeight}`,
      role: 'img',
      class: 'panel',
      'aria-label': `Density on node ${node.name} at t = ${brief(snapshot.time)}.`,
    },
    element('text', { x: area.left, y: 14, class: 'label strong' }, shown),
    mass !== undefined &&
      element('text', { x: area.right, y: 14, class: 'tick end' }, `mass ${brief(mass, 2)}`),
    element('image', {
      href: picture,
      x: area.left,
      y: area.top,
      width: area.right - area.left,
      height: area.bottom - area.top,
      preserveAspectRatio: 'none',
      class: 'pixels',
    }),
    element('rect', {
      x: area.left,
      y: area.top,
      width: area.right - area.left,
      height: area.bottom - area.top,
      class: 'box',
    }),
    x.ticks.map(({ value, label }) =>
      group(
        element('line', {
          x1: unit(toX(value)),
          x2: unit(toX(value)),
          y1: area.bottom,
          y2: area.bottom + 4,
          class: 'axis',
        }),
        element('text', { x: unit(toX(value)), y: area.bottom + 16, class: 'tick middle' }, label),
      ),
    ),
    y.ticks.map(({ value, label }) =>
      group(
        element('line', {
          x1: area.left - 4,
          x2: area.left,
          y1: unit(toY(value)),
          y2: unit(toY(value)),
          class: 'axis',
        }),
        element('text', { x: area.left - 6, y: unit(toY(value) + 4), class: 'tick end' }, label),
      ),
    ),
    element('text', { x: (area.left + area.right) / 2, y: panelHeight - 6, class: 'name middle' }, names[0]),
    element(
      'text',
      { transform: `translate(11 ${(area.top + area.bottom) / 2}) rotate(-90)`, class: 'name middle' },
      names[1],
    ),
  );
}
