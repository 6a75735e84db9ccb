// What was run, where, how it ended, how to run it again: the head of a report and its end.

import type { ReportData } from './data.js';
import { element, group, type Child, type Markup } from './markup.js';
import { brief, bytes, duration, grouped } from '../drawing/mod.js';

/** How a run ended, in a few words. */
export function standing({ manifest, isLive }: ReportData): { readonly word: string; readonly text: string } {
  const steps = `${grouped(manifest.stepsDone)} of ${grouped(manifest.steps)} steps`;
  switch (manifest.status) {
    case 'finished':
      return { word: 'Finished', text: `all ${grouped(manifest.steps)} steps` };
    case 'interrupted':
      return { word: 'Interrupted', text: `after ${steps} (${manifest.reason}); it can be resumed` };
    case 'failed':
      return { word: 'Failed', text: `after ${steps}: ${manifest.error.message}` };
    case 'running':
      return isLive
        ? { word: 'Running', text: `${steps} by its last checkpoint` }
        : { word: 'Killed', text: `after at least ${steps}; it can be resumed` };
    default:
      return manifest satisfies never;
  }
}

export function headSection(data: ReportData): Markup {
  const { manifest, observations } = data;
  const { word, text } = standing(data);
  const { wallSeconds, particleSteps, particleStepsPerSecond } = manifest.timings;
  const last = observations.at(-1);
  const facts = [
    last && `t = ${brief(last.time, 6)}`,
    data.representation === 'particles' ? `${grouped(data.particles)} particles` : 'on a grid',
    `${grouped(data.graph.nodeCount)} node${data.graph.nodeCount === 1 ? '' : 's'}, d = ${data.dimension}`,
    wallSeconds > 0 && duration(wallSeconds),
    data.representation === 'particles' &&
      particleSteps > 0 &&
      `${brief(particleStepsPerSecond / 1e6, 3)} million particle-steps/s`,
  ].filter((fact) => typeof fact === 'string');
  return element(
    'header',
    {},
    element('p', { class: 'kind' }, 'Wasserwerk run'),
    element('h1', {}, manifest.name),
    data.description !== undefined && element('p', { class: 'description' }, data.description),
    element(
      'p',
      { class: `verdict ${manifest.status}` },
      element('b', {}, word),
      ` ${text}`,
      facts.map((fact) => group(' · ', element('span', { class: 'fact' }, fact))),
    ),
    remarks('Warnings', manifest.warnings, 'warning'),
    remarks('Notes', manifest.notes, 'note'),
    element(
      'p',
      { class: 'small' },
      data.representation === 'particles'
        ? 'All quantities are dimensionless. Errors are standard errors of independent particles; the bias of the time step is not in them.'
        : 'All quantities are dimensionless. A density on a grid has no sampling noise; the error of its cells and time steps is not told here.',
    ),
  );
}

function remarks(title: string, texts: readonly string[], className: string): Child {
  if (texts.length === 0) return undefined;
  return element(
    'div',
    { class: `remarks ${className}` },
    element('b', {}, title),
    element('ul', {}, ...texts.map((text) => element('li', {}, text))),
  );
}

/** A word of a command for a shell of POSIX. */
export function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** The command that runs the same once more. */
export function command({ configFile, overrides }: ReportData): string {
  return ['wasserwerk run', quoted(configFile), ...overrides.map((text) => `--set ${quoted(text)}`)].join(
    ' ',
  );
}

export function runSection(data: ReportData): Markup {
  const { manifest, configFile, overrides } = data;
  const { machine } = manifest;
  const facts: [string, Child][] = [
    ['run folder', data.folder],
    ['started', manifest.startedAt],
    ['ended', 'finishedAt' in manifest ? manifest.finishedAt : '–'],
    ['seed', manifest.seed],
    [
      'state hash',
      manifest.stateHash === null ? '–' : element('code', { class: 'hash' }, manifest.stateHash),
    ],
    ['wasserwerk', manifest.wasserwerkVersion],
    ['node', `${machine.nodeVersion} on ${machine.platform}`],
    ['machine', `${machine.cpuModel}, ${machine.cores} cores, ${bytes(machine.memoryBytes)}`],
    ['wall time', duration(manifest.timings.wallSeconds)],
    ...(data.representation === 'particles'
      ? [['particle-steps', brief(manifest.timings.particleSteps)] satisfies [string, Child]]
      : []),
  ];
  return group(
    element('h2', { id: 'run' }, 'How to run it again'),
    element('pre', { class: 'command' }, element('code', {}, command(data))),
    element(
      'p',
      { class: 'small' },
      'The same version gives the same bits on any number of workers: the state hash must be the one below.',
    ),
    element(
      'dl',
      { class: 'facts' },
      ...facts.map(([key, value]) => element('div', {}, element('dt', {}, key), element('dd', {}, value))),
    ),
    element('h2', { id: 'config' }, 'Config'),
    element(
      'p',
      { class: 'small' },
      configFile,
      overrides.length > 0 && [
        ', changed by ',
        ...overrides.map((text, k) => group(k > 0 && ', ', element('code', {}, text))),
      ],
    ),
    element('pre', {}, element('code', {}, manifest.configText)),
  );
}
