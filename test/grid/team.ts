// A solver for tests: a team of any size on one thread, whose members run one after the other between meetings. No tests
// here.

import { parseConfig } from '../../src/config/mod.js';
import type { EnergyRecord, Observation } from '../../src/estimate/mod.js';
import {
  energyRecordOf,
  GridPlan,
  gridSolver,
  observationOf,
  type Energy,
  type GridArrays,
  type GridSolver,
} from '../../src/grid/mod.js';
import { buildModel, type Model } from '../../src/model/mod.js';

/** The model of a config on the grid, without the checks that look whether it is sensible. */
export function gridModel(config: object): Model {
  const whole = { representation: 'grid', initial: { gaussian: { mean: 0, std: 1 } }, ...config };
  return buildModel(parseConfig(JSON.stringify(whole)), { skipPreflight: true }).model;
}

/** Runs generators side by side: all go to their next meeting before any goes on. Returns what the first returns. */
function together<T>(members: readonly Generator<void, T>[]): T {
  for (;;) {
    const results = members.map((member) => member.next());
    const done = results.filter((result) => result.done === true);
    if (done.length === results.length) return results[0].value as T;
    if (done.length > 0) throw new Error('members do not meet as often as each other');
  }
}

export class Team {
  readonly plan: GridPlan;
  readonly arrays: GridArrays;
  readonly #members: readonly GridSolver[];
  #step = 0;

  constructor(
    readonly model: Model,
    size = 1,
    system?: 'direct' | 'krylov',
  ) {
    this.plan = new GridPlan(model, system);
    this.arrays = this.plan.view(this.plan.allocate(1e9));
    this.#members = Array.from({ length: size }, (_, index) =>
      gridSolver(this.plan, this.arrays, { index, size }),
    );
    together(this.#members.map((member) => member.start()));
  }

  /** Replaces the state; `value` is told the node, and the cell within it. */
  fill(value: (node: number, cell: number) => number): this {
    const { count } = this.plan.cells;
    for (let i = 0; i < this.arrays.field.length; i++) {
      this.arrays.field[i] = value(Math.floor(i / count), i % count);
    }
    return this;
  }

  advance(steps: number): this {
    const from = this.#step;
    this.#step += steps;
    together(this.#members.map((member) => member.advance(from, this.#step)));
    return this;
  }

  measure(): { energy: Energy; observation: Observation; record: EnergyRecord } {
    const time = this.#step * this.model.timeStep;
    const energy = together(this.#members.map((member) => member.measure(time)));
    return {
      energy,
      observation: observationOf(this.plan, this.arrays, this.#step),
      record: energyRecordOf(this.plan, this.arrays, this.#step, energy),
    };
  }

  get mass(): number {
    return this.arrays.field.reduce((sum, f) => sum + f, 0) * this.plan.cells.volume;
  }
}
