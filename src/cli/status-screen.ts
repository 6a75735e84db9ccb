// A run as lines of text: for `wasserwerk status`, on a full screen with `--watch`, and as plain lines where the output is piped. Not where a
// view comes from (status-client.ts), and not the terminal's modes (full-screen.ts).

import type { RunEvent, RunView, WorkerView } from '../status/mod.js';
import {
  bar,
  clean,
  cut,
  formatDuration,
  formatRate,
  formatWithError,
  grouped,
  paint,
  short,
  unitOf,
  widthOf,
  type Style,
} from './terminal-text.js';

const percentOf = ({ step, steps }: RunView): string =>
  `${Math.floor(Math.min(1, steps > 0 ? step / steps : 0) * 100)}%`;

/** The energies that are known, the most wanted first. */
function energies({ energy, motion, observation }: RunView, ascii: boolean): string[] {
  const parts: string[] = [];
  const add = (name: string, value: number | null | undefined, error: number | null | undefined): void => {
    if (value !== null && value !== undefined && Number.isFinite(value)) {
      parts.push(`${name} ${formatWithError(value, error ?? undefined, ascii)}`);
    }
  };
  add('E', energy?.energy, energy?.energyError);
  add('H', motion?.hamiltonian, motion?.hamiltonianError);
  add('T', motion?.kinetic, motion?.kineticError);
  add('friction', motion?.friction, 0);
  add('KL', energy?.relativeEntropy, energy?.relativeEntropyError);
  add('dissipation', energy?.dissipation, energy?.dissipationError);
  add('mean V', observation?.potentialEnergy, observation?.potentialEnergyError);
  return parts;
}

/** One line, for logs. */
export function plainStatus(view: RunView): string {
  const parts = [
    `${clean(view.name)}: ${view.state}`,
    `step ${view.step}/${view.steps} (${percentOf(view)})`,
  ];
  parts.push(`time ${short(view.time)}`);
  if (view.unitStepsPerSecond !== null)
    parts.push(formatRate(view.unitStepsPerSecond, unitOf(view.representation)));
  if (view.secondsLeft !== null) parts.push(`${formatDuration(view.secondsLeft)} left`);
  parts.push(...energies(view, true));
  return parts.join('  ');
}

/** Everything, as a page of so many columns; at most so many rows where a height is given. */
export function statusPage(
  view: RunView,
  events: readonly RunEvent[],
  { width, height = Infinity, style }: { width: number; height?: number; style: Style },
): string[] {
  const fit = (text: string): string => cut(text, width, style);
  const lines = [...head(view, width, style).map(fit), ''];
  const left = (): number => height - lines.length;
  // Masses and workers may take a third each, so that there is room for what happened.
  const third = Math.max(3, Math.floor((height - lines.length) / 3));
  lines.push(...masses(view, width, third, style));
  if (view.workers.length > 0 && left() > 2) {
    lines.push('', ...workers(view.workers, width, Math.min(third, left() - 1), style));
  }
  const room = Math.min(events.length, left() - 1, 12);
  if (room > 1) {
    lines.push('', ...events.slice(1 - room).map((event) => fit(eventLine(event))));
  }
  return lines.slice(0, Math.max(1, height));
}

function head(view: RunView, width: number, style: Style): string[] {
  const unit = unitOf(view.representation);
  const dot = style.ascii ? '-' : '·';
  const state = view.reason === null ? view.state : `${view.state}: ${clean(view.reason)}`;
  const after = ` ${percentOf(view)}${view.secondsLeft === null ? '' : `  ${formatDuration(view.secondsLeft)} left`}`;
  const cells = Math.min(60, width - widthOf(after));
  const part = view.steps > 0 ? view.step / view.steps : 0;
  const numbers = [
    `step ${grouped(view.step)}/${grouped(view.steps)}`,
    `time ${short(view.time)}`,
    `temperature ${short(view.temperature)}`,
    ...(view.unitStepsPerSecond === null ? [] : [formatRate(view.unitStepsPerSecond, unit)]),
  ];
  const files = [
    view.checkpoint === null
      ? 'no checkpoint yet'
      : `checkpoint of step ${grouped(view.checkpoint.step)}, ${formatDuration(view.checkpoint.ageSeconds)} ago`,
    `${formatDuration(view.wallSeconds)} of work`,
    ...(view.reforms > 0 ? [`${view.reforms} times begun anew`] : []),
    ...(view.warnings.length > 0 ? [`${view.warnings.length} warnings`] : []),
  ];
  return [
    `${clean(view.name)}  ${dot}  ${state}`,
    clean(view.folder),
    ...(cells < 5 ? [after.trim()] : [paint(bar(part, cells, style), style) + after]),
    numbers.join('  '),
    energies(view, style.ascii).join('  '),
    files.join('  '),
    ...(view.stateHash === null ? [] : [`state ${view.stateHash.slice(0, 16)}`]),
  ].filter((line) => line !== '');
}

