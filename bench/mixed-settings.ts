// Settings of the methods of mixed.ts: those that each may choose from, eight per method, and those that were chosen per problem by
// `--tune` on seeds that the results are not of.

export interface FlowSettings {
  /** How far mass would come in a round where V differs by its spread: K is this over (spread of V * length of a round). */
  readonly speed: number;
  /** Most nodes alive. */
  readonly nodes: number;
  /** By how much a newborn's point is thrown from its parent's: standard deviation, as a part of the box. */
  readonly jitter: number;
  /** Part of the heaviest node's mass from which neighbours are born, and mass below which a node is retired. */
  readonly birth: number;
  readonly floor: number;
}

export interface CmaSettings {
  /** First standard deviation, as a part of the box. */
  readonly sigma: number;
  /** Generations of each node before the first halving. */
  readonly first: number;
}

export interface AnnealingSettings {
  /** Coolings in a budget, each from a new place. */
  readonly cycles: number;
  /** Part of the moves that change the node. */
  readonly jump: number;
}

/** All pairs of two lists of parts. */
function pairs<A extends object, B extends object>(first: readonly A[], second: readonly B[]): (A & B)[] {
  return first.flatMap((a) => second.map((b) => ({ ...a, ...b })));
}

const graphs = [
  { nodes: 16, birth: 0.05, floor: 0.005 },
  { nodes: 256, birth: 0.005, floor: 0.0005 },
];
const throws = [{ jitter: 0 }, { jitter: 0.15 }];

export const flowChoices: readonly FlowSettings[] = pairs(pairs(graphs, throws), [
  { speed: 3 },
  { speed: 10 },
]);

export const cmaChoices: readonly CmaSettings[] = pairs(
  [{ sigma: 0.1 }, { sigma: 0.3 }],
  [{ first: 2 }, { first: 4 }, { first: 8 }, { first: 16 }],
);

export const annealingChoices: readonly AnnealingSettings[] = pairs(
  [{ cycles: 1 }, { cycles: 2 }, { cycles: 4 }, { cycles: 8 }],
  [{ jump: 0.15 }, { jump: 0.4 }],
);

const CHOSEN: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  'mixed Rastrigin, d = 2, 125 nodes': {
    'second-order flow': {
      nodes: 256,
      birth: 0.005,
      floor: 0.0005,
      jitter: 0.15,
      speed: 3,
    },
    'first-order flow': {
      nodes: 16,
      birth: 0.05,
      floor: 0.005,
      jitter: 0,
      speed: 3,
    },
    'CMA-ES per node': {
      sigma: 0.1,
      first: 4,
    },
    'simulated annealing': {
      cycles: 8,
      jump: 0.15,
    },
  },
  'mixed Rosenbrock, d = 4, hypercube of 64 nodes': {
    'second-order flow': {
      nodes: 16,
      birth: 0.05,
      floor: 0.005,
      jitter: 0,
      speed: 10,
    },
    'first-order flow': {
      nodes: 16,
      birth: 0.05,
      floor: 0.005,
      jitter: 0,
      speed: 3,
    },
    'CMA-ES per node': {
      sigma: 0.1,
      first: 2,
    },
    'simulated annealing': {
      cycles: 2,
      jump: 0.15,
    },
  },
  'trap, d = 2, hypercube of 256 nodes': {
    'second-order flow': {
      nodes: 256,
      birth: 0.005,
      floor: 0.0005,
      jitter: 0,
      speed: 3,
    },
    'first-order flow': {
      nodes: 256,
      birth: 0.005,
      floor: 0.0005,
      jitter: 0,
      speed: 3,
    },
    'CMA-ES per node': {
      sigma: 0.1,
      first: 2,
    },
    'simulated annealing': {
      cycles: 4,
      jump: 0.4,
    },
  },
  'sparse regression, d = 10, hypercube of 1024 nodes': {
    'second-order flow': {
      nodes: 256,
      birth: 0.005,
      floor: 0.0005,
      jitter: 0,
      speed: 36,
    },
    'CMA-ES per node': {
      sigma: 0.1,
      first: 2,
    },
    'simulated annealing': {
      cycles: 8,
      jump: 0.15,
    },
    'first-order flow': {
      nodes: 256,
      birth: 0.005,
      floor: 0.0005,
      jitter: 0,
      speed: 36,
    },
  },
};

/** Settings of a method for a problem; without settings: those of random search. */
export function chosen(problem: string, method: string): object {
  return CHOSEN[problem]?.[method] ?? {};
}
