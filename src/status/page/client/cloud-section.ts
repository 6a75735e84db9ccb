// Pictures of the state: for each node that is shown by name a histogram (one coordinate), a cloud of particles or a heat map
// (two). Fetched at a modest rate, and only while the section can be seen.

import { brief } from '../../../drawing/mod.js';
import { unwatchSize, watchSize } from './canvas.js';
import { paintPanel, type PanelContent } from './cloud-paint.js';
import type { Context, Section } from './context.js';
import { histogram, particlesByNode, rangeOf, raster, spread, steadyRange, type Range } from './density.js';
import { find, make, setAttribute, setText } from './dom.js';
import { dimensionOf, parsePicture, PictureError, type Picture } from './picture.js';
import type { Part } from './scheduler.js';

/** Particles in a picture. */
const mostParticles = 20_000;
/** Between two pictures; longer where a picture takes long. */
const refreshMs = 2000;
const slowFactor = 8;

interface Panel {
  readonly figure: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly name: HTMLElement;
  readonly note: HTMLElement;
}

export function cloudSection(context: Context): Section {
  const { scheduler } = context;
  const section = find('densities', HTMLElement);
  const place = find('cloud-panels', HTMLElement);
  const status = find('cloud-status', HTMLElement);
  const [across, up] = [find('cloud-x', HTMLSelectElement), find('cloud-y', HTMLSelectElement)];
  const style = find('cloud-style', HTMLSelectElement);
  const refresh = find('cloud-refresh', HTMLInputElement);
  const panels: Panel[] = [];
  let picture: Picture | undefined;
  let rows: Int32Array[] = [];
  const ranges: (Range | undefined)[] = [];
  let key = '';

  const panelAt = (k: number): Panel => {
    if (k < panels.length) return panels[k];
    const panel = {
      canvas: make('canvas', { class: 'cloud', role: 'img' }),
      name: make('b'),
      note: make('span', { class: 'soft' }),
    };
    const figure = make(
      'figure',
      { class: 'panel' },
      make('figcaption', {}, panel.name, ' ', panel.note),
      panel.canvas,
    );
    watchSize(panel.canvas, () => scheduler.changed(part));
    place.append(figure);
    panels.push({ ...panel, figure });
    return panels[k];
  };

  /** The coordinates to draw: the second is undefined for a histogram. */
  const chosen = (dimension: number): readonly [number, number | undefined] => {
    const i = Math.min(dimension - 1, Number(across.value));
    const j = up.value === '' ? undefined : Number(up.value);
    return [i, j === undefined || j === i || j >= dimension ? undefined : j];
  };

  const part: Part = {
    element: section,
    draw() {
      const { view, nodes } = context;
      if (!view) return;
      nodes.forEach(({ index, hue }, k) => {
        const panel = panelAt(k);
        panel.figure.hidden = false;
        setAttribute(panel.figure, 'class', `panel h${hue % 8}`);
        setText(panel.name, view.nodeNames[index]);
        setAttribute(panel.name, 'title', view.nodeNames[index]);
        if (!picture) setAttribute(panel.canvas, 'aria-label', `${view.nodeNames[index]}: no picture yet`);
      });
      while (panels.length > nodes.length) {
        const panel = panels.pop();
        if (!panel) break;
        unwatchSize(panel.canvas);
        panel.figure.remove();
      }
      const shown = picture;
      if (!shown) return;
      const [i, j] = chosen(dimensionOf(shown));
      const indices = nodes.map(({ index }) => index);
      const now = `${i} ${j ?? '-'}`;
      if (now !== key) ranges.length = 0;
      key = now;
      const along = [i, j].map((coordinate, k) => {
        const range = coordinate === undefined ? undefined : rangeOf(shown, coordinate, indices);
        ranges[k] = range ? steadyRange(ranges[k], range) : ranges[k];
        return ranges[k] ?? ([-1, 1] as const);
      });
      const names = view.coordinateNames;
      nodes.forEach(({ index, hue }, k) => {
        const panel = panels[k];
        const own = rows[index] ?? new Int32Array(0);
        const isEmpty = shown.kind === 'particles' && own.length === 0;
        const content: PanelContent = isEmpty
          ? { kind: 'empty' }
          : j === undefined
            ? { kind: 'histogram', histogram: histogram(shown, index, own, i, along[0]), range: along[0] }
            : shown.kind === 'particles' && style.value === 'cloud'
              ? {
                  kind: 'cloud',
                  picture: shown,
                  rows: own,
                  coordinates: [i, j],
                  ranges: [along[0], along[1]],
                }
              : { kind: 'raster', raster: raster(shown, index, own, [i, j], [along[0], along[1]]) };
        const most = paintPanel(panel.canvas, content, hue, [names[i], j === undefined ? '' : names[j]]);
        const count = shown.kind === 'particles' ? `${own.length} shown` : '';
        const peak = most === undefined ? '' : `peak ${brief(most, 2)}`;
        setText(panel.note, [count, peak].filter((text) => text !== '').join(', '));
        const words = [i, j].flatMap((coordinate) => {
          if (coordinate === undefined || isEmpty) return [];
          const { mean, deviation } = spread(shown, index, own, coordinate);
          return [
            `mean of ${names[coordinate]} ${brief(mean, 3)}, standard deviation ${brief(deviation, 3)}`,
          ];
        });
        setAttribute(
          panel.canvas,
          'aria-label',
          `${view.nodeNames[index]}: ${isEmpty ? 'no particles in the picture' : words.join('; ')}`,
        );
      });
      setText(status, `Step ${shown.step}.`);
    },
  };
  scheduler.add(part);
  for (const select of [across, up, style]) select.addEventListener('change', () => scheduler.changed(part));

  const offer = (names: readonly string[], isGrid: boolean): void => {
    const options = (chosenValue: number): HTMLOptionElement[] =>
      names.map((name, k) => new Option(name, String(k), false, k === chosenValue));
    across.replaceChildren(...options(0));
    up.replaceChildren(new Option('none: histogram', '', false, names.length === 1), ...options(1));
    find('cloud-axes', HTMLElement).hidden = names.length === 1;
    find('cloud-styles', HTMLElement).hidden = names.length === 1 || isGrid;
  };

  let offered = '';
  let isFetching = false;
  let notBefore = 0;
  let pictured: string | undefined;

  const fetchPicture = async (): Promise<void> => {
    const started = performance.now();
    const step = `${context.view?.step} ${context.view?.state}`;
    const response = await fetch(`api/picture?most=${mostParticles}`, { cache: 'no-store' });
    if (response.status === 204) setText(status, 'There is no picture of the state yet.');
    if (response.status !== 200) return;
    picture = parsePicture(await response.arrayBuffer());
    rows = picture.kind === 'particles' ? particlesByNode(picture, context.view?.nodeNames.length ?? 0) : [];
    pictured = step;
    notBefore = performance.now() + slowFactor * (performance.now() - started);
    scheduler.changed(part);
  };

  const look = (): void => {
    const { view } = context;
    if (!view || isFetching || performance.now() < notBefore) return;
    const isWanted = picture === undefined || refresh.checked;
    if (!isWanted || !scheduler.isVisible(section) || pictured === `${view.step} ${view.state}`) return;
    isFetching = true;
    fetchPicture()
      .catch((error: unknown) => {
        // A broken connection is told at the top of the page.
        if (error instanceof TypeError) return;
        if (!(error instanceof PictureError)) throw error;
        setText(status, `The picture cannot be drawn: ${error.message}.`);
      })
      .finally(() => (isFetching = false));
  };
  setInterval(look, refreshMs);

  return {
    viewed(view) {
      const names = view.coordinateNames.join('\n');
      if (offered === names) return;
      offered = names;
      offer(view.coordinateNames, view.representation === 'grid');
      look();
    },
    changed() {
      scheduler.changed(part);
      if (!picture) look();
    },
  };
}
