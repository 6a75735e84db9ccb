// From a config to what a search needs: the objective (formulas of the model, a module, a process), and for each round a lumped flow with a seed of
// its own, whose points are in this process or with a host that has them elsewhere. Not the loop: search.ts.

import { lumpedProblem, nodeSettings, objectiveOf, type HostMaker, type PointsHost } from '../cluster/mod.js';
import type { RunConfig } from '../config/mod.js';
import {
  localCrew,
  LocalPoints,
  LumpedFlow,
  NodeWorker,
  type LumpedProblem,
  type LumpedState,
  type Points,
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
  /** Who has the points, where that is not this process. */
  readonly host?: Pick<PointsHost, 'pendingReform' | 'reform' | 'close'>;
  /** A flow of a round at its start, or as it was when its state was saved. */
  begin(seed: number, state?: LumpedState): Promise<LumpedFlow>;
}

/**
 * @param elsewhere who has the points, and the folder of the search
 * @throws TrustError, ObjectiveError, OptimizeError, LumpedError
 */
export async function setUp(
  config: RunConfig,
  model: Model,
  open: OpenOptions,
  elsewhere?: { readonly makeHost: HostMaker; readonly folder: string },
): Promise<SearchSetup> {
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
  let flow: LumpedFlow | undefined;
  const host = elsewhere?.makeHost({ config, model, step: () => flow?.step ?? 0 });
  const points = async (): Promise<Points> => {
    if (!host) return new LocalPoints(localCrew(new NodeWorker(objective, nodeSettings(config, model))));
    await host.storages?.(elsewhere?.folder ?? '');
    return host.open(objective);
  };
  return {
    objective,
    problem,
    steps: model.stepCount,
    ...(host && { host }),
    begin: async (seed, state) => {
      const own = { ...problem, seed };
      flow = state
        ? await LumpedFlow.restore(own, await points(), state)
        : await LumpedFlow.start(own, await points());
      return flow;
    },
  };
}
