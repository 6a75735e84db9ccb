// The lumped flow (mathematics, section 7): a point per node, moved by whoever has the points, and the masses of all nodes, moved here. A step is
// "points, then masses" (`lie`) or "half the masses, points, half the masses" (`strang`); both ask for one gradient per node and step
// (`heun`: two). It knows nothing of threads, machines, files or clocks.
//
// Points never feel the masses. So all that a step tells the masses of a node is V, D|∇V|^2 and D|v|^2/2, and V stands still while
// masses move.

import { temperatureAt } from '../model/mod.js';
import { edgesAmong, edgesOf, noEdges } from './edges.js';
import { LumpedError } from './errors.js';
import type {
  BestPoint,
  BestView,
  LumpedCounts,
  LumpedEnergies,
  LumpedNodeState,
  LumpedOutline,
  LumpedState,
  NodeView,
} from './flow-types.js';
import { planBirths, planRetirement, planRoom } from './growth.js';
import { Ledger } from './ledger.js';
import type { Landscape, MassEdges } from './masses.js';
import type { GivenPoint, PointCosts, PointReports, Points, PointSize } from './points.js';
import { Population, type Newborn } from './population.js';
import { decayOf, type GrowRules, type LumpedProblem } from './problem.js';

export class LumpedFlow {
  #step = 0;
  readonly #population: Population;
  readonly #ledger: Ledger;
  #best: BestView | undefined;
  /** The best point, where it is here. */
  #bestPoint: BestPoint | undefined;
  #counts = { gradients: 0, evaluations: 0, examined: 0, retired: 0, restarts: 0 };
  #restartedAt = 0;

