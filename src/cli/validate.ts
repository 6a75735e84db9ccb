// `wasserwerk validate`: everything that is checked before a run, and the model in words or JSON.

import { loadConfig } from '../config/mod.js';
import { print } from '../expression/mod.js';
import { coreCount } from '../cluster/mod.js';
import { compileKernel } from '../kernel/mod.js';
import { buildModel, type Mesh, type Model } from '../model/mod.js';
import { planMemory, replicaCount } from '../particles/mod.js';
import { exitCode } from './exit.js';
import { table } from './format.js';
import { printRemarks } from './remarks.js';

/** Longer formulas are cut in the printed summary. */
const SHOWN_FORMULA = 100;

export function validate(file: string, options: { set: string[]; seed?: string; json?: true }): number {
  const config = loadConfig(file, { overrides: options.set, seed: options.seed });
  const { model, notes } = buildModel(config);
  const kernel = compileKernel(model);
  const replicas = replicaCount(model);
  // Refuses what would not fit.
  planMemory(model, kernel.plan, replicas, coreCount());
  if (options.json) {
    const { source: _, ...values } = config;
    const summary = { valid: true, model: describe(model, replicas), remarks: notes, config: values };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return exitCode.done;
  }
  printRemarks(notes);
  const d = describe(model, replicas);
  process.stdout.write(
    `${file} is valid\n` +
      table(
        [
          ['name', d.name],
          [
            'space',
            `R^${d.dimension} (${d.coordinates.slice(0, 8).join(', ')}${d.dimension > 8 ? ', …' : ''})`,
          ],
          ['graph', `${d.nodes} nodes, ${d.edges} edges`],
          ...d.potentials.map((formula, i) => [i === 0 ? 'potential' : '', shorten(formula)]),
          ['temperature', JSON.stringify(d.temperature)],
          ['dynamics', `${d.integrator}, ${d.splitting}, ${d.mobility} rates`],
          [
            'particles',
            `${d.particles.toLocaleString('en')} in ${d.shards} shards (${d.nodes} nodes x ${replicas} replica${replicas === 1 ? '' : 's'}), ${d.precision}`,
          ],
          ...(d.mesh ? [['mesh', meshText(d.mesh)]] : []),
          [
            'time',
            `${d.steps} steps of ${d.timeStep} to t = ${Number((d.steps * d.timeStep).toPrecision(10))}`,
          ],
          ['seed', String(d.seed)],
          ['kernel', `${kernel.bytes.length} bytes of WebAssembly`],
        ].map(([key, value]) => [`${key.padEnd(12)}${value}`]),
      ),
  );
  return exitCode.done;
}

/** One line, cut where it is long. */
function shorten(text: string): string {
  const line = text.replaceAll(/\s+/gu, ' ');
  return line.length > SHOWN_FORMULA ? `${line.slice(0, SHOWN_FORMULA)}…` : line;
}

/** Width of a cell in each coordinate: the bandwidth of densities. */
function cellWidths({ cells, low, high }: Mesh): number[] {
  return cells.map((n, i) => (high[i] - low[i]) / n);
}

function meshText(mesh: Mesh): string {
  const short = (value: number): string => String(Number(value.toPrecision(4)));
  const ends = mesh.low.map((low, i) => `[${short(low)}, ${short(mesh.high[i])}]`);
  return `${mesh.cells.join(' x ')} cells of width ${cellWidths(mesh).map(short).join(', ')} on ${ends.join(' x ')}`;
}

function describe(model: Model, replicas: number) {
  return {
    name: model.name,
    dimension: model.dimension,
    coordinates: model.coordinateNames,
    nodes: model.graph.nodeCount,
    edges: model.graph.targets.length / 2,
    potentials: model.potentials.map((potential) => print(potential)),
    temperature: model.temperature.kind === 'constant' ? model.temperature.value : model.temperature,
    mobility: model.mobility,
    integrator: model.integrator,
    splitting: model.splitting,
    particles: model.particleCount,
    precision: model.precision,
    mesh: model.mesh && { ...model.mesh, widths: cellWidths(model.mesh) },
    shards: model.graph.nodeCount * replicas,
    timeStep: model.timeStep,
    steps: model.stepCount,
    seed: model.seed,
  };
}
