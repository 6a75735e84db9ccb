// The initial state: how many particles each shard gets, and where one is put. Counts are the initial masses rounded to
// whole particles (largest remainder), not drawn; positions are drawn from the shard's own streams.

import { temperatureAt, type Model } from '../model/mod.js';

/**
 * Particles per shard, shard (node g, replica k) at [k n + g]: node counts within one of mass * N, spread evenly over
 * the replicas.
 */
export function initialCounts(
  model: Pick<Model, 'initialMasses' | 'particleCount'>,
  replicas: number,
): Uint32Array {
  const { initialMasses, particleCount } = model;
  const nodes = initialMasses.length;
  const perNode = new Uint32Array(nodes);
  const order: number[] = [];
  let placed = 0;
  for (let g = 0; g < nodes; g++) {
    perNode[g] = Math.floor(initialMasses[g] * particleCount);
    placed += perNode[g];
    order.push(g);
  }
  const remainder = (g: number): number => initialMasses[g] * particleCount - perNode[g];
  const remainders = order.map(remainder);
  order.sort((a, b) => remainders[b] - remainders[a] || a - b);
  for (let i = 0; placed < particleCount; i = (i + 1) % nodes) {
    // Rounding may leave particles over; none goes to a node of mass 0.
    if (initialMasses[order[i]] === 0) continue;
    perNode[order[i]]++;
    placed++;
  }
  const counts = new Uint32Array(nodes * replicas);
  // The replica that gets the first left-over particle moves on from node to node, so that replicas are equally large.
  let turn = 0;
  for (let g = 0; g < nodes; g++) {
    const base = Math.floor(perNode[g] / replicas);
    const left = perNode[g] % replicas;
    for (let k = 0; k < replicas; k++) counts[k * nodes + g] = base;
    for (let i = 0; i < left; i++) counts[((turn + i) % replicas) * nodes + g]++;
    turn = (turn + left) % replicas;
  }
  return counts;
}

/** Coordinate f of a new particle from a standard normal number and the word it was made from. */
export function drawPosition(model: Model, node: number, f: number, normal: number, word: number): number {
  const { initialLaw: law, dimension } = model;
  const index = node * dimension + f;
  switch (law.kind) {
    case 'gaussian':
      return contain(model, f, law.mean[index] + law.standardDeviation[index] * normal);
    case 'uniform':
      return law.low[index] + (law.high[index] - law.low[index]) * ((word + 0.5) / 4294967296);
    case 'point':
      return law.position[index];
    default:
      return law satisfies never;
  }
}

/**
 * What a particle remembers beside its coordinates, one number per coordinate, at time 0: the last Gaussian
 * (leimkuhler-matthews) or the velocity w (baoab), from a standard normal number.
 */
export function drawMemory({ kinetics, temperature }: Model, normal: number): number {
  if (!kinetics) return normal;
  switch (kinetics.start) {
    case 'thermal':
      return Math.sqrt(temperatureAt(temperature, 0)) * normal;
    case 'rest':
      return 0;
    default:
      return kinetics.start satisfies never;
  }
}

/** Wraps or folds a coordinate into its box. */
function contain(model: Model, f: number, x: number): number {
  const boundary = model.boundaries[f];
  if (boundary.kind === 'free' || (x >= boundary.low && x < boundary.high)) return x;
  const length = boundary.high - boundary.low;
  const position = (x - boundary.low) / length;
  const folded =
    boundary.kind === 'periodic'
      ? position - Math.floor(position)
      : Math.abs(position - 2 * Math.floor(position / 2 + 0.5));
  return boundary.low + length * folded;
}
