// The solver of one member of a team for second-order dynamics (mathematics, section 6): start, advance, measure, as
// engine.ts has them for gradient flows; meetings are the yields here, too. The free flows that a step is made of are
// line-flow.ts and pair-flow.ts, friction is friction.ts.
//
// A part of length tau of a time step is the symmetric splitting (order 2)
//
//     kick tau/2   phi' = -gamma phi - mu, f fixed                        cell by cell
//     edges tau/2  free flow along each edge in turn                      cell by cell
//     lines        free flow along x for tau/2, y for tau, x for tau/2    line by line (along x for tau where d = 1)
//     edges tau/2  in reverse
//     kick tau/2
//
// Kicks take T from E exactly as flows give it back, mu being the derivative of E_h and T_h having the densities of the
// fluxes. So the error in the balance of H is that of splitting, and what the limiters of the flows dissipate.
//
// Next to empty cells mu is cut in two ways, thin gas and vacuum: hamiltonian.ts.

import type { FrictionSchedule, Model } from '../model/mod.js';
import { thetaCode } from '../transport/mod.js';
import { forItems, share, type Member } from './cells.js';
import { Coefficients } from './coefficients.js';
import { addJumps, sweepEdges } from './edges.js';
import type { Energy, GridSolver } from './energy.js';
import { GridError } from './errors.js';
import { dampingOver, frictionPower, type Damping } from './friction.js';
import {
  energyOf,
  HamiltonianSums,
  kineticOf,
  nodeOfLine,
  type Hamiltonian,
  type LineScratch,
} from './hamiltonian.js';
import { writeStart } from './initial.js';
import { LineFlow } from './line-flow.js';
import { lanes } from './lines.js';
import { scalar, type GridArrays, type GridPlan } from './memory.js';
import { measureMoments } from './moments.js';
import { flowAlongEdge } from './pair-flow.js';

/** H and E that rise by less than this, relative to their parts, have not risen: sums have rounding errors. */
const rounding = 1e-13;

/**
 * Cells that sound (of speed sqrt(D eps)) and mass of the mean speed may cross in a part. Kicks and flows by turns are
 * stable up to 1 where f is smooth, to 0.7 where it falls by large factors from cell to cell.
 */
const courant = 0.5;

/** Parts of a time step after which its length is taken for a mistake. */
const mostParts = 2 ** 20;

export class SecondOrderEngine implements GridSolver {
  readonly #model: Model;
  readonly #friction: FrictionSchedule;
  readonly #coefficients: Coefficients;
  readonly #scratch: LineScratch;
  readonly #sums: HamiltonianSums;
  readonly #code: number;
  /** Largest D, and the root of the sum of 1/h^2. */
  readonly #diffusivity: number;
  readonly #perWidth: number;
  /** Of the state, where it is known; `chemical` is then that of the state, too. */
  #known: Hamiltonian | undefined;
  /** Of the first member: densities that jumped. */
  readonly #jumps: Float64Array;

