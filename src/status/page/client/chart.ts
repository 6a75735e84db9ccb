// A chart of lines over time on a canvas, with bands of errors, a cursor for pointer and arrow keys, a text that says what is
// seen, and its numbers as a table. What the lines are is the business of the sections.

import { brief, withError } from '../../../drawing/mod.js';
import { surface, watchSize } from './canvas.js';
import { nearest, paintChart, type ChartContent, type Drawn, type Series } from './chart-paint.js';
import { fillRows, make, setAttribute, setText } from './dom.js';
import type { Part, Scheduler } from './scheduler.js';
import { curveText } from './words.js';

export interface ChartOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly caption: string;
  /** Texts of x values, where they are not plain numbers. */
  readonly xText?: (x: number) => string;
}

/** Rows of the table. */
const mostRows = 24;

export class Chart implements Part {
  readonly element: HTMLElement;
  readonly #options: ChartOptions;
  readonly #content: () => ChartContent;
  readonly #scheduler: Scheduler;
  readonly #canvas: HTMLCanvasElement;
  readonly #legend = make('ul', { class: 'legend' });
  readonly #readout = make('p', { class: 'readout', role: 'status' });
  readonly #details = make('details');
  readonly #head = make('tr');
  readonly #body = make('tbody');
  #legendKey = '';
  #shown: ChartContent = { series: [], scale: 'linear', empty: '' };
  #drawn: Drawn | undefined;
  /** The x that the cursor points at. */
  #cursor: number | undefined;

  constructor(scheduler: Scheduler, options: ChartOptions, content: () => ChartContent) {
    this.#options = options;
    this.#content = content;
    this.#scheduler = scheduler;
    this.#canvas = make('canvas', { class: 'chart', tabindex: '0', role: 'img' });
    const table = make(
      'table',
      {},
      make('caption', {}, options.title),
      make('thead', {}, this.#head),
      this.#body,
    );
    this.#details.append(
      make('summary', {}, 'Numbers'),
      make(
        'div',
        { class: 'scroll', tabindex: '0', role: 'group', 'aria-label': `${options.title}, table` },
        table,
      ),
    );
    this.element = make(
      'figure',
      { class: 'card' },
      make('div', { class: 'card-head' }, make('h3', {}, options.title), this.#legend),
      this.#canvas,
      this.#readout,
      make('figcaption', {}, options.caption),
      this.#details,
    );
    this.#listen();
    watchSize(this.#canvas, () => this.changed());
    scheduler.add(this);
  }

  changed(): void {
    this.#scheduler.changed(this);
  }

  draw(): void {
    this.#shown = this.#content();
    this.#describe();
    if (this.#details.open) this.#fillTable();
    const on = surface(this.#canvas);
    if (on) this.#drawn = paintChart(on, this.#shown, this.#options.xLabel, this.#cursor);
    this.#readCursor();
  }

  #listen(): void {
    this.#details.addEventListener('toggle', () => this.changed());
    this.#canvas.addEventListener('pointermove', ({ offsetX }) => {
      if (!this.#drawn) return;
      const { area, x: axis } = this.#drawn;
      const part = (offsetX - area.left) / (area.right - area.left);
      this.#cursor = axis.low + part * (axis.high - axis.low);
      this.changed();
    });
    const leave = (): void => {
      this.#cursor = undefined;
      this.changed();
    };
    this.#canvas.addEventListener('pointerleave', leave);
    this.#canvas.addEventListener('blur', leave);
    this.#canvas.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') {
        leave();
        return;
      }
      const x = this.#longest()?.x;
      if (!x || x.length === 0) return;
      const at = this.#cursor === undefined ? x.length - 1 : nearest(x, this.#cursor);
      const by = Math.max(1, Math.round(x.length / 60));
      const to: Readonly<Record<string, number>> = {
        ArrowLeft: this.#cursor === undefined ? at : at - by,
        ArrowRight: at + by,
        Home: 0,
        End: x.length - 1,
      };
      if (!(event.key in to)) return;
      event.preventDefault();
      this.#cursor = x[Math.max(0, Math.min(x.length - 1, to[event.key]))];
      this.changed();
    });
  }

  #longest(): Series | undefined {
    return this.#shown.series.reduce<Series | undefined>(
      (most, one) => (most && most.x.length >= one.x.length ? most : one),
      undefined,
    );
  }

  #xText(x: number): string {
    return this.#options.xText?.(x) ?? `t = ${brief(x)}`;
  }

  #describe(): void {
    const { series, empty, scale } = this.#shown;
    const lines = series.slice(0, 6).map(({ name, x, y }) => curveText(name, x, y));
    const more = series.length > 6 ? ` And ${series.length - 6} more lines.` : '';
    const text =
      series.length === 0
        ? empty
        : `${scale === 'log' ? 'Logarithmic. ' : ''}${lines.join('; ')}.${more} Arrow keys move a cursor.`;
    setAttribute(this.#canvas, 'aria-label', `${this.#options.title}. ${text}`);
    const key = series.map(({ name, hue }) => `${hue} ${name}`).join('\n');
    if (key === this.#legendKey) return;
    this.#legendKey = key;
    // A single line is named by the title.
    const named = series.length > 1 ? series : [];
    this.#legend.replaceChildren(
      ...named.map(({ name, hue }) =>
        make('li', { class: `h${hue % 8}${hue >= 8 ? ' dashed' : ''}` }, make('i'), name),
      ),
    );
  }

  #fillTable(): void {
    const { series } = this.#shown;
    const longest = this.#longest();
    const head = [this.#options.xLabel, ...series.map(({ name }) => name)];
    if (this.#head.textContent !== head.join('')) {
      this.#head.replaceChildren(...head.map((text) => make('th', { scope: 'col' }, text)));
    }
    const count = longest?.x.length ?? 0;
    const rows = Math.min(count, mostRows);
    const picked = Array.from({ length: rows }, (_, k) =>
      rows === 1 ? 0 : Math.round((k * (count - 1)) / (rows - 1)),
    );
    fillRows(
      this.#body,
      picked.map((k) => {
        const x = longest ? longest.x[k] : 0;
        return [
          this.#options.xText?.(x) ?? brief(x),
          ...series.map((one) => valueText(one, nearest(one.x, x))),
        ];
      }),
    );
  }

  #readCursor(): void {
    const at = this.#cursor;
    const longest = this.#longest();
    if (at === undefined || !longest || longest.x.length === 0) {
      setText(this.#readout, '');
      return;
    }
    const x = longest.x[nearest(longest.x, at)];
    const values = this.#shown.series.map((one) => {
      const text = valueText(one, nearest(one.x, x));
      return this.#shown.series.length > 1 ? `${one.name} ${text}` : text;
    });
    setText(this.#readout, `${this.#xText(x)}: ${values.join(', ')}`);
  }
}

function valueText({ y, error }: Series, k: number): string {
  return withError(y[k], error?.[k]);
}
