// Remarks on the densities that rates of particles need: how coarse they are, whether there are particles enough for them,
// and what the mobility makes of empty places. Estimates from the initial law and the Gibbs density.

import type { BuildContext } from './context.js';
import { cellsFor, cellVolume, meanDensity } from './mesh-occupation.js';
import type { Model } from './model.js';

/** Particles in a cell below which noise shifts what jumps by more than some 2 % (measured: docs/theory.md). */
const fewest = 20;
/** What is suggested instead. */
const wanted = 50;
const fewestCells = 4;

/** Says how densities are seen, and warns where they are mostly noise. Nothing for rates that need none. */
export function checkDensities(context: BuildContext, model: Model): void {
  const { mesh, densities, mobility, coordinateNames } = model;
  if (!densities || !mesh) return;
  const perCell = model.particleCount * cellVolume(mesh) * meanDensity(model, mesh);
  const widths = mesh.cells.map(
    (n, i) => `${coordinateNames[i]}: ${Number(((mesh.high[i] - mesh.low[i]) / n).toPrecision(4))}`,
  );
  const often =
    perCell < Infinity ? `, with about ${Number(perCell.toPrecision(2))} particles in a cell` : '';
  context.note(
    'densities',
    ['grid'],
    `densities for the rates are smoothed over cells of width ${widths.join(', ')} (${mesh.cells.join(' x ')} cells)${often}; ` +
      `in chemical potentials at least ${densities.least} particles in a cell are counted`,
  );
  if (context.config.partition === 'replicas') {
    const message = `rates of mobility ${mobility} need densities, which couple all replicas: nodes are shared out instead`;
    context.note('partition-nodes', ['partition'], message, 'partition: auto');
  }
  if (perCell < fewest) {
    const most = Math.max(...mesh.cells);
    const cells = cellsFor(model, mesh, wanted, fewestCells, most);
    const message = `densities are noisy: about ${perCell.toPrecision(2)} particles in a cell where particles are, 20 or more are needed`;
    const particles = Math.ceil((model.particleCount * wanted) / perCell);
    const fix =
      cells < most && cells > fewestCells
        ? `grid: { cells: ${cells} }`
        : `particles: ${Number(particles.toPrecision(1))}`;
    context.warn('densities-noisy', ['grid', 'cells'], message, fix);
  }
  if (mobility !== 'geometric' && mobility !== 'harmonic') return;
  const empty = model.initialMasses.findIndex((mass) => mass === 0);
  if (empty < 0) return;
  const name = model.graph.nodeNames[empty];
  context.warn(
    'stays-empty',
    ['dynamics', 'mobility'],
    `node "${name}" begins empty, and mobility ${mobility} moves no mass to where there is none`,
    'mobility: log-mean, or initial.masses > 0 on all nodes',
  );
}
