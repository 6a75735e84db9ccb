// The energies of a flow from step to step: what they are, what they should be by their laws, and whether they rose. What they are made of is
// energies.ts.

import { temperatureAt } from '../model/mod.js';
import { energiesOf, heatOf, lawfulLoss } from './energies.js';
import type { LumpedEnergies } from './flow-types.js';
import type { Population } from './population.js';
import type { LumpedProblem } from './problem.js';

export class Ledger {
  #expected = NaN;
  #known: LumpedEnergies | undefined;
  /** Whether E and H rose in the last step, by more than a change of the temperature made them. */
  rise = { never: false, energy: false, hamiltonian: false };

  constructor(
    private readonly problem: LumpedProblem,
    private readonly population: Population,
    /** Where the flow is. */
    private readonly now: () => { readonly step: number; readonly sinceRestart: number },
  ) {}

  /** What H would be by its law. */
  get expected(): number {
    return this.#expected;
  }

  /** Begins: H is what it should be. */
  begin(): void {
    this.#expected = this.#measure().hamiltonian;
  }

  restore(expected: number): void {
    this.#expected = expected;
  }

  energies(): LumpedEnergies {
    this.#known ??= this.#measure();
    return this.#known;
  }

  #measure(): LumpedEnergies {
    const { problem, population } = this;
    const { step, sinceRestart } = this.now();
    const time = step * problem.timeStep;
    const at = { step, time, temperature: temperatureAt(problem.temperature, time), sinceRestart };
    return energiesOf(problem.dynamics, population.masses, population, at, this.#expected);
  }

  /** What H should be after a step, by its law. */
  follow(before: LumpedEnergies): void {
    const { miniBatches, autonomous, timeStep: h } = this.problem;
    const after = this.#measure();
    const heat = heatOf(before, after, this.population.masses.mixing());
    const change = heat - lawfulLoss(before, after, h);
    // A mini-batch that is worse than the last one is no rise, and rounding is none.
    const hasRisen = (key: 'energy' | 'hamiltonian'): boolean =>
      !miniBatches && after[key] - heat - before[key] > 1e-13 * Math.abs(before[key]);
    this.rise = { never: false, energy: hasRisen('energy'), hamiltonian: hasRisen('hamiltonian') };
    this.#expected = miniBatches || !autonomous ? NaN : this.#expected + change;
    this.#known = { ...after, residual: after.hamiltonian - this.#expected };
  }

  /** Makes a change that is no part of the law of H: its jump is taken out. */
  jump(hamiltonianBefore: number): void {
    const after = this.#measure();
    this.#expected += after.hamiltonian - hamiltonianBefore;
    this.#known = { ...after, residual: after.hamiltonian - this.#expected };
  }
}