  private constructor(
    readonly problem: LumpedProblem,
    private readonly points: Points,
  ) {
    this.#population = new Population(problem);
    this.#ledger = new Ledger(problem, this.#population, () => ({
      step: this.#step,
      sinceRestart: this.time - this.#restartedAt,
    }));
    points.clear();
  }

  /**
   * A flow at step 0.
   * @param points are the flow's own from now on
   * @throws LumpedError, and whatever the objective throws
   */
  static async start(problem: LumpedProblem, points: Points): Promise<LumpedFlow> {
    const flow = new LumpedFlow(problem, points);
    const { graph, seed } = problem;
    const sizes = await flow.#sizes(graph.nodes.map(({ node }) => node));
    const reports = flow.#paid(await points.start(sizes, { step: 0, time: 0, seed }));
    flow.#population.fill(
      sizes.map((size) => ({ ...size, born: 0, parent: undefined, expanded: false })),
      Float64Array.from(graph.nodes, ({ mass }) => mass),
      graph.kind === 'fixed' ? edgesOf(graph.edges) : noEdges,
    );
    if (graph.kind === 'grow') flow.#population.join(await flow.#edgesAmong(0));
    flow.#counts.examined = sizes.length;
    flow.#take(reports, 0, 0);
    await flow.#judge(true);
    flow.#ledger.begin();
    return flow;
  }

  /** A flow as `state` had it; arrays of the state are copied. Goes on with the same bits. */
  static async restore(problem: LumpedProblem, points: Points, state: LumpedState): Promise<LumpedFlow> {
    return LumpedFlow.rebuild(problem, points, { outline: state, best: state.best }, [state.nodes]);
  }

  /**
   * As `restore`, with points that come in batches, in the order of the nodes.
   * @throws LumpedError, and whatever the objective throws
   */
  static async rebuild(
    problem: LumpedProblem,
    points: Points,
    { outline, best }: { readonly outline: LumpedOutline; readonly best: BestPoint | undefined },
    batches: Iterable<readonly GivenPoint[]> | AsyncIterable<readonly GivenPoint[]>,
  ): Promise<LumpedFlow> {
    const flow = new LumpedFlow(problem, points);
    const { nodes, step } = outline;
    for await (const batch of batches) await points.put(batch);
    flow.#step = step;
    flow.#population.fill(
      nodes.map(({ node, born, parent, expanded, dimension, velocities }) => ({
        ...{ node, born, parent, expanded, dimension, velocities },
      })),
      Float64Array.from(nodes, ({ mass }) => mass),
      outline.edges,
      Float64Array.from(nodes, ({ phi }) => phi),
    );
    flow.#population.masses.stepPart = outline.stepPart;
    flow.#restartedAt = outline.restartedAt;
    const { reports } = await points.evaluate({ step, time: flow.time });
    flow.#population.take(reports, 0);
    // The evaluation above was counted when it was made first.
    flow.#counts = { ...outline.counts };
    flow.#setBest(best, best);
    flow.#ledger.restore(outline.expected);
    return flow;
  }

  get step(): number {
    return this.#step;
  }

  get time(): number {
    return this.#step * this.problem.timeStep;
  }

  get temperature(): number {
    return temperatureAt(this.problem.temperature, this.time);
  }

  /** Where the lowest V so far was. With mini-batches it is judged on the whole data, every `judgeEvery` steps. */
  get best(): BestView | undefined {
    return this.#best;
  }

  /** The best point so far with its coordinates; the same object until there is a better one. */
  async bestPoint(): Promise<BestPoint | undefined> {
    if (!this.#best) return undefined;
    this.#bestPoint ??= { ...this.#best, x: await this.points.kept() };
    return this.#bestPoint;
  }

  get counts(): LumpedCounts {
    return { ...this.#counts };
  }

  /** The living nodes, in an order that results define. */
  nodes(): NodeView[] {
    return this.#population.views();
  }

  /** Masses of the living nodes: the state itself, not a copy. */
  get masses(): Float64Array {
    return this.#population.masses.mass;
  }

  /** The mass of a node; 0 if it is not alive. */
  massOf(node: string): number {
    return this.#population.massOf(node);
  }

  /** V at the point of a node; undefined if it is not alive. */
  valueOf(node: string): number | undefined {
    const g = this.#population.index.get(node);
    return g === undefined ? undefined : this.#population.value[g];
  }

  /** x and v of living nodes: for looking at, until the next step. */
  read(nodes: readonly string[]): Promise<readonly Pick<GivenPoint, 'x' | 'v'>[]> {
    return this.points.read(nodes);
  }

  /** Energies and their laws. */
  energies(): LumpedEnergies {
    return this.#ledger.energies();
  }

  /**
   * One step: points and masses; then births and deaths, and a restart, where they are due.
   * @throws LumpedError, and whatever the objective throws
   */
  async advance(): Promise<void> {
    const before = this.energies();
    const { problem } = this;
    const h = problem.timeStep;
    const isStrang = problem.splitting === 'strang';
    if (isStrang) this.#moveMasses(0, 0.5);
    const step = this.#step + 1;
    const decay = [this.#decay(0, 0.5), this.#decay(0.5, 1)] as const;
    const moved = await this.points.move({ step, time: step * h, timeStep: h, decay });
    this.#take(this.#paid(moved), 0, step);
    if (isStrang) this.#moveMasses(0.5, 1);
    else this.#moveMasses(0, 1);
    this.#step = step;
    this.#ledger.follow(before);
    await this.#judge(false);
    await this.#change();
  }

  /** All that the flow goes on from, but for the points and the best one. */
  outline(): LumpedOutline {
    const { members, masses } = this.#population;
    const { mass, phi, edges, stepPart, secondOrder } = masses;
    return {
      nodes: members.map((member, g) => ({ ...member, mass: mass[g], phi: secondOrder ? phi[g] : 0 })),
      ...{ step: this.#step, stepPart, counts: this.counts },
      ...{ restartedAt: this.#restartedAt, expected: this.#ledger.expected },
      edges: { from: edges.from.slice(), to: edges.to.slice(), weight: edges.weight.slice() },
    };
  }

  /** All that the flow goes on from: a copy. */
  async state(): Promise<LumpedState> {
    const outline = this.outline();
    const points = await this.points.read(outline.nodes.map(({ node }) => node));
    const nodes = outline.nodes.map((node, g): LumpedNodeState => ({
      ...node,
      x: new Float64Array(points[g].x),
      v: new Float64Array(points[g].v),
    }));
    return { ...outline, nodes, best: await this.bestPoint() };
  }

  async #sizes(nodes: readonly string[]): Promise<PointSize[]> {
    const isSecondOrder = this.problem.dynamics.kind === 'accelerated';
    const dimensions = await this.points.dimensions(nodes);
    return nodes.map((node, i) => {
      const dimension = dimensions[i];
      if (!(Number.isSafeInteger(dimension) && dimension >= 1)) {
        const hint = 'let dimension(node) of the objective be a whole number >= 1';
        throw new LumpedError('lumped-objective', `node "${node}" has ${dimension} coordinates`, hint);
      }
      return { node, dimension, velocities: isSecondOrder ? dimension : 0 };
    });
  }

  /** Counts what something has cost. */
  #paid<Result extends PointCosts>(result: Result): Result {
    this.#counts.gradients += result.gradients;
    this.#counts.evaluations += result.evaluations;
    return result;
  }

  /** Takes in what is known of the nodes from `first` on, as of a step; looks for the best of them. */
  #take({ reports }: PointReports, first: number, step: number): void {
    this.#population.take(reports, first);
    if (this.problem.miniBatches) return;
    const values = reports.map(({ value }) => value);
    this.#noteBest(values, first, step);
  }

  /** Of equal values the first counts. */
  #noteBest(values: readonly number[], first: number, step: number): void {
    let found = -1;
    let least = this.#best?.value ?? Infinity;
    values.forEach((value, i) => {
      if (!(value < least)) return;
      least = value;
      found = first + i;
    });
    if (found < 0) return;
    const { node, dimension } = this.#population.members[found];
    this.points.keep(node);
    this.#setBest({ node, value: least, step, time: step * this.problem.timeStep, dimension });
  }

  #setBest(best: BestView | undefined, point?: BestPoint): void {
    this.#best = best;
    this.#bestPoint = point;
  }

  /** With mini-batches: looks for the best point on the whole data, where that is due. */
  async #judge(isStart: boolean): Promise<void> {
    const { miniBatches, judgeEvery } = this.problem;
    if (!miniBatches || (!isStart && this.#step % judgeEvery !== 0)) return;
    const { values } = this.#paid(await this.points.values(this.time));
    this.#noteBest(values, 0, this.#step);
  }

  /** Friction over a part of the step that is next. */
  #decay(from: number, to: number): number {
    const { dynamics, timeStep: h } = this.problem;
    if (dynamics.kind !== 'accelerated') return 1;
    const start = this.time - this.#restartedAt;
    return decayOf(dynamics.friction, start + from * h, start + to * h);
  }

  /** Moves the masses over a part of the step that is next. */
  #moveMasses(from: number, to: number): void {
    const { problem } = this;
    const { masses, value, lift } = this.#population;
    const h = problem.timeStep;
    const width = to - from;
    const temperature = temperatureAt(problem.temperature, this.time + ((from + to) / 2) * h);
    const landscape: Landscape = { value, lift, temperature };
    masses.advance(landscape, {
      time: width * h,
      decay: (a, b) => this.#decay(from + a * width, from + b * width),
      tolerance: problem.tolerance,
    });
  }

  /** Restarts, retires, gives birth, where that is due after a step. */
  async #change(): Promise<void> {
    const { dynamics, graph } = this.problem;
    if (dynamics.kind === 'accelerated') {
      const { friction } = dynamics;
      const after = this.energies();
      if (friction.kind === 'nesterov' && this.#ledger.rise[friction.restart]) {
        this.points.rest();
        this.#population.rest();
        this.#restartedAt = this.time;
        this.#counts.restarts += 1;
        this.#ledger.jump(after.hamiltonian);
      }
    }
    if (graph.kind !== 'grow' || this.#step % graph.rules.every !== 0) return;
    const { hamiltonian } = this.energies();
    const population = this.#population;
    this.#retire(planRetirement(population.living(), population.masses.edges, graph.rules, this.#step));
    await this.#bear(graph.rules);
    this.#ledger.jump(hamiltonian);
  }

  #retire(plan: Parameters<Population['retire']>[0]): void {
    if (plan.length === 0) return;
    this.points.retire(this.#population.retire(plan));
    this.#counts.retired += plan.length;
  }

  async #bear(rules: GrowRules): Promise<void> {
    const population = this.#population;
    const planned = planBirths(population.living(), rules).map((g) => population.members[g].node);
    if (planned.length === 0) return;
    const neighbours = await this.points.neighbours(planned);
    const missingOf = (i: number): string[] =>
      neighbours[i].map(({ node }) => node).filter((node) => !population.index.has(node));
    // Room for the neighbours of the heaviest, at the cost of nodes that are lighter than they will be.
    const most = missingOf(0).length;
    const lacking = population.size + most - rules.maxNodes;
    if (lacking > 0) {
      const mass = (rules.share * this.massOf(planned[0])) / most;
      const { edges } = population.masses;
      this.#retire(planRoom(population.living(), edges, rules, this.#step, { room: lacking, mass }));
    }
    const first = population.size;
    const chosen: Pick<Newborn, 'node' | 'parent' | 'share'>[] = [];
    const known = new Set<string>();
    for (const [i, parent] of planned.entries()) {
      const number = population.index.get(parent);
      if (number === undefined) continue;
      const missing = missingOf(i).filter((node) => !known.has(node));
      const room = rules.maxNodes - first - chosen.length;
      // All or none, so that no node is left out; but the first has as many as there is room for, and the others later.
      if (missing.length > room && chosen.length > 0) continue;
      const born = missing.slice(0, room);
      for (const node of born) {
        known.add(node);
        chosen.push({ node, parent, share: rules.share / born.length });
      }
      population.expand(number, born.length === missing.length);
    }
    if (chosen.length === 0) return;
    const sizes = await this.#sizes(chosen.map(({ node }) => node));
    const newborn = chosen.map((one, i): Newborn => ({ ...one, ...sizes[i] }));
    const at = { step: this.#step, time: this.time };
    const reports = this.#paid(
      await this.points.bear(
        newborn.map(({ share: _share, ...size }) => size),
        at,
      ),
    );
    population.bear(newborn, this.#step);
    this.#take(reports, first, this.#step);
    population.join(await this.#edgesAmong(first));
    this.#counts.examined += newborn.length;
  }

  /** Edges between the nodes from `first` on and all nodes before each, by the objective. */
  async #edgesAmong(first: number): Promise<MassEdges> {
    const young = this.#population.members.slice(first);
    if (young.length === 0) return noEdges;
    const neighbours = await this.points.neighbours(young.map(({ node }) => node));
    return edgesAmong(young, neighbours, this.#population.index);
  }
}
