// A search: rounds of a lumped flow, one after the other, until something says stop. What it knows is one plain state, so that a search that is
// interrupted goes on to the same bits (but for the wall time, which may end it earlier or later). Files are folder.ts.

import { now, StateLost } from '../cluster/mod.js';
import type { OptimizeSpec } from '../config/mod.js';
import type { LumpedEnergies, LumpedFlow, LumpedState } from '../lumped/mod.js';
import type { BestResult, NodeResult, RoundEnding, RoundResult } from './answer.js';
import type { SearchSetup } from './setup.js';

/** Points evaluated and nodes met, over all rounds. */
export interface SearchCounts {
  readonly gradients: number;
  readonly evaluations: number;
  readonly examined: number;
}

/** Why a search ended. */
export type SearchEnding = 'rounds' | 'seconds' | 'evaluations' | 'interrupted';

/** All that a search goes on from. */
export interface SearchState {
  /** Round under way, from 0; as many as there are in `rounds` when it has not begun. */
  readonly round: number;
  readonly rounds: readonly RoundResult[];
  readonly flow: LumpedState | undefined;
  readonly best: BestResult | undefined;
  /** Of the round under way: its lowest V as stagnation sees it, and the step at which it was met. */
  readonly reference: number;
  readonly improvedAt: number;
  /** Of the rounds that are over. */
  readonly counts: SearchCounts;
  readonly seconds: number;
}

/** A look at a search under way. */
export interface SearchLook {
  readonly round: number;
  readonly step: number;
  readonly energies: LumpedEnergies;
  readonly best: Omit<BestResult, 'x'> | undefined;
  readonly counts: SearchCounts;
  readonly seconds: number;
  /** The heaviest node, its mass, and the number of nodes alive. */
  readonly heaviest: string;
  readonly mass: number;
  readonly alive: number;
}

export interface SearchListener {
  /** At every observation. */
  observed?(look: SearchLook): Promise<void> | void;
  /** Whether a checkpoint is due, after a step. */
  wantsCheckpoint?(step: number): boolean;
  checkpoint?(state: SearchState): Promise<void>;
  /** The state is lost, or the points go to others: the search goes on from its last checkpoint, which is returned if there is one. */
  lost?(reason: string): Promise<SearchState | undefined>;
}

/** Losses without a new step after which it is no use to begin again. */
const MOST_IN_VAIN = 20;

const NONE: SearchState = {
  ...{ round: 0, rounds: [], flow: undefined, best: undefined },
  ...{ reference: Infinity, improvedAt: 0, seconds: 0 },
  counts: { gradients: 0, evaluations: 0, examined: 0 },
};

export class Search {
  #state: SearchState;
  #flow: LumpedFlow | undefined;
  #startedAt = now();
  /** The flow's best value that was taken in last. */
  #seen: number | undefined;
  /** A best that is newer than that of the state: its point is fetched when it is wanted, since it may be elsewhere. */
  #found: Omit<BestResult, 'x'> | undefined;

  constructor(
    private readonly setup: SearchSetup,
    private readonly rules: OptimizeSpec,
    private readonly seed: number,
    private readonly observeEvery: number,
    state: SearchState = NONE,
  ) {
    this.#state = state;
  }

  /** Seconds of work, those before a resume counted. */
  get seconds(): number {
    return this.#state.seconds + now() - this.#startedAt;
  }

  /** The best as of the last checkpoint, or the end. */
  get best(): BestResult | undefined {
    return this.#state.best;
  }

  get rounds(): readonly RoundResult[] {
    return this.#state.rounds;
  }

  get counts(): SearchCounts {
    const flow = this.#flow?.counts;
    const { counts } = this.#state;
    if (!flow) return counts;
    return {
      gradients: counts.gradients + flow.gradients,
      evaluations: counts.evaluations + flow.evaluations,
      examined: counts.examined + flow.examined,
    };
  }

  /**
   * Works until the search is over, or told to stop. An interrupted round has its checkpoint, and its result so far is in `rounds`. Where the
   * points are elsewhere, goes back to the last checkpoint when they are lost.
   * @throws RunStopped if nobody is there to have them
   */
  async run(stop: AbortSignal, listener: SearchListener = {}): Promise<SearchEnding> {
    let furthest = '';
    for (let inVain = 0; ; inVain++) {
      try {
        return await this.#rounds(stop, listener);
      } catch (error) {
        if (!(error instanceof StateLost) || !this.setup.host?.reform) throw error;
        const reached = `${this.#state.round} ${this.#flow?.step ?? -1}`;
        if (reached !== furthest) inVain = 0;
        if (inVain > MOST_IN_VAIN) throw error;
        furthest = reached;
        const seconds = this.seconds;
        const saved = await listener.lost?.(error.message);
        this.#state = { ...(saved ?? NONE), seconds };
        this.#startedAt = now();
        this.#flow = undefined;
        this.#found = undefined;
        this.#seen = undefined;
        await this.setup.host.reform();
      }
    }
  }

