// Points in the memory of this process, moved by a crew: the calling thread, or threads that share that memory.

import type { NodeCrew } from './crew.js';
import { bare, deal } from './dealing.js';
import type { NodePoint, NodeResult, NodeTask } from './node-tasks.js';
import type { Neighbour } from './objective.js';
import type {
  GivenPoint,
  PointMoment,
  PointMotion,
  PointReports,
  Points,
  PointSize,
  PointValues,
} from './points.js';

export class LocalPoints implements Points {
  readonly #points = new Map<string, NodePoint>();
  #kept: Float64Array | undefined;

  constructor(private readonly crew: NodeCrew) {}

  async dimensions(nodes: readonly string[]): Promise<readonly number[]> {
    if (nodes.length === 0) return [];
    const [{ dimensions }] = await this.crew.run([{ kind: 'dimensions', nodes }]);
    return dimensions;
  }

  async neighbours(nodes: readonly string[]): Promise<readonly (readonly Neighbour[])[]> {
    if (nodes.length === 0) return [];
    const [{ neighbours }] = await this.crew.run([{ kind: 'neighbours', nodes }]);
    return neighbours;
  }

  start(nodes: readonly PointSize[], at: PointMoment & { readonly seed: number }): Promise<PointReports> {
    return this.#reports(this.add(nodes), (points) => ({ kind: 'start', points, ...at }));
  }

  async bear(
    nodes: readonly (PointSize & { readonly parent: string })[],
    at: PointMoment,
  ): Promise<PointReports> {
    const parents = new Map(nodes.map(({ node, parent }) => [node, bare(this.#point(parent))]));
    return this.bearFrom(nodes, (node) => parents.get(node) ?? this.#point(node), at);
  }

  /** As `bear`, with parents that need not be here. */
  bearFrom(
    nodes: readonly PointSize[],
    parentOf: (node: string) => Pick<NodePoint, 'node' | 'x' | 'v'>,
    at: PointMoment,
  ): Promise<PointReports> {
    return this.#reports(this.add(nodes), (points) => ({
      ...{ kind: 'transfer', points, parents: points.map(({ node }) => parentOf(node)), ...at },
    }));
  }

  async put(points: readonly GivenPoint[]): Promise<void> {
    for (const { node, x, v } of points) {
      const [point] = this.add([{ node, dimension: x.length, velocities: v.length }]);
      point.x.set(x);
      point.v.set(v);
    }
  }

  evaluate(at: PointMoment): Promise<PointReports> {
    return this.#reports([...this.#points.values()], (points) => ({ kind: 'evaluate', points, ...at }));
  }

  move(motion: PointMotion): Promise<PointReports> {
    return this.#reports([...this.#points.values()], (points) => ({ kind: 'move', points, ...motion }));
  }

  async values(time: number): Promise<PointValues> {
    const results = await this.#dealt([...this.#points.values()], (points) => ({
      ...{ kind: 'values', points, time },
    }));
    return { ...costsOf(results), values: results.flatMap(({ values }) => values) };
  }

  rest(): void {
    for (const { v } of this.#points.values()) v.fill(0);
  }

  retire(nodes: readonly string[]): void {
    for (const node of nodes) this.#points.delete(node);
  }

  keep(node: string): void {
    this.#kept = new Float64Array(this.#point(node).x);
  }

  /** Lets go of what was kept. */
  forget(): void {
    this.#kept = undefined;
  }

  clear(): void {
    this.#points.clear();
    this.#kept = undefined;
  }

  async kept(): Promise<Float64Array> {
    if (!this.#kept) throw new TypeError('no point was kept');
    return this.#kept;
  }

  /** The state itself, not a copy. */
  async read(nodes: readonly string[]): Promise<readonly NodePoint[]> {
    return nodes.map((node) => this.#point(node));
  }

  /** A point that is here; undefined where there is none. */
  at(node: string): NodePoint | undefined {
    return this.#points.get(node);
  }

  #point(node: string): NodePoint {
    const point = this.#points.get(node);
    if (!point) throw new RangeError(`node "${node}" has no point here`);
    return point;
  }

  /** Adds points that are all 0. */
  add(nodes: readonly PointSize[]): NodePoint[] {
    return nodes.map(({ node, dimension, velocities }) => {
      const [x, v, gradient] = [dimension, velocities, dimension].map((n) => this.crew.allocate(n));
      const point: NodePoint = { node, x, v, gradient };
      // Behind the others, also where it was here before.
      this.#points.delete(node);
      this.#points.set(node, point);
      return point;
    });
  }

  async #reports(
    points: readonly NodePoint[],
    task: (part: readonly NodePoint[]) => NodeTask,
  ): Promise<PointReports> {
    const results = await this.#dealt(points, task);
    return { ...costsOf(results), reports: results.flatMap(({ reports }) => reports) };
  }

  /** Runs a task on points, dealt out to the crew in parts of about the same number of coordinates. */
  async #dealt(
    points: readonly NodePoint[],
    task: (part: readonly NodePoint[]) => NodeTask,
  ): Promise<readonly NodeResult[]> {
    return this.crew.run(deal(points, this.crew.size).map(task));
  }
}

function costsOf(results: readonly NodeResult[]): { gradients: number; evaluations: number } {
  let [gradients, evaluations] = [0, 0];
  for (const result of results) {
    gradients += result.gradients;
    evaluations += result.evaluations;
  }
  return { gradients, evaluations };
}
