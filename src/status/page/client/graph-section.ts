// The graph: nodes with areas like their masses and arrows for the net flows of mass. Large graphs are tiles, one a node, in the
// colour of its mass, and a list of the largest flows.

import { brief, withError } from '../../../drawing/mod.js';
import { watchSize } from './canvas.js';
import type { Context, Section } from './context.js';
import { fillRows, find, make, setAttribute, setText } from './dom.js';
import { isCertain, netFlows, reverseEdges, type Flow } from './flows.js';
import { paintGraph, type DrawnGraph } from './graph-paint.js';
import { placeGraph, type Placing } from './graph-place.js';
import { byMass } from './node-choice.js';
import type { Part } from './scheduler.js';

const listedFlows = 12;
const listedNodes = 24;

export function graphSection(context: Context): Section {
  const { history, scheduler } = context;
  const place = find('graph-parts', HTMLElement);
  const canvas = make('canvas', { class: 'graph', role: 'img', tabindex: '0' });
  const readout = make('p', { class: 'readout', role: 'status' });
  const caption = make('figcaption');
  const flowBody = make('tbody');
  const flowNote = make('p', { class: 'note' }, 'no flow stands out of its noise yet');
  const nodeBody = make('tbody');
  const details = make(
    'details',
    {},
    make('summary', {}, 'Numbers'),
    make(
      'div',
      { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': 'Masses, table' },
      make(
        'table',
        {},
        make('caption', {}, `Masses, at most the ${listedNodes} heaviest`),
        make(
          'thead',
          {},
          make('tr', {}, make('th', { scope: 'col' }, 'node'), make('th', { scope: 'col' }, 'mass')),
        ),
        nodeBody,
      ),
    ),
  );
  const figure = make('figure', { class: 'card' }, canvas, readout, caption, details);
  const flowTable = make(
    'div',
    { class: 'scroll flows', tabindex: '0', role: 'group', 'aria-label': 'Largest net flows, table' },
    make(
      'table',
      {},
      make(
        'thead',
        {},
        make('tr', {}, make('th', { scope: 'col' }, 'edge'), make('th', { scope: 'col' }, 'mass per time')),
      ),
      flowBody,
    ),
  );
  const flows = make(
    'div',
    { class: 'card' },
    make('div', { class: 'card-head' }, make('h3', {}, 'Largest net flows')),
    flowTable,
    flowNote,
  );
  place.append(figure, flows);

  let placing: Placing | undefined;
  let reverse = new Int32Array(0);
  let placed = '';
  let drawn: DrawnGraph | undefined;
  let pointed: number | undefined;
  let certain: readonly Flow[] = [];
  let flowsOf = -1;

  const part: Part = {
    element: figure,
    draw() {
      const { view, nodes } = context;
      if (!view) return;
      // A run's graph does not change: it is laid out once.
      if (placed !== view.id) {
        placed = view.id;
        placing = placeGraph(view.nodeNames.length, view.edges);
        reverse = reverseEdges(view.edges) as Int32Array<ArrayBuffer>;
        canvas.classList.toggle('flat', isFlat(placing));
      }
      const last = history.jumps.at(-1)?.step ?? -1;
      if (last !== flowsOf) {
        flowsOf = last;
        const unit = view.representation !== 'particles' ? 1 : 1 / view.units;
        certain = netFlows(view.edges, reverse, history.jumps, unit).filter(isCertain);
      }
      if (placing) {
        const hues = new Map(nodes.map(({ index, hue }) => [index, hue]));
        drawn = paintGraph(canvas, placing, { view, flows: certain, hues, pointed });
      }
      describe();
    },
  };

  const describe = (): void => {
    const { view } = context;
    if (!view) return;
    const [count, edges] = [view.nodeNames.length, view.edges.from.length];
    const heaviest = byMass(view.mass).slice(0, listedNodes);
    const isTiles = placing?.kind === 'tiles';
    setText(
      caption,
      isTiles
        ? `${count} nodes and ${edges} directed edges: a tile is a node, in rows by number; the lighter the more mass, at most ${brief(view.mass[heaviest[0]], 3)}.`
        : `${count} ${count === 1 ? 'node' : 'nodes'}, ${edges} directed edges. Areas: masses now. Arrows: net mass per time over the last observations, the wider the more.`,
    );
    const [top] = certain;
    const flow = top
      ? ` Largest net flow: ${view.nodeNames[top.from]} to ${view.nodeNames[top.to]}.`
      : ' No flow stands out of its noise.';
    setAttribute(
      canvas,
      'aria-label',
      `The graph of ${count} nodes. Heaviest: ${heaviest
        .slice(0, 3)
        .map((g) => `${view.nodeNames[g]} ${brief(view.mass[g], 3)}`)
        .join(', ')}.${flow} Arrow keys go through the nodes.`,
    );
    const errors = view.observation?.massError;
    if (details.open) {
      fillRows(
        nodeBody,
        heaviest.map((g) => [view.nodeNames[g], withError(view.mass[g], errors?.[g])]),
      );
    }
    setText(
      readout,
      pointed === undefined
        ? ''
        : `${view.nodeNames[pointed]}: mass ${withError(view.mass[pointed], errors?.[pointed])}`,
    );
  };

  const flowPart: Part = {
    element: flows,
    draw() {
      const { view } = context;
      if (!view) return;
      const rows = certain.slice(0, listedFlows);
      fillRows(
        flowBody,
        rows.map(({ from, to, net, error }) => [
          `${view.nodeNames[from]} → ${view.nodeNames[to]}`,
          withError(net, error),
        ]),
      );
      flowTable.hidden = rows.length === 0;
      flowNote.hidden = rows.length > 0;
      const isTold = history.lastStep < 0 || history.jumps.length > 0;
      setText(
        flowNote,
        isTold ? 'No flow stands out of its noise.' : 'Jumps are not in the records of a graph this large.',
      );
    },
  };
  scheduler.add(part);
  scheduler.add(flowPart);

  const point = (node: number | undefined): void => {
    if (pointed === node) return;
    pointed = node;
    scheduler.changed(part);
  };
  canvas.addEventListener('pointermove', ({ offsetX, offsetY }) => point(drawn?.nodeAt(offsetX, offsetY)));
  canvas.addEventListener('pointerleave', () => point(undefined));
  canvas.addEventListener('blur', () => point(undefined));
  canvas.addEventListener('keydown', (event) => {
    const count = context.view?.nodeNames.length ?? 0;
    if (count === 0) return;
    if (event.key === 'Escape') {
      point(undefined);
      return;
    }
    const row = placing?.kind === 'tiles' ? placing.columns : 1;
    const at = pointed ?? -1;
    const to: Readonly<Record<string, number>> = {
      ...{ ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - row, ArrowDown: at + row },
      ...{ Home: 0, End: count - 1 },
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    point(Math.max(0, Math.min(count - 1, to[event.key])));
  });
  watchSize(canvas, () => scheduler.changed(part));
  details.addEventListener('toggle', () => scheduler.changed(part));

  const changed = (): void => {
    scheduler.changed(part);
    scheduler.changed(flowPart);
  };
  return { viewed: () => scheduler.changed(part), changed };
}

/** Nodes on one line need little height. */
function isFlat(placing: Placing): boolean {
  return placing.kind === 'places' && placing.places.every(({ y }) => y === placing.places[0].y);
}
