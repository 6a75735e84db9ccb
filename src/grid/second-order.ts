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
// Thin gas. In kicks mu is cut to the range that it has where there is gas to speak of (`thinPart`): next to empty cells on
// steep slopes would else fall freely, and get fast. Equilibria stay at rest with it.
//
// The vacuum. Where f is below 2^-53 of the Gibbs density, mu = eps log(f/pi) + const is cut to what it is there. Such cells
// hold less than 2^-53 of the mass, all together; without the cut they would feel forces without bound, and so would their
// neighbours. The Gibbs state is at rest with it, in its tails also.

import { fastF64, mathF64 } from '../elementary/mod.js';
import type { FrictionSchedule, Model } from '../model/mod.js';
import { blockRange, share } from './cells.js';
import { addJumps } from './edges.js';
import { changesWithTime, Coefficients, type Member } from './coefficients.js';
import type { Energy, GridSolver } from './energy.js';
import { GridError } from './errors.js';
import { dampingOver, frictionPower, type Damping } from './friction.js';
import { writeInitial } from './initial.js';
import { LineFlow } from './line-flow.js';
import { lanes } from './lines.js';
import { evaluationSums, scalar, type GridArrays, type GridPlan } from './memory.js';
import { measureMoments } from './moments.js';
import { flowAlongEdge, flowingMobility, smoothCode } from './pair-flow.js';

/** H and E that rise by less than this, relative to their parts, have not risen: sums have rounding errors. */
const rounding = 1e-13;

/**
 * Cells that sound (of speed sqrt(D eps)) and mass of the mean speed may cross in a part. Kicks and flows by turns are
 * stable up to 1 where f is smooth, to 0.7 where it falls by large factors from cell to cell.
 */
const courant = 0.5;

/** log of the part of the Gibbs density below which there is vacuum. */
const logVacuum = -53 * Math.LN2;

/**
 * Part of the largest density of a node below which cells are thin. In one dimension tails can be followed far down; in
 * more, flows of next to nothing from one line to the next would grow.
 */
const thinPart = (dimension: number): number => (dimension === 1 ? 2 ** -100 : 2 ** -40);

/** Parts of a time step after which its length is taken for a mistake. */
const mostParts = 2 ** 20;

/** E_h of the state and T_h by its two parts. */
interface Hamiltonian {
  readonly potential: number;
  readonly entropic: number;
  readonly transport: number;
  readonly reaction: number;
}

const kineticOf = ({ transport, reaction }: Hamiltonian): number => transport + reaction;
const energyOf = ({ potential, entropic }: Hamiltonian): number => potential + entropic;

