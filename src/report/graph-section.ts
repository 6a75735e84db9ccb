// The graph: nodes with areas like their masses, edges with the net mass that went along them. Of graphs that are too large
// to draw, tables.

import { chartWidth, unit } from './chart.js';
import { brief, hueClass, layout, type Place, withError } from '../drawing/mod.js';
import type { ReportData } from './data.js';
import type { Figures } from './figure.js';
import { element, group, table, type Markup } from './markup.js';
import type { NodeChoice } from './nodes.js';

/** Larger graphs are tables. */
const mostDrawn = 200;
/** Flows that are drawn and listed. */
const mostFlows = 60;
const listedFlows = 24;
const listedNodes = 24;
/** A net flow below so many of its standard errors has no arrow. */
const flowErrors = 3;
/** Up to this many nodes every one has its name beside it. */
const mostLabels = 40;

/** Net mass that went from one node to another since step 0. */
export interface Flow {
  readonly from: number;
  readonly to: number;
  readonly net: number;
  /** Standard error of independent jumps; 0 on a grid. */
  readonly error: number;
}

/** Net flows along the edges in the last observation, the largest first; undefined where jumps are not recorded. */
export function netFlows({ graph, observations, representation, particles }: ReportData): Flow[] | undefined {
  const jumps = observations.at(-1)?.jumps;
  if (jumps === undefined) return undefined;
  // Jumps of particles are counts, those of a grid are mass already.
  const unitOfMass = representation !== 'particles' ? 1 : 1 / particles;
  const flows: Flow[] = [];
  for (let g = 0; g < graph.nodeCount; g++) {
    for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) {
      const target = graph.targets[e];
      if (target < g) continue;
      const [there, back] = [jumps[e] ?? 0, jumps[graph.reverse[e]] ?? 0];
      const net = (there - back) * unitOfMass;
      const error = representation !== 'particles' ? 0 : Math.sqrt(there + back) * unitOfMass;
      flows.push(net >= 0 ? { from: g, to: target, net, error } : { from: target, to: g, net: -net, error });
    }
  }
  return flows.sort((a, b) => b.net - a.net || a.from - b.from || a.to - b.to);
}

export function graphSection(data: ReportData, choice: NodeChoice, figures: Figures): Markup {
  const { graph } = data;
  const last = data.observations.at(-1);
  if (!last) return group();
  const flows = netFlows(data);
  const names = data.manifest.nodeNames;
  const edges = `${graph.nodeCount} node${graph.nodeCount === 1 ? '' : 's'}, ${graph.targets.length / 2} edge${graph.targets.length === 2 ? '' : 's'}`;
  const nodeRows = choice.byMass.slice(0, listedNodes).map((g) => stateRow(data, g));
  const head = [
    'node',
    'mass',
    ...data.manifest.coordinateNames.slice(0, 3).map((x) => `mean ${x}`),
    'mean V',
  ];
  const flowRows = flows
    ?.filter(({ net }) => net > 0)
    .slice(0, listedFlows)
    .map(({ from, to, net, error }) => [`${names[from]} → ${names[to]}`, withError(net, error)]);
  const drawn = graph.nodeCount > 1 && graph.nodeCount <= mostDrawn;
  const rest = choice.byMass.length - nodeRows.length;
  return group(
    element('h2', { id: 'graph' }, 'Graph'),
    element(
      'div',
      { class: 'pair' },
      drawn &&
        figures.add(
          drawing(data, choice, flows ?? []),
          `The graph (${edges}) at t = ${brief(last.time)}. Areas of nodes: masses. Arrows: net mass that went along an edge since t = 0, ` +
            'the wider the more; edges without an arrow have a net flow within its noise.',
          flowRows && { head: ['edge', 'net mass since t = 0'], rows: flowRows },
        ),
      element(
        'div',
        { class: 'state' },
        table(
          `The state at t = ${brief(last.time)}${rest > 0 ? `: the ${nodeRows.length} heaviest of ${choice.byMass.length} nodes` : ''}`,
          head,
          nodeRows,
        ),
        !drawn && graph.nodeCount > 1 && element('p', {}, `The graph has ${edges}: too many to draw.`),
        !drawn &&
          flowRows !== undefined &&
          flowRows.length > 0 &&
          table('Largest net flows of mass since t = 0', ['edge', 'net mass'], flowRows),
      ),
    ),
  );
}

function stateRow(data: ReportData, g: number): string[] {
  const last = data.observations[data.observations.length - 1];
  return [
    data.manifest.nodeNames[g],
    withError(last.mass[g], last.massError[g]),
    ...data.manifest.coordinateNames
      .slice(0, 3)
      .map((_, i) => withError(last.mean[g][i], last.meanError[g][i])),
    withError(last.potential[g], last.potentialError[g]),
  ];
}

