// From a config to what a search needs: the objective (formulas of the model, a module, a process), and for each round a lumped flow with a seed of
// its own. Not the loop: search.ts.

import { lumpedProblem, nodeSettings, objectiveOf } from '../cluster/mod.js';
import type { RunConfig } from '../config/mod.js';
import {
  localCrew,
  LocalPoints,
  LumpedFlow,
  NodeWorker,
  type LumpedProblem,
  type LumpedState,
} from '../lumped/mod.js';
import type { Model } from '../model/mod.js';
import type { MeasuredObjective, OpenOptions } from '../objective/mod.js';
import { OptimizeError } from './errors.js';

/** What a search is about. */
export interface SearchSetup {
  readonly objective: MeasuredObjective;
  readonly problem: LumpedProblem;
  /** Steps of a round. */
  readonly steps: number;
  /** A flow of a round at its start, or as it was when its state was saved. */
  begin(seed: number, state?: LumpedState): Promise<LumpedFlow>;
}

/** @throws TrustError, ObjectiveError, OptimizeError, LumpedError */
export async function setUp(config: RunConfig, model: Model, open: OpenOptions): Promise<SearchSetup> {
  if (config.representation !== 'lumped') {
    throw new OptimizeError(
      `the search moves one point per node, but the config says representation: ${config.representation}`,
      'write representation: lumped',
    );
  }
  const objective = await objectiveOf(config, model, open);
  if (config.grow && !objective.neighbours) {
    await objective.close?.();
    throw new OptimizeError(
      'grow: the objective knows no neighbours of a node',
      'let it offer neighbours(node), or list the nodes and edges in graph',
    );
  }
  const problem = lumpedProblem(config, model, objective);
  return {
    objective,
    problem,
    steps: model.stepCount,
    begin: async (seed, state) => {
      const points = new LocalPoints(localCrew(new NodeWorker(objective, nodeSettings(config, model))));
      const own = { ...problem, seed };
      return state ? LumpedFlow.restore(own, points, state) : LumpedFlow.start(own, points);
    },
  };
}
