// Points of nodes and what is done to them, wherever that is: the calling thread, or threads that share the memory of the points. A task
// names a few nodes and their memory; what comes back is a few numbers per node, however many coordinates it has. Masses are
// not here, and it is not decided here who does what: local-points.ts.

import { LumpedError } from './errors.js';
import type { Objective, ObjectivePoint } from './objective.js';
import type { LumpedDynamics } from './problem.js';

/** A node's point, its velocity (empty in first order) and the gradient there. In shared memory where threads see them. */
export interface NodePoint {
  readonly node: string;
  readonly x: Float64Array;
  readonly v: Float64Array;
  readonly gradient: Float64Array;
}

/** What a coordinate does at the ends of its box. */
export type Wall =
  | { readonly kind: 'free' }
  | { readonly kind: 'periodic' | 'reflecting'; readonly low: number; readonly high: number };

export interface MoveTask {
  readonly kind: 'move';
  readonly points: readonly NodePoint[];
  /** The step that ends: `batch` at the new points; the gradients that are there are of the batch before. */
  readonly step: number;
  readonly time: number;
  readonly timeStep: number;
  /** Factors of the velocities by friction in the first and second half of the step; second order. */
  readonly decay: readonly [number, number];
}

export type NodeTask =
  | MoveTask
  /** Where nodes start that have no parent, and the evaluation there. Fills x. */
  | {
      readonly kind: 'start';
      readonly points: readonly NodePoint[];
      readonly step: number;
      readonly time: number;
      readonly seed: number;
    }
  /** x and v of newborn nodes out of those of a node each. Fills both, evaluates. */
  | {
      readonly kind: 'transfer';
      readonly points: readonly NodePoint[];
      readonly parents: readonly Pick<NodePoint, 'node' | 'x' | 'v'>[];
      readonly step: number;
      readonly time: number;
    }
  /** Values and gradients at points that are there. */
  | {
      readonly kind: 'evaluate';
      readonly points: readonly NodePoint[];
      readonly step: number;
      readonly time: number;
    }
  /** Values on the whole data, for objectives with mini-batches. */
  | { readonly kind: 'values'; readonly points: readonly NodePoint[]; readonly time: number }
  | { readonly kind: 'dimensions'; readonly nodes: readonly string[] }
  | { readonly kind: 'neighbours'; readonly nodes: readonly string[] };

/** What the masses need to know of a node after a motion. */
export interface NodeReport {
  readonly value: number;
  /** D |∇V|^2. */
  readonly slope: number;
  /** D |v|^2 / 2; 0 in first order. */
  readonly lift: number;
}

export interface NodeResult {
  readonly reports: readonly NodeReport[];
  readonly values: readonly number[];
  readonly dimensions: readonly number[];
  readonly neighbours: readonly (readonly { readonly node: string; readonly weight: number }[])[];
  /** Calls of the objective: points with and without a gradient. */
  readonly gradients: number;
  readonly evaluations: number;
}

/** What every task of a flow shares. */
export interface NodeSettings {
  readonly dynamics: LumpedDynamics;
  /** Per coordinate; undefined: all free. */
  readonly walls: readonly Wall[] | undefined;
  /** Where nodes start of which the objective says nothing; fills x. */
  readonly start: (node: string, x: Float64Array, seed: number) => void;
}

/** The part of v by which points are moved to see where T takes it. */
const DIFFERENCE = 2 ** -10;

/** Does tasks with an objective. Tasks do not overlap. */
export class NodeWorker {
  #gradients = 0;
  #evaluations = 0;

  constructor(
    private readonly objective: Objective,
    private readonly settings: NodeSettings,
  ) {}

