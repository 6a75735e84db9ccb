// The top of the page: name, state, progress, time left, the connection, warnings, and the numbers that matter most.

import { grouped } from '../../../drawing/mod.js';
import type { View } from './api.js';
import type { Context, Section } from './context.js';
import { find, make, setAttribute, setText } from './dom.js';
import type { Feed, Link } from './feed.js';
import type { Part } from './scheduler.js';
import { about, isLive, keyNumbers, leftText, percent, progress, stateWord, stepsText } from './words.js';

export interface HeadSection extends Section {
  linked(link: Link): void;
}

export function headSection({ scheduler, view: first }: Context, feed: () => Feed): HeadSection {
  let view: View | undefined = first;
  let link: Link = { kind: 'connecting' };
  const [name, state, reason] = ['run-name', 'run-state', 'run-reason'].map((id) => find(id, HTMLElement));
  const connection = find('connection', HTMLElement);
  const announce = find('announce', HTMLElement);
  const bar = find('progress', HTMLElement);
  const fill = find('progress-fill', HTMLElement);
  const [percentage, steps, left, details] = ['percent', 'steps', 'left', 'run-details'].map((id) =>
    find(id, HTMLElement),
  );
  const numbers = find('key-numbers', HTMLElement);
  const warnings = find('warnings', HTMLElement);
  const warningList = find('warning-list', HTMLElement);
  const rows: { name: HTMLElement; value: HTMLElement; note: HTMLElement }[] = [];
  let said = '';

  const part: Part = {
    element: find('head', HTMLElement),
    draw() {
      if (!view) return;
      setText(name, view.name);
      setText(state, stateWord(view.state));
      setAttribute(state, 'class', `pill ${view.state}`);
      setText(reason, view.reason ?? '');
      const part = progress(view);
      const text = percent(part);
      setAttribute(bar, 'aria-valuenow', String(Math.floor(part * 100)));
      setAttribute(bar, 'aria-valuetext', `${text}, ${leftText(view)}`);
      fill.style.transform = `scaleX(${Math.min(1, part).toFixed(4)})`;
      setText(percentage, text);
      setText(steps, stepsText(view));
      setText(left, leftText(view));
      setText(details, detailsText(view));
      const title = `${text} · ${view.name} · Wasserwerk`;
      if (document.title !== title) document.title = title;
      // Only changes of state are read out: numbers would never end.
      if (said !== view.state) {
        if (said !== '') setText(announce, `The run is ${stateWord(view.state).toLowerCase()}.`);
        said = view.state;
      }
    },
  };
  const numberPart: Part = {
    element: numbers,
    draw() {
      if (!view) return;
      const shown = keyNumbers(view);
      while (rows.length > shown.length) rows.pop()?.name.parentElement?.remove();
      shown.forEach((one, k) => {
        if (k >= rows.length) {
          const row = { name: make('dt'), value: make('dd'), note: make('dd', { class: 'soft' }) };
          numbers.append(make('div', {}, row.name, row.value, row.note));
          rows.push(row);
        }
        setText(rows[k].name, one.name);
        setText(rows[k].value, one.value);
        setText(rows[k].note, one.note);
      });
      warnings.hidden = view.warnings.length === 0;
      const texts = view.warnings;
      if (warningList.children.length !== texts.length || warningList.textContent !== texts.join('')) {
        warningList.replaceChildren(...texts.map((text) => make('li', {}, text)));
      }
    },
  };
  scheduler.add(part);
  scheduler.add(numberPart);

  const showLink = (): void => {
    const isOver = view !== undefined && !isLive(view.state);
    const silent = Math.round(feed().silentSeconds);
    const text: Readonly<Record<Link['kind'], string>> = {
      connecting: 'Connecting …',
      live: isOver ? 'Connected' : 'Live',
      polling: 'Live, asked every 3 s',
      lost: view ? `Connection lost, last data ${about(silent)} old` : 'No connection yet',
    };
    // The server of a run ends with it: nothing is lost then.
    const isGone = isOver && link.kind === 'lost';
    setText(connection, isGone ? 'The run is over, its server gone' : text[link.kind]);
    setAttribute(connection, 'class', isGone ? 'pill' : `pill link-${link.kind}`);
    document.documentElement.classList.toggle('stale', link.kind === 'lost' && !isOver);
  };
  setInterval(showLink, 1000);

  return {
    viewed(now) {
      view = now;
      scheduler.changed(part);
      scheduler.changed(numberPart);
    },
    linked(now) {
      const isOver = view !== undefined && !isLive(view.state);
      if (!isOver && link.kind !== now.kind && (now.kind === 'lost' || link.kind === 'lost')) {
        setText(announce, now.kind === 'lost' ? 'The connection is lost.' : 'The connection is back.');
      }
      link = now;
      showLink();
    },
  };
}

function detailsText(view: View): string {
  const started = new Date(view.startedAt);
  const at = Number.isNaN(started.getTime()) ? '' : `, started ${started.toLocaleString('en-GB')}`;
  const epoch = view.epoch > 0 ? `, epoch ${grouped(view.epoch)}` : '';
  return `${view.folder}, wasserwerk ${view.version}${at}${epoch}`;
}
