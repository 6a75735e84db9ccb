// The energy and its parts over time. From the energy table where the run has one, with relative entropy, dissipation and
// balance; else what the observables tell: the mean potential and the mixing energy.

import type { EnergyRecordJson } from '../output/mod.js';
import { bandNote, chart, type Series } from './chart.js';
import type { ReportData } from './data.js';
import { fitDecay, type Decay } from './decay.js';
import { sparse, type Figures } from './figure.js';
import { element, group, type Child, type Markup } from './markup.js';
import { brief, withError } from '../drawing/mod.js';

const known = (value: number | null): number => value ?? NaN;
/** Bands are this many standard errors to either side. */
export const bandErrors = 2;

interface Curve {
  readonly name: string;
  readonly time: readonly number[];
  readonly value: readonly (number | null)[];
  readonly error: readonly (number | null)[];
}

export function energySection(data: ReportData, figures: Figures): Markup {
  const { observations, energies } = data;
  const time = observations.map((o) => o.time);
  const potential: Curve = {
    name: 'mean V',
    time,
    value: observations.map((o) => o.potentialEnergy),
    error: observations.map((o) => o.potentialEnergyError),
  };
  const kinetic: Curve = {
    name: 'mean |w|²/2',
    time,
    value: observations.map((o) => o.kineticEnergy ?? null),
    error: observations.map((o) => o.kineticEnergyError ?? null),
  };
  const mixing: Curve = {
    name: 'mixing energy',
    time,
    value: observations.map((o) => o.mixingEnergy),
    error: observations.map(() => 0),
  };
  const parts: Markup[] = [];
  if (energies.length > 0) {
    parts.push(totalEnergy(energies, figures));
    if (isTold(energies.map((e) => e.hamiltonian ?? null))) parts.push(...secondOrder(energies, figures));
    else if (isTold(kinetic.value)) parts.push(...ofVelocities(data, figures));
    parts.push(
      single(potential, 'mean potential energy ⟨V⟩', figures, [
        'Mean potential energy: the part of E that pulls.',
      ]),
    );
    parts.push(entropyPart(data, figures));
  } else {
    parts.push(
      single(potential, 'mean potential energy ⟨V⟩', figures, [
        'Mean potential energy. The entropy of x was not estimated in this run (',
        element('code', {}, 'observe.entropy'),
        '), so that the energy E is not known.',
      ]),
    );
  }
  if (isTold(kinetic.value)) {
    parts.push(
      single(kinetic, 'mean kinetic energy ⟨|w|²/2⟩', figures, [
        'Mean kinetic energy: d ε/2 once velocities have the temperature ε.',
      ]),
    );
  }
  parts.push(
    single(mixing, 'mixing energy ε Σ m log m', figures, [
      'Mixing energy ε Σ m log m: what the spread of mass over the nodes contributes to E.',
    ]),
  );
  if (energies.some(({ relativeEntropy }) => relativeEntropy !== null && relativeEntropy > 0)) {
    parts.push(relativeEntropy(energies, figures));
  }
  if (isTold(energies.map((e) => e.dissipation))) parts.push(dissipation(energies, figures));
  if (isTold(energies.map((e) => e.balance))) parts.push(balance(energies, figures));
  return group(element('h2', { id: 'energy' }, 'Energy'), element('div', { class: 'figures' }, ...parts));
}

/** Whether there is more than one value, as a line needs. */
function isTold(values: readonly (number | null)[]): boolean {
  return values.filter((value) => value !== null).length > 1;
}

function lineOf(curve: Curve, hue: number): Series {
  return {
    name: curve.name,
    hue,
    x: curve.time,
    y: curve.value.map(known),
    error: curve.error.map((error) => bandErrors * known(error)),
  };
}

function numbersOf(curves: readonly Curve[]) {
  return {
    head: ['t', ...curves.map(({ name }) => name)],
    rows: sparse(curves[0].time.length).map((k) => [
      brief(curves[0].time[k]),
      ...curves.map(({ value, error }) => withError(value[k], error[k])),
    ]),
  };
}

/** From a value to another, as a description says it. */
function fromTo({ name, time, value }: Curve): string {
  const last = time.length - 1;
  return `${name}: ${brief(value[0])} at t = ${brief(time[0])}, ${brief(value[last])} at t = ${brief(time[last])}`;
}

