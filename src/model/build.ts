// CheckedConfig to Model: every text read, every file loaded, every number checked. Problems are gathered stage by stage and
// thrown together as a ConfigError; remarks come back beside the model.

import type { CheckedConfig } from '../config/mod.js';
import { buildGraph } from './build-graph.js';
import { BuildContext, type Preflight } from './context.js';
import { readData } from './data.js';
import type { Scope } from './formulas.js';
import { buildInitialLaw, buildMasses, valuesPerNode } from './initial.js';
import type { Graph, Kinetics, Model } from './model.js';
import { buildMesh } from './mesh.js';
import { isDensityMobility, needsDensity, particleDensities } from './mobility.js';
import { buildParameters } from './parameters.js';
import { buildPotentials, buildRates } from './potentials.js';
import { refuseUnfitLumped } from './preflight-lumped.js';
import { runPreflight, type PreflightOptions } from './preflight.js';
import { buildBoundaries, checkCoordinateNames } from './space.js';
import { lowestTemperature } from './temperature.js';
import { warnOfUnused } from './unused.js';

export interface BuildOptions extends PreflightOptions {
  /** Skip the checks that sample the potential (a resumed run has passed them). */
  readonly skipPreflight?: boolean;
}

/**
 * Builds the model of a config.
 * @throws ConfigError with every problem found
 */
export function buildModel(
  config: CheckedConfig,
  options: BuildOptions = {},
): { model: Model; notes: Preflight[] } {
  const context = new BuildContext(config);
  checkCoordinateNames(context);
  const boundaries = buildBoundaries(context);
  const { stepCount } = timeSteps(context);
  checkTemperature(context, stepCount * config.time.step);
  if (config.representation === 'lumped') refuseUnfitLumped(context, stepCount * config.time.step);
  context.stopIfUnfit();

  const compressed = buildGraph(context);
  const { graph } = compressed;
  const data = readData(context);
  context.stopIfUnfit();
  const parameters = buildParameters(context, graph, compressed.parameters, data);
  context.stopIfUnfit();
  const scope: Scope = { parameters, data };

  const diffusivity = buildDiffusivity(context, graph, scope);
  const initialLaw = buildInitialLaw(context, graph, boundaries, scope);
  const initialMasses = buildMasses(context, graph, scope);
  const potentials = buildPotentials(context, graph, scope);
  const rates = buildRates(context, compressed, compressed.listed, potentials, scope);
  context.stopIfUnfit();
  if (diffusivity === undefined || initialLaw === undefined || initialMasses === undefined) {
    throw new Error('a value was neither built nor refused');
  }
  if (config.particles !== undefined && config.particles < graph.nodeCount) {
    const message = `${config.particles} particles on ${graph.nodeCount} nodes: most nodes have none at any time`;
    context.note('few-particles', ['particles'], message, `particles: ${100 * graph.nodeCount}`);
  }

  const withoutMesh = {
    name: config.name,
    dimension: config.space.variables.length,
    coordinateNames: config.space.variables,
    graph,
    builder: context.builder,
    parameters,
    potentials: potentials.expressions,
    potentialOfNode: potentials.of,
    diffusivity,
    temperature: config.temperature,
    mobility: config.dynamics.mobility,
    rates: rates.expressions,
    rateOfEdge: rates.of,
    integrator: config.dynamics.integrator,
    kinetics: kineticsOf(config),
    friction: config.representation === 'grid' ? config.dynamics.friction : undefined,
    splitting: config.dynamics.splitting,
    movement: config.dynamics.kind === 'jko' ? { inner: config.dynamics.inner ?? 1 } : undefined,
    boundaries,
    representation: config.representation,
    gridTolerance: config.grid.tolerance,
    initialLaw,
    initialMasses,
    particleCount: config.representation === 'particles' ? (config.particles ?? 0) : 0,
    precision: config.precision,
    timeStep: config.time.step,
    stepCount,
    seed: config.seed,
  };
  checkMovement(context, withoutMesh);
  const mesh = buildMesh(context, withoutMesh);
  const { mobility, temperature, particleCount } = withoutMesh;
  const reactsToDensities =
    config.representation === 'particles' && graph.targets.length > 0 && needsDensity(mobility, temperature);
  checkSecondOrder(context, withoutMesh);
  const model: Model = {
    ...withoutMesh,
    mesh,
    densities: mesh && reactsToDensities ? particleDensities(mesh, particleCount) : undefined,
  };
  context.stopIfUnfit();
  if (options.skipPreflight !== true) {
    warnOfUnused(context);
    runPreflight(context, model, options);
  }
  context.stopIfUnfit();
  return { model, notes: context.notes };
}

