// The snapshots of a run: particles, densities or lumped points. Not when they are taken.

import {
  DensitySnapshotWriter,
  LumpedSnapshotWriter,
  SnapshotWriter,
  type DensityLayout,
  type SnapshotLayout,
} from '../output/mod.js';
import type { Evolution, ParticleEvolution } from './evolution.js';
import type { GridSimulation } from './grid-simulation.js';
import { sampleParticles } from './sample-particles.js';

export interface RunSnapshots {
  readonly count: number;
  /** Drops all after the first `count`. */
  trimTo(count: number): Promise<void>;
  /** Appends the state as it is. */
  append(): Promise<void>;
}

/** Creates or opens the snapshots of a folder. @throws OutputError */
export async function openSnapshots(
  folder: string,
  evolution: Evolution,
  mode: 'create' | 'open',
): Promise<RunSnapshots> {
  const time = (): { step: number; time: number } => {
    const { step, model } = evolution;
    return { step, time: step * model.timeStep };
  };
  if (evolution.kind === 'grid') {
    const writer = await DensitySnapshotWriter[mode](folder, densityLayout(evolution));
    return wrap(writer, () => writer.append({ ...time(), density: evolution.density }));
  }
  if (evolution.kind === 'lumped') {
    const writer = await LumpedSnapshotWriter[mode](folder);
    return wrap(writer, async () => {
      const { flow } = evolution;
      const nodes = flow.nodes();
      const points = await flow.read(nodes.map(({ node }) => node));
      await writer.append({
        ...time(),
        nodes: nodes.map(({ node, mass, value }, g) => ({ node, mass, value, x: points[g].x })),
      });
    });
  }
  const writer =
    mode === 'create'
      ? await SnapshotWriter.create(folder, particleLayout(evolution))
      : await SnapshotWriter.open(folder);
  return wrap(writer, async () =>
    writer.append({ ...time(), ...(await sampleParticles(evolution, writer.layout.particles)) }),
  );
}

function wrap(
  writer: { readonly count: number; trimTo(count: number): Promise<void> },
  append: () => Promise<void>,
): RunSnapshots {
  return {
    get count() {
      return writer.count;
    },
    trimTo: (count) => writer.trimTo(count),
    append,
  };
}

function particleLayout({ model, config }: ParticleEvolution): SnapshotLayout {
  const wanted = config.snapshots?.particles;
  return {
    nodeNames: model.graph.nodeNames,
    coordinateNames: model.coordinateNames,
    precision: model.precision,
    particles: typeof wanted === 'number' ? Math.min(wanted, model.particleCount) : model.particleCount,
  };
}

function densityLayout({ model }: GridSimulation): DensityLayout {
  const { mesh, graph, coordinateNames } = model;
  if (!mesh) throw new TypeError('a grid has a mesh');
  const { cells, low, high, periodic } = mesh;
  return { nodeNames: graph.nodeNames, coordinateNames, cells, low, high, periodic };
}
