// A report as one HTML page that needs nothing else: no script, no fetch. A content policy says so to the browser, which then
// would not run a script either, had one slipped in with a name.

import { createHash } from 'node:crypto';
import type { ReportData } from './data.js';
import { densitySection } from './density-section.js';
import { energySection } from './energy-section.js';
import { Figures } from './figure.js';
import { graphSection } from './graph-section.js';
import { element, group, type Markup } from './markup.js';
import { massSection, meanSection } from './node-section.js';
import { chooseNodes } from './nodes.js';
import { headSection, runSection } from './run-section.js';
import { style } from './style.js';

/** The page of a run. Its size: about 5 kB a chart, 3 to 10 kB a panel of a density. */
export function renderReport(data: ReportData): string {
  const figures = new Figures();
  const choice = chooseNodes(data);
  const hasResults = data.observations.length > 0;
  const sections: [string, string, Markup][] = hasResults
    ? [
        ['energy', 'Energy', energySection(data, figures)],
        ['masses', 'Masses', massSection(data, choice, figures)],
        ['graph', 'Graph', graphSection(data, choice, figures)],
        ['densities', 'Densities', densitySection(data, choice, figures)],
        ['means', 'Means', meanSection(data, choice, figures)],
      ]
    : [];
  const present = sections.filter(([, , { markup }]) => markup !== '');
  const links: [string, string][] = [
    ...present.map(([id, title]): [string, string] => [id, title]),
    ['run', 'Run it again'],
    ['config', 'Config'],
  ];
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
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
      element('title', {}, `${data.manifest.name} – Wasserwerk`),
      { markup: `<style>${style}</style>` },
    ),
    element(
      'body',
      {},
      element(
        'main',
        {},
        headSection(data),
        element(
          'nav',
          { 'aria-label': 'Contents' },
          ...links.map(([id, title]) => element('a', { href: `#${id}` }, title)),
        ),
        hasResults
          ? group(...present.map(([, , markup]) => markup))
          : element('p', {}, 'There is no observation yet.'),
        runSection(data),
        element('footer', {}, `Made by wasserwerk ${data.manifest.wasserwerkVersion} from ${data.folder}.`),
      ),
    ),
  );
  return `<!doctype html>\n${page.markup}\n`;
}
