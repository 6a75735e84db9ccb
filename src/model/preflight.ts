// What can be seen to go wrong before a run: a graph in pieces, steps too long for the potential or the rates, memory.
// Remarks with the corrected setting; only what makes a run meaningless is refused. Sampling finds much but proves
// nothing: a run watches its own state, too.

import { totalmem } from 'node:os';
import { gradient, reachable } from '../expression/mod.js';
import type { BuildContext } from './context.js';
import { copyExpression, PointEvaluator } from './evaluator.js';
import { components } from './graph.js';
import type { Integrator, Model } from './model.js';
import { checkDensities } from './preflight-densities.js';
import { checkLumped } from './preflight-lumped.js';
import { checkRates } from './preflight-rates.js';
import { roundDown } from './round-down.js';
import { probeWords } from './probe-random.js';
import { descend, drawPlace, gradientOf, spreadNodes, stiffness } from './probe.js';

export interface PreflightOptions {
  /** Memory of the machine in bytes; by default that of this one. */
  readonly memoryBytes?: number;
}

// Evaluations of expression nodes that the sampling may take: about a second.
const budget = 2e7;
const mostNodes = 64;
const mostPlaces = 4;
const descentSteps = 5;
// Gradients that one place costs: stiffness at the start, at every step of the descent, and at its end.
const gradientsPerPlace = 24 * (descentSteps + 2) + descentSteps;

/** Looks at a model and leaves remarks in the context. */
export function runPreflight(context: BuildContext, model: Model, options: PreflightOptions = {}): void {
  checkConnection(context, model);
  checkMemory(context, model, options.memoryBytes ?? totalmem());
  checkPotential(context, model);
  if (model.representation === 'lumped') {
    checkLumped(context, model);
    return;
  }
  checkRates(context, model);
  checkDensities(context, model);
}

function checkConnection(context: BuildContext, model: Model): void {
  const { graph } = model;
  // A graph that grows has its edges from elsewhere.
  if (graph.nodeCount === 1 || context.config.grow !== undefined) return;
  const name = (g: number): string => `"${graph.nodeNames[g]}"`;
  const alone: number[] = [];
  for (let g = 0; g < graph.nodeCount; g++) if (graph.offsets[g] === graph.offsets[g + 1]) alone.push(g);
  if (alone.length > 0) {
    const shown = alone.slice(0, 5).map(name).join(', ') + (alone.length > 5 ? ', …' : '');
    const message = `${alone.length === 1 ? 'node' : `${alone.length} nodes`} without an edge: ${shown}`;
    context.warn(
      'lonely-node',
      ['graph'],
      `${message}; no particle leaves or enters`,
      'add edges, or leave the nodes out',
    );
  }
  const { count, of } = components(graph, model.mobility === 'free');
  if (count === 1 || alone.length === graph.nodeCount) return;
  const members = Array.from({ length: Math.min(count, 4) }, (): string[] => []);
  const sizes = new Int32Array(count);
  of.forEach((c, g) => {
    sizes[c]++;
    if (c < members.length && members[c].length < 4) members[c].push(graph.nodeNames[g]);
  });
  const parts = members.map((list, c) => `{${list.join(', ')}${sizes[c] > list.length ? ', …' : ''}}`);
  const message = `the graph is in ${count} pieces: ${parts.join(', ')}${count > members.length ? ', …' : ''}`;
  context.warn(
    'disconnected',
    ['graph'],
    `${message}; no particle passes between them, and their masses stay as they begin`,
    'join them by edges of weight > 0',
  );
}

function checkMemory(context: BuildContext, model: Model, memoryBytes: number): void {
  const width = model.precision === 'f32' ? 4 : 8;
  const fields = model.integrator === 'leimkuhler-matthews' || model.integrator === 'baoab' ? 2 : 1;
  // Coordinates, the kept noise or velocities, and about half as much again for emigrants and slack in the shards.
  const bytes = 1.5 * model.particleCount * model.dimension * fields * width;
  if (bytes < memoryBytes / 2) return;
  const gigabytes = (value: number): string => `${(value / 1e9).toFixed(1)} GB`;
  const fitting = Math.floor((model.particleCount * memoryBytes) / 2 / bytes);
  const digits = '0'.repeat(Math.max(0, String(fitting).length - 1));
  const message = `about ${gigabytes(bytes)} for the particles; this machine has ${gigabytes(memoryBytes)}`;
  context.warn('memory', ['particles'], message, `particles: ${String(fitting)[0]}${digits}`);
}

/**
 * Longest D k dt that is passed without a word; for baoab, sqrt(D k) dt. At 2 every scheme here is unstable on a quadratic
 * well of stiffness k. Below, what is wrong is the stationary variance of the well: euler-maruyama makes it larger by
 * 1/(1 - D k dt/2), a third at 0.5. heun's error is of second order but as large at 0.5 to 1. leimkuhler-matthews is exact
 * there, and wrong by the second order of anharmonic terms only; baoab likewise, and its variance of velocities is smaller by
 * 1 - D k dt^2/4, a quarter at 1.
 */
