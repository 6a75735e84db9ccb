// Charts of the energy: E with its error, H and T of second-order dynamics, the parts that E consists of, KL on a logarithmic scale, and the
// dissipation with its split.

import { Chart } from './chart.js';
import type { Series } from './chart-paint.js';
import { inWindow, type Context, type Section } from './context.js';
import { find, make } from './dom.js';
import { entropyParts, motionPoints, type EnergyPoint } from './history.js';

/** With so many observations and no energy the run estimates none. */
const patience = 4;
/** A part of the dissipation smaller than this part of the whole is rounding, and is not drawn. */
const negligible = 1e-9;

export function energySection(context: Context): Section {
  const { history, scheduler } = context;
  const place = find('energy-charts', HTMLElement);
  const energies = (): { points: readonly EnergyPoint[]; range: readonly [number, number] | undefined } =>
    inWindow(history.energies, ({ time }) => time, context.window);
  const curve = (
    points: readonly EnergyPoint[],
    name: string,
    hue: number,
    value: (point: EnergyPoint) => number,
    error?: (point: EnergyPoint) => number,
  ): Series => ({
    ...{ name, hue, x: points.map(({ time }) => time), y: points.map(value) },
    ...(error && { error: points.map(error) }),
  });
  const orNothing = (series: Series[]): Series[] =>
    series.filter(({ y }) => y.some((value) => Number.isFinite(value)));
  const total = new Chart(
    scheduler,
    {
      ...{ title: 'Energy E', xLabel: 'time t' },
      caption: 'E = Σ ∫ (V f + ε f log f) dx. Band: ± 2 standard errors.',
    },
    () => {
      const { points, range } = energies();
      const series = [
        curve(
          points,
          'E',
          0,
          (p) => p.energy,
          (p) => p.energyError,
        ),
      ];
      return { series: orNothing(series), scale: 'linear', empty: 'no energy yet', xRange: range };
    },
  );
  const motion = new Chart(
    scheduler,
    {
      ...{ title: 'H = E + T', xLabel: 'time t' },
      caption:
        'Second-order dynamics: the energy E, the kinetic energy T and their sum H. On a grid H falls at the rate 2γT; T of particles holds ' +
        'their thermal motion (d ε/2 at equilibrium), and H need not fall.',
    },
    () => {
      const { points, range } = inWindow(
        motionPoints(history.energies, history.scalars),
        ({ time }) => time,
        context.window,
      );
      const x = points.map(({ time }) => time);
      const series = [
        { name: 'H', hue: 0, x, y: points.map((p) => p.hamiltonian) },
        { name: 'E', hue: 1, x, y: points.map((p) => p.energy) },
        {
          ...{ name: 'T', hue: 2, x, y: points.map((p) => p.kinetic) },
          error: points.map((p) => p.kineticError),
        },
      ];
      return { series: orNothing(series), scale: 'linear', empty: 'no observation yet', xRange: range };
    },
  );
  const parts = new Chart(
    scheduler,
    {
      ...{ title: 'Parts of the energy', xLabel: 'time t' },
      caption:
        'Mean potential ⟨V⟩, entropy part −ε Σ m h of x given the node, mixing energy ε Σ m log m of the masses; together E.',
    },
    () => {
      const { points, range } = inWindow(history.scalars, ({ time }) => time, context.window);
      const entropy = entropyParts(energies().points, history.scalars);
      const x = points.map(({ time }) => time);
      const series = [
        {
          ...{ name: '⟨V⟩', hue: 0, x, y: points.map((p) => p.potential) },
          error: points.map((p) => p.potentialError),
        },
        { name: 'entropy', hue: 1, x: entropy.map((p) => p.time), y: entropy.map((p) => p.value) },
        { name: 'mixing', hue: 2, x, y: points.map((p) => p.mixing) },
      ];
      return { series: orNothing(series), scale: 'linear', empty: 'no observation yet', xRange: range };
    },
  );
  const relative = new Chart(
    scheduler,
    {
      ...{ title: 'Relative entropy KL(f|π)', xLabel: 'time t' },
      caption:
        'KL = E/ε + log Z, logarithmic: a straight line is exponential decay. Band: ± 2 standard errors.',
    },
    () => {
      const { points, range } = energies();
      const series = [
        curve(
          points,
          'KL',
          3,
          (p) => p.relativeEntropy,
          (p) => p.relativeEntropyError,
        ),
      ];
      const drawable = series.filter(({ y }) => y.some((value) => value > 0));
      const empty = points.length > 0 ? 'KL is not known here: log Z is not' : 'no energy yet';
      return { series: drawable, scale: 'log', empty, xRange: range };
    },
  );
  const dissipation = new Chart(
    scheduler,
    {
      ...{ title: 'Dissipation I', xLabel: 'time t' },
      caption:
        'How fast a gradient flow loses energy, −dE/dt, and second-order dynamics H, −dH/dt = 2γT: by transport in x, and by reaction along ' +
        'edges.',
    },
    () => {
      const { points, range } = energies();
      const most = points.reduce((largest, p) => Math.max(largest, p.dissipation || 0), 0);
      const series = orNothing([
        curve(
          points,
          'I',
          0,
          (p) => p.dissipation,
          (p) => p.dissipationError,
        ),
        curve(points, 'transport', 4, (p) => p.transport),
        curve(points, 'reaction', 1, (p) => p.reaction),
      ]).filter(({ y }, k) => k === 0 || y.some((value) => value > negligible * most));
      const isPositive = points.every((p) => !(p.dissipation <= 0));
      const empty = points.length > 0 ? 'the dissipation is not known for this model' : 'no energy yet';
      return { series, scale: isPositive ? 'log' : 'linear', empty, xRange: range };
    },
  );
  const charts = [total, motion, parts, relative, dissipation];
  const note = make(
    'p',
    { class: 'note' },
    'This run estimates no entropy, so that E, KL and the dissipation are not known. They are, with ',
    make('code', {}, 'observe.entropy'),
    ' in its config.',
  );
  note.hidden = true;
  place.before(note);
  // That of second-order dynamics comes where there are some.
  place.append(...charts.filter((chart) => chart !== motion).map(({ element }) => element));

  return {
    changed() {
      const isWithout =
        history.energies.length === 0 &&
        (history.scalars.length >= patience ||
          (context.view?.state === 'finished' && history.lastStep >= 0)) &&
        context.view?.energy === null;
      note.hidden = !isWithout;
      for (const chart of [total, relative, dissipation]) chart.element.hidden = isWithout;
      if ((context.view?.motion ?? null) !== null && !motion.element.isConnected)
        total.element.after(motion.element);
      for (const chart of charts) chart.changed();
    },
  };
}