function single(
  curve: Curve,
  yLabel: string,
  figures: Figures,
  caption: Child,
  include: readonly number[] = [],
): Markup {
  const series = [lineOf(curve, 0)];
  return figures.add(
    chart({
      description: `${yLabel} over time. ${fromTo(curve)}.`,
      xLabel: 'time t',
      yLabel,
      series,
      names: 'none',
      include,
    }),
    [caption, bandNote(series)],
    numbersOf([curve]),
  );
}

function totalEnergy(energies: readonly EnergyRecordJson[], figures: Figures): Markup {
  const curve: Curve = {
    name: 'E',
    time: energies.map((e) => e.time),
    value: energies.map((e) => e.energy),
    error: energies.map((e) => e.energyError),
  };
  const bias = energies.reduce((most, { energyBias }) => Math.max(most, Math.abs(energyBias ?? 0)), 0);
  return single(curve, 'energy E', figures, [
    `Energy E = Σ ∫ (V f + ε f log f) dx, its entropy by the method “${energies[0].method}”` +
      (bias > 0 ? `; the method may be off by up to ${brief(bias, 2)} besides.` : '.'),
  ]);
}

/** H, E and T of second-order dynamics, and how far H is from its law. */
function secondOrder(energies: readonly EnergyRecordJson[], figures: Figures): Markup[] {
  const time = energies.map((e) => e.time);
  const curve = (name: string, value: (number | null)[]): Curve => ({
    ...{ name, time, value },
    error: time.map(() => 0),
  });
  const curves = [
    curve(
      'H',
      energies.map((e) => e.hamiltonian ?? null),
    ),
    curve(
      'E',
      energies.map((e) => e.energy),
    ),
    curve(
      'T',
      energies.map((e) => e.kinetic ?? null),
    ),
  ];
  const residual = curve(
    'residual',
    energies.map((e) => e.residual ?? null),
  );
  return [
    figures.add(
      chart({
        description: `H, E and the kinetic energy T over time. ${fromTo(curves[0])}.`,
        ...{ xLabel: 'time t', yLabel: 'H = E + T', series: curves.map(lineOf), names: 'row' },
      }),
      'H = E + T and its two parts: H never rises in the exact flow, and falls at the rate 2γT.',
      numbersOf(curves),
    ),
    single(
      residual,
      'residual H(t) − H(0) + ∫ 2γT',
      figures,
      'Residual of the law of H: 0 for the exact flow; below 0 is what shocks and the width of cells dissipate besides.',
      [0],
    ),
  ];
}

/** H, E and T of particles with velocities: E of the energies, T of the observations. */
function ofVelocities({ observations, energies }: ReportData, figures: Figures): Markup[] {
  const kinetic = new Map(observations.map((o) => [o.step, o]));
  const points = energies.flatMap(({ step, time, energy, energyError }) => {
    const { kineticEnergy: t = null, kineticEnergyError: tError = null } = kinetic.get(step) ?? {};
    if (energy === null || t === null) return [];
    const errors = [Math.hypot(energyError ?? 0, tError ?? 0), energyError ?? 0, tError ?? 0];
    return [{ time, values: [energy + t, energy, t], errors }];
  });
  if (points.length < 2) return [];
  const curves = ['H', 'E', 'T'].map((name, k): Curve => ({
    name,
    time: points.map(({ time }) => time),
    value: points.map(({ values }) => values[k]),
    error: points.map(({ errors }) => errors[k]),
  }));
  const series = curves.map(lineOf);
  return [
    figures.add(
      chart({
        description: `H, E and the mean kinetic energy T over time. ${fromTo(curves[0])}.`,
        ...{ xLabel: 'time t', yLabel: 'H = E + T', series, names: 'row' },
      }),
      `H = E + T and its two parts, T = ⟨|w|²/2⟩ with the thermal motion of the particles: H need not fall.${bandNote(series)}`,
      numbersOf(curves),
    ),
  ];
}

/** The part of E that is of the spread of x: -eps sum m_g h_g, with the errors of the h_g. */
function entropyPart({ observations, energies }: ReportData, figures: Figures): Markup {
  const terms = energies.map(({ step, temperature, entropy, entropyError }) => {
    const mass = observations.find((o) => o.step === step)?.mass;
    let [value, variance] = [mass ? 0 : NaN, 0];
    mass?.forEach((m, g) => {
      // A node without particles has no entropy and no part in it.
      if (m === null || m === 0) return;
      value -= temperature * m * (entropy[g] ?? NaN);
      variance += (temperature * m * (entropyError[g] ?? NaN)) ** 2;
    });
    return { value, error: Math.sqrt(variance) };
  });
  const curve: Curve = {
    name: 'entropy part',
    time: energies.map((e) => e.time),
    value: terms.map(({ value }) => value),
    error: terms.map(({ error }) => error),
  };
  return single(curve, 'entropy part −ε Σ m h', figures, [
    'Entropy part −ε Σ m h, with h the entropy of x given the node: the part of E that spreads.',
  ]);
}

