// Whether jumps are rare within a step. The jumps themselves are exact for frozen x; what a long step gets wrong is that x
// stands still meanwhile: an error of the order of rate times step.

import { mathF64 } from '../elementary/mod.js';
import type { BuildContext } from './context.js';
import { PointEvaluator } from './evaluator.js';
import type { LinearMobility, Model } from './model.js';
import { initialDensity } from './mesh-occupation.js';
import { densityRateFactor, isDensityMobility } from './mobility.js';
import { probeWords } from './probe-random.js';
import { drawPlace, spreadNodes } from './probe.js';
import { roundDown } from './round-down.js';
import { temperatureAt } from './temperature.js';

// Above this, one particle in five jumps within a step.
const longest = 0.2;
const suggested = 0.1;
const mostNodes = 64;
const mostEdges = 64;
const places = 4;

/** The rate of a jump of the linear family, per weight K. */
export function rateFactor(mobility: LinearMobility, deltaV: number, temperature: number): number {
  switch (mobility) {
    case 'metropolis':
      if (deltaV <= 0) return 1;
      return temperature === 0 ? 0 : mathF64.exp(-deltaV / temperature);
    case 'barker':
      if (temperature === 0) return deltaV < 0 ? 1 : deltaV === 0 ? 0.5 : 0;
      return mathF64.sigmoid(-deltaV / temperature);
    case 'symmetric':
      return mathF64.exp(-deltaV / (2 * temperature));
    default:
      return mobility satisfies never;
  }
}

/** Estimates rates at sampled places; warns of the fastest, refuses negative free rates. */
export function checkRates(context: BuildContext, model: Model): void {
  const { graph, mobility } = model;
  const values = model.potentials.map((potential) => new PointEvaluator([potential], model.parameters));
  const rates = model.rates.map((rate) => new PointEvaluator([rate], model.parameters));
  const temperature = temperatureAt(model.temperature, 0);
  let worst = { total: 0, node: -1, edge: -1, fastest: 0 };
  for (const node of spreadNodes(graph.nodeCount, mostNodes)) {
    const first = graph.offsets[node];
    const degree = graph.offsets[node + 1] - first;
    if (degree === 0) continue;
    const edges = spreadNodes(degree, mostEdges).map((i) => first + i);
    const words = probeWords(node);
    for (let k = 0; k < places; k++) {
      const x = drawPlace(model, node, words);
      const here = values[model.potentialOfNode[node]].run({ x, node, time: 0 })[0];
      let sum = 0;
      let fastest = -1;
      let edge = first;
      for (const e of edges) {
        const target = graph.targets[e];
        const weight = graph.weights[e];
        let rate: number;
        if (mobility === 'free') {
          rate = rates[model.rateOfEdge[e]].run({ x, node, target, time: 0, weight, temperature })[0];
          if (!(rate >= 0)) {
            refuseRate(context, model, node, e, rate);
            return;
          }
        } else {
          const there = values[model.potentialOfNode[target]].run({ x, node: target, time: 0 })[0];
          const deltaV = there - here;
          rate =
            weight *
            (isDensityMobility(mobility)
              ? densityRateFactor(mobility, { deltaV, temperature, ...densitiesAt(model, node, target, x) })
              : rateFactor(mobility, deltaV, temperature));
        }
        sum += rate;
        if (rate > fastest) {
          fastest = rate;
          edge = e;
        }
      }
      const total = (sum * degree) / edges.length;
      if (total > worst.total) worst = { total, node, edge, fastest };
    }
  }
  const z = worst.total * model.timeStep;
  // Movements have transport and reaction in one.
  if (!(z > longest) || model.movement !== undefined) return;
  const from = graph.nodeNames[worst.node];
  const to = graph.nodeNames[graph.targets[worst.edge]];
  const step = roundDown(suggested / worst.total);
  const message =
    `jumps are frequent: step * rate = ${z.toPrecision(3)} out of node "${from}", ` +
    `fastest to "${to}" (rate about ${worst.fastest.toPrecision(3)}); x stands still between jumps of a step`;
  const half = model.splitting === 'lie' ? ', or splitting: strang' : '';
  // Rates without bound leave no step worth naming.
  const fix =
    step > 0
      ? `step: ${step}${half}, or a smaller graph.weight`
      : 'mobility: metropolis (its rates are bounded)';
  context.warn('rate-fast', ['time', 'step'], message, fix);
}

/** Densities of the initial law at both ends of an edge, as a particle there would see them. */
function densitiesAt(model: Model, node: number, target: number, x: Float64Array) {
  const { mesh, densities } = model;
  // Without them nothing depends on densities.
  if (!mesh || !densities) return { own: 1, target: 1, onePerCell: 1 };
  // Its own part is half of what it deposits, or more.
  const own = Math.max(initialDensity(model, mesh, node, x), 1);
  return { own, target: initialDensity(model, mesh, target, x), onePerCell: densities.onePerCell };
}

function refuseRate(context: BuildContext, model: Model, node: number, edge: number, rate: number): void {
  const from = model.graph.nodeNames[node];
  const to = model.graph.nodeNames[model.graph.targets[edge]];
  const message = `the rate from "${from}" to "${to}" is ${rate} where particles start; rates are >= 0`;
  context.refuse(['dynamics', 'rate'], message, { at: 'key', hint: 'wrap it: max(0, …)' });
}