function drawing(data: ReportData, choice: NodeChoice, flows: readonly Flow[]): Markup {
  const { graph, manifest, observations } = data;
  const n = graph.nodeCount;
  const places = layout(graph);
  const isFlat = places.every(({ y }) => y === 0.5);
  const height = isFlat ? 170 : 380;
  const pad = { x: 58, y: isFlat ? 70 : 46 };
  const at = ({ x, y }: Place): Place => ({
    x: pad.x + x * (chartWidth - 2 * pad.x),
    y: pad.y + y * (height - 2 * pad.y),
  });
  const points = places.map(at);
  const { mass } = observations[observations.length - 1];
  const largest = Math.max(...mass.map((m) => m ?? 0), 1e-12);
  const nearest = nearestDistance(points);
  const most = Math.min(34, Math.max(5, 0.42 * nearest));
  const radius = (g: number): number => Math.max(1.5, most * Math.sqrt((mass[g] ?? 0) / largest));
  const hues = new Map(choice.named.map(({ index, hue }) => [index, hue]));
  const shown = flows.filter(({ net, error }) => net > flowErrors * error && net > 1e-9).slice(0, mostFlows);
  const widest = shown[0]?.net ?? 1;
  const arrows = shown.map((flow) => arrow(flow, points, radius, flow.net / widest, manifest.nodeNames));
  const edges: Markup[] = [];
  for (let g = 0; g < n; g++) {
    for (let e = graph.offsets[g]; e < graph.offsets[g + 1]; e++) {
      const [a, b] = [points[g], points[graph.targets[e]]];
      if (graph.targets[e] < g) continue;
      edges.push(
        element('line', { x1: unit(a.x), y1: unit(a.y), x2: unit(b.x), y2: unit(b.y), class: 'edge' }),
      );
    }
  }
  return element(
    'svg',
    {
      viewBox: `0 0 ${chartWidth} ${height}`,
      role: 'img',
      class: 'chart',
      'aria-label': `The graph with ${n} nodes; the numbers are in the tables beside and below.`,
    },
    edges,
    arrows,
    points.map(({ x, y }, g) =>
      element(
        'circle',
        {
          cx: unit(x),
          cy: unit(y),
          r: unit(radius(g)),
          class: `node ${choice.isAll || hues.has(g) ? hueClass(hues.get(g) ?? 7) : 'h7'}`,
        },
        element('title', {}, `${manifest.nodeNames[g]}: mass ${brief(mass[g], 3)}`),
      ),
    ),
    n <= mostLabels && points.map((point, g) => label(point, radius(g), manifest.nodeNames[g], isFlat)),
  );
}

function nearestDistance(points: readonly Place[]): number {
  let least = Infinity;
  points.forEach((a, i) => {
    for (const b of points.slice(i + 1)) least = Math.min(least, Math.hypot(a.x - b.x, a.y - b.y));
  });
  return least;
}

/** A name: outwards of the node, or above it on a line. */
function label({ x, y }: Place, radius: number, name: string, isFlat: boolean): Markup {
  const shown = Array.from(name).length > 14 ? `${Array.from(name).slice(0, 13).join('')}…` : name;
  if (isFlat) return element('text', { x: unit(x), y: unit(y - radius - 7), class: 'label middle' }, shown);
  const isLeft = x < chartWidth / 2 - 1;
  return element(
    'text',
    {
      x: unit(isLeft ? x - radius - 5 : x + radius + 5),
      y: unit(y + 4),
      class: `label halo${isLeft ? ' end' : ''}`,
    },
    shown,
  );
}

/** An arrow from rim to rim, between 1.5 and 9 units wide. */
function arrow(
  { from, to, net, error }: Flow,
  points: readonly Place[],
  radius: (g: number) => number,
  part: number,
  names: readonly string[],
): Markup {
  const [a, b] = [points[from], points[to]];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
  const width = 1.5 + 7.5 * part;
  const head = Math.min(width + 7, 0.5 * length);
  const start = radius(from) + 1;
  const end = Math.max(start + 1, length - radius(to) - 2);
  const neck = Math.max(start, end - head);
  const corner = (along: number, aside: number): string =>
    `${unit(a.x + along * ux - aside * uy)},${unit(a.y + along * uy + aside * ux)}`;
  const [half, wing] = [width / 2, width / 2 + 3.5];
  return element(
    'polygon',
    {
      class: 'flow',
      points: [
        corner(start, -half),
        corner(neck, -half),
        corner(neck, -wing),
        corner(end, 0),
        corner(neck, wing),
        corner(neck, half),
        corner(start, half),
      ].join(' '),
    },
    element('title', {}, `${names[from]} → ${names[to]}: net mass ${withError(net, error)}`),
  );
}