/** Velocities, where particles have them. */
function kineticsOf({ dynamics, initial, representation }: CheckedConfig): Kinetics | undefined {
  const { kind, friction } = dynamics;
  if (kind !== 'accelerated' || representation !== 'particles') return undefined;
  // The schema takes no other friction here.
  if (friction?.kind !== 'constant') throw new Error('particles with velocities have a constant friction');
  return { friction: friction.value, start: initial.velocities ?? 'thermal' };
}

/** Number of steps; an end that is no multiple of the step moves to the nearest one. */
function timeSteps(context: BuildContext): { stepCount: number } {
  const { step, end, steps } = context.config.time;
  if (steps !== undefined) return { stepCount: steps };
  const wanted = (end ?? step) / step;
  const stepCount = Math.max(1, Math.round(wanted));
  // 2*pi/1000 and the like are multiples but for rounding.
  if (Math.abs(wanted - stepCount) > 1e-9 * stepCount) {
    const message = `the end ${end} is no multiple of the step ${step}; the run ends at ${stepCount * step}`;
    context.note('end-rounded', ['time', 'end'], message, `end: ${stepCount * step}, or steps: ${stepCount}`);
  }
  return { stepCount };
}

function checkTemperature(context: BuildContext, end: number): void {
  const { temperature, dynamics } = context.config;
  if (dynamics.mobility !== 'symmetric' || lowestTemperature(temperature, end) > 0) return;
  const when = temperature.kind === 'constant' ? 'is 0' : 'reaches 0';
  context.refuse(['temperature'], `the temperature ${when}, where rates of mobility symmetric are infinite`, {
    hint: 'use mobility metropolis or barker, or a temperature > 0',
  });
}

/** Second-order dynamics need a mobility that has a derivative in the densities at both ends. */
function checkSecondOrder(
  context: BuildContext,
  { friction, mobility, graph }: Pick<Model, 'friction' | 'mobility' | 'graph'>,
): void {
  if (friction === undefined || graph.targets.length === 0) return;
  if (isDensityMobility(mobility) && mobility !== 'upwind') return;
  const why =
    mobility === 'upwind'
      ? 'mobility upwind has no derivative where mu is equal at both ends, which kind accelerated needs'
      : `kind accelerated needs a mobility theta(f, f') of the densities, and ${mobility} is none`;
  context.refuse(['dynamics', 'mobility'], why, {
    hint: 'use mobility log-mean, or one of arithmetic, geometric, harmonic, constant',
  });
}

/** Movements are convex problems, and small enough ones. */
function checkMovement(
  context: BuildContext,
  model: Pick<
    Model,
    'movement' | 'mobility' | 'graph' | 'dimension' | 'temperature' | 'stepCount' | 'timeStep'
  >,
): void {
  if (model.movement === undefined) return;
  const { mobility, dimension, temperature } = model;
  if (dimension > 2) {
    const hint = 'use kind: gradient-flow, or at most 2 coordinates';
    context.refuse(['dynamics', 'kind'], `kind jko is offered for 1 or 2 coordinates, not ${dimension}`, {
      hint,
    });
  }
  if (model.graph.targets.length === 0) return;
  const hint = 'use mobility log-mean, or one of arithmetic, geometric, harmonic, constant';
  if (mobility === 'upwind' || mobility === 'free') {
    const why =
      mobility === 'free'
        ? 'free rates are no gradient flow, and kind jko minimises an energy'
        : "mobility upwind depends on the direction of the flow, and kind jko needs a concave theta(f, f')";
    context.refuse(['dynamics', 'mobility'], why, { hint });
  } else if (
    !isDensityMobility(mobility) &&
    !(lowestTemperature(temperature, model.stepCount * model.timeStep) > 0)
  ) {
    context.refuse(
      ['dynamics', 'mobility'],
      `at temperature 0 kind jko needs a mobility of the densities, and ${mobility} is none`,
      { hint },
    );
  }
}

function buildDiffusivity(context: BuildContext, graph: Graph, scope: Scope): Float64Array | undefined {
  const path = ['dynamics', 'diffusivity'];
  const spec = context.config.dynamics.diffusivity;
  const values = valuesPerNode(context, path, spec, graph, scope);
  const wrong = values?.findIndex((value) => !(value > 0) || !Number.isFinite(value)) ?? -1;
  if (values === undefined || wrong < 0) return values;
  context.refuse(
    path,
    `expected a diffusivity > 0, got ${values[wrong]} on node "${graph.nodeNames[wrong]}"`,
    {
      value: spec,
      hint: 'use a number > 0',
    },
  );
  return undefined;
}