/** A bar for each node, in columns; of more nodes than there is room for the heaviest. */
function masses({ mass, nodeNames }: RunView, width: number, rows: number, style: Style): string[] {
  if (mass.length === 0) return [];
  const nameWidth = Math.min(16, Math.max(...mass.map((_, g) => widthOf(clean(nodeNames[g] ?? '')))));
  const barCells = 16;
  const cellWidth = nameWidth + 1 + barCells + 1 + 6;
  const columns = Math.max(1, Math.floor((width + 3) / (cellWidth + 3)));
  const room = Math.max(1, rows - 1) * columns;
  let shown = mass.map((_, g) => g);
  const isCut = shown.length > room;
  if (isCut) {
    shown = shown.sort((a, b) => mass[b] - mass[a] || a - b).slice(0, room);
  }
  const most = Math.max(...mass, Number.MIN_VALUE);
  const cells = shown.map((g) => {
    const name = cut(clean(nodeNames[g] ?? String(g)), nameWidth, style);
    const space = ' '.repeat(Math.max(0, nameWidth - widthOf(name)));
    return `${name}${space} ${paint(bar(mass[g] / most, barCells, style), style)} ${mass[g].toFixed(4)}`;
  });
  const perColumn = Math.ceil(cells.length / columns);
  const lines = Array.from({ length: perColumn }, (_, row) =>
    Array.from({ length: columns }, (_column, column) => cells[column * perColumn + row])
      .filter((cell) => cell !== undefined)
      .join('   '),
  );
  const title = isCut ? `masses of the ${shown.length} heaviest of ${mass.length} nodes` : 'masses';
  return [
    cut(title, width, style),
    ...lines.map((line) => (width < cellWidth ? cut(line, width, { ...style, color: false }) : line)),
  ];
}

function workers(all: readonly WorkerView[], width: number, rows: number, style: Style): string[] {
  const nameWidth = Math.min(24, Math.max(6, ...all.map(({ name }) => widthOf(clean(name)))));
  const shown = all.slice(0, Math.max(1, rows - 1));
  const title =
    shown.length < all.length
      ? `${shown.length} of ${all.length} workers`
      : all.length === 1
        ? 'worker'
        : 'workers';
  return [
    title,
    ...shown.map((worker) => {
      const name = cut(clean(worker.name), nameWidth, style);
      const load = `${String(Math.round(100 * worker.load)).padStart(3)}%`;
      const numbers = [
        worker.state.padEnd(7),
        ...(worker.threads > 1 ? [`${worker.threads} threads`] : []),
        ...(worker.shards > 0 ? [`${worker.shards} shards`, `${grouped(worker.particles)} particles`] : []),
        ...(worker.lagSeconds > 0 ? [`lag ${worker.lagSeconds.toFixed(1)} s`] : []),
      ].join('  ');
      const left = `${name}${' '.repeat(Math.max(0, nameWidth - widthOf(name)))} `;
      const plain = `${left}${bar(worker.load, 10, style)} ${load}  ${numbers}`;
      if (widthOf(plain) > width) return cut(plain, width, style);
      return `${left}${paint(bar(worker.load, 10, style), style)} ${load}  ${numbers}`;
    }),
  ];
}

function eventLine({ at, text }: RunEvent): string {
  const time = new Date(at);
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}  ${clean(text)}`;
}
