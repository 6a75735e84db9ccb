// Workers: a table with load and lag, the imbalance between them, and throughput over time.

import { brief, grouped } from '../../../drawing/mod.js';
import type { View } from './api.js';
import { Chart } from './chart.js';
import type { Context, Section } from './context.js';
import { find, make, setAttribute, setText } from './dom.js';
import type { Part } from './scheduler.js';
import { about, exchangeText, percent } from './words.js';

/** Rows of the table; of more workers the busiest and all that are lost. */
const mostRows = 64;
/** Seconds between two points of the throughput. */
const rateSeconds = 1;

export function workerSection(context: Context): Section {
  const { history, scheduler } = context;
  const place = find('worker-parts', HTMLElement);
  const body = find('worker-rows', HTMLTableSectionElement);
  const table = find('worker-card', HTMLElement);
  const note = find('worker-note', HTMLElement);
  let opened: number | undefined;

  const chart = new Chart(
    scheduler,
    {
      title: 'Throughput',
      xLabel: 'seconds since this page was opened',
      caption: 'Particle-steps (on a grid: cell-steps) per second, as long as this page is open.',
      xText: (x) => `${Math.round(x)} s`,
    },
    () => {
      const points = history.rates;
      const start = opened ?? 0;
      const x = points.map(({ at }) => at - start);
      const y = points.map(({ rate }) => rate);
      const series = [{ name: 'throughput', hue: 5, x, y }];
      return {
        series: points.length > 0 ? series : [],
        scale: 'linear',
        include: [0],
        least: 0,
        empty: 'nothing measured while this page is open',
      };
    },
  );
  place.append(chart.element);

  const part: Part = {
    element: table,
    draw() {
      const { view } = context;
      if (!view) return;
      const shown =
        view.workers.length <= mostRows
          ? view.workers
          : [...view.workers]
              .sort((a, b) => Number(b.state === 'lost') - Number(a.state === 'lost') || b.load - a.load)
              .slice(0, mostRows);
      while (body.rows.length > shown.length) body.deleteRow(-1);
      shown.forEach((worker, k) => {
        const row = k < body.rows.length ? body.rows[k] : newRow(body);
        const [name, state, load, lag, particles, shards, threads, busy, waited] = row.cells;
        setText(name, worker.name);
        setText(state, worker.state);
        setAttribute(state, 'class', `state-${worker.state}`);
        const [track, value] = load.children;
        const fill = track.firstElementChild;
        if (fill instanceof HTMLElement) {
          fill.style.transform = `scaleX(${Math.max(0, Math.min(1, worker.load)).toFixed(3)})`;
        }
        setText(value, percent(worker.load));
        setText(lag, worker.lagSeconds > 0 ? `${brief(worker.lagSeconds, 2)} s` : '0 s');
        setText(particles, grouped(worker.particles));
        setText(shards, grouped(worker.shards));
        setText(threads, String(worker.threads));
        setText(busy, about(worker.busySeconds));
        setText(waited, about(worker.waitedSeconds));
      });
      if (body.parentElement) body.parentElement.hidden = shown.length === 0;
      setText(note, noteText(view, shown.length));
    },
  };
  scheduler.add(part);

  return {
    viewed(view) {
      scheduler.changed(part);
      if (view.state !== 'running' || view.unitStepsPerSecond === null) return;
      const at = performance.now() / 1000;
      opened ??= at;
      const last = history.rates.at(-1);
      if (last && at - last.at < rateSeconds) return;
      history.addRate({ at, rate: view.unitStepsPerSecond });
      chart.changed();
    },
  };
}

function newRow(body: HTMLTableSectionElement): HTMLTableRowElement {
  const row = body.insertRow();
  row.append(
    make('th', { scope: 'row' }),
    make('td'),
    make(
      'td',
      { class: 'load' },
      make('span', { class: 'track' }, make('span', { class: 'fill' })),
      make('span', { class: 'number' }),
    ),
    ...Array.from({ length: 6 }, () => make('td')),
  );
  return row;
}

function noteText(view: View, shown: number): string {
  if (view.workers.length === 0) return 'No workers: the run does not go on in the process that was asked.';
  const parts = [
    shown < view.workers.length ? `${shown} of ${view.workers.length} workers are listed` : '',
    view.imbalance === null
      ? ''
      : `imbalance ${percent(view.imbalance)} (largest load over mean load, minus 1)`,
    view.partition ? `work is shared out by ${view.partition}` : '',
    view.reforms > 0 ? `shared out anew ${view.reforms} times` : '',
    exchangeText(view),
  ];
  const text = parts.filter((one) => one !== '').join('; ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