function relativeEntropy(energies: readonly EnergyRecordJson[], figures: Figures): Markup {
  const curve: Curve = {
    name: 'KL(f|π)',
    time: energies.map((e) => e.time),
    value: energies.map((e) => e.relativeEntropy),
    error: energies.map((e) => e.relativeEntropyError),
  };
  const fit = fitDecay({
    time: curve.time,
    value: curve.value.map(known),
    error: curve.error.map(known),
    bias: energies.map((e) => (e.temperature > 0 ? (e.energyBias ?? 0) / e.temperature : 0)),
  });
  const series = [lineOf(curve, 0), ...(fit ? [fitLine(fit)] : [])];
  return figures.add(
    chart({
      description: `Relative entropy over time, logarithmic. ${fromTo(curve)}.${fit ? ` It falls at the rate ${withError(fit.rate, fit.rateError)}.` : ''}`,
      xLabel: 'time t',
      yLabel: 'relative entropy KL(f|π)',
      series,
      names: fit ? 'row' : 'none',
      scale: 'log',
    }),
    [
      `Relative entropy KL(f|π) = E/ε + log Z, logarithmic.${bandNote(series)} `,
      fit
        ? `Dashed: exp(−λt) with λ = ${withError(fit.rate, fit.rateError)}, fitted to ${fit.points} times from t = ${brief(fit.from)} to ${brief(fit.to)} ` +
          '(weighted least squares on log KL, from where it is straight to where noise begins).'
        : 'No stretch of exponential decay was found above its noise.',
    ],
    numbersOf([curve]),
  );
}

function fitLine(fit: Decay): Series {
  const x = Array.from({ length: 33 }, (_, k) => fit.from + (k * (fit.to - fit.from)) / 32);
  return { name: 'fit', hue: 1, x, y: x.map((t) => fit.amplitude * Math.exp(-fit.rate * t)), isFit: true };
}

/** A part of the dissipation that is smaller than this part of the whole is rounding, and is not drawn. */
const negligible = 1e-9;

function largestOf(values: readonly (number | null)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0);
}

function dissipation(energies: readonly EnergyRecordJson[], figures: Figures): Markup {
  const time = energies.map((e) => e.time);
  const curves: Curve[] = [
    {
      name: 'I',
      time,
      value: energies.map((e) => e.dissipation),
      error: energies.map((e) => e.dissipationError),
    },
    {
      name: 'transport',
      time,
      value: energies.map((e) => e.dissipationTransport),
      error: time.map(() => 0),
    },
    { name: 'reaction', time, value: energies.map((e) => e.dissipationReaction), error: time.map(() => 0) },
  ].filter(({ value }, k, [whole]) => k === 0 || largestOf(value) > negligible * largestOf(whole.value));
  const series = curves.map(lineOf);
  const allPositive = curves[0].value.every((value) => value === null || value > 0);
  return figures.add(
    chart({
      description: `Dissipation over time. ${fromTo(curves[0])}.`,
      xLabel: 'time t',
      yLabel: 'dissipation I',
      series,
      names: 'row',
      scale: allPositive ? 'log' : 'linear',
    }),
    (energies.some((e) => e.hamiltonian !== undefined)
      ? 'Dissipation 2γT of second-order dynamics (−dH/dt)'
      : 'Dissipation I of a gradient flow (−dE/dt)') +
      ` and its parts: transport in x, and reaction along the edges.${bandNote(series)}`,
    numbersOf(curves),
  );
}

function balance(energies: readonly EnergyRecordJson[], figures: Figures): Markup {
  const curve: Curve = {
    name: 'balance',
    time: energies.map((e) => e.time),
    value: energies.map((e) => e.balance),
    error: energies.map((e) => e.balanceError),
  };
  return single(
    curve,
    'balance E(t) − E(0) + ∫ I',
    figures,
    'Balance of the energy: what it lost against what was dissipated. 0 for the exact flow; the rest is noise, time steps, and ' +
      'the gaps between observations.',
    [0],
  );
}
