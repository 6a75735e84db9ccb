// The numbers that a step is made of, at one time: potentials at the centres of cells, fluxes of faces, rates of edges. Each
// member writes its share. Not the factors for a length of step (engine.ts).

import { reachable } from '../expression/mod.js';
import { isDensityMobility, isConstantTemperature, temperatureAt, type Model } from '../model/mod.js';
import { blockRange, centreOf, share, type Cells, type Member } from './cells.js';
import type { Edge } from './edges.js';
import { GridError } from './errors.js';
import { CellEvaluator, type Place } from './evaluate.js';
import { writeFluxes } from './fluxes.js';
import { writeLinearRates } from './linear-exchange.js';
import type { GridArrays, GridPlan } from './memory.js';

/** Whether a model's coefficients must be written anew at each step: the temperature, a potential or a rate changes with t. */
export function changesWithTime({ temperature, potentials, rates }: Model): boolean {
  return (
    !isConstantTemperature(temperature) ||
    reachable([...potentials, ...rates]).some((node) => node.kind === 'symbol' && node.symbol.kind === 'time')
  );
}

export class Coefficients {
  readonly #model: Model;
  readonly #cells: Cells;
  readonly #edges: readonly Edge[];
  readonly #potentials: readonly CellEvaluator[];
  readonly #rates: readonly CellEvaluator[];
  readonly #isPotentialFixed: boolean;
  #hasPotential = false;
  /** Whether they are others at each time. */
  readonly change: boolean;
  #time = NaN;
  #temperature = NaN;

  constructor(
    plan: GridPlan,
    private readonly arrays: GridArrays,
    private readonly member: Member,
  ) {
    const { model, cells, edges } = plan;
    this.#model = model;
    this.#cells = cells;
    this.#edges = edges;
    const evaluator = (expression: Model['potentials'][number]): CellEvaluator =>
      new CellEvaluator(expression, cells, model.parameters);
    this.#potentials = model.potentials.map(evaluator);
    this.#rates = model.rates.map(evaluator);
    this.change = changesWithTime(model);
    this.#isPotentialFixed = !model.potentials.some((potential) => potential.timeDependent);
  }

  /** That of the time at which they are; NaN before there are any. */
  get temperature(): number {
    return this.#temperature;
  }

  /**
   * Writes all of them as they are at time t, unless they are there. Returns whether they were written.
   * @throws GridError where a potential or a rate is not finite, or a rate is negative
   */
  *refresh(time: number): Generator<void, boolean> {
    if (this.change ? this.#time === time : !Number.isNaN(this.#time)) return false;
    this.#temperature = yield* this.#write(time);
    this.#time = time;
    return true;
  }

  /** Returns the temperature. */
  *#write(time: number): Generator<void, number> {
    const temperature = temperatureAt(this.#model.temperature, time);
    if (!this.#hasPotential || !this.#isPotentialFixed) {
      this.#writePotential(time);
      this.#hasPotential = true;
      yield;
    }
    // Second-order dynamics have fluxes of their own (line-flow.ts).
    if (this.#model.friction !== undefined) return temperature;
    this.#writeFluxes(temperature);
    if (!isDensityMobility(this.#model.mobility)) this.#writeRates(time, temperature);
    yield;
    return temperature;
  }

  /** Calls `run` for this member's share of the layers of all nodes (or edges): whole layers of the first coordinate. */
  #forLayers(items: number, run: (item: number, from: number, to: number) => void): void {
    const { sizes, strides } = this.#cells;
    const [begin, end] = share(items * sizes[0], this.member.index, this.member.size);
    for (let at = begin; at < end;) {
      const item = Math.floor(at / sizes[0]);
      const stop = Math.min(end, (item + 1) * sizes[0]);
      const first = at - item * sizes[0];
      run(item, first * strides[0], (first + stop - at) * strides[0]);
      at = stop;
    }
  }

  #writePotential(time: number): void {
    const { graph, potentialOfNode } = this.#model;
    const { potential } = this.arrays;
    const { count } = this.#cells;
    this.#forLayers(graph.nodeCount, (node, from, to) => {
      this.#potentials[potentialOfNode[node]].run({ node, time }, from, to, potential, node * count + from);
      for (let i = from; i < to; i++) {
        const value = potential[node * count + i];
        if (Number.isFinite(value)) continue;
        throw new GridError(
          'grid-not-finite',
          `the potential of node ${graph.nodeNames[node]} is ${value} at ${this.#where(i)}`,
          'keep such places out of the grid by space.box or grid.box, or bound the formula there',
        );
      }
    });
  }

  #where(cell: number): string {
    const x = centreOf(this.#cells, cell);
    return this.#model.coordinateNames
      .map((name, k) => `${name} = ${Number(x[k].toPrecision(6))}`)
      .join(', ');
  }

  #writeFluxes(temperature: number): void {
    const { graph, diffusivity } = this.#model;
    const { potential, fluxes } = this.arrays;
    const { blocks, count } = this.#cells;
    const [begin, end] = share(graph.nodeCount * blocks, this.member.index, this.member.size);
    for (let item = begin; item < end; item++) {
      const node = Math.floor(item / blocks);
      const range = blockRange(this.#cells, item % blocks);
      fluxes.forEach(({ rightward, leftward }, k) => {
        const d = diffusivity[node];
        writeFluxes(this.#cells, k, d, temperature, potential, node * count, range, rightward, leftward);
      });
    }
  }

  #writeRates(time: number, temperature: number): void {
    const { mobility } = this.#model;
    const { potential, forward, backward } = this.arrays;
    const { blocks, count } = this.#cells;
    if (mobility === 'free') {
      this.#writeFreeRates(time, temperature);
      return;
    }
    if (isDensityMobility(mobility)) return;
    const [begin, end] = share(this.#edges.length * blocks, this.member.index, this.member.size);
    for (let item = begin; item < end; item++) {
      const e = Math.floor(item / blocks);
      const { source, target, weight } = this.#edges[e];
      const range = blockRange(this.#cells, item % blocks);
      const [from, to] = [source * count, target * count];
      writeLinearRates(
        mobility,
        weight,
        temperature,
        potential,
        from,
        to,
        range,
        forward,
        backward,
        e * count,
      );
    }
  }

  #writeFreeRates(time: number, temperature: number): void {
    const { rateOfEdge, graph } = this.#model;
    const { forward, backward } = this.arrays;
    const { count } = this.#cells;
    this.#forLayers(2 * this.#edges.length, (item, from, to) => {
      const e = item >> 1;
      const edge = this.#edges[e];
      const isBack = item % 2 === 1;
      const [node, target] = isBack ? [edge.target, edge.source] : [edge.source, edge.target];
      const place: Place = { node, target, weight: edge.weight, temperature, time };
      const rates = isBack ? backward : forward;
      this.#rates[rateOfEdge[isBack ? edge.backward : edge.forward]].run(
        place,
        from,
        to,
        rates,
        e * count + from,
      );
      for (let i = from; i < to; i++) {
        const rate = rates[e * count + i];
        if (rate >= 0 && rate < Infinity) continue;
        throw new GridError(
          'grid-not-finite',
          `the rate from ${graph.nodeNames[node]} to ${graph.nodeNames[target]} is ${rate} at ${this.#where(i)}`,
          'rates must be finite and >= 0 on the whole grid: bound the formula, for example with max(0, …)',
        );
      }
    });
  }
}
