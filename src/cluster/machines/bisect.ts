// Cuts a graph in two: multilevel (coarsen.ts), with growing for the start and the moves of Fiduccia and Mattheyses on every
// level. For partition.ts, which cites them; knows no machines.

import { coarsen, type WeightedGraph } from './coarsen.js';
import { GainQueue } from './gain-queue.js';

/** Graphs of about this many nodes are cut directly. */
const COARSEST = 48;

/** Growing starts from so many nodes, evenly spread. */
const STARTS = 16;

/** Moves without a better cut after which a round ends, and rounds on a level. */
const PATIENCE = 150;
const ROUNDS = 12;
/** Rounds where there are more nodes than that: each one looks at all of them. */
const LARGE = { nodes: 10_000, rounds: 4 };

/** Weights of the two sides and of what is cut. */
interface Cut {
  readonly side: Uint8Array;
  /** How far the heavier side is over its limit; 0 within. */
  excess: number;
  cut: number;
  /** Distance of side 0 from its target. */
  off: number;
}

interface Goal {
  /** Weight wanted on either side, and the most that is allowed. */
  readonly target: readonly [number, number];
  readonly limit: readonly [number, number];
  /** Differences below it are rounding. */
  readonly grain: number;
}

/**
 * Side 0 or 1 of each node. First of all neither side is over its limit; then the cut is small; then the weights are near
 * their targets.
 * @param share of the whole weight for side 0
 * @param tolerance by which a side may exceed its target, relative
 */
export function bisect(graph: WeightedGraph, share: number, tolerance: number): Uint8Array {
  const total = graph.nodeWeights.reduce((sum, weight) => sum + weight, 0);
  const target: [number, number] = [share * total, (1 - share) * total];
  const goal: Goal = {
    target,
    limit: [target[0] * (1 + tolerance) + 1e-12 * total, target[1] * (1 + tolerance) + 1e-12 * total],
    grain: 1e-12 * (1 + graph.edgeWeights.reduce((sum, weight) => sum + weight, 0)),
  };
  const levels: { graph: WeightedGraph; coarseOf: Int32Array }[] = [];
  const heaviest = Math.max((1.5 * total) / COARSEST, tolerance * Math.min(...target));
  let coarsest = graph;
  while (coarsest.nodeWeights.length > COARSEST) {
    const next = coarsen(coarsest, heaviest);
    if (!next) break;
    levels.push({ graph: coarsest, coarseOf: next.coarseOf });
    coarsest = next.graph;
  }
  let found = bestStart(coarsest, goal);
  for (const { graph: fine, coarseOf } of levels.reverse()) {
    const { side } = found;
    found = refine(
      fine,
      Uint8Array.from(coarseOf, (coarse) => side[coarse]),
      goal,
    );
  }
  return found.side;
}

function better(a: Cut, b: Cut, grain: number): boolean {
  if (Math.abs(a.excess - b.excess) > 1e-12 * (a.excess + b.excess)) return a.excess < b.excess;
  if (Math.abs(a.cut - b.cut) > grain) return a.cut < b.cut;
  return a.off < b.off - 1e-12 * (a.off + b.off);
}

function bestStart(graph: WeightedGraph, goal: Goal): Cut {
  const n = graph.nodeWeights.length;
  const starts = Math.min(n, n > 1000 ? 4 : STARTS);
  let best: Cut | undefined;
  for (let i = 0; i < starts; i++) {
    const found = refine(graph, grow(graph, Math.floor((i * n) / starts), goal), goal);
    if (!best || better(found, best, goal.grain)) best = found;
  }
  return best ?? { side: new Uint8Array(0), excess: 0, cut: 0, off: 0 };
}

/** Side 0 grows from a node, always by the neighbour that adds least to the cut, until it has its weight. */
function grow(graph: WeightedGraph, seed: number, { target }: Goal): Uint8Array {
  const { offsets, targets, edgeWeights, nodeWeights } = graph;
  const n = nodeWeights.length;
  const side = new Uint8Array(n).fill(1);
  const queue = new GainQueue(n);
  const gain = new Float64Array(n);
  for (let v = 0; v < n; v++) for (let e = offsets[v]; e < offsets[v + 1]; e++) gain[v] -= edgeWeights[e];
  let weight = 0;
  let next = seed;
  for (let scanned = 0; weight < target[0];) {
    // Where nothing is left to grow to, it goes on elsewhere.
    while (next < 0 && scanned < n) if (side[scanned++] === 1) next = scanned - 1;
    if (next < 0) break;
    // The last one only if that brings side 0 nearer to its weight.
    if (weight > 0 && weight + nodeWeights[next] - target[0] > target[0] - weight) {
      queue.remove(next);
      next = queue.top;
      if (next < 0) break;
      continue;
    }
    queue.remove(next);
    side[next] = 0;
    weight += nodeWeights[next];
    for (let e = offsets[next]; e < offsets[next + 1]; e++) {
      const u = targets[e];
      if (side[u] === 0) continue;
      gain[u] += 2 * edgeWeights[e];
      queue.set(u, gain[u]);
    }
    next = queue.top;
  }
  return side;
}

