// The one equation that the action of a momentum over a density comes down to: a cubic with one root of interest. Pure
// arithmetic, no arrays.

/** Newton's method has then converged for every start: it passes the root once, then comes from below, quadratically. */
const mostSteps = 200;

/**
 * The θ >= 0 with θ - start = force/(1 + stiffness θ)², or 0 if start + force <= 0 (then θ = 0 is the constrained
 * minimum). Minimises (θ - start)²/2 + force/(stiffness (1 + stiffness θ)) over θ >= 0.
 *
 * @param force >= 0
 * @param stiffness > 0
 * @param guess >= 0 where to start from; any will do
 */
export function actionRoot(start: number, force: number, stiffness: number, guess: number): number {
  if (!(start + force > 0)) return 0;
  if (force === 0) return start;
  // v = 1 + stiffness θ: v² (v - from) = c, and v >= 1.
  const from = 1 + stiffness * start;
  const c = force * stiffness;
  let v = 1 + stiffness * guess;
  const least = from > 1 ? from : 1;
  // Right of the root Newton's method for this convex function comes down to it; 1 + c + least is always right of it, but far.
  if (v < least) v = least;
  for (let step = 0; step < mostSteps; step++) {
    const square = v * v;
    const value = square * (v - from) - c;
    const next = v - value / (v * (3 * v - 2 * from));
    const bounded = next > least ? next : least;
    const change = bounded - v;
    v = bounded;
    if (!(change > 1e-14 * v || change < -1e-14 * v)) break;
  }
  return (v - 1) / stiffness;
}
