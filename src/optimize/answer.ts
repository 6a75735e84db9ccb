// The answer of a search: nodes by mass with their points, over all rounds. Masses of a round are those of its flow; rounds are weighted by
// exp(-E/eps) with E the round's energy and eps its last temperature, as nodes are by exp(-V/eps): E is the free energy of what a
// round has found. At temperature 0 the round of the lowest energy counts alone. It is a posterior over structures as far as the
// rounds have explored them, not a proof.

import { mathF64 } from '../elementary/mod.js';

/** A node at the end of a round. */
export interface NodeResult {
  readonly node: string;
  readonly mass: number;
  /** V at x, on the whole data. */
  readonly value: number;
  readonly x: Float64Array;
  readonly born: number;
  readonly parent: string | undefined;
}

/** The lowest V that was met. */
export interface BestResult {
  readonly node: string;
  readonly value: number;
  readonly x: Float64Array;
  /** When: round (from 1), step and time in it, and seconds since the search began. */
  readonly round: number;
  readonly step: number;
  readonly time: number;
  readonly seconds: number;
}

/** Why a round ended. */
export type RoundEnding = 'end' | 'stagnation' | 'stopped';

export interface RoundResult {
  readonly round: number;
  readonly seed: number;
  readonly ending: RoundEnding;
  readonly step: number;
  readonly time: number;
  readonly temperature: number;
  readonly energy: number;
  /** By mass, the heaviest first; at most `top`. */
  readonly nodes: readonly NodeResult[];
  /** Nodes alive at the end. */
  readonly alive: number;
}

/** A line of the table. */
export interface AnswerNode extends NodeResult {
  /** The round that its point is of: the one with the lowest V. */
  readonly round: number;
}

/** Weights of rounds; they sum to 1. */
export function roundWeights(rounds: readonly RoundResult[]): number[] {
  if (rounds.length === 0) return [];
  const least = Math.min(...rounds.map(({ energy }) => energy));
  const temperature = rounds[rounds.length - 1].temperature;
  const raw = rounds.map(({ energy }) =>
    temperature > 0 ? mathF64.exp((least - energy) / temperature) : energy === least ? 1 : 0,
  );
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => weight / total);
}

/** The table of the answer: at most `top` nodes, the heaviest first; of equal mass the lower V first, then by name. */
export function answerOf(rounds: readonly RoundResult[], top: number): AnswerNode[] {
  const weights = roundWeights(rounds);
  const found = new Map<string, AnswerNode>();
  rounds.forEach((round, i) => {
    for (const node of round.nodes) {
      const mass = weights[i] * node.mass;
      const before = found.get(node.node);
      if (!before) found.set(node.node, { ...node, mass, round: round.round });
      else {
        const better = node.value < before.value ? { ...node, round: round.round } : before;
        found.set(node.node, { ...better, mass: before.mass + mass });
      }
    }
  });
  return [...found.values()]
    .sort((a, b) => b.mass - a.mass || a.value - b.value || (a.node < b.node ? -1 : 1))
    .slice(0, top);
}
