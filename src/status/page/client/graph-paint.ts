// How the graph looks on a canvas: edges, arrows, nodes, names; or tiles. As in reports.

import { viridis, type Place } from '../../../drawing/mod.js';
import type { View } from './api.js';
import { surface, type Surface } from './canvas.js';
import { placeLabels } from './labels.js';
import type { Flow } from './flows.js';
import type { Placing } from './graph-place.js';
import { colours, hueColour } from './palette.js';

export interface GraphContent {
  readonly view: View;
  /** Those to draw, the largest first. */
  readonly flows: readonly Flow[];
  /** Hues of the nodes that are shown by name. */
  readonly hues: ReadonlyMap<number, number>;
  readonly pointed: number | undefined;
}

export interface DrawnGraph {
  /** The node at a place of the canvas. */
  nodeAt(x: number, y: number): number | undefined;
}

const mostFlows = 60;
/** Up to this many nodes every one has its name beside it. */
const mostLabels = 40;
const mostRadius = 30;
const tileSteps = viridis();

export function paintGraph(
  canvas: HTMLCanvasElement,
  placing: Placing,
  content: GraphContent,
): DrawnGraph | undefined {
  const on = surface(canvas);
  if (!on) return undefined;
  return placing.kind === 'tiles'
    ? paintTiles(on, placing.columns, placing.rows, content)
    : paintNodes(on, placing.places, content);
}

function largestMass({ mass }: View): number {
  return mass.reduce<number>((most, m) => Math.max(most, m ?? 0), 1e-300);
}

function paintTiles(
  { context, width, height }: Surface,
  columns: number,
  rows: number,
  { view, pointed }: GraphContent,
): DrawnGraph {
  const size = Math.min((width - 8) / columns, (height - 8) / rows);
  const left = (width - size * columns) / 2;
  const top = (height - size * rows) / 2;
  const gap = size > 6 ? 1 : 0;
  const largest = largestMass(view);
  view.mass.forEach((mass, g) => {
    const at = 3 * Math.min(255, Math.max(0, Math.floor((255 * (mass ?? 0)) / largest)));
    context.fillStyle = `rgb(${tileSteps[at]},${tileSteps[at + 1]},${tileSteps[at + 2]})`;
    context.fillRect(
      left + (g % columns) * size,
      top + Math.floor(g / columns) * size,
      size - gap,
      size - gap,
    );
  });
  if (pointed !== undefined) {
    context.strokeStyle = colours().ink;
    context.lineWidth = 2;
    context.strokeRect(
      left + (pointed % columns) * size - 1,
      top + Math.floor(pointed / columns) * size - 1,
      size + 2 - gap,
      size + 2 - gap,
    );
  }
  return {
    nodeAt(x, y) {
      const [column, row] = [Math.floor((x - left) / size), Math.floor((y - top) / size)];
      const g = row * columns + column;
      return column >= 0 && column < columns && row >= 0 && g < view.mass.length ? g : undefined;
    },
  };
}

