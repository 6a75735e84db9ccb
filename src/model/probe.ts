// Points to look at a model at: a few nodes, a few places drawn from the initial law, and where they lead downhill.
// A small deterministic generator of its own serves it; no result depends on it, and it is not the sampler of a run.

import { gaussianNumber, uniformNumber, type Words } from './probe-random.js';
import type { Model } from './model.js';
import type { PointEvaluator } from './evaluator.js';

/** Up to `count` nodes, spread evenly over the graph: first and last included. */
export function spreadNodes(nodeCount: number, count: number): number[] {
  if (nodeCount <= count) return Array.from({ length: nodeCount }, (_, g) => g);
  return Array.from({ length: count }, (_, i) => Math.round((i * (nodeCount - 1)) / Math.max(1, count - 1)));
}

/** A place drawn from the initial law of a node; moved into the box. */
export function drawPlace(model: Model, node: number, words: Words): Float64Array {
  const d = model.dimension;
  const x = new Float64Array(d);
  const law = model.initialLaw;
  for (let i = 0; i < d; i++) {
    const at = node * d + i;
    switch (law.kind) {
      case 'gaussian':
        x[i] = law.mean[at] + law.standardDeviation[at] * gaussianNumber(words);
        break;
      case 'uniform':
        x[i] = law.low[at] + (law.high[at] - law.low[at]) * uniformNumber(words);
        break;
      case 'point':
        x[i] = law.position[at];
        break;
      default:
        law satisfies never;
    }
  }
  return intoBox(model, x);
}

/** Moves a place into the box: wrapped around where periodic, clamped where reflecting. */
export function intoBox(model: Model, x: Float64Array): Float64Array {
  model.boundaries.forEach((boundary, i) => {
    if (boundary.kind === 'free') return;
    const { low, high } = boundary;
    if (boundary.kind === 'reflecting') x[i] = Math.min(high, Math.max(low, x[i]));
    else x[i] -= (high - low) * Math.floor((x[i] - low) / (high - low));
  });
  return x;
}

/** Gradient at a place. */
export type GradientAt = (x: Float64Array, node: number) => Float64Array;

/** The gradient function of an evaluator whose outputs are the derivatives. The result is fresh. */
export function gradientOf(evaluator: PointEvaluator, time: number): GradientAt {
  return (x, node) => Float64Array.from(evaluator.run({ x, node, time }));
}

const normOf = (v: Float64Array): number => {
  let sum = 0;
  for (const value of v) sum += value * value;
  return Math.sqrt(sum);
};

// Enough for the largest eigenvalue to a few per cent where the next is not close; where it is close, both are as large.
const powerIterations = 12;

/**
 * The largest |eigenvalue| of the Hessian at a place, by power iteration with central differences of the gradient.
 * Undefined where the gradient is not finite.
 */
export function stiffness(
  gradient: GradientAt,
  x: Float64Array,
  node: number,
  words: Words,
): number | undefined {
  const d = x.length;
  let v = Float64Array.from({ length: d }, () => uniformNumber(words) + 0.5);
  let length = normOf(v);
  const scale = 1 + normOf(x);
  let found = 0;
  for (let k = 0; k < powerIterations; k++) {
    // The cube root of the rounding unit balances rounding against curvature.
    const h = (6e-6 * scale) / length;
    const forward = gradient(
      x.map((value, i) => value + h * v[i]),
      node,
    );
    const backward = gradient(
      x.map((value, i) => value - h * v[i]),
      node,
    );
    const w = forward.map((value, i) => (value - backward[i]) / (2 * h * length));
    const next = normOf(w);
    if (!Number.isFinite(next)) return undefined;
    found = next;
    // One dimension needs one product; a flat potential has no direction to follow.
    if (d === 1 || next < 1e-12) break;
    v = w;
    length = next;
  }
  return found;
}

/** A few steps downhill, each as long as the local stiffness allows. Fresh place. */
export function descend(
  model: Model,
  gradient: GradientAt,
  from: Float64Array,
  node: number,
  words: Words,
  steps: number,
): Float64Array {
  let x = from;
  for (let k = 0; k < steps; k++) {
    const curvature = stiffness(gradient, x, node, words);
    if (curvature === undefined || curvature < 1e-9) return x;
    const slope = gradient(x, node);
    const next = intoBox(
      model,
      x.map((value, i) => value - slope[i] / curvature),
    );
    if (!next.every(Number.isFinite)) return x;
    x = next;
  }
  return x;
}