  async #rounds(stop: AbortSignal, listener: SearchListener): Promise<SearchEnding> {
    const count = 1 + this.rules.restarts;
    while (this.#state.round < count) {
      const { round } = this.#state;
      const flow = await this.setup.begin(this.seed + round, this.#state.flow);
      this.#flow = flow;
      const isFresh = this.#state.flow === undefined;
      this.#note();
      if (isFresh) await listener.observed?.(this.#look(flow));
      const limit = await this.#steps(flow, stop, listener);
      if (limit === 'interrupted') {
        await listener.checkpoint?.(await this.#snapshot());
        await this.#finish(flow, 'stopped', true);
        return 'interrupted';
      }
      const isOver = limit === 'seconds' || limit === 'evaluations';
      await this.#finish(flow, isOver ? 'stopped' : limit, false);
      await listener.checkpoint?.(await this.#snapshot());
      if (isOver) return limit;
    }
    return 'rounds';
  }

  async #steps(
    flow: LumpedFlow,
    stop: AbortSignal,
    listener: SearchListener,
  ): Promise<'end' | 'stagnation' | Exclude<SearchEnding, 'rounds'>> {
    const { stop: rules } = this.rules;
    for (;;) {
      if (flow.step >= this.setup.steps) return 'end';
      if (rules.stagnation !== undefined && flow.step - this.#state.improvedAt >= rules.stagnation)
        return 'stagnation';
      if (rules.evaluations !== undefined && this.#spent() >= rules.evaluations) return 'evaluations';
      if (rules.seconds !== undefined && this.seconds >= rules.seconds) return 'seconds';
      if (stop.aborted) return 'interrupted';
      const reason = this.setup.host?.pendingReform?.();
      if (reason !== undefined) {
        await listener.checkpoint?.(await this.#snapshot());
        throw new StateLost(reason);
      }
      await flow.advance();
      this.#note();
      if (flow.step % this.observeEvery === 0 || flow.step === this.setup.steps)
        await listener.observed?.(this.#look(flow));
      if (listener.wantsCheckpoint?.(flow.step)) await listener.checkpoint?.(await this.#snapshot());
      // Others of this process, signals among them, get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #spent(): number {
    const { gradients, evaluations } = this.counts;
    return gradients + evaluations;
  }

  /** Takes in the best point of the flow. */
  #note(): void {
    const found = this.#flow?.best;
    if (!found || this.#seen === found.value) return;
    this.#seen = found.value;
    const { reference, round } = this.#state;
    const best = this.#found ?? this.#state.best;
    if (found.value < reference - this.rules.improvement)
      this.#state = { ...this.#state, reference: found.value, improvedAt: found.step };
    if (best && !(found.value < best.value)) return;
    const { node, value, step, time } = found;
    this.#found = { node, value, step, time, round: round + 1, seconds: this.seconds };
  }

  /** Fetches the point of the best. */
  async #settle(flow: LumpedFlow): Promise<void> {
    const found = this.#found;
    const point = found && (await flow.bestPoint());
    if (!point) return;
    this.#found = undefined;
    this.#state = { ...this.#state, best: { ...found, x: point.x } };
  }

  #look(flow: LumpedFlow): SearchLook {
    const nodes = flow.nodes();
    const heaviest = nodes.reduce((a, b) => (b.mass > a.mass ? b : a));
    return {
      round: this.#state.round + 1,
      step: flow.step,
      energies: flow.energies(),
      best: this.#found ?? this.best,
      counts: this.counts,
      seconds: this.seconds,
      heaviest: heaviest.node,
      mass: heaviest.mass,
      alive: nodes.length,
    };
  }

  async #snapshot(): Promise<SearchState> {
    const flow = this.#flow;
    if (flow) await this.#settle(flow);
    return { ...this.#state, flow: await flow?.state(), seconds: this.seconds };
  }

  /** The result of the round: its heaviest nodes, judged on the whole data. `isOpen`: it may go on later. */
  async #finish(flow: LumpedFlow, ending: RoundEnding, isOpen: boolean): Promise<void> {
    const heaviest = flow
      .nodes()
      .map((view, order) => ({ ...view, order }))
      .sort((a, b) => b.mass - a.mass || a.order - b.order)
      .slice(0, this.rules.top);
    await this.#settle(flow);
    const read = await flow.read(heaviest.map(({ node }) => node));
    const points = read.map(({ x }) => new Float64Array(x));
    const values = await this.setup.objective.evaluate(
      heaviest.map(({ node }, i) => ({
        ...{ node, x: points[i], gradient: undefined, time: flow.time, batch: undefined },
      })),
    );
    const nodes = heaviest.map(({ node, mass, born, parent }, i): NodeResult => ({
      ...{ node, mass, born, parent, x: points[i], value: values[i] },
    }));
    const { temperature, energy } = flow.energies();
    const { round, rounds } = this.#state;
    const result: RoundResult = {
      ...{ round: round + 1, seed: this.seed + round, ending, step: flow.step, time: flow.time },
      ...{ temperature, energy, nodes, alive: flow.nodes().length },
    };
    if (isOpen) {
      this.#state = { ...this.#state, rounds: [...rounds, result] };
      return;
    }
    this.#state = {
      ...this.#state,
      ...{ round: round + 1, rounds: [...rounds, result], flow: undefined, counts: this.counts },
      ...{ reference: Infinity, improvedAt: 0 },
    };
    this.#flow = undefined;
    this.#seen = undefined;
  }
}
