// `wasserwerk status`: how a run stands, of a live one through its status endpoint, of any other from its folder. Once, or on and on with
// --watch.

import { exitCode } from './exit.js';
import { FullScreen } from './full-screen.js';
import { findTarget, isOver, type StatusTarget } from './status-client.js';
import { plainStatus, statusPage } from './status-screen.js';
import { speaksUnicode, type Style } from './terminal-text.js';
import type { RunEvent, RunView } from '../status/mod.js';

export interface StatusOptions {
  readonly watch?: true;
  readonly json?: true;
}

/** Milliseconds between two lines where the output is piped. */
const LINE_MS = 5000;
const EVENTS_KEPT = 100;

export async function status(given: string | undefined, options: StatusOptions): Promise<number> {
  const target = await findTarget(given);
  if (options.watch) {
    const isTerminal = process.stdout.isTTY && process.stdin.isTTY && process.env['TERM'] !== 'dumb';
    await (isTerminal && !options.json ? watchScreen(target) : watchLines(target, options.json === true));
    return exitCode.done;
  }
  const view = await target.view();
  if (options.json) process.stdout.write(`${JSON.stringify(view, null, 2)}\n`);
  else {
    const width = process.stdout.isTTY ? Math.max(20, process.stdout.columns - 1) : 100;
    const lines = statusPage(view, [], { width, height: 60, style: styleOf() });
    process.stdout.write(`${lines.join('\n')}\n`);
  }
  return exitCode.done;
}

function styleOf(): Style {
  return {
    color: process.stdout.isTTY && process.env['TERM'] !== 'dumb' && !process.env['NO_COLOR'],
    ascii: !speaksUnicode(process.env),
  };
}

/** A line now and then, and at every change of the state; with --json each is a view. */
async function watchLines(target: StatusTarget, asJson: boolean): Promise<void> {
  let shown: RunView | undefined;
  let last: RunView | undefined;
  let at = -Infinity;
  const show = (view: RunView): void => {
    shown = view;
    at = performance.now();
    process.stdout.write(`${asJson ? JSON.stringify(view) : plainStatus(view)}\n`);
  };
  for await (const found of target.watch(AbortSignal.any([]))) {
    if (found.kind === 'event') continue;
    last = found.view;
    if (shown?.state !== last.state || performance.now() - at >= LINE_MS) show(last);
    if (isOver(last)) break;
  }
  if (last && last !== shown) show(last);
}

/** The whole terminal, until q or Ctrl-C. */
async function watchScreen(target: StatusTarget): Promise<void> {
  const style = styleOf();
  const events: RunEvent[] = [];
  let view: RunView | undefined;
  let note = 'q leaves';
  const screen = new FullScreen(({ width, height }) => {
    const page = view
      ? statusPage(view, events, { width, height: Math.max(1, height - 1), style })
      : ['looking …'];
    return height > 1
      ? [
          ...page,
          ...Array.from({ length: Math.max(0, height - 1 - page.length) }, () => ''),
          note.slice(0, width),
        ]
      : page;
  });
  try {
    for await (const found of target.watch(screen.left)) {
      if (found.kind === 'view') ({ view } = found);
      else {
        events.push(found.event);
        if (events.length > EVENTS_KEPT) events.shift();
      }
      screen.redraw();
      if (screen.left.aborted) return;
    }
    // The run is over: what is known of it stays until somebody leaves.
    note = 'nothing more comes; q leaves';
    screen.redraw();
    await new Promise<void>((resolve) => {
      if (screen.left.aborted) resolve();
      screen.left.addEventListener('abort', () => resolve());
    });
  } catch (error) {
    // Leaving breaks off what is being read.
    if (!screen.left.aborted) throw error;
  } finally {
    screen.close();
  }
}
