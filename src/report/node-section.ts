// Masses of the nodes and means of the coordinates over time. Lines for nodes that are shown by name; of a large graph
// also a picture of all masses.

import type { ObservationRecord } from '../output/mod.js';
import { brief, linearAxis, withError } from '../drawing/mod.js';
import { bandNote, chart, chartWidth, unit, type Series } from './chart.js';
import type { ReportData } from './data.js';
import { bandErrors } from './energy-section.js';
import { sparse, type Figures } from './figure.js';
import { element, group, type Markup } from './markup.js';
import { nodesInWords, type NodeChoice } from './nodes.js';
import { colourBar } from './colour-bar.js';
import { pictureAddress } from './picture.js';

/** Coordinates that have a chart of their means. */
const shownCoordinates = 6;
/** Lines in a chart of means: bands of more cover one another. */
const shownMeans = 8;
/** Columns and rows of the picture of all masses; of more times or nodes every k-th, or the heaviest. */
const pictureColumns = 240;
const pictureRows = 1024;
/** Masses below this part of the largest have the darkest colour. */
const leastPart = 1e-4;

type Pick = (observation: ObservationRecord, node: number) => number | null;

function lines(data: ReportData, choice: NodeChoice, count: number, value: Pick, error: Pick): Series[] {
  const x = data.observations.map(({ time }) => time);
  return choice.named.slice(0, count).map(({ index, name, hue }) => ({
    name,
    hue,
    x,
    y: data.observations.map((o) => value(o, index) ?? NaN),
    error: data.observations.map((o) => bandErrors * (error(o, index) ?? NaN)),
  }));
}

function numbers(data: ReportData, choice: NodeChoice, count: number, value: Pick, error: Pick) {
  const nodes = choice.named.slice(0, count);
  return {
    head: ['t', ...nodes.map(({ name }) => name)],
    rows: sparse(data.observations.length).map((k) => {
      const o = data.observations[k];
      return [brief(o.time), ...nodes.map(({ index }) => withError(value(o, index), error(o, index)))];
    }),
  };
}

export function massSection(data: ReportData, choice: NodeChoice, figures: Figures): Markup {
  const count = choice.named.length;
  const [value, error]: Pick[] = [(o, g) => o.mass[g], (o, g) => o.massError[g]];
  const series = lines(data, choice, count, value, error);
  const parts = [
    figures.add(
      chart({
        description: `Masses of ${nodesInWords(choice)} over time.`,
        xLabel: 'time t',
        yLabel: 'mass of the node',
        series,
        names: 'ends',
        include: [0],
      }),
      `Masses of ${nodesInWords(choice)}.${bandNote(series)}`,
      numbers(data, choice, count, value, error),
    ),
  ];
  if (!choice.isAll) parts.push(massPicture(data, choice, figures));
  return group(element('h2', { id: 'masses' }, 'Masses'), element('div', { class: 'figures' }, ...parts));
}

/** All masses over time: a row per node, the heaviest on top. */
function massPicture(data: ReportData, { byMass }: NodeChoice, figures: Figures): Markup {
  const every = Math.ceil(data.observations.length / pictureColumns);
  const shown = data.observations.filter((_, k) => k % every === 0);
  const nodes = byMass.slice(0, pictureRows);
  const largest = shown.reduce(
    (most, { mass }) => Math.max(most, ...nodes.map((g) => mass[g] ?? 0)),
    Number.MIN_VALUE,
  );
  const values = nodes.flatMap((g) =>
    shown.map(({ mass }) => {
      const part = (mass[g] ?? 0) / largest;
      return part > 0 ? 1 - Math.log10(Math.max(part, leastPart)) / Math.log10(leastPart) : 0;
    }),
  );
  const area = { left: 52, right: chartWidth - 14, top: 26, bottom: 262 };
  const times = linearAxis(shown[0].time, shown[shown.length - 1].time);
  const ranks = linearAxis(0, nodes.length, 4);
  const toX = (t: number): number => area.left + times.place(t) * (area.right - area.left);
  const toY = (rank: number): number => area.top + ranks.place(rank) * (area.bottom - area.top);
  return figures.add(
    group(
      element(
        'svg',
        {
          viewBox: `0 0 ${chartWidth} 302`,
          role: 'img',
          class: 'chart',
          'aria-label': `Masses of ${nodes.length} nodes over time as a picture, the heaviest on top.`,
        },
        element('image', {
          href: pictureAddress(values, shown.length, nodes.length),
          x: area.left,
          y: area.top,
          width: area.right - area.left,
          height: area.bottom - area.top,
          preserveAspectRatio: 'none',
          class: 'pixels',
        }),
        ranks.ticks.map(({ value, label }) =>
          element('text', { x: area.left - 6, y: unit(toY(value) + 4), class: 'tick end' }, label),
        ),
        times.ticks.map(({ value, label }) =>
          element('text', { x: unit(toX(value)), y: area.bottom + 16, class: 'tick middle' }, label),
        ),
        element('text', { x: (area.left + area.right) / 2, y: 296, class: 'name middle' }, 'time t'),
        element('text', { x: 4, y: 13, class: 'name' }, 'nodes, from the heaviest at the end'),
      ),
      colourBar('mass', [largest * leastPart, largest], 'log'),
    ),
    `Masses of ${nodes.length === byMass.length ? 'all' : `the heaviest ${nodes.length} of`} ${byMass.length} nodes over time, a row for each, ordered by the mass at the end; no colour is no mass.`,
    {
      head: ['rank', 'node', 'mass at the end'],
      rows: nodes.slice(0, 40).map((g, rank) => {
        const last = data.observations[data.observations.length - 1];
        return [rank + 1, data.manifest.nodeNames[g], withError(last.mass[g], last.massError[g])];
      }),
    },
  );
}

export function meanSection(data: ReportData, choice: NodeChoice, figures: Figures): Markup {
  const { coordinateNames } = data.manifest;
  const count = Math.min(choice.named.length, shownMeans);
  const few = {
    ...choice,
    named: choice.named.slice(0, count),
    isAll: choice.isAll && count === choice.named.length,
  };
  const charts = coordinateNames.slice(0, shownCoordinates).map((coordinate, i) => {
    const [value, error]: Pick[] = [(o, g) => o.mean[g][i], (o, g) => o.meanError[g][i]];
    const series = lines(data, few, count, value, error);
    return figures.add(
      chart({
        description: `Mean of ${coordinate} given the node over time, for ${nodesInWords(few)}.`,
        xLabel: 'time t',
        yLabel: `mean of ${coordinate} given the node`,
        series,
        names: 'ends',
      }),
      `Mean of ${coordinate} given the node, for ${nodesInWords(few)}.${bandNote(series)}`,
      numbers(data, few, count, value, error),
    );
  });
  const rest = coordinateNames.length - charts.length;
  return group(
    element('h2', { id: 'means' }, 'Means'),
    rest > 0 &&
      element(
        'p',
        {},
        `The first ${charts.length} of ${coordinateNames.length} coordinates; all are in observables.csv.`,
      ),
    element('div', { class: 'figures' }, ...charts),
  );
}
