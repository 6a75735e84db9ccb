// Numbers and states of a run as texts.

import { bytes, brief, duration, grouped, withError } from '../../../drawing/mod.js';
import type { RunState, View } from './api.js';

const stateWords: Readonly<Record<RunState, string>> = {
  starting: 'Starting',
  running: 'Running',
  paused: 'Paused',
  waiting: 'Waiting for machines',
  finished: 'Finished',
  interrupted: 'Interrupted',
  failed: 'Failed',
  unknown: 'Not known',
};

export function stateWord(state: RunState): string {
  return stateWords[state];
}

/** Whether a run in this state may still go on in its process. */
export function isLive(state: RunState): boolean {
  return state === 'starting' || state === 'running' || state === 'paused' || state === 'waiting';
}

/** A part from 0 to 1 in per cent; 100 % only when it is all. */
export function percent(part: number): string {
  if (!Number.isFinite(part)) return '–';
  const bounded = Math.max(0, Math.min(1, part));
  if (bounded === 1) return '100 %';
  return `${(Math.floor(bounded * 1000) / 10).toFixed(1)} %`;
}

/** How far a run is, from 0 to 1. */
export function progress({ step, steps }: Pick<View, 'step' | 'steps'>): number {
  return steps > 0 ? step / steps : 0;
}

/** Seconds, whole, as a person says them. */
export function about(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return '–';
  return seconds < 60 ? `${Math.max(0, Math.round(seconds))} s` : duration(seconds);
}

/** A rate with a unit of thousands, millions or billions. */
export function perSecond(rate: number | null): string {
  if (rate === null || !Number.isFinite(rate)) return '–';
  const units: [number, string][] = [
    [1e9, ' billion'],
    [1e6, ' million'],
  ];
  for (const [size, word] of units) if (rate >= size) return `${brief(rate / size, 3)}${word} /s`;
  return rate >= 1000 ? `${grouped(rate)} /s` : `${brief(rate, 3)} /s`;
}

export function stepsText(view: View): string {
  return `step ${grouped(view.step)} of ${grouped(view.steps)}, t = ${brief(view.time)} of ${brief(view.endTime)}`;
}

/** What is left, or how it ended. */
export function leftText(view: View): string {
  if (!isLive(view.state)) return `took ${about(view.wallSeconds)}`;
  const known = view.secondsLeft !== null && Number.isFinite(view.secondsLeft);
  return known ? `${about(view.secondsLeft)} left` : 'time left not known';
}

export function unitWord(view: Pick<View, 'representation'>): string {
  return { particles: 'particle', grid: 'cell', lumped: 'node' }[view.representation];
}

export interface KeyNumber {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

/** The numbers at the top of the page. */
export function keyNumbers(view: View): KeyNumber[] {
  const { energy, motion, observation, checkpoint } = view;
  const of = (time: number): string => `at t = ${brief(time)}`;
  const numbers: KeyNumber[] = [];
  if (energy) {
    numbers.push(
      { name: 'Energy E', value: withError(energy.energy, energy.energyError), note: of(energy.time) },
      {
        name: 'KL(f|π)',
        value: withError(energy.relativeEntropy, energy.relativeEntropyError),
        note: of(energy.time),
      },
      {
        name: energy.hamiltonian === undefined ? 'Dissipation I' : 'Dissipation 2γT',
        value: withError(energy.dissipation, energy.dissipationError),
        note: of(energy.time),
      },
    );
  }
  numbers.push({
    name: 'Mean potential ⟨V⟩',
    value: withError(observation?.potentialEnergy, observation?.potentialEnergyError),
    note: observation ? of(observation.time) : 'no observation yet',
  });
  if (motion) {
    const at = observation ? of(observation.time) : 'no observation yet';
    numbers.push(
      { name: 'Kinetic energy T', value: withError(motion.kinetic, motion.kineticError), note: at },
      { name: 'H = E + T', value: withError(motion.hamiltonian, motion.hamiltonianError), note: at },
      { name: 'Friction γ', value: brief(motion.friction), note: at },
    );
  }
  if (!energy) {
    numbers.push({
      name: 'Mixing energy',
      value: brief(observation?.mixingEnergy),
      note: observation ? of(observation.time) : 'no observation yet',
    });
  }
  numbers.push(
    {
      name: unitWord(view) === 'cell' ? 'Cells' : 'Particles',
      value: grouped(view.units),
      note: `on ${grouped(view.nodeNames.length)} nodes, d = ${view.coordinateNames.length}`,
    },
    {
      name: 'Throughput',
      value: perSecond(
        view.unitStepsPerSecond ?? (view.wallSeconds > 0 ? view.unitSteps / view.wallSeconds : null),
      ),
      note: `${unitWord(view)}-steps${view.unitStepsPerSecond === null ? ', on average' : ''}`,
    },
    {
      name: 'Last checkpoint',
      value: checkpoint ? `step ${grouped(checkpoint.step)}` : 'none yet',
      note: checkpoint ? `${about(checkpoint.ageSeconds)} ago` : '',
    },
  );
  return numbers;
}

/** What machines have sent to each other. */
export function exchangeText({ exchange }: Pick<View, 'exchange'>): string {
  if (exchange.sentMessages === 0) return 'nothing was sent between machines';
  const again = exchange.askedAgain > 0 ? `, ${grouped(exchange.askedAgain)} asked for again` : '';
  return `${bytes(exchange.sentBytes)} in ${grouped(exchange.sentMessages)} messages sent between machines${again}`;
}

/** First and last value of a curve, as the description of a chart says it. */
export function curveText(name: string, x: readonly number[], y: readonly number[]): string {
  const first = y.findIndex((value) => Number.isFinite(value));
  if (first < 0) return `${name}: no values yet`;
  const last = y.findLastIndex((value) => Number.isFinite(value));
  return `${name}: ${brief(y[first])} at ${brief(x[first])}, ${brief(y[last])} at ${brief(x[last])}`;
}