function paintNodes(
  { context, width, height }: Surface,
  places: readonly Place[],
  { view, flows, hues, pointed }: GraphContent,
): DrawnGraph {
  const palette = colours();
  const isFlat = places.every(({ y }) => y === places[0].y);
  const isNamed = (g: number): boolean => places.length <= mostLabels || hues.has(g);
  const names = view.nodeNames.map((name, g) => (isNamed(g) ? shortened(name) : ''));
  const longest = names.reduce((most, name) => Math.max(most, context.measureText(name).width), 0);
  // Room for the names beside the outermost nodes.
  const wanted = isFlat ? longest / 2 + 8 : longest + mostRadius + 8;
  const pad = { x: Math.max(24, Math.min(wanted, width * 0.24)), y: isFlat ? 46 : 40 };
  // A drawing is no wider than it needs: circles stay round, and paths as long as the page lets them.
  const side = isFlat ? width - 2 * pad.x : Math.min(width - 2 * pad.x, height - 2 * pad.y);
  const points = places.map(({ x, y }) => ({
    x: width / 2 + (x - 0.5) * side,
    y: isFlat ? height / 2 : height / 2 + (y - 0.5) * side,
  }));
  const largest = largestMass(view);
  const most = Math.min(mostRadius, Math.max(4, 0.4 * nearestDistance(points)));
  const radius = (g: number): number => Math.max(2, most * Math.sqrt((view.mass[g] ?? 0) / largest));

  context.strokeStyle = palette.edge;
  context.lineWidth = 1;
  context.beginPath();
  view.edges.from.forEach((from, e) => {
    const to = view.edges.to[e];
    if (to < from) return;
    context.moveTo(points[from].x, points[from].y);
    context.lineTo(points[to].x, points[to].y);
  });
  context.stroke();

  context.fillStyle = palette.flow;
  context.globalAlpha = 0.8;
  const widest = flows[0]?.net ?? 1;
  for (const flow of flows.slice(0, mostFlows)) arrow(context, flow, points, radius, flow.net / widest);
  context.globalAlpha = 1;

  const isAllNamed = hues.size === places.length;
  points.forEach(({ x, y }, g) => {
    context.beginPath();
    context.arc(x, y, radius(g), 0, 2 * Math.PI);
    const hue = hues.get(g);
    context.fillStyle = hueColour(isAllNamed || hue !== undefined ? (hue ?? 7) : 7);
    context.fill();
    context.strokeStyle = pointed === g ? palette.ink : palette.panel;
    context.lineWidth = pointed === g ? 3 : 1.5;
    context.stroke();
  });

  const circles = points.map(({ x, y }, g) => ({ x, y, radius: radius(g) }));
  const { from, to } = view.edges;
  const isFew = from.length <= 1000;
  const segments = isFew ? from.map((g, e) => ({ from: points[g], to: points[to[e]] })) : [];
  const labels = placeLabels(
    circles,
    segments,
    names,
    (name) => context.measureText(name).width,
    width,
    height,
  );
  context.textAlign = 'left';
  context.lineJoin = 'round';
  for (const { text, x, y } of labels) {
    // A halo, for it may lie on edges.
    context.lineWidth = 3;
    context.strokeStyle = palette.panel;
    context.strokeText(text, x, y);
    context.fillStyle = palette.ink;
    context.fillText(text, x, y);
  }
  return {
    nodeAt(x, y) {
      let [best, distance] = [undefined as number | undefined, 24];
      points.forEach((at, g) => {
        const apart = Math.max(0, Math.hypot(at.x - x, at.y - y) - radius(g));
        if (apart < distance) [best, distance] = [g, apart];
      });
      return best;
    },
  };
}

function nearestDistance(points: readonly Place[]): number {
  let least = Infinity;
  points.forEach((a, i) => {
    for (let k = i + 1; k < points.length; k++) {
      least = Math.min(least, Math.hypot(a.x - points[k].x, a.y - points[k].y));
    }
  });
  return Number.isFinite(least) ? least : 80;
}

function shortened(name: string): string {
  const letters = Array.from(name);
  return letters.length > 14 ? `${letters.slice(0, 13).join('')}…` : name;
}

/** An arrow from rim to rim, between 1.5 and 9 pixels wide. */
function arrow(
  context: CanvasRenderingContext2D,
  { from, to }: Flow,
  points: readonly Place[],
  radius: (g: number) => number,
  part: number,
): void {
  const [a, b] = [points[from], points[to]];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  if (!(length > 1)) return;
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
  const width = 1.5 + 7.5 * part;
  const head = Math.min(width + 7, 0.5 * length);
  const start = radius(from) + 1;
  const end = Math.max(start + 1, length - radius(to) - 2);
  const neck = Math.max(start, end - head);
  const [half, wing] = [width / 2, width / 2 + 3.5];
  const corners: readonly (readonly [number, number])[] = [
    [start, -half],
    [neck, -half],
    [neck, -wing],
    [end, 0],
    [neck, wing],
    [neck, half],
    [start, half],
  ];
  context.beginPath();
  for (const [along, aside] of corners) {
    context.lineTo(a.x + along * ux - aside * uy, a.y + along * uy + aside * ux);
  }
  context.fill();
}
