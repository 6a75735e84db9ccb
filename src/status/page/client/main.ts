// The page comes to life: sections are made, the feed is started, and what it brings is handed on.

import { cloudSection } from './cloud-section.js';
import type { Context, Section } from './context.js';
import { Controls } from './controls.js';
import { find } from './dom.js';
import { energySection } from './energy-section.js';
import { Feed } from './feed.js';
import { graphSection } from './graph-section.js';
import { headSection } from './head-section.js';
import { logSection } from './log-section.js';
import { massSection } from './mass-section.js';
import { chooseNodes } from './node-choice.js';
import { forgetColours } from './palette.js';
import { Scheduler } from './scheduler.js';
import { watchTheme } from './theme.js';
import { workerSection } from './worker-section.js';

/** Between two choices of the nodes that are shown: masses cross all the time. */
const choiceMs = 5000;

const scheduler = new Scheduler();
let chosenAt = -Infinity;

const feed: Feed = new Feed({
  viewed(view) {
    context.view = view;
    controls.viewed(view);
    if (performance.now() - chosenAt > choiceMs) choose();
    for (const section of sections) section.viewed?.(view);
  },
  happened: (event) => log.happened(event),
  grown: () => changed(),
  linked(link) {
    head.linked(link);
    controls.linked(link.kind === 'live' || link.kind === 'polling');
  },
});
const context: Context = {
  ...{ scheduler, history: feed.history, view: undefined, nodes: [], pinned: new Set<number>(), window: 1 },
};

function changed(): void {
  for (const section of sections) section.changed?.();
}

function choose(): void {
  const { view } = context;
  if (!view) return;
  chosenAt = performance.now();
  const nodes = chooseNodes(view.mass, context.pinned, context.nodes);
  if (nodes === context.nodes) return;
  context.nodes = nodes;
  changed();
}

const controls = new Controls();
const head = headSection(context, () => feed);
const log = logSection(context);
const sections: readonly Section[] = [
  head,
  energySection(context),
  massSection(context, () => {
    choose();
    changed();
  }),
  cloudSection(context),
  graphSection(context),
  workerSection(context),
];

watchTheme(find('theme', HTMLSelectElement), () => {
  forgetColours();
  scheduler.everythingChanged();
});
const stretch = find('window', HTMLSelectElement);
stretch.addEventListener('change', () => {
  context.window = Number(stretch.value);
  changed();
});
find('loading', HTMLElement).hidden = true;
void feed.run();