export class SecondOrderEngine implements GridSolver {
  readonly #model: Model;
  readonly #friction: FrictionSchedule;
  readonly #coefficients: Coefficients;
  readonly #flow: LineFlow;
  readonly #f: Float64Array;
  readonly #phi: Float64Array;
  readonly #code: number;
  readonly #changes: boolean;
  /** Largest D, and the root of the sum of 1/h^2. */
  readonly #diffusivity: number;
  readonly #perWidth: number;
  #time = NaN;
  #temperature = NaN;
  /** mu of a vacuum. */
  #floor = -Infinity;
  /** Of the state, where it is known; `chemical` is then that of the state, too. */
  #known: Hamiltonian | undefined;
  /** Per node, the density below which cells are thin. */
  readonly #thin: Float64Array;
  /** Range of mu where gas is not thin. */
  #lowest = -Infinity;
  #highest = Infinity;
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
    this.#flow = new LineFlow(longest);
    this.#f = new Float64Array(longest * lanes);
    this.#phi = new Float64Array(longest * lanes);
    this.#code = smoothCode(model.mobility);
    this.#changes = changesWithTime(model);
    this.#diffusivity = model.diffusivity.reduce((most, d) => Math.max(most, d), 0);
    this.#perWidth = Math.sqrt(cells.widths.reduce((sum, h) => sum + 1 / (h * h), 0));
    this.#thin = new Float64Array(model.graph.nodeCount);
    this.#jumps = new Float64Array(arrays.jumps.length);
  }

  /** Writes the initial state, at rest. */
  *start(): Generator<void, undefined> {
    const { graph } = this.#model;
    const { cells } = this.plan;
    const [begin, end] = share(graph.nodeCount, this.member.index, this.member.size);
    for (let node = begin; node < end; node++) {
      writeInitial(this.#model, cells, node, this.arrays.field);
      this.arrays.phi.fill(0, node * cells.count, (node + 1) * cells.count);
    }
    this.#known = undefined;
    yield;
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
    yield* measureMoments(this.plan, this.arrays, this.member, this.#temperature);
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
    if (this.#changes ? this.#time === time : !Number.isNaN(this.#time)) return;
    this.#temperature = yield* this.#coefficients.write(time);
    this.#time = time;
    this.#known = undefined;
    // Somebody may still be reading the sums of the energy.
    yield;
    yield* this.#findVacuum();
  }

  /** mu = -eps log Z in the Gibbs state; a vacuum is 2^-53 of that. */
  *#findVacuum(): Generator<void> {
    const temperature = this.#temperature;
    if (temperature === 0) {
      this.#floor = -Infinity;
      return;
    }
    const { potential, sums } = this.arrays;
    const { volume } = this.plan.cells;
    this.#forItems((from, to, item) => {
      let least = Infinity;
      for (let i = from; i < to; i++) if (potential[i] < least) least = potential[i];
      let partition = 0;
      for (let i = from; i < to; i++) partition += fastF64.exp((least - potential[i]) / temperature);
      sums[item * evaluationSums] = least;
      sums[item * evaluationSums + 1] = partition;
    });
    yield;
    const items = this.#items;
    let least = Infinity;
    for (let item = 0; item < items; item++) least = Math.min(least, sums[item * evaluationSums]);
    let partition = 0;
    for (let item = 0; item < items; item++) {
      const own = sums[item * evaluationSums];
      partition += sums[item * evaluationSums + 1] * fastF64.exp((least - own) / temperature);
    }
    this.#floor = least + temperature * (logVacuum - mathF64.log(partition * volume));
    // The sums are read by all before anybody writes new ones.
    yield;
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
    const slack = rounding * (Math.abs(before.potential) + Math.abs(before.entropic) + this.#temperature);
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
    const speed = Math.sqrt(d * this.#temperature) + Math.sqrt(2 * d * transport);
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
    this.#writeChemical();
    this.#kick(dampingOver(this.#friction, middle, to), gauge);
    yield;
    return yield* this.#total();
  }

  /** H of the state, and mu of its cells. */
  *#evaluate(): Generator<void, Hamiltonian> {
    this.#writeChemical();
    yield;
    this.#known = yield* this.#total();
    return this.#known;
  }

  get #items(): number {
    return this.#model.graph.nodeCount * this.plan.cells.blocks;
  }

  /** This member's share of the blocks of all nodes. */
  #forItems(run: (from: number, to: number, item: number) => void): void {
    const { cells } = this.plan;
    const [begin, end] = share(this.#items, this.member.index, this.member.size);
    for (let item = begin; item < end; item++) {
      const base = Math.floor(item / cells.blocks) * cells.count;
      const [from, to] = blockRange(cells, item % cells.blocks);
      run(base + from, base + to, item);
    }
  }

  /** mu, and the sums of V f and f log f. */
  #writeChemical(): void {
    const { field, potential, chemical, sums } = this.arrays;
    const temperature = this.#temperature;
    const floor = this.#floor;
    this.#forItems((from, to, item) => {
      let inWells = 0;
      let entropic = 0;
      let most = 0;
      let lowest = Infinity;
      let highest = -Infinity;
      const thin = this.#thin[Math.floor(item / this.plan.cells.blocks)];
      for (let i = from; i < to; i++) {
        const f = field[i];
        const v = potential[i];
        inWells += v * f;
        if (f > most) most = f;
        if (f > 0) {
          const logarithm = fastF64.log(f);
          entropic += f * logarithm;
          // At eps = 0 there is no logarithm in mu.
          const mu = temperature === 0 ? v : v + temperature * logarithm;
          chemical[i] = mu > floor ? mu : floor;
          if (f >= thin) {
            if (mu < lowest) lowest = mu;
            if (mu > highest) highest = mu;
          }
        } else chemical[i] = temperature === 0 ? v : floor;
      }
      sums[item * evaluationSums] = inWells;
      sums[item * evaluationSums + 1] = entropic;
      sums[item * evaluationSums + 2] = most;
      sums[item * evaluationSums + 3] = lowest;
      sums[item * evaluationSums + 4] = highest;
    });
  }

  /** What is thin on each node, and the range of mu, from the sums that are there. */
  #findThin(): void {
    const { blocks } = this.plan.cells;
    this.#lowest = Infinity;
    this.#highest = -Infinity;
    for (let item = 0; item < this.#items; item++) {
      this.#lowest = Math.min(this.#lowest, this.arrays.sums[item * evaluationSums + 3]);
      this.#highest = Math.max(this.#highest, this.arrays.sums[item * evaluationSums + 4]);
    }
    for (let node = 0; node < this.#thin.length; node++) {
      let most = 0;
      for (let block = 0; block < blocks; block++) {
        most = Math.max(most, this.arrays.sums[(node * blocks + block) * evaluationSums + 2]);
      }
      this.#thin[node] = thinPart(this.plan.cells.dimension) * most;
    }
  }

  /** `gauge` is a constant that nothing depends on; without it phi would grow with time by the mean of mu. */
  #kick({ keep, push }: Damping, gauge: number): void {
    const { phi, chemical } = this.arrays;
    this.#forItems((from, to) => {
      for (let i = from; i < to; i++) {
        const mu = Math.min(this.#highest, Math.max(this.#lowest, chemical[i]));
        phi[i] = keep * phi[i] - push * (mu - gauge);
      }
    });
  }

  *#alongLines(k: number, tau: number): Generator<void> {
    const { cells } = this.plan;
    const { field, phi } = this.arrays;
    const lines = this.plan.lines[k];
    const isLine = cells.dimension === 1;
    const [begin, end] = share(lines.packs, this.member.index, this.member.size);
    for (let pack = begin; pack < end; pack++) {
      lines.gather(field, pack, this.#f);
      lines.gather(phi, pack, this.#phi);
      for (let lane = 0; lane < lanes && pack * lanes + lane < lines.count; lane++) {
        const node = this.#nodeOf(k, pack * lanes + lane);
        const d = this.#model.diffusivity[node];
        const thin = isLine ? 0 : this.#thin[node];
        this.#flow.move(this.#f, this.#phi, lane, lines.size, lines.isRing, cells.widths[k], d, tau, thin);
      }
      lines.scatter(this.#f, pack, field);
      lines.scatter(this.#phi, pack, phi);
    }
    yield;
  }

  /** The node that a line is on. */
  #nodeOf(k: number, line: number): number {
    const { lines, cells } = this.plan;
    return Math.floor((line * lines[k].size) / cells.count);
  }

  *#alongEdges(isBackwards: boolean, tau: number): Generator<void> {
    const { cells, edges } = this.plan;
    if (edges.length === 0) return;
    const { field, phi, jumpSums } = this.arrays;
    const [begin, end] = share(cells.blocks, this.member.index, this.member.size);
    jumpSums.fill(0, begin * edges.length * 2, end * edges.length * 2);
    for (let block = begin; block < end; block++) {
      const range = blockRange(cells, block);
      for (let turn = 0; turn < edges.length; turn++) {
        const e = isBackwards ? edges.length - 1 - turn : turn;
        const { source, target, weight } = edges[e];
        const [from, to] = [source * cells.count, target * cells.count];
        const sum = (block * edges.length + e) * 2;
        flowAlongEdge(this.#code, weight, tau, this.#temperature, field, phi, from, to, range, jumpSums, sum);
      }
    }
    yield;
    this.#countJumps();
  }

  /** The first member sums up what blocks have counted, while the others go on: they meet before the next count. */
  #countJumps(): void {
    if (this.member.index === 0) addJumps(this.plan, this.arrays.jumpSums, this.#jumps);
  }

  /** H of the state whose sums of E are there. All members get the same numbers. */
  *#total(): Generator<void, Hamiltonian> {
    const { cells, lines, edges } = this.plan;
    const { sums, lineSums, reactionSums, field, phi } = this.arrays;
    const { index, size } = this.member;
    let first = 0;
    this.#findThin();
    lines.forEach((along, k) => {
      const [begin, end] = share(along.packs, index, size);
      for (let pack = begin; pack < end; pack++) {
        along.gather(field, pack, this.#f);
        along.gather(phi, pack, this.#phi);
        for (let lane = 0; lane < lanes && pack * lanes + lane < along.count; lane++) {
          const line = pack * lanes + lane;
          this.#flow.load(this.#f, this.#phi, lane, along.size);
          const node = this.#nodeOf(k, line);
          lineSums[first + line] =
            this.#model.diffusivity[node] * this.#flow.kinetic(along.size, along.isRing, cells.widths[k]);
        }
      }
      first += along.count;
    });
    const [firstBlock, lastBlock] = share(cells.blocks, index, size);
    for (let block = firstBlock; block < lastBlock && edges.length > 0; block++) {
      reactionSums[block] = this.#reactionSum(blockRange(cells, block));
    }
    yield;
    let potential = 0;
    let entropic = 0;
    for (let item = 0; item < this.#items; item++) {
      potential += sums[item * evaluationSums];
      entropic += sums[item * evaluationSums + 1];
    }
    let transport = 0;
    for (const sum of lineSums) transport += sum;
    let reaction = 0;
    for (let block = 0; block < cells.blocks; block++) reaction += reactionSums[block];
    const { volume } = cells;
    return {
      potential: potential * volume,
      entropic: this.#temperature === 0 ? 0 : this.#temperature * entropic * volume,
      transport: 0.5 * transport * volume,
      reaction: 0.5 * reaction * volume,
    };
  }

  /** Sum over edges of K theta (phi - phi')^2. */
  #reactionSum([from, to]: readonly [number, number]): number {
    const { edges, cells } = this.plan;
    const { field, phi } = this.arrays;
    let sum = 0;
    for (const { source, target, weight } of edges) {
      const [a, b] = [source * cells.count, target * cells.count];
      let part = 0;
      for (let i = from; i < to; i++) {
        const p = phi[a + i] - phi[b + i];
        if (p === 0) continue;
        const [giver, taker] = p > 0 ? [field[b + i], field[a + i]] : [field[a + i], field[b + i]];
        part += flowingMobility(this.#code, giver, taker) * p * p;
      }
      sum += weight * part;
    }
    return sum;
  }
}
