// What has happened: events of the run, the newest first, chosen by kind and text. A reader of screens is told of new ones in
// its own time; snapshots, observations and energies, of which there are many, are shown only when asked for, and never read out.

import { eventKinds, type EventKind, type LogEvent } from './api.js';
import type { Context } from './context.js';
import { find, make, setText } from './dom.js';
import type { Part } from './scheduler.js';

/** Events that are remembered, and that are shown. */
const mostKept = 2000;
const mostShown = 200;
const quiet: readonly EventKind[] = ['snapshot', 'observation', 'energy'];
/** Kinds with a switch: looks come as views, not as events. */
const kinds = eventKinds.filter((kind) => kind !== 'look');

export interface LogSection {
  happened(event: LogEvent): void;
}

export function logSection({ scheduler }: Context): LogSection {
  const list = find('log-list', HTMLOListElement);
  const note = find('log-note', HTMLElement);
  const filter = find('log-search', HTMLInputElement);
  const place = find('log-kinds', HTMLElement);
  const events: LogEvent[] = [];
  const items = new Map<LogEvent, HTMLLIElement>();
  const isOn = new Map<EventKind, HTMLInputElement>();

  for (const kind of kinds) {
    const box = make('input', { type: 'checkbox' });
    box.checked = !quiet.includes(kind);
    box.addEventListener('change', () => {
      const isBusy = quiet.some((one) => isOn.get(one)?.checked === true);
      list.setAttribute('aria-live', isBusy ? 'off' : 'polite');
      scheduler.changed(part);
    });
    isOn.set(kind, box);
    place.append(make('label', { class: 'check' }, box, kind));
  }
  filter.addEventListener('input', () => scheduler.changed(part));

  const itemOf = (event: LogEvent): HTMLLIElement => {
    const known = items.get(event);
    if (known) return known;
    const at = new Date(event.at);
    const time = Number.isNaN(at.getTime()) ? '' : at.toLocaleTimeString('en-GB');
    const item = make(
      'li',
      { class: `kind-${event.kind}` },
      make('time', { datetime: event.at, title: event.at }, time),
      make('span', { class: 'kind' }, event.kind),
      make('span', { class: 'text' }, event.text),
      make('span', { class: 'soft' }, `step ${event.step}`),
    );
    items.set(event, item);
    return item;
  };

  const part: Part = {
    element: find('log', HTMLElement),
    draw() {
      const text = filter.value.trim().toLowerCase();
      const matching = events.filter(
        (event) => isOn.get(event.kind)?.checked === true && event.text.toLowerCase().includes(text),
      );
      const shown = matching.slice(-mostShown).reverse();
      const wanted = new Set<Element>(shown.map(itemOf));
      for (const child of Array.from(list.children)) if (!wanted.has(child)) child.remove();
      // What is there stays where it is, so that only what is new is read out.
      let before: Element | null = list.firstElementChild;
      for (const event of shown) {
        const item = itemOf(event);
        if (item === before) before = before.nextElementSibling;
        else list.insertBefore(item, before);
      }
      for (const event of items.keys()) {
        const item = items.get(event);
        if (item && !wanted.has(item)) items.delete(event);
      }
      setText(
        note,
        events.length === 0
          ? 'Nothing has happened yet.'
          : matching.length > shown.length
            ? `The last ${shown.length} of ${matching.length} events.`
            : `${matching.length} of ${events.length} ${events.length === 1 ? 'event' : 'events'}.`,
      );
    },
  };
  scheduler.add(part);

  return {
    happened(event) {
      events.push(event);
      if (events.length > mostKept) events.splice(0, events.length - mostKept);
      scheduler.changed(part);
    },
  };
}
