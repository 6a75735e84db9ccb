// From a config to what a search needs: the objective (formulas of the model, a module, a process), and for each round a lumped flow with a seed of
// its own. Not the loop: search.ts.

import { resolve } from 'node:path';
import type { ConfigSource, ObjectiveConfig, RunConfig } from '../config/mod.js';
import {
  drawStart,
  FormulaObjective,
  hashOf,
  isAutonomous,
  localCrew,
  LumpedFlow,
  NodeWorker,
  type LumpedDynamics,
  type LumpedGraph,
  type LumpedProblem,
  type LumpedState,
  type NodeSettings,
} from '../lumped/mod.js';
import { edgeSources, type Model } from '../model/mod.js';
import { openObjective, type MeasuredObjective, type ObjectiveSpec, type OpenOptions } from '../objective/mod.js';
import { OptimizeError } from './errors.js';

/** Error of the masses per step that is allowed; masses sum to 1. Far below what tells structures apart. */
const MASS_TOLERANCE = 1e-4;

/** What a search is about. */
export interface SearchSetup {
  readonly model: Model;
  readonly objective: MeasuredObjective;
  readonly problem: LumpedProblem;
  /** Steps of a round. */
  readonly steps: number;
  /** A flow of a round at its start, or as it was when its state was saved. */
  begin(seed: number, state?: LumpedState): Promise<LumpedFlow>;
}

/** The objective of a config with its paths made absolute. */
export function objectiveSpec(objective: ObjectiveConfig, source: Pick<ConfigSource, 'folder'>): ObjectiveSpec {
  const { folder } = source;
  return objective.kind === 'module'
    ? { kind: 'module', path: resolve(folder, objective.module), options: objective.options }
    : { ...objective, folder: resolve(folder) };
}

/**
 * @throws TrustError, ObjectiveError, OptimizeError
 */
export async function setUp(config: RunConfig, model: Model, open: OpenOptions): Promise<SearchSetup> {
  if (config.representation !== 'lumped') {
    throw new OptimizeError(
      `the search moves one point per node, but the config says representation: ${config.representation}`,
      'write representation: lumped',
    );
  }
  const { mobility } = model;
  if (mobility === 'free') {
    throw new OptimizeError('mobility free has no energy that could fall', 'use another dynamics.mobility');
  }
  const objective: MeasuredObjective = config.objective
    ? await openObjective(objectiveSpec(config.objective, config.source), open)
    : new FormulaObjective(model);
  const problem: LumpedProblem = {
    dynamics: dynamicsOf(config),
    mobility,
    temperature: model.temperature,
    splitting: model.splitting,
    timeStep: model.timeStep,
    tolerance: MASS_TOLERANCE,
    graph: graphOf(config, model, objective),
    miniBatches: objective.miniBatches,
    judgeEvery: config.observe.every,
    autonomous: config.objective === undefined && isAutonomous(model),
  };
  const index = new Map(model.graph.nodeNames.map((name, g) => [name, g]));
  return {
    model,
    objective,
    problem,
    steps: model.stepCount,
    begin: async (seed, state) => {
      const settings: NodeSettings = {
        dynamics: problem.dynamics,
        seed,
        walls: config.objective || model.boundaries.every(({ kind }) => kind === 'free') ? undefined : model.boundaries,
        start: (node, x) => drawStart(model.initialLaw, model.dimension, index.get(node) ?? 0, hashOf(node), seed, x),
      };
      const crew = localCrew(new NodeWorker(objective, settings));
      return state ? LumpedFlow.restore(problem, crew, state) : LumpedFlow.start(problem, crew);
    },
  };
}

function dynamicsOf({ dynamics }: RunConfig): LumpedDynamics {
  switch (dynamics.kind) {
    case 'gradient-flow':
      return { kind: 'gradient-flow', integrator: dynamics.integrator === 'heun' ? 'heun' : 'euler' };
    case 'accelerated': {
      const { friction } = dynamics;
      if (friction === undefined)
        throw new OptimizeError('second-order dynamics need a friction', 'add dynamics.friction: 1');
      if (friction.kind === 'constant') return { kind: 'accelerated', friction };
      const restart = friction.restart !== 'never';
      return { kind: 'accelerated', friction: { kind: 'nesterov', factor: friction.factor, restart } };
    }
    default:
      return dynamics.kind satisfies never;
  }
}

function graphOf(config: RunConfig, { graph, initialMasses }: Model, objective: MeasuredObjective): LumpedGraph {
  const nodes = graph.nodeNames.map((node, g) => ({ node, mass: initialMasses[g] }));
  if (config.grow) {
    if (!objective.neighbours) {
      throw new OptimizeError(
        'grow: the objective knows no neighbours of a node',
        'let it offer neighbours(node), or remove grow and list the graph',
      );
    }
    return { kind: 'grow', nodes: nodes.filter(({ mass }) => mass > 0), rules: config.grow };
  }
  const sources = edgeSources(graph);
  const edges = Array.from(graph.targets, (to, e) => ({ from: sources[e], to, weight: graph.weights[e] }));
  return { kind: 'fixed', nodes, edges: edges.filter(({ from, to, weight }) => from < to && weight > 0) };
}
