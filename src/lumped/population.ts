// The living nodes of a flow: who they are, what is known of their points, and their masses. Births and retirements are carried out here,
// once growth.ts has planned them. Nothing here knows where the points are (points.ts), nor when something is due (flow.ts).

import { joined, noEdges } from './edges.js';
import { LumpedError } from './errors.js';
import type { NodeView } from './flow-types.js';
import { handEdges, type Living, type Retirement } from './growth.js';
import { MassSystem, type MassEdges } from './masses.js';
import type { NodeReport } from './node-tasks.js';
import type { PointSize } from './points.js';
import type { LumpedProblem } from './problem.js';

/** A living node. */
export interface Member extends PointSize {
  readonly born: number;
  readonly parent: string | undefined;
  /** Whether its neighbours were born. */
  readonly expanded: boolean;
}

/** A node that is born next to `parent`, and the part of the parent's mass that it gets. */
export interface Newborn extends PointSize {
  readonly parent: string;
  readonly share: number;
}

export class Population {
  #members: Member[] = [];
  #index = new Map<string, number>();
  readonly masses: MassSystem;
  /** V, D|∇V|^2 and D|v|^2/2 per node. */
  value: Float64Array = new Float64Array(0);
  slope: Float64Array = new Float64Array(0);
  lift: Float64Array = new Float64Array(0);

  constructor({ mobility, dynamics }: Pick<LumpedProblem, 'mobility' | 'dynamics'>) {
    const isSecondOrder = dynamics.kind === 'accelerated';
    this.masses = new MassSystem(mobility, isSecondOrder, new Float64Array(0), noEdges);
  }

  get size(): number {
    return this.#members.length;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Numbers of nodes by their names. */
  get index(): ReadonlyMap<string, number> {
    return this.#index;
  }

  /** Takes these nodes in, in place of all others; `phi` of second order. */
  fill(members: readonly Member[], mass: Float64Array, edges: MassEdges, phi?: Float64Array): void {
    this.#members = [...members];
    this.#number();
    this.masses.mass = mass;
    this.masses.phi = phi && this.masses.secondOrder ? phi : this.#zeros(mass.length);
    this.masses.edges = edges;
  }

  #zeros(length: number): Float64Array {
    return new Float64Array(this.masses.secondOrder ? length : 0);
  }

  #number(): void {
    this.#index = new Map(this.#members.map(({ node }, g) => [node, g]));
  }

  /** The number of a living node. @throws RangeError */
  numberOf(node: string): number {
    const g = this.#index.get(node);
    if (g === undefined) throw new RangeError(`node "${node}" is not alive`);
    return g;
  }

  massOf(node: string): number {
    const g = this.#index.get(node);
    return g === undefined ? 0 : this.masses.mass[g];
  }

  views(): NodeView[] {
    return this.#members.map(({ node, born, parent, dimension }, g) => ({
      ...{ node, born, parent, dimension },
      ...{ mass: this.masses.mass[g], value: this.value[g] },
    }));
  }

  /** The nodes as plans of births and retirements see them. */
  living(): Living[] {
    return this.#members.map(({ born, expanded }, g) => ({ born, expanded, mass: this.masses.mass[g] }));
  }

  /** Takes in what is known of the points of the nodes from `first` on. */
  take(reports: readonly NodeReport[], first: number): void {
    const { length } = this.#members;
    if (first + reports.length !== length) {
      throw new LumpedError(
        'lumped-state',
        `there are reports of ${reports.length} nodes from ${first} on, and ${length} nodes`,
        'this is a defect of the program, please report it with the config',
      );
    }
    const grown = (old: Float64Array): Float64Array => {
      if (old.length === length) return old;
      const array = new Float64Array(length);
      array.set(old.subarray(0, length));
      return array;
    };
    this.value = grown(this.value);
    this.slope = grown(this.slope);
    this.lift = grown(this.lift);
    reports.forEach(({ value, slope, lift }, i) => {
      this.value[first + i] = value;
      this.slope[first + i] = slope;
      this.lift[first + i] = lift;
    });
  }

  /** Takes all motion out of the nodes. */
  rest(): void {
    this.lift.fill(0);
    this.masses.phi.fill(0);
  }

  /** Carries out retirements. Returns the names of those who are gone. */
  retire(plan: readonly Retirement[]): string[] {
    if (plan.length === 0) return [];
    const { masses } = this;
    const gone = plan.map(({ node }) => this.#members[node].node);
    const numbers = new Int32Array(this.#members.length);
    for (const { node, heir } of plan) {
      masses.mass[heir] += masses.mass[node];
      numbers[node] = -1;
    }
    const stay: number[] = [];
    numbers.forEach((number, g) => {
      if (number < 0) return;
      numbers[g] = stay.length;
      stay.push(g);
    });
    const pick = (array: Float64Array): Float64Array => Float64Array.from(stay, (g) => array[g]);
    masses.mass = pick(masses.mass);
    if (masses.secondOrder) masses.phi = pick(masses.phi);
    this.value = pick(this.value);
    this.slope = pick(this.slope);
    this.lift = pick(this.lift);
    masses.edges = handEdges(masses.edges, plan, numbers);
    this.#members = stay.map((g) => this.#members[g]);
    this.#number();
    return gone;
  }

  /** Notes whether the neighbours of a node have been born. */
  expand(node: number, expanded: boolean): void {
    this.#members[node] = { ...this.#members[node], expanded };
  }

  /** Adds newborn nodes; each gets its part of the mass of its parent, which is alive. */
  bear(newborn: readonly Newborn[], step: number): void {
    const { masses } = this;
    const first = this.#members.length;
    const mass = new Float64Array(first + newborn.length);
    const phi = this.#zeros(mass.length);
    mass.set(masses.mass);
    phi.set(masses.phi);
    newborn.forEach(({ node, parent: name, share, dimension, velocities }, i) => {
      const parent = this.numberOf(name);
      this.#members.push({ ...{ node, dimension, velocities, born: step, parent: name }, expanded: false });
      const given = share * masses.mass[parent];
      mass[first + i] = given;
      mass[parent] -= given;
      if (masses.secondOrder) phi[first + i] = phi[parent];
    });
    for (let g = first; g < mass.length; g++) this.#index.set(this.#members[g].node, g);
    masses.mass = mass;
    masses.phi = phi;
  }

  join(edges: MassEdges): void {
    this.masses.edges = joined(this.masses.edges, edges);
  }
}
