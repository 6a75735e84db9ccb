// The lumped flow (mathematics, section 7): a point per node, moved by the crew, and the masses of all nodes, moved here. A step is
// "points, then masses" (`lie`) or "half the masses, points, half the masses" (`strang`); both ask for one gradient per node and step
// (`heun`: two). It knows nothing of threads, files or clocks.
//
// Points never feel the masses. So all that a step tells the masses of a node is V, D|∇V|^2 and D|v|^2/2, and V stands still while
// masses move.

import { temperatureAt } from '../model/mod.js';
import type { NodeCrew } from './crew.js';
import { bare, deal } from './dealing.js';
import { edgesAmong, edgesOf, joined, noEdges } from './edges.js';
import { energiesOf, heatOf, lawfulLoss } from './energies.js';
import { LumpedError } from './errors.js';
import type {
  BestPoint,
  LumpedCounts,
  LumpedEnergies,
  LumpedNodeState,
  LumpedState,
  NodeView,
} from './flow-types.js';
import { handEdges, planBirths, planRetirement, planRoom, type Retirement } from './growth.js';
import { MassSystem, type Landscape, type MassEdges } from './masses.js';
import type { NodePoint, NodeReport, NodeResult, NodeTask } from './node-tasks.js';
import { decayOf, type GrowRules, type LumpedProblem } from './problem.js';

interface LivingNode extends NodePoint {
  readonly born: number;
  readonly parent: string | undefined;
  expanded: boolean;
}

export class LumpedFlow {
  #step = 0;
  #nodes: LivingNode[] = [];
  #index = new Map<string, number>();
  #masses: MassSystem;
  #value: Float64Array = new Float64Array(0);
  #slope: Float64Array = new Float64Array(0);
  #lift: Float64Array = new Float64Array(0);
  #best: BestPoint | undefined;
  #counts = { gradients: 0, evaluations: 0, examined: 0, retired: 0, restarts: 0 };
  #restartedAt = 0;
  #expected = NaN;
  #energies: LumpedEnergies | undefined;
  /** Whether E and H rose in the last step, by more than a change of the temperature made them. */
  #rise = { never: false, energy: false, hamiltonian: false };

  private constructor(
    readonly problem: LumpedProblem,
    private readonly crew: NodeCrew,
  ) {
    this.#masses = this.#system(new Float64Array(0), noEdges);
  }

  /**
   * A flow at step 0.
   * @throws LumpedError, and whatever the objective throws
   */
  static async start(problem: LumpedProblem, crew: NodeCrew): Promise<LumpedFlow> {
    const flow = new LumpedFlow(problem, crew);
    const { graph } = problem;
    const names = graph.nodes.map(({ node }) => node);
    const points = await flow.#allocate(names);
    const reports = await flow.#dealt(points, (part) => ({ kind: 'start', points: part, step: 0, time: 0 }));
    flow.#nodes = points.map((point) => ({ ...point, born: 0, parent: undefined, expanded: false }));
    flow.#number();
    const masses = Float64Array.from(graph.nodes, ({ mass }) => mass);
    const edges = graph.kind === 'fixed' ? edgesOf(graph.edges) : await flow.#edgesAmong(0);
    flow.#masses = flow.#system(masses, edges);
    flow.#counts.examined = names.length;
    flow.#take(reports, 0, 0);
    await flow.#judge(true);
    flow.#expected = flow.#measure().hamiltonian;
    return flow;
  }