/** Rounds of moves, each back to its best moment, until a round finds nothing better. */
function refine(graph: WeightedGraph, start: Uint8Array, goal: Goal): Cut {
  const state = new Moves(graph, start, goal);
  const rounds = start.length > LARGE.nodes ? LARGE.rounds : ROUNDS;
  for (let round = 0; round < rounds && state.round(); round++);
  return state.best;
}

class Moves {
  readonly #graph: WeightedGraph;
  readonly #goal: Goal;
  readonly #side: Uint8Array;
  /** What a node's move would take off the cut. */
  readonly #gain: Float64Array;
  readonly #load: [number, number] = [0, 0];
  readonly #queues: readonly [GainQueue, GainQueue];
  readonly #heaviest: number;
  #cut = 0;

  constructor(graph: WeightedGraph, side: Uint8Array, goal: Goal) {
    const n = side.length;
    this.#graph = graph;
    this.#goal = goal;
    this.#side = side;
    this.#gain = new Float64Array(n);
    this.#queues = [new GainQueue(n), new GainQueue(n)];
    let heaviest = 0;
    let twice = 0;
    for (let v = 0; v < n; v++) {
      this.#load[side[v]] += graph.nodeWeights[v];
      heaviest = Math.max(heaviest, graph.nodeWeights[v]);
      for (let e = graph.offsets[v]; e < graph.offsets[v + 1]; e++) {
        const cut = side[v] !== side[graph.targets[e]];
        this.#gain[v] += cut ? graph.edgeWeights[e] : -graph.edgeWeights[e];
        if (cut) twice += graph.edgeWeights[e];
      }
    }
    this.#heaviest = heaviest;
    this.#cut = twice / 2;
  }

  get best(): Cut {
    return { side: this.#side, ...this.#score() };
  }

  #score(): Omit<Cut, 'side'> {
    const { target, limit } = this.#goal;
    const [a, b] = this.#load;
    return {
      excess: Math.max(0, a - limit[0], b - limit[1]),
      cut: this.#cut,
      off: Math.abs(a - target[0]),
    };
  }

  /** One round: each node moves at most once. Whether it led to something better. */
  round(): boolean {
    const side = this.#side;
    const n = side.length;
    const { offsets, targets } = this.#graph;
    const locked = new Uint8Array(n);
    for (const queue of this.#queues) queue.clear();
    const over = this.#score().excess > 0;
    for (let v = 0; v < n; v++) {
      let boundary = over;
      for (let e = offsets[v]; !boundary && e < offsets[v + 1]; e++) boundary = side[targets[e]] !== side[v];
      if (boundary) this.#queues[side[v]].set(v, this.#gain[v]);
    }
    const begin = this.best;
    let best = begin;
    let bestAt = 0;
    const moved: number[] = [];
    while (moved.length - bestAt < PATIENCE) {
      const v = this.#choose();
      if (v < 0) break;
      locked[v] = 1;
      this.#move(v, locked);
      moved.push(v);
      const now = this.best;
      if (better(now, best, this.#goal.grain)) {
        best = now;
        bestAt = moved.length;
      }
    }
    for (let i = moved.length - 1; i >= bestAt; i--) this.#move(moved[i]);
    return bestAt > 0 && better(best, begin, this.#goal.grain);
  }

  /** The node to move next, taken from its queue: the largest gain of those that may; -1 if there are none. */
  #choose(): number {
    const { target, limit } = this.#goal;
    for (;;) {
      const tops = [this.#queues[0].top, this.#queues[1].top];
      const over = [this.#load[0] > limit[0], this.#load[1] > limit[1]];
      const may = tops.map((v, from) => {
        if (v < 0) return false;
        if (over[0] || over[1]) return over[from];
        const to = 1 - from;
        // A little over the limit for a moment: that is how two nodes change places.
        return (
          this.#load[to] + this.#graph.nodeWeights[v] <= Math.max(limit[to], target[to] + this.#heaviest)
        );
      });
      let from: number;
      if (may[0] && may[1]) {
        const [a, b] = [this.#gain[tops[0]], this.#gain[tops[1]]];
        if (a === b) from = this.#load[0] - target[0] >= this.#load[1] - target[1] ? 0 : 1;
        else from = a > b ? 0 : 1;
      } else if (may[0] || may[1]) from = may[0] ? 0 : 1;
      else {
        // What may not move now is out of this round.
        const first = over[0] || over[1] ? -1 : tops.findIndex((v) => v >= 0);
        if (first < 0) return -1;
        this.#queues[first].remove(tops[first]);
        continue;
      }
      this.#queues[from].remove(tops[from]);
      return tops[from];
    }
  }

  /** Moves a node to the other side; `locked` ones keep their gains up to date and stay out of the queues. */
  #move(v: number, locked?: Uint8Array): void {
    const { offsets, targets, edgeWeights, nodeWeights } = this.#graph;
    const side = this.#side;
    const from = side[v];
    const to = 1 - from;
    this.#cut -= this.#gain[v];
    this.#load[from] -= nodeWeights[v];
    this.#load[to] += nodeWeights[v];
    this.#gain[v] = -this.#gain[v];
    side[v] = to;
    for (let e = offsets[v]; e < offsets[v + 1]; e++) {
      const u = targets[e];
      this.#gain[u] += side[u] === to ? -2 * edgeWeights[e] : 2 * edgeWeights[e];
      if (locked && locked[u] === 0) this.#queues[side[u]].set(u, this.#gain[u]);
    }
  }
}