  constructor(
    private readonly plan: GridPlan,
    private readonly arrays: GridArrays,
    private readonly member: Member,
  ) {
    const { model, cells } = plan;
    const { friction } = model;
    if (friction === undefined) throw new TypeError('second-order dynamics have a friction');
    this.#model = model;
    this.#friction = friction;
    this.#coefficients = new Coefficients(plan, arrays, member);
    const longest = Math.max(...cells.sizes);
    this.#scratch = {
      flow: new LineFlow(longest),
      f: new Float64Array(longest * lanes),
      phi: new Float64Array(longest * lanes),
    };
    this.#code = thetaCode(model.mobility);
    this.#sums = new HamiltonianSums(plan, arrays, member, this.#scratch, this.#code);
    this.#diffusivity = model.diffusivity.reduce((most, d) => Math.max(most, d), 0);
    this.#perWidth = Math.sqrt(cells.widths.reduce((sum, h) => sum + 1 / (h * h), 0));
    this.#jumps = new Float64Array(arrays.jumps.length);
  }

  /** Writes the initial state, at rest. */
  *start(): Generator<void, undefined> {
    this.#known = undefined;
    yield* writeStart(this.plan, this.arrays, this.member);
  }

  /** Steps of time.step. @throws GridError */
  *advance(from: number, to: number): Generator<void, undefined> {
    for (let step = from; step < to; step++) yield* this.#step(step * this.#model.timeStep);
    yield;
  }

  /** Computes what an observation needs. The dissipation is 2 gamma T. */
  *measure(time: number): Generator<void, Energy> {
    yield* this.#refresh(time);
    const { potential, entropic, transport, reaction } = yield* this.#evaluate();
    yield* measureMoments(this.plan, this.arrays, this.member, this.#coefficients.temperature);
    const since = time - this.arrays.scalars[scalar.restartTime];
    return {
      energy: potential + entropic,
      potential,
      entropic,
      transport: 2 * frictionPower(this.#friction, since, transport),
      reaction: 2 * frictionPower(this.#friction, since, reaction),
      kinetic: transport + reaction,
    };
  }

  /** Potentials, temperature and the vacuum as they are at a time. */
  *#refresh(time: number): Generator<void> {
    if (!(yield* this.#coefficients.refresh(time))) return;
    this.#known = undefined;
    // Somebody may still be reading the sums of the energy.
    yield;
    yield* this.#sums.findVacuum(this.#coefficients.temperature);
  }

  *#step(time: number): Generator<void> {
    const { timeStep } = this.#model;
    const { scalars } = this.arrays;
    const friction = this.#friction;
    // Coefficients in the middle of the step: of order 2.
    yield* this.#refresh(time + 0.5 * timeStep);
    const before = this.#known ?? (yield* this.#evaluate());
    const parts = this.#partsOf(before);
    const since = time - scalars[scalar.restartTime];
    let state = before;
    let lost = 0;
    let power = frictionPower(friction, since, kineticOf(state));
    for (let part = 0; part < parts; part++) {
      const from = since + (part * timeStep) / parts;
      const to = since + ((part + 1) * timeStep) / parts;
      state = yield* this.#part(from, to, energyOf(before));
      const next = frictionPower(friction, to, kineticOf(state));
      lost += (to - from) * (power + next);
      power = next;
    }
    const [h0, h1] = [before, state].map((h) => energyOf(h) + kineticOf(h));
    if (this.member.index === 0) {
      scalars[scalar.balance] += h1 - h0 + lost;
      this.#jumps.forEach((jumped, e) => (this.arrays.jumps[e] += jumped));
      this.#jumps.fill(0);
    }
    this.#known = state;
    if (friction.kind !== 'nesterov' || friction.restart === 'never') return;
    const slack =
      rounding * (Math.abs(before.potential) + Math.abs(before.entropic) + this.#coefficients.temperature);
    const rise = friction.restart === 'energy' ? energyOf(state) - energyOf(before) : h1 - h0;
    if (rise > slack) yield* this.#restart(time + timeStep);
  }

  /** At rest, and the friction as at the beginning. */
  *#restart(time: number): Generator<void> {
    // Others may still be reading the time of the last restart.
    yield;
    const { phi, scalars } = this.arrays;
    const [begin, end] = share(phi.length, this.member.index, this.member.size);
    phi.fill(0, begin, end);
    if (this.member.index === 0) {
      scalars[scalar.restartTime] = time;
      scalars[scalar.restarts] += 1;
    }
    if (this.#known) this.#known = { ...this.#known, transport: 0, reaction: 0 };
    yield;
  }

  /** How many parts of a step sound and the mean speed ask for: every member finds the same. */
  #partsOf({ transport }: Hamiltonian): number {
    const { timeStep } = this.#model;
    const d = this.#diffusivity;
    // The mean of (D |grad phi|)^2 is at most 2 D T.
    const speed = Math.sqrt(d * this.#coefficients.temperature) + Math.sqrt(2 * d * transport);
    const parts = Math.max(1, Math.ceil((timeStep * speed * this.#perWidth) / courant));
    if (parts <= mostParts) return parts;
    throw new GridError(
      'grid-not-finite',
      `a step of ${timeStep} would take ${parts} parts, at a speed of ${speed}`,
      'use a smaller time.step, or wider cells (grid.cells)',
    );
  }

  /** One part, between times since the last restart. Returns the state's H. */
  *#part(from: number, to: number, gauge: number): Generator<void, Hamiltonian> {
    const tau = to - from;
    const middle = from + 0.5 * tau;
    this.#kick(dampingOver(this.#friction, from, middle), gauge);
    yield;
    yield* this.#alongEdges(false, 0.5 * tau);
    const last = this.plan.lines.length - 1;
    for (let k = 0; k < last; k++) yield* this.#alongLines(k, 0.5 * tau);
    yield* this.#alongLines(last, tau);
    for (let k = last - 1; k >= 0; k--) yield* this.#alongLines(k, 0.5 * tau);
    yield* this.#alongEdges(true, 0.5 * tau);
    this.#sums.writeChemical(this.#coefficients.temperature);
    this.#kick(dampingOver(this.#friction, middle, to), gauge);
    yield;
    return yield* this.#sums.total(this.#coefficients.temperature);
  }

  /** H of the state, and mu of its cells. */
  *#evaluate(): Generator<void, Hamiltonian> {
    const { temperature } = this.#coefficients;
    this.#sums.writeChemical(temperature);
    yield;
    this.#known = yield* this.#sums.total(temperature);
    return this.#known;
  }

  /** `gauge` is a constant that nothing depends on; without it phi would grow with time by the mean of mu. */
  #kick({ keep, push }: Damping, gauge: number): void {
    const { phi, chemical } = this.arrays;
    const { lowest, highest } = this.#sums;
    forItems(this.plan.cells, this.#model.graph.nodeCount, this.member, (from, to) => {
      for (let i = from; i < to; i++) {
        const mu = Math.min(highest, Math.max(lowest, chemical[i]));
        phi[i] = keep * phi[i] - push * (mu - gauge);
      }
    });
  }

  *#alongLines(k: number, tau: number): Generator<void> {
    const { cells } = this.plan;
    const { field, phi } = this.arrays;
    const lines = this.plan.lines[k];
    const isLine = cells.dimension === 1;
    const { flow, f: ownF, phi: ownPhi } = this.#scratch;
    const [begin, end] = share(lines.packs, this.member.index, this.member.size);
    for (let pack = begin; pack < end; pack++) {
      lines.gather(field, pack, ownF);
      lines.gather(phi, pack, ownPhi);
      for (let lane = 0; lane < lanes && pack * lanes + lane < lines.count; lane++) {
        const node = nodeOfLine(this.plan, k, pack * lanes + lane);
        const d = this.#model.diffusivity[node];
        const thin = isLine ? 0 : this.#sums.thin[node];
        flow.move(ownF, ownPhi, lane, lines.size, lines.isRing, cells.widths[k], d, tau, thin);
      }
      lines.scatter(ownF, pack, field);
      lines.scatter(ownPhi, pack, phi);
    }
    yield;
  }

  *#alongEdges(isBackwards: boolean, tau: number): Generator<void> {
    const { edges } = this.plan;
    if (edges.length === 0) return;
    const { field, phi, jumpSums } = this.arrays;
    const { temperature } = this.#coefficients;
    sweepEdges(this.plan, jumpSums, this.member, isBackwards, (e, from, to, range, sum) => {
      flowAlongEdge(
        this.#code,
        edges[e].weight,
        tau,
        temperature,
        field,
        phi,
        from,
        to,
        range,
        jumpSums,
        sum,
      );
    });
    yield;
    this.#countJumps();
  }

  /** The first member sums up what blocks have counted, while the others go on: they meet before the next count. */
  #countJumps(): void {
    if (this.member.index === 0) addJumps(this.plan, this.arrays.jumpSums, this.#jumps);
  }
}
