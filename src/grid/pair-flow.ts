// Free flow along one edge, cell by cell, without forces: the second-order counterpart of density-exchange.ts. With
// m = f(g), m' = f(g'), s = m + m' kept, and p = phi(g) - phi(g'),
//
//     dm/dt = K theta p,   d(phi)/dt = -K/2 (d theta/dm) p^2,   d(phi')/dt = -K/2 (d theta/dm') p^2
//
// which keeps h = K/2 theta p^2. So dm/dt = sqrt(2 h K theta), which the midpoint rule takes a step of, and p follows from
// h. For theta of degree 1 (all but `constant`) d(m phi + m' phi')/dt = h, and both phi follow from that and p.
//
// Three things keep a nearly empty end in bounds.
// - With eps log f such a pair oscillates with omega^2 = K theta eps (1/m + 1/m'), which no step resolves where m is next to
//   0. What moves in a step is divided by 1 + tau^2 omega^2/2: of order 2, and no omega is too large for it.
// - No more than half of an end leaves in a step.
// - From an end with less than 1/32 of the pair mass leaves with theta at most 32 m, and phi stands still meanwhile: energy is
//   lost. In the exact flow |p| would become infinite there in finite time.

import { isConstantTheta, thetaOf } from '../transport/mod.js';

/** Cells with less in both ends stand still: their ratios have lost digits. */
const least = 1e-290;

/**
 * An end with less than 1/32 of a pair is light (see above). A larger number follows emptying ends further, with phi that
 * differs more between cells that empty sooner and later.
 */
const heaviest = 32;

/**
 * theta for mass that leaves one end: what is next to empty gives no more than `heaviest` times what it has, as a rate.
 * T counts with it, too.
 */
export function flowingMobility(code: number, giver: number, taker: number): number {
  const theta = thetaOf(code, giver, taker);
  const most = heaviest * giver;
  return theta < most ? theta : most;
}

/**
 * Moves cells [from, to) of an edge over a time tau. Adds what went from g to g', summed over the cells, to jumps[0], and
 * what went back to jumps[1].
 */
export function flowAlongEdge(
  code: number,
  weight: number,
  tau: number,
  temperature: number,
  field: Float64Array,
  phi: Float64Array,
  source: number,
  target: number,
  [from, to]: readonly [number, number],
  jumps: Float64Array,
  jumpsAt: number,
): void {
  const k = weight * tau;
  if (!(k > 0)) return;
  const stiffness = 0.5 * k * tau * temperature;
  let forth = 0;
  let back = 0;
  for (let i = from; i < to; i++) {
    const f = field[source + i];
    const g = field[target + i];
    const s = f + g;
    let p = phi[source + i] - phi[target + i];
    if (p === 0 || !(s > least)) continue;
    // Mass moves towards the larger phi.
    const giver = p > 0 ? g : f;
    const taker = p > 0 ? f : g;
    const theta = flowingMobility(code, giver, taker);
    if (theta === 0) continue;
    const free = k * theta * p;
    const omega = stiffness * theta * (1 / giver + 1 / (taker + Math.abs(free)));
    const bound = 0.5 * giver;
    const first = cut(free / (1 + omega), bound);
    if (giver * heaviest < s) {
      // phi stands still at both ends: energy is lost, and nothing blows up.
      field[source + i] = f + first;
      field[target + i] = g - first;
      if (first < 0) forth -= first;
      else back += first;
      continue;
    }
    const middle = thetaOf(code, f + 0.5 * first, g - 0.5 * first);
    const moved = cut((free / (1 + omega)) * Math.sqrt(middle / theta), bound);
    const nextF = f + moved;
    const nextG = g - moved;
    field[source + i] = nextF;
    field[target + i] = nextG;
    if (!isConstantTheta(code)) {
      const mean = (f / s) * phi[source + i] + (g / s) * phi[target + i] + (0.5 * moved * p) / s;
      p *= Math.sqrt(theta / thetaOf(code, nextF, nextG));
      phi[source + i] = mean + (nextG / s) * p;
      phi[target + i] = mean - (nextF / s) * p;
    }
    if (moved < 0) forth -= moved;
    else back += moved;
  }
  jumps[jumpsAt] += forth;
  jumps[jumpsAt + 1] += back;
}

function cut(value: number, bound: number): number {
  return value > bound ? bound : value < -bound ? -bound : value;
}
