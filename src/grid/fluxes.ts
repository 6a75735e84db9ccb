// Scharfetter-Gummel (Chang-Cooper) fluxes: how much mass passes a face between two cells, as two rates per face. Not the
// solving (lines.ts).
//
// Along a line with width h, from cell i to i + 1, with dV = V_(i+1) - V_i, z = dV/eps, B(z) = z/(e^z - 1):
//
//     flux/h = rightward f_i - leftward f_(i+1),   rightward = D eps/h^2 B(z),  leftward = D eps/h^2 B(-z)
//
// It is the exact flux of a density between two points where V is linear (Scharfetter and Gummel 1969; Chang and Cooper
// 1970): of second order in h, of first order (upwind) where |z| is large, with the ratio rightward/leftward = e^-z, so
// that f = e^(-V/eps) has no flux.

import { mathF64 } from '../elementary/mod.js';
import { forFaces, type Cells } from './cells.js';

/** Below this |z|, B(z) = 1 - z/2 to all digits (the next term is z^2/12). */
const smallest = 1e-8;

/**
 * Writes the rates of the faces of cells [from, to) of one node towards +k, at the lower cell of each face (of a
 * periodic box's last face, at the last cell). Cells before a wall get 0.
 * @param at where the node begins in the arrays
 * @param diffusivity D(g)
 */
export function writeFluxes(
  cells: Cells,
  k: number,
  diffusivity: number,
  temperature: number,
  potential: Float64Array,
  at: number,
  range: readonly [number, number],
  rightward: Float64Array,
  leftward: Float64Array,
): void {
  const factor = diffusivity / (cells.widths[k] * cells.widths[k]);
  rightward.fill(0, at + range[0], at + range[1]);
  leftward.fill(0, at + range[0], at + range[1]);
  forFaces(cells, k, range[0], range[1], (from, to, distance) => {
    for (let i = at + from; i < at + to; i++) {
      const difference = potential[i + distance] - potential[i];
      const size = Math.abs(difference);
      const z = size / temperature;
      // eps B(|z|): the smaller one; the larger one is eps B(-|z|) = eps B(|z|) + |dV|. At eps = 0 that is upwind.
      const uphill =
        temperature === 0 ? 0 : z < smallest ? temperature * (1 - 0.5 * z) : size / mathF64.expm1(z);
      const downhill = uphill + size;
      rightward[i] = factor * (difference > 0 ? uphill : downhill);
      leftward[i] = factor * (difference > 0 ? downhill : uphill);
    }
  });
}
