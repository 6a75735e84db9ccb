// Masses: over time for the nodes that are shown by name, and as bars now. Of many nodes the heaviest; others are found by
// their names and pinned.

import { grouped, withError } from '../../../drawing/mod.js';
import { Chart } from './chart.js';
import { inWindow, type Context, type Section } from './context.js';
import { find, make, setAttribute, setText } from './dom.js';
import { mostNamed, searchNodes } from './node-choice.js';
import type { Part } from './scheduler.js';

/** Rows of a search. */
const mostFound = 24;

interface Row {
  readonly item: HTMLLIElement;
  readonly pin: HTMLButtonElement;
  readonly bar: HTMLElement;
  readonly value: HTMLElement;
}

export function massSection(context: Context, choiceChanged: () => void): Section {
  const { history, scheduler, pinned } = context;
  const place = find('mass-parts', HTMLElement);
  const chart = new Chart(
    scheduler,
    {
      ...{ title: 'Masses over time', xLabel: 'time t' },
      caption: 'Fraction of all mass on a node. Bands: ± 2 standard errors.',
    },
    () => {
      const { points, range } = inWindow(history.masses, ({ time }) => time, context.window);
      const names = context.view?.nodeNames ?? [];
      const x = points.map(({ time }) => time);
      const series = context.nodes.map(({ index, hue }) => ({
        ...{ name: names[index] ?? String(index), hue, x },
        y: points.map(({ mass }) => mass[index]),
        error: points.map(({ error }) => error[index]),
      }));
      return {
        ...{ series: points.length > 0 ? series : [], scale: 'linear', include: [0], least: 0 },
        ...{ empty: 'no observation yet', xRange: range },
      };
    },
  );

  const search = make('input', {
    type: 'search',
    id: 'node-search',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const unpin = make('button', { type: 'button', class: 'small' }, 'Unpin all');
  // What a search found is read out; the note changes with every look, and is not.
  const found = make('p', { class: 'unseen', role: 'status' });
  const note = make('p', { class: 'readout' });
  const list = make('ul', { class: 'bars' });
  const element = make(
    'div',
    { class: 'card' },
    make('div', { class: 'card-head' }, make('h3', {}, 'Masses now')),
    make('div', { class: 'search' }, make('label', { for: 'node-search' }, 'Find a node'), search, unpin),
    list,
    note,
    found,
  );
  place.append(chart.element, element);
  const rows: Row[] = [];
  let shownNodes: readonly number[] = [];

  /** The row for a place of the list, made when first needed and used again. */
  const rowAt = (k: number): Row => {
    if (k < rows.length) return rows[k];
    const row = {
      pin: make('button', { type: 'button', class: 'pin' }),
      bar: make('span', { class: 'fill' }),
      value: make('span', { class: 'number' }),
    };
    row.pin.addEventListener('click', () => {
      const g = shownNodes[k];
      if (pinned.has(g)) pinned.delete(g);
      else if (pinned.size < mostNamed) pinned.add(g);
      choiceChanged();
    });
    const item = make('li', {}, row.pin, make('span', { class: 'track' }, row.bar), row.value);
    list.append(item);
    rows.push({ ...row, item });
    return rows[k];
  };

  const part: Part = {
    element,
    draw() {
      const { view } = context;
      if (!view) return;
      const isSmall = view.nodeNames.length <= mostNamed;
      const text = search.value.trim();
      const result = text === '' ? undefined : searchNodes(view.nodeNames, view.mass, text, mostFound);
      shownNodes = result ? result.found : context.nodes.map(({ index }) => index);
      // The error of the mass is known of the last observation, the mass itself of now.
      const errors = view.observation?.massError;
      const most = view.mass.reduce<number>((largest, mass) => Math.max(largest, mass ?? 0), 1e-300);
      const hues = new Map(context.nodes.map(({ index, hue }) => [index, hue]));
      shownNodes.forEach((g, k) => {
        const row = rowAt(k);
        const mass = view.mass[g] ?? 0;
        const hue = hues.get(g);
        row.item.hidden = false;
        setAttribute(row.item, 'class', hue === undefined ? 'other' : `h${hue % 8}`);
        setText(row.pin, view.nodeNames[g]);
        setAttribute(row.pin, 'title', view.nodeNames[g]);
        row.pin.disabled = isSmall;
        if (isSmall) row.pin.removeAttribute('aria-pressed');
        else setAttribute(row.pin, 'aria-pressed', String(pinned.has(g)));
        const scale = `scaleX(${(mass / most).toFixed(4)})`;
        if (row.bar.style.transform !== scale) row.bar.style.transform = scale;
        setText(row.value, withError(mass, errors?.[g]));
      });
      rows.slice(shownNodes.length).forEach(({ item }) => (item.hidden = true));
      unpin.disabled = pinned.size === 0;
      const told = noteText(view.nodeNames.length, view.mass, shownNodes, result?.total, text);
      setText(note, told);
      setText(found, result ? told : '');
      element.classList.toggle('few', isSmall);
    },
  };
  scheduler.add(part);
  search.addEventListener('input', () => scheduler.changed(part));
  unpin.addEventListener('click', () => {
    pinned.clear();
    choiceChanged();
  });

  return {
    viewed: () => scheduler.changed(part),
    changed() {
      chart.changed();
      scheduler.changed(part);
    },
  };
}

function noteText(
  count: number,
  mass: readonly (number | null)[],
  shown: readonly number[],
  total: number | undefined,
  text: string,
): string {
  if (total !== undefined) {
    return total > shown.length
      ? `${shown.length} of ${grouped(total)} nodes with “${text}”. A click pins a node to the charts.`
      : `${grouped(total)} ${total === 1 ? 'node' : 'nodes'} with “${text}”. A click pins a node to the charts.`;
  }
  if (shown.length === count) return '';
  const sum = shown.reduce((all, g) => all + (mass[g] ?? 0), 0);
  return (
    `The ${shown.length} heaviest (or pinned) of ${grouped(count)} nodes, ${(100 * sum).toFixed(1)} % of the mass. ` +
    'A click pins a node.'
  );
}
