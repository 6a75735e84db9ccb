// From a config and its model to a lumped flow: the problem as plain data, the objective behind V, and what every worker is set up with. The
// same in the process that leads and in its threads.

import { resolve } from 'node:path';
import type { CheckedConfig, ObjectiveConfig } from '../../config/mod.js';
import {
  drawStart,
  FormulaObjective,
  hashOf,
  isAutonomous,
  type LumpedDynamics,
  type LumpedGraph,
  type LumpedProblem,
  type NodeSettings,
  type Objective,
} from '../../lumped/mod.js';
import { StructureSpace, type Model } from '../../model/mod.js';
import {
  openObjective,
  type MeasuredObjective,
  type ObjectiveSpec,
  type OpenOptions,
} from '../../objective/mod.js';

/** The objective that a config names, with its paths made absolute. */
export function objectiveSpec(objective: ObjectiveConfig, folder: string): ObjectiveSpec {
  return objective.kind === 'module'
    ? { kind: 'module', path: resolve(folder, objective.module), options: objective.options }
    : { ...objective, folder: resolve(folder) };
}

/** What is behind V. @throws LumpedError, TrustError, ObjectiveError */
export async function objectiveOf(
  config: CheckedConfig,
  model: Model,
  open: OpenOptions = { isTrusted: false, workers: 1 },
): Promise<MeasuredObjective> {
  if (config.objective) return openObjective(objectiveSpec(config.objective, config.source.folder), open);
  const letters = config.grow?.letters;
  return new FormulaObjective(model, letters && new StructureSpace(letters));
}

function dynamicsOf({ dynamics }: CheckedConfig): LumpedDynamics {
  switch (dynamics.kind) {
    case 'gradient-flow':
      return { kind: 'gradient-flow', integrator: dynamics.integrator === 'heun' ? 'heun' : 'euler' };
    case 'accelerated':
      return { kind: 'accelerated', friction: dynamics.friction ?? { kind: 'constant', value: 0 } };
    case 'jko':
      throw new TypeError('jko was not refused');
    default:
      return dynamics.kind satisfies never;
  }
}

function graphOf(config: CheckedConfig, model: Model): LumpedGraph {
  const { graph, initialMasses } = model;
  const nodes = graph.nodeNames.map((node, g) => ({ node, mass: initialMasses[g] }));
  if (config.grow) {
    const { every, birth, share, floor, grace, nodes: maxNodes } = config.grow;
    return { kind: 'grow', nodes, rules: { every, birth, share, floor, grace, maxNodes } };
  }
  const edges: { from: number; to: number; weight: number }[] = [];
  for (let from = 0; from < graph.nodeCount; from++) {
    for (let e = graph.offsets[from]; e < graph.offsets[from + 1]; e++) {
      const to = graph.targets[e];
      if (from < to && graph.weights[e] > 0) edges.push({ from, to, weight: graph.weights[e] });
    }
  }
  return { kind: 'fixed', nodes, edges };
}

/** The problem of a checked config. */
export function lumpedProblem(config: CheckedConfig, model: Model, objective: Objective): LumpedProblem {
  const { mobility } = model;
  if (mobility === 'free') throw new TypeError('free rates were not refused');
  return {
    dynamics: dynamicsOf(config),
    mobility,
    temperature: model.temperature,
    splitting: model.splitting,
    timeStep: model.timeStep,
    seed: model.seed,
    tolerance: config.lumped.tolerance,
    graph: graphOf(config, model),
    miniBatches: objective.miniBatches,
    judgeEvery: config.observe.every,
    autonomous: config.objective === undefined && isAutonomous(model),
  };
}

/** What tasks on points share. */
export function nodeSettings(config: CheckedConfig, model: Model): NodeSettings {
  const index = new Map(model.graph.nodeNames.map((node, g) => [node, g]));
  const hasWalls = model.boundaries.some(({ kind }) => kind !== 'free');
  return {
    dynamics: dynamicsOf(config),
    walls: hasWalls ? model.boundaries : undefined,
    start: (node, x, seed) => {
      const g = index.get(node);
      // Nodes of a graph by their number, others by their name.
      const stream = config.grow || g === undefined ? hashOf(node) : g;
      drawStart(model.initialLaw, model.dimension, g ?? 0, stream, seed, x);
    },
  };
}
