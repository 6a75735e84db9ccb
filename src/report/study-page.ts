// The page of a convergence study: errors of minimizing movements against the gradient flow, by length of step. The study
// itself is run elsewhere (cli/study-jko.ts).

import { createHash } from 'node:crypto';
import { brief } from '../drawing/mod.js';
import { chart, type Series } from './chart.js';
import { Figures } from './figure.js';
import { element, escapeText, table, type Markup } from './markup.js';
import { style } from './style.js';

/** One length of step, at one time. */
export interface StudyRow {
  readonly tau: number;
  readonly time: number;
  /** Sum over nodes of the integrals of |f - f_flow|; |E - E_flow|. */
  readonly densityError: number;
  readonly energyError: number;
  /** log(error/error')/log(tau/tau') with the next longer step; undefined for the longest. */
  readonly densityOrder: number | undefined;
  readonly energyOrder: number | undefined;
}

export interface StudyOfMobility {
  readonly mobility: string;
  readonly rows: readonly StudyRow[];
  /** Worst gap of any step, and steps of Newton's method per movement. */
  readonly worstGap: number;
  readonly iterationsPerStep: number;
}

export interface StudyData {
  readonly name: string;
  readonly version: string;
  readonly inner: number;
  readonly taus: readonly number[];
  readonly times: readonly number[];
  /** Error of a step of the gradient flow, relative to the density. */
  readonly tolerance: number;
  readonly mobilities: readonly StudyOfMobility[];
  /** The command that makes it again. */
  readonly command: string;
}

/** The page of a study. */
export function renderStudy(data: StudyData): string {
  const figures = new Figures();
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const last = data.times[data.times.length - 1];
  const page = element(
    'html',
    { lang: 'en' },
    element(
      'head',
      {},
      element('meta', { charset: 'utf-8' }),
      element('meta', { 'http-equiv': 'Content-Security-Policy', content: policy }),
      element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
      element('meta', { name: 'color-scheme', content: 'light dark' }),
      element('title', {}, `${data.name}: minimizing movements – Wasserwerk`),
      { markup: `<style>${style}</style>` },
    ),
    element(
      'body',
      {},
      element(
        'main',
        {},
        element('h1', {}, `${data.name}: minimizing movements`),
        element(
          'p',
          {},
          `Each step minimises E(f) + W²/(2τ), L = ${data.inner}. Errors are against the gradient flow on the same grid, its steps controlled to ${brief(data.tolerance)}. As τ → 0 they fall with order 1.`,
        ),
        errors(data, figures, last, 'densityError', 'L¹ distance to the gradient flow'),
        errors(data, figures, last, 'energyError', 'energy error |E − E_flow|'),
        ...data.mobilities.map((study) => numbers(study)),
        element('p', {}, 'Again: ', element('code', {}, data.command)),
        element('footer', {}, `Made by wasserwerk ${data.version}.`),
      ),
    ),
  );
  return `<!doctype html>\n${page.markup}\n`;
}

/** The first figure of the page as a picture of its own (SVG). */
export function studyPicture(data: StudyData): string {
  const last = data.times[data.times.length - 1];
  const { markup } = picture(data, last, 'densityError', 'L¹ distance to the gradient flow');
  const end = markup.indexOf('>');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg"${markup.slice('<svg'.length, end)}>` +
    `<style>${escapeText(style)} svg{background:var(--ground)}</style>${markup.slice(end + 1)}\n`
  );
}

function errors(
  data: StudyData,
  figures: Figures,
  time: number,
  key: 'densityError' | 'energyError',
  label: string,
): Markup {
  return figures.add(
    picture(data, time, key, label),
    `${label} at t = ${brief(time)} for steps τ = ${data.taus.map((tau) => brief(tau)).join(', ')}. Dashed: proportional to τ.`,
  );
}

function picture(data: StudyData, time: number, key: 'densityError' | 'energyError', label: string): Markup {
  const series = data.mobilities.map(({ mobility, rows }, hue): Series => {
    const own = rows.filter((row) => row.time === time);
    return { name: mobility, hue, x: own.map(({ tau }) => Math.log10(tau)), y: own.map((row) => row[key]) };
  });
  const [first] = series;
  const anchor = first.y.length - 1;
  const fit: Series = {
    name: 'order 1',
    hue: series.length,
    x: first.x,
    y: first.x.map((x) => first.y[anchor] * 10 ** (x - first.x[anchor])),
    isFit: true,
  };
  return chart({
    description: `${label} at t = ${brief(time)} over the length of a step, both logarithmic.`,
    xLabel: 'log₁₀ τ',
    yLabel: label,
    series: [...series, fit],
    names: 'row',
    scale: 'log',
  });
}

function numbers({ mobility, rows, worstGap, iterationsPerStep }: StudyOfMobility): Markup {
  return table(
    `Mobility ${mobility}: ${brief(iterationsPerStep, 3)} steps of Newton's method a movement, worst gap ${brief(worstGap, 2)}`,
    ['time', 'τ', 'L¹ error', 'order', 'energy error', 'order'],
    rows.map((row) => [
      brief(row.time),
      brief(row.tau),
      brief(row.densityError),
      row.densityOrder === undefined ? '' : brief(row.densityOrder, 3),
      brief(row.energyError),
      row.energyOrder === undefined ? '' : brief(row.energyOrder, 3),
    ]),
  );
}
