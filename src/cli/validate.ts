// `wasserwerk validate`: everything that is checked before a run, and the model in words or JSON.

import { totalmem } from 'node:os';
import { loadConfig, type RunConfig } from '../config/mod.js';
import { print } from '../expression/mod.js';
import { checkGrid, coreCount } from '../cluster/mod.js';
import { GridPlan } from '../grid/mod.js';
import { compileKernel } from '../kernel/mod.js';
import { buildModel, type Mesh, type Model, type Preflight } from '../model/mod.js';
import { planMemory, replicaCount } from '../particles/mod.js';
import { exitCode } from './exit.js';
import { counted, table } from './format.js';
import { placing } from './place.js';
import { printRemarks } from './remarks.js';
import { requireModule } from './trust.js';

/** Longer formulas are cut in the printed summary. */
const SHOWN_FORMULA = 100;

export function validate(file: string, options: { set: string[]; seed?: string; json?: true }): number {
  const config = loadConfig(file, { overrides: options.set, seed: options.seed });
  requireModule(config);
  const { model, notes } = buildModel(config);
  const engine = placing(config, () => describeEngine(config, model, notes));
  if (options.json) {
    const { source: _, ...values } = config;
    const summary = {
      valid: true,
      model: { ...describe(model), ...engine.facts },
      remarks: notes,
      config: values,
    };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
    return exitCode.done;
  }
  printRemarks(notes);
  const d = describe(model);
  process.stdout.write(
    `${file} is valid\n` +
      table(
        [
          ['name', d.name],
          [
            'space',
            `R^${d.dimension} (${d.coordinates.slice(0, 8).join(', ')}${d.dimension > 8 ? ', …' : ''})`,
          ],
          ['graph', `${counted(d.nodes, 'node')}, ${counted(d.edges, 'edge')}`],
          ...d.potentials.map((formula, i) => [i === 0 ? 'potential' : '', shorten(formula)]),
          ['temperature', JSON.stringify(d.temperature)],
          ['dynamics', `${engine.integrator}${d.splitting}, ${d.mobility} rates`],
          ...engine.lines,
          [
            'time',
            `${d.steps} steps of ${d.timeStep} to t = ${Number((d.steps * d.timeStep).toPrecision(10))}`,
          ],
          ['seed', String(d.seed)],
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

/** What is said of the engine that will run: lines of the summary, and facts for JSON. */
interface EngineText {
  readonly integrator: string;
  readonly lines: readonly (readonly [string, string])[];
  readonly facts: object;
}

function describeEngine(config: RunConfig, model: Model, notes: Preflight[]): EngineText {
  switch (model.representation) {
    case 'particles':
      return describeParticles(model);
    case 'grid':
      return describeGrid(model, notes);
    case 'lumped':
      return describeLumped(config);
    default:
      return model.representation satisfies never;
  }
}

function describeLumped({ dynamics, lumped, grow }: RunConfig): EngineText {
  const friction = dynamics.friction === undefined ? '' : `, friction ${JSON.stringify(dynamics.friction)}`;
  return {
    integrator: `${dynamics.kind}${friction}, `,
    lines: [
      ['lumped', `one point and one mass per node, error of the masses ${lumped.tolerance} per step`],
      ...(grow ? [['grow', `at most ${grow.nodes} nodes alive at once`] as const] : []),
    ],
    facts: { dynamics: dynamics.kind, friction: dynamics.friction, lumped, grow },
  };
}

/** @throws MemoryLimitError where the particles would not fit */
function describeParticles(model: Model): EngineText {
  const kernel = compileKernel(model);
  const replicas = replicaCount(model);
  planMemory(model, kernel.plan, replicas, coreCount());
  const { nodeCount } = model.graph;
  const { particleCount: particles, precision, integrator, kinetics, mesh } = model;
  const shards = nodeCount * replicas;
  const cut = `(${counted(nodeCount, 'node')} x ${counted(replicas, 'replica')})`;
  return {
    integrator: `${kinetics ? `accelerated, friction ${kinetics.friction}, ` : ''}${integrator}, `,
    lines: [
      ['particles', `${particles.toLocaleString('en')} in ${shards} shards ${cut}, ${precision}`],
      ...(mesh ? [['mesh', meshText(mesh)] as const] : []),
      ['kernel', `${kernel.bytes.length} bytes of WebAssembly`],
    ],
    facts: {
      integrator,
      ...(kinetics && { friction: kinetics.friction }),
      particles,
      precision,
      shards,
      ...(mesh && { mesh: { ...mesh, widths: cellWidths(mesh) } }),
    },
  };
}

/** @throws GridError where the grid would not fit, or the initial law lies outside */
function describeGrid(model: Model, notes: Preflight[]): EngineText {
  const plan = new GridPlan(model);
  notes.push(...checkGrid(plan));
  plan.allocate(totalmem());
  const { gridTolerance: tolerance, mesh } = model;
  return {
    integrator: '',
    lines: [
      ...(mesh ? [['grid', `${meshText(mesh)}, ${(plan.bytes / 1e6).toFixed(0)} MB`] as const] : []),
      ...(tolerance === undefined
        ? []
        : [['tolerance', `${tolerance} for the error of a step, relative to the density`] as const]),
    ],
    facts: { ...(mesh && { mesh: { ...mesh, widths: cellWidths(mesh) } }), tolerance, bytes: plan.bytes },
  };
}

function describe(model: Model) {
  return {
    name: model.name,
    dimension: model.dimension,
    coordinates: model.coordinateNames,
    nodes: model.graph.nodeCount,
    edges: model.graph.targets.length / 2,
    potentials: model.potentials.map((potential) => print(potential)),
    temperature: model.temperature.kind === 'constant' ? model.temperature.value : model.temperature,
    mobility: model.mobility,
    splitting: model.splitting,
    timeStep: model.timeStep,
    steps: model.stepCount,
    seed: model.seed,
  };
}