const longest: Readonly<Record<Integrator, number>> = {
  'euler-maruyama': 0.5,
  heun: 0.5,
  'leimkuhler-matthews': 1,
  baoab: 1,
};
/**
 * The same of the step that is suggested: 5 % error of the variance for euler-maruyama, below 1 % for the others; of velocities 6 %
 * for baoab.
 */
const suggested: Readonly<Record<Integrator, number>> = {
  'euler-maruyama': 0.1,
  heun: 0.2,
  'leimkuhler-matthews': 0.5,
  baoab: 0.5,
};
const unstable = 2;
// Finite differences find 1.0000000001 for 1.
const tolerance = 1.001;

function checkPotential(context: BuildContext, model: Model): void {
  const derivatives = model.potentials.map((potential) =>
    gradient(context.scratch, copyExpression(context.scratch, potential), model.dimension),
  );
  const evaluators = model.potentials.map((potential, c) => ({
    size: reachable(derivatives[c]).length,
    slope: new PointEvaluator(derivatives[c], model.parameters),
    value: new PointEvaluator([potential], model.parameters),
  }));
  const largest = Math.max(1, ...evaluators.map((evaluator) => evaluator.size));
  const places = Math.max(1, Math.min(mostPlaces, Math.floor(budget / (largest * gradientsPerPlace * 8))));
  const nodes = spreadNodes(
    model.graph.nodeCount,
    Math.max(2, Math.min(mostNodes, Math.floor(budget / (largest * gradientsPerPlace * places)))),
  );
  let worst = { value: 0, node: -1 };
  let undefinedOn: number | undefined;
  for (const node of nodes) {
    const { slope, value } = evaluators[model.potentialOfNode[node]];
    const gradientAt = gradientOf(slope, 0);
    const words = probeWords(node);
    let lost = 0;
    for (let k = 0; k < places; k++) {
      const start = drawPlace(model, node, words);
      const finite =
        Number.isFinite(value.run({ x: start, node, time: 0 })[0]) &&
        gradientAt(start, node).every(Number.isFinite);
      if (!finite) {
        lost++;
        continue;
      }
      const places = [start, descend(model, gradientAt, start, node, words, descentSteps)];
      for (const x of places) {
        const found = model.diffusivity[node] * (stiffness(gradientAt, x, node, words) ?? 0);
        if (found > worst.value) worst = { value: found, node };
      }
    }
    if (lost === places) {
      refuseInfinite(context, model, node);
      return;
    }
    if (lost > 0) undefinedOn ??= node;
  }
  if (undefinedOn !== undefined) {
    const message = `${notFinite} at some places where particles start on node "${model.graph.nodeNames[undefinedOn]}"`;
    context.warn('potential-not-finite', formulaOf(context, model, undefinedOn), message, elsewhere);
  }
  // The grid is implicit: no step is too long for it to be stable.
  if (model.representation === 'grid') return;
  const isKinetic = model.kinetics !== undefined;
  // Of a step: what moves towards the middle of the well for 1, or how far an oscillation gets.
  const pace = isKinetic ? Math.sqrt(worst.value) : worst.value;
  const z = pace * model.timeStep;
  if (z <= longest[model.integrator] * tolerance) return;
  const name = model.graph.nodeNames[worst.node];
  const step = roundDown(suggested[model.integrator] / pace);
  const product = `step * ${isKinetic ? 'sqrt(D * stiffness)' : 'D * stiffness'} = ${z.toPrecision(3)} on node "${name}"`;
  const off = isKinetic ? 'velocities, and widths of wells that are not quadratic,' : 'widths';
  const what =
    z >= unstable
      ? `the step is unstable: ${product}, and 2 is the limit`
      : `the step is long: ${product} (stiffness about ${(
          worst.value / model.diffusivity[worst.node]
        ).toPrecision(3)}), so ${off} will be off`;
  context.warn(z >= unstable ? 'step-unstable' : 'step-long', ['time', 'step'], what, `step: ${step}`);
}

function refuseInfinite(context: BuildContext, model: Model, node: number): void {
  const message = `${notFinite} where particles start on node "${model.graph.nodeNames[node]}"`;
  context.refuse(formulaOf(context, model, node), message, { hint: elsewhere });
}

const notFinite = 'the potential or its gradient is not finite';
const elsewhere = 'change the formula, or start elsewhere (initial)';

/** The key of a node's formula. */
function formulaOf(context: BuildContext, model: Model, node: number): string[] {
  const name = model.graph.nodeNames[node];
  const isOwn = Object.hasOwn(context.config.potential.nodes ?? {}, name);
  return isOwn ? ['potential', 'nodes', name] : ['potential', 'formula'];
}
