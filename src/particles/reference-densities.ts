// Densities of the slow engine: cloud in cell on the mesh, said in plain TypeScript, cell by cell, without borders or tables
// in memory (kernel/density-mesh.ts says what the weights are). Densities are in particles per cell.

import { interpret, type DensityPlan } from '../kernel/mod.js';

/** Place of a particle on the mesh, per coordinate: floor of its fractional position, and what is beyond. */
interface Place {
  readonly cell: number[];
  readonly part: number[];
}

export class ReferenceDensities {
  /** Sums of integer weights, per node and cell; exact below 2^53. */
  readonly #sums: Float64Array[];
  readonly #unit: number;

  constructor(
    private readonly plan: DensityPlan,
    nodes: number,
    /** Rounds to the kernel's precision. */
    private readonly round: (value: number) => number,
  ) {
    const cells = plan.mesh.cells.reduce((product, n) => product * n, 1);
    this.#sums = Array.from({ length: nodes }, () => new Float64Array(cells));
    this.#unit = 1 << plan.fractionBits;
  }

  /** Shares a particle on a node between the 2^d cells around it. */
  deposit(node: number, x: readonly number[]): void {
    const { cell, part } = this.#locate(x);
    const { cells } = this.plan.mesh;
    for (let corner = 0; corner < 1 << cells.length; corner++) {
      let weight = 1;
      part.forEach((t, i) => {
        const beyond = t * this.#unit;
        weight *= isBeyond(corner, i) ? beyond : this.#unit - beyond;
      });
      this.#sums[node][this.#index(cell, corner)] += weight;
    }
  }

  /** The density of a node at x, by the same weights: linear in the last coordinate first. */
  at(node: number, x: readonly number[]): number {
    const { cell, part } = this.#locate(x);
    const { round } = this;
    const d = part.length;
    const between = (coordinate: number, corner: number): number => {
      if (coordinate === d) return this.#density(node, this.#index(cell, corner));
      const here = between(coordinate + 1, corner);
      const there = between(coordinate + 1, corner | (1 << coordinate));
      return round(here + round(part[coordinate] * round(there - here)));
    };
    return between(0, 0);
  }

  /** Weights of all particles have the sum 2^(d b) each. */
  #density(node: number, index: number): number {
    const d = this.plan.mesh.cells.length;
    let whole = 1;
    for (let i = 0; i < d; i++) whole *= this.#unit;
    return this.round(this.#sums[node][index] / whole);
  }

  #locate(x: readonly number[]): Place {
    const found = interpret(this.plan.locate, {
      input: (name) => x[Number(name.slice('field:'.length))],
      uniform: (name) => {
        throw new Error(`no ${name} here`);
      },
    });
    const read = (name: string): number[] =>
      this.plan.mesh.cells.map((_, i) => found[`${name}:${String(i)}`] as number);
    return { cell: read('cell'), part: read('part') };
  }

  /** Number of a cell around the place; beyond a wall there is none, and what would be there has weight 0. */
  #index(cell: readonly number[], corner: number): number {
    const { cells, periodic } = this.plan.mesh;
    return cells.reduce((index, n, i) => {
      const k = cell[i] + (isBeyond(corner, i) ? 1 : 0);
      return index * n + (periodic[i] ? (k + n) % n : Math.min(k, n - 1));
    }, 0);
  }
}

/** Whether a corner is on the far side in a coordinate. */
function isBeyond(corner: number, coordinate: number): boolean {
  return ((corner >> coordinate) & 1) === 1;
}