  /** A flow as `state` had it; arrays of the state are copied. Goes on with the same bits. */
  static async restore(problem: LumpedProblem, crew: NodeCrew, state: LumpedState): Promise<LumpedFlow> {
    const flow = new LumpedFlow(problem, crew);
    const points = state.nodes.map(({ node, x, v }) => flow.#memory(node, x.length, v.length));
    state.nodes.forEach(({ x, v }, g) => {
      points[g].x.set(x);
      points[g].v.set(v);
    });
    flow.#step = state.step;
    flow.#nodes = state.nodes.map(({ born, parent, expanded }, g) => ({
      ...points[g],
      born,
      parent,
      expanded,
    }));
    flow.#number();
    flow.#masses = flow.#system(
      Float64Array.from(state.nodes, ({ mass }) => mass),
      state.edges,
    );
    if (flow.#isSecondOrder) flow.#masses.phi = Float64Array.from(state.nodes, ({ phi }) => phi);
    flow.#masses.stepPart = state.stepPart;
    flow.#restartedAt = state.restartedAt;
    const { step } = state;
    const reports = await flow.#dealt(points, (part) => ({
      ...{ kind: 'evaluate', points: part, step, time: flow.time },
    }));
    flow.#take(reports, 0, step);
    // The evaluation above was counted when it was made first.
    flow.#counts = { ...state.counts };
    flow.#best = state.best;
    flow.#expected = state.expected;
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

  /** The lowest V so far. With mini-batches it is judged on the whole data, every `judgeEvery` steps. */
  get best(): BestPoint | undefined {
    return this.#best;
  }

  get counts(): LumpedCounts {
    return { ...this.#counts };
  }

  /** The living nodes, in an order that results define. */
  nodes(): NodeView[] {
    return this.#nodes.map(({ node, born, parent, x }, g) => ({
      ...{ node, born, parent, dimension: x.length },
      ...{ mass: this.#masses.mass[g], value: this.#value[g] },
    }));
  }

  /** Masses of the living nodes: the state itself, not a copy. */
  get masses(): Float64Array {
    return this.#masses.mass;
  }

  /** The mass of a node; 0 if it is not alive. */
  massOf(node: string): number {
    const g = this.#index.get(node);
    return g === undefined ? 0 : this.#masses.mass[g];
  }

  /** V, x and v of a living node: the state itself, not a copy. */
  pointOf(
    node: string,
  ): { readonly value: number; readonly x: Float64Array; readonly v: Float64Array } | undefined {
    const g = this.#index.get(node);
    if (g === undefined) return undefined;
    const { x, v } = this.#nodes[g];
    return { value: this.#value[g], x, v };
  }

  /** Energies and their laws. */
  energies(): LumpedEnergies {
    this.#energies ??= this.#measure();
    return this.#energies;
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
    const time = step * h;
    const decay = [this.#decay(0, 0.5), this.#decay(0.5, 1)] as const;
    const reports = await this.#dealt(this.#nodes, (part) => ({
      ...{ kind: 'move', points: part, step, time, timeStep: h, decay },
    }));
    this.#take(reports, 0, step);
    if (isStrang) this.#moveMasses(0.5, 1);
    else this.#moveMasses(0, 1);
    this.#step = step;
    this.#follow(before);
    await this.#judge(false);
    await this.#change();
  }

  /**
   * All that the flow goes on from.
   * @param copies false: x and v are the state itself, which the next step changes
   */
  state(copies = true): LumpedState {
    const { mass, phi, edges, stepPart } = this.#masses;
    const nodes = this.#nodes.map((living, g): LumpedNodeState => ({
      ...{ node: living.node, born: living.born, parent: living.parent, expanded: living.expanded },
      ...{ mass: mass[g], phi: this.#isSecondOrder ? phi[g] : 0 },
      x: copies ? new Float64Array(living.x) : living.x,
      v: copies ? new Float64Array(living.v) : living.v,
    }));
    return {
      ...{ step: this.#step, nodes, stepPart, best: this.#best, counts: this.counts },
      ...{ restartedAt: this.#restartedAt, expected: this.#expected },
      edges: { from: edges.from.slice(), to: edges.to.slice(), weight: edges.weight.slice() },
    };
  }

  get #isSecondOrder(): boolean {
    return this.problem.dynamics.kind === 'accelerated';
  }

  #system(mass: Float64Array, edges: MassEdges): MassSystem {
    return new MassSystem(this.problem.mobility, this.#isSecondOrder, mass, edges);
  }

  #memory(node: string, dimension: number, velocities: number): NodePoint {
    const array = (length: number): Float64Array => this.crew.allocate(length);
    return { node, x: array(dimension), v: array(velocities), gradient: array(dimension) };
  }

  async #allocate(names: readonly string[]): Promise<NodePoint[]> {
    if (names.length === 0) return [];
    const [{ dimensions }] = await this.#run([{ kind: 'dimensions', nodes: names }]);
    return names.map((node, i) => {
      const d = dimensions[i];
      if (!(Number.isSafeInteger(d) && d >= 1)) {
        const hint = 'let dimension(node) of the objective be a whole number >= 1';
        throw new LumpedError('lumped-objective', `node "${node}" has ${d} coordinates`, hint);
      }
      return this.#memory(node, d, this.#isSecondOrder ? d : 0);
    });
  }

  #number(): void {
    this.#index = new Map(this.#nodes.map(({ node }, g) => [node, g]));
  }

  async #run(tasks: readonly NodeTask[]): Promise<readonly NodeResult[]> {
    const results = await this.crew.run(tasks);
    for (const { gradients, evaluations } of results) {
      this.#counts.gradients += gradients;
      this.#counts.evaluations += evaluations;
    }
    return results;
  }

  /** Runs a task on all points, dealt out to the crew in parts of about the same number of coordinates. */
  async #dealt(
    points: readonly NodePoint[],
    task: (part: readonly NodePoint[]) => NodeTask,
  ): Promise<NodeReport[]> {
    const results = await this.#run(deal(points, this.crew.size).map(task));
    return results.flatMap(({ reports }) => reports);
  }

  /** Takes in what is known of the nodes from `first` on, as of a step; looks for the best of them. */
  #take(reports: readonly NodeReport[], first: number, step: number): void {
    const grown = (old: Float64Array): Float64Array => {
      if (old.length === this.#nodes.length) return old;
      const array = new Float64Array(this.#nodes.length);
      array.set(old.subarray(0, array.length));
      return array;
    };
    this.#value = grown(this.#value);
    this.#slope = grown(this.#slope);
    this.#lift = grown(this.#lift);
    reports.forEach(({ value, slope, lift }, i) => {
      this.#value[first + i] = value;
      this.#slope[first + i] = slope;
      this.#lift[first + i] = lift;
    });
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
    const { node, x } = this.#nodes[found];
    this.#best = { node, value: least, step, time: step * this.problem.timeStep, x: new Float64Array(x) };
  }

  /** With mini-batches: looks for the best point on the whole data, where that is due. */
  async #judge(isStart: boolean): Promise<void> {
    const { miniBatches, judgeEvery } = this.problem;
    if (!miniBatches || (!isStart && this.#step % judgeEvery !== 0)) return;
    const { time } = this;
    const results = await this.#run(
      deal(this.#nodes, this.crew.size).map((points) => ({ kind: 'values', points, time })),
    );
    this.#noteBest(
      results.flatMap(({ values }) => values),
      0,
      this.#step,
    );
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
    const h = problem.timeStep;
    const width = to - from;
    const temperature = temperatureAt(problem.temperature, this.time + ((from + to) / 2) * h);
    const landscape: Landscape = { value: this.#value, lift: this.#lift, temperature };
    this.#masses.advance(landscape, {
      time: width * h,
      decay: (a, b) => this.#decay(from + a * width, from + b * width),
      tolerance: problem.tolerance,
    });
  }

  #measure(): LumpedEnergies {
    const { problem, temperature, time } = this;
    const at = { step: this.#step, time, temperature, sinceRestart: time - this.#restartedAt };
    const points = { value: this.#value, slope: this.#slope, lift: this.#lift };
    return energiesOf(problem.dynamics, this.#masses, points, at, this.#expected);
  }

  /** What H should be after a step, by its law. */
  #follow(before: LumpedEnergies): void {
    const { miniBatches, autonomous, timeStep: h } = this.problem;
    const after = this.#measure();
    const heat = heatOf(before, after, this.#masses.mixing());
    const change = heat - lawfulLoss(before, after, h);
    // A mini-batch that is worse than the last one is no rise, and rounding is none.
    const hasRisen = (key: 'energy' | 'hamiltonian'): boolean =>
      !miniBatches && after[key] - heat - before[key] > 1e-13 * Math.abs(before[key]);
    this.#rise = { never: false, energy: hasRisen('energy'), hamiltonian: hasRisen('hamiltonian') };
    this.#expected = miniBatches || !autonomous ? NaN : this.#expected + change;
    this.#energies = { ...after, residual: after.hamiltonian - this.#expected };
  }

  /** A jump of H that is no part of its law. */
  #jump(hamiltonianBefore: number): void {
    const after = this.#measure();
    this.#expected += after.hamiltonian - hamiltonianBefore;
    this.#energies = { ...after, residual: after.hamiltonian - this.#expected };
  }

  /** Restarts, retires, gives birth, where that is due after a step. */
  async #change(): Promise<void> {
    const { dynamics, graph } = this.problem;
    if (dynamics.kind === 'accelerated') {
      const { friction } = dynamics;
      const after = this.energies();
      if (friction.kind === 'nesterov' && this.#rise[friction.restart]) {
        for (const { v } of this.#nodes) v.fill(0);
        this.#lift.fill(0);
        this.#masses.phi.fill(0);
        this.#restartedAt = this.time;
        this.#counts.restarts += 1;
        this.#jump(after.hamiltonian);
      }
    }
    if (graph.kind !== 'grow' || this.#step % graph.rules.every !== 0) return;
    const { hamiltonian } = this.energies();
    this.#retire(planRetirement(this.#living(), this.#masses.edges, graph.rules, this.#step));
    await this.#bear(graph.rules);
    this.#jump(hamiltonian);
  }

  #living(): { mass: number; born: number; expanded: boolean }[] {
    return this.#nodes.map(({ born, expanded }, g) => ({ born, expanded, mass: this.#masses.mass[g] }));
  }

  #retire(plan: readonly Retirement[]): void {
    if (plan.length === 0) return;
    const { mass, phi } = this.#masses;
    const numbers = new Int32Array(this.#nodes.length);
    for (const { node, heir } of plan) {
      mass[heir] += mass[node];
      numbers[node] = -1;
    }
    const stay: number[] = [];
    numbers.forEach((number, g) => {
      if (number < 0) return;
      numbers[g] = stay.length;
      stay.push(g);
    });
    const pick = (array: Float64Array): Float64Array => Float64Array.from(stay, (g) => array[g]);
    this.#masses.mass = pick(mass);
    if (this.#isSecondOrder) this.#masses.phi = pick(phi);
    this.#value = pick(this.#value);
    this.#slope = pick(this.#slope);
    this.#lift = pick(this.#lift);
    this.#masses.edges = handEdges(this.#masses.edges, plan, numbers);
    this.#nodes = stay.map((g) => this.#nodes[g]);
    this.#number();
    this.#counts.retired += plan.length;
  }

  async #bear(rules: GrowRules): Promise<void> {
    const planned = planBirths(this.#living(), rules).map((g) => this.#nodes[g].node);
    if (planned.length === 0) return;
    const [{ neighbours }] = await this.#run([{ kind: 'neighbours', nodes: planned }]);
    const missingOf = (i: number): string[] =>
      neighbours[i].map(({ node }) => node).filter((node) => !this.#index.has(node));
    // Room for the neighbours of the heaviest, at the cost of nodes that are lighter than they will be.
    const most = missingOf(0).length;
    const lacking = this.#nodes.length + most - rules.maxNodes;
    if (lacking > 0) {
      const mass = (rules.share * this.massOf(planned[0])) / most;
      const wanted = { room: lacking, mass };
      this.#retire(planRoom(this.#living(), this.#masses.edges, rules, this.#step, wanted));
    }
    const first = this.#nodes.length;
    const newborn: { node: string; parent: number; share: number }[] = [];
    const known = new Set<string>();
    for (const [i, name] of planned.entries()) {
      const parent = this.#index.get(name);
      if (parent === undefined) continue;
      const missing = missingOf(i).filter((node) => !known.has(node));
      const room = rules.maxNodes - first - newborn.length;
      // All or none, so that no node is left out; but the first has as many as there is room for, and the others later.
      if (missing.length > room && newborn.length > 0) continue;
      const born = missing.slice(0, room);
      for (const node of born) {
        known.add(node);
        newborn.push({ node, parent, share: rules.share / born.length });
      }
      this.#nodes[parent].expanded = born.length === missing.length;
    }
    if (newborn.length === 0) return;
    const points = await this.#allocate(newborn.map(({ node }) => node));
    const parentOf = new Map(newborn.map(({ node, parent }) => [node, bare(this.#nodes[parent])]));
    const { time } = this;
    const reports = await this.#dealt(points, (part) => ({
      ...{ kind: 'transfer', points: part, step: this.#step, time },
      parents: part.map(({ node }) => parentOf.get(node) ?? bare(this.#nodes[0])),
    }));
    const mass = new Float64Array(first + newborn.length);
    const phi = new Float64Array(this.#isSecondOrder ? mass.length : 0);
    mass.set(this.#masses.mass);
    phi.set(this.#masses.phi);
    newborn.forEach(({ node, parent, share }, i) => {
      this.#nodes.push({ ...points[i], born: this.#step, parent: this.#nodes[parent].node, expanded: false });
      this.#index.set(node, first + i);
      const given = share * this.#masses.mass[parent];
      mass[first + i] = given;
      mass[parent] -= given;
      if (this.#isSecondOrder) phi[first + i] = phi[parent];
    });
    this.#masses.mass = mass;
    this.#masses.phi = phi;
    this.#take(reports, first, this.#step);
    const added = await this.#edgesAmong(first);
    this.#masses.edges = joined(this.#masses.edges, added);
    this.#counts.examined += newborn.length;
  }

  /** Edges between the nodes from `first` on and all nodes before each, by the objective. */
  async #edgesAmong(first: number): Promise<MassEdges> {
    const young = this.#nodes.slice(first);
    if (young.length === 0) return noEdges;
    const [{ neighbours }] = await this.#run([{ kind: 'neighbours', nodes: young.map(({ node }) => node) }]);
    return edgesAmong(young, neighbours, this.#index);
  }
}