  /** @throws LumpedError, and whatever the objective throws */
  async run(task: NodeTask): Promise<NodeResult> {
    this.#gradients = 0;
    this.#evaluations = 0;
    const answer = await this.#answer(task);
    return {
      ...{ reports: [], values: [], dimensions: [], neighbours: [] },
      ...answer,
      ...{ gradients: this.#gradients, evaluations: this.#evaluations },
    };
  }

  async #answer(task: NodeTask): Promise<Partial<NodeResult>> {
    const { objective } = this;
    switch (task.kind) {
      case 'move':
        return { reports: await this.#move(task) };
      case 'start':
        for (const { node, x } of task.points) await this.#start(node, x, task.seed);
        return { reports: await this.#evaluate(task.points, task.time, task.step) };
      case 'transfer':
        for (const [i, point] of task.points.entries()) await this.#transfer(task.parents[i], point);
        return { reports: await this.#evaluate(task.points, task.time, task.step) };
      case 'evaluate':
        return { reports: await this.#evaluate(task.points, task.time, task.step) };
      case 'values': {
        const wanted = task.points.map(({ node, x }): ObjectivePoint => ({
          ...{ node, x, gradient: undefined, time: task.time, batch: undefined },
        }));
        this.#evaluations += wanted.length;
        return { values: Array.from(await objective.evaluate(wanted)) };
      }
      case 'dimensions': {
        const dimensions: number[] = [];
        for (const node of task.nodes) dimensions.push(await objective.dimension(node));
        return { dimensions };
      }
      case 'neighbours': {
        const neighbours: NodeResult['neighbours'][number][] = [];
        for (const node of task.nodes) neighbours.push((await objective.neighbours?.(node)) ?? []);
        return { neighbours };
      }
      default:
        return task satisfies never;
    }
  }

  async #start(node: string, x: Float64Array, seed: number): Promise<void> {
    const given = await this.objective.initial?.(node, seed);
    if (given) fill(x, given, `the start of node "${node}"`);
    else this.settings.start(node, x, seed);
  }

  /** x by the map T of the edge, and v by its derivative along v: a newborn goes on as its parent does. */
  async #transfer(parent: Pick<NodePoint, 'node' | 'x' | 'v'>, { node, x, v }: NodePoint): Promise<void> {
    const { objective } = this;
    const what = `the point that node "${node}" gets from "${parent.node}"`;
    // Kinetic energy is kept, as under the jumps of particles.
    const scale = Math.sqrt(this.#diffusivity(parent.node) / this.#diffusivity(node));
    if (!objective.transfer) {
      fill(x, parent.x, what);
      parent.v.forEach((along, i) => (v[i] = scale * along));
      return;
    }
    fill(x, await objective.transfer(parent.x, parent.node, node), what);
    if (v.length === 0) return;
    // Exact for maps that only copy, scale or add; T may say no more than where points go.
    const ahead = parent.x.map((at, i) => at + DIFFERENCE * parent.v[i]);
    const moved = await objective.transfer(ahead, parent.node, node);
    for (let i = 0; i < v.length; i++) v[i] = (scale * (moved[i] - x[i])) / DIFFERENCE;
  }

  /** Writes gradients, reports. */
  async #evaluate(points: readonly NodePoint[], time: number, batch: number): Promise<NodeReport[]> {
    const values = await this.#ask(points, points, time, batch);
    return points.map((point, i) => this.#report(point, values[i], batch));
  }

  async #ask(
    points: readonly NodePoint[],
    at: readonly { readonly x: Float64Array; readonly gradient: Float64Array }[],
    time: number,
    batch: number,
  ): Promise<ArrayLike<number>> {
    if (points.length === 0) return [];
    this.#gradients += points.length;
    const wanted = points.map(({ node }, i): ObjectivePoint => ({ node, ...at[i], time, batch }));
    return this.objective.evaluate(wanted);
  }

  #report({ node, v, gradient }: NodePoint, value: number, step: number): NodeReport {
    const d = this.#diffusivity(node);
    const report = { value, slope: d * squareOf(gradient), lift: 0.5 * d * squareOf(v) };
    if (Number.isFinite(value) && Number.isFinite(report.slope) && Number.isFinite(report.lift))
      return report;
    const what = Number.isFinite(value) ? 'the gradient of V' : `V is ${value},`;
    throw new LumpedError(
      'lumped-not-finite',
      `${what} is not finite on node "${node}" at step ${step}`,
      'use a shorter time.step, or look at V there',
    );
  }

  #diffusivity(node: string): number {
    return this.objective.diffusivity?.(node) ?? 1;
  }

  async #move(task: MoveTask): Promise<NodeReport[]> {
    const { dynamics } = this.settings;
    const { points, timeStep: h, step, time } = task;
    if (dynamics.kind === 'accelerated') {
      // Friction, kick, drift; evaluation; kick, friction.
      for (const { node, x, v, gradient } of points) {
        const d = this.#diffusivity(node);
        for (let i = 0; i < x.length; i++) {
          v[i] = v[i] * task.decay[0] - 0.5 * h * gradient[i];
          x[i] += h * d * v[i];
        }
        this.#contain(x, v);
      }
      const values = await this.#ask(points, points, time, step);
      for (const { v, gradient } of points) {
        for (let i = 0; i < v.length; i++) v[i] = (v[i] - 0.5 * h * gradient[i]) * task.decay[1];
      }
      return points.map((point, i) => this.#report(point, values[i], step));
    }
    if (dynamics.integrator === 'heun') {
      const scratch = points.map(({ x }) => ({
        x: new Float64Array(x.length),
        gradient: new Float64Array(x.length),
      }));
      points.forEach(({ node, x, gradient }, k) => {
        const d = this.#diffusivity(node);
        for (let i = 0; i < x.length; i++) scratch[k].x[i] = x[i] - h * d * gradient[i];
        this.#contain(scratch[k].x);
      });
      await this.#ask(points, scratch, time, step - 1);
      points.forEach(({ node, x, gradient }, k) => {
        const d = this.#diffusivity(node);
        const second = scratch[k].gradient;
        for (let i = 0; i < x.length; i++) x[i] -= 0.5 * h * d * (gradient[i] + second[i]);
        this.#contain(x);
      });
    } else {
      for (const { node, x, gradient } of points) {
        const d = this.#diffusivity(node);
        for (let i = 0; i < x.length; i++) x[i] -= h * d * gradient[i];
        this.#contain(x);
      }
    }
    return this.#evaluate(points, time, step);
  }

  /** Keeps a point in its box; a reflection turns the velocity. */
  #contain(x: Float64Array, v?: Float64Array): void {
    const { walls } = this.settings;
    if (!walls) return;
    walls.forEach((wall, i) => {
      if (wall.kind === 'free' || (x[i] >= wall.low && x[i] <= wall.high) || !Number.isFinite(x[i])) return;
      const length = wall.high - wall.low;
      const position = (x[i] - wall.low) / length;
      if (wall.kind === 'periodic') {
        x[i] = wall.low + length * (position - Math.floor(position));
        return;
      }
      const turns = Math.floor(position);
      const odd = turns - 2 * Math.floor(turns / 2) === 1;
      const rest = position - turns;
      x[i] = wall.low + length * (odd ? 1 - rest : rest);
      if (odd && v) v[i] = -v[i];
    });
  }
}

function fill(x: Float64Array, given: ArrayLike<number>, what: string): void {
  if (given.length !== x.length) {
    throw new LumpedError(
      'lumped-objective',
      `${what} has ${given.length} coordinates, not ${x.length}`,
      'make transfer, initial and dimension of the objective agree',
    );
  }
  x.set(given);
}

/** Sum of squares in a fixed order. */
function squareOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] * values[i];
  return sum;
}
