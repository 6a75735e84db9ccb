// The links of a model on its grid: every face with the mobility whose gradient flow is the Scharfetter-Gummel flux of
// fluxes.ts, every edge with the model's own. So minimizing movements tend to the very equations of the other solvers.
//
//     face    theta = L(rightward f_i, leftward f_(i+1)) / eps,  since  rightward f_i - leftward f_(i+1)
//             = theta (mu_i - mu_(i+1));  at eps = 0 the density that drifts along the face
//     edge    theta of the density family; for the linear family L(q f, q' f') / eps, with the rates q of the edge

import { mathF64 } from '../elementary/mod.js';
import { isDensityMobility, type DensityMobility } from '../model/mod.js';
import { forFaceRuns, linksOf, mean, setLinks, type Links } from '../transport/mod.js';
import type { GridArrays, GridPlan } from './memory.js';

const means = {
  arithmetic: mean.arithmetic,
  constant: mean.constant,
  geometric: mean.geometric,
  harmonic: mean.harmonic,
  'log-mean': mean.logarithmic,
} as const satisfies Record<Exclude<DensityMobility, 'upwind'>, number>;

/** Rates that differ by more than this factor are cut: a logarithmic mean with weight 0 would be 0 everywhere. */
const leastRatio = 1e-250;

/** The links of a model, without weights. */
export function modelLinks({ cells, edges, model }: Pick<GridPlan, 'cells' | 'edges' | 'model'>): Links {
  return linksOf(cells, model.graph.nodeCount, edges);
}

/** Writes conductances and means of all links, from the coefficients that are in `arrays`. */
export function writeLinks(
  links: Links,
  { cells, edges, model }: GridPlan,
  arrays: GridArrays,
  temperature: number,
): void {
  const { count } = cells;
  const { potential, fluxes, forward, backward } = arrays;
  forFaceRuns(cells, model.graph.nodeCount, (node, k, begin, end) => {
    const { rightward, leftward } = fluxes[k];
    const conductance = model.diffusivity[node] / (cells.widths[k] * cells.widths[k]);
    if (temperature === 0) setLinks(links, begin, end, conductance, mean.arithmetic);
    for (let link = begin; link < end; link++) {
      const [s, t] = [links.from[link], links.to[link]];
      // Rates of a face are kept at its lower cell, of the last face of a ring at the last cell: where the link begins.
      if (temperature > 0) setWeights(links, link, 1 / temperature, rightward[s], leftward[s]);
      else if (potential[t] > potential[s]) links.kind[link] = mean.second;
      else if (potential[t] < potential[s]) links.kind[link] = mean.first;
    }
  });
  const { mobility } = model;
  edges.forEach(({ weight }, e) => {
    const begin = links.faces + e * count;
    if (isDensityMobility(mobility)) {
      if (mobility === 'upwind') throw new RangeError('movements have no mobility upwind');
      setLinks(links, begin, begin + count, weight, means[mobility]);
      return;
    }
    for (let i = 0; i < count; i++) {
      setWeights(links, begin + i, 1 / temperature, forward[e * count + i], backward[e * count + i]);
    }
  });
}

/** A logarithmic mean of weights a, b >= 0. The larger weight goes to the conductance: the rest is between 0 and 1. */
function setWeights(links: Links, link: number, conductance: number, a: number, b: number): void {
  const largest = Math.max(a, b);
  const scale = largest > 0 ? largest : 1;
  links.kind[link] = mean.logarithmic;
  links.conductance[link] = largest > 0 ? conductance * scale : 0;
  links.weightFrom[link] = Math.max(a / scale, leastRatio);
  links.weightTo[link] = Math.max(b / scale, leastRatio);
  links.logRatio[link] = mathF64.log(links.weightFrom[link]) - mathF64.log(links.weightTo[link]);
}
