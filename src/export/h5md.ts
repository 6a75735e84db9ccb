// A run as one HDF5 file in the form of H5MD 1.1: what is where. How HDF5 is written is hdf5.ts.
//
//     /h5md                          version 1.1, author, creator
//     /particles/sample/box          dimension, boundary, edges
//     /particles/sample/position     step, time, value (snapshot, particle, coordinate)
//     /particles/sample/velocity     likewise, where particles have velocities
//     /particles/sample/species      step, time, value (snapshot, particle): the node; also called node
//     /observables/<quantity>        step, time, value (record, …)
//     /observables/energy/<quantity> the same of energy records, which may be fewer
//     /observables/density           of grid runs: step, time, value (snapshot, node, cells …); /observables/phi of second-order dynamics
//     /parameters                    config, names, seed, graph in compressed rows
//
// Steps and times are stored explicitly, once per table, and linked.

import type { ExportData } from './data.js';
import { Hdf5File } from './hdf5.js';
import { energetic, fill, observed, omissions, shapeOf, sizeOf, survey, type Series } from './quantities.js';

const group = '/particles/sample';
const units = 'dimensionless';

/**
 * Writes a run to `path`.
 *
 * @returns what a person should know of it
 * @throws ExportError
 */
export async function writeH5md(
  data: ExportData,
  path: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const observations = await survey(data.observations, observed, 'observations', signal);
  const energies = await survey(data.energies, energetic, 'energies', signal);
  // Objects carry times; the run's own keeps the bytes the same.
  const file = await Hdf5File.create(path, Date.parse(data.manifest.startedAt));
  writeMetadata(file, data);
  writeParameters(file, data);
  file.group('/observables');
  await writeTable(file, data, observations, '/observables');
  if (energies.count > 0) {
    file.group('/observables/energy');
    await writeTable(file, data, energies, '/observables/energy');
  }
  if (data.chosen.length > 0) {
    if (data.snapshots) await writeParticles(file, data, data.snapshots, signal);
    if (data.densities) await writeDensities(file, data, data.densities, signal);
  }
  file.close();
  return omissions(observations.quantities);
}

function writeMetadata(file: Hdf5File, { manifest, author }: ExportData): void {
  file.group('/h5md/author');
  file.group('/h5md/creator');
  file.attribute('/h5md', 'version', Int32Array.of(1, 1));
  file.attribute('/h5md/author', 'name', author);
  file.attribute('/h5md/creator', 'name', 'wasserwerk');
  file.attribute('/h5md/creator', 'version', manifest.wasserwerkVersion);
}

function writeParameters(file: Hdf5File, { manifest, model }: ExportData): void {
  const { graph } = model;
  const at = '/parameters';
  file.group(at);
  file.attribute(at, 'name', manifest.name);
  file.attribute(at, 'units', units);
  file.attribute(at, 'status', manifest.status);
  file.scalar(at, 'seed', model.seed, 'i64');
  file.scalar(at, 'steps_done', manifest.stepsDone, 'i64');
  file.scalar(at, 'time_step', model.timeStep, 'f64');
  if (manifest.stateHash !== null) file.attribute(at, 'state_hash', manifest.stateHash);
  file.text(`${at}/config`, manifest.configText);
  file.text(`${at}/config_with_defaults`, JSON.stringify(manifest.config, null, 2));
  file.text(`${at}/node_names`, graph.nodeNames);
  file.text(`${at}/coordinate_names`, model.coordinateNames);
  file.group(`${at}/graph`);
  file.attribute(
    `${at}/graph`,
    'description',
    'compressed rows: the edges of node g are those e with offsets[g] <= e < offsets[g + 1]; nodes count from 0',
  );
  file.array(`${at}/graph/offsets`, graph.offsets);
  file.array(`${at}/graph/targets`, graph.targets);
  file.array(`${at}/graph/weights`, graph.weights);
}

/** Writes step and time of the elements below `at` once, and returns how an element comes to have them. */
function writeTimes(
  file: Hdf5File,
  at: string,
  steps: readonly number[],
  times: readonly number[],
): (element: string) => void {
  file.array(`${at}/step`, BigInt64Array.from(steps, BigInt));
  file.array(`${at}/time`, Float64Array.from(times));
  file.attribute(`${at}/time`, 'units', units);
  return (element) => {
    file.link(`${at}/step`, `${element}/step`);
    file.link(`${at}/time`, `${element}/time`);
  };
}

async function writeTable<R extends { readonly step: number; readonly time: number }>(
  file: Hdf5File,
  data: ExportData,
  series: Series<R>,
  at: string,
): Promise<void> {
  const steps: number[] = [];
  const times: number[] = [];
  for await (const { step, time } of series.records()) {
    steps.push(step);
    times.push(time);
  }
  let link: ((element: string) => void) | undefined;
  const columns = series.quantities.map((quantity) => {
    const shape = shapeOf(quantity, data);
    const element = `${at}/${quantity.name}`;
    file.group(element);
    if (link) link(element);
    else link = writeTimes(file, element, steps, times);
    const values = file.series(`${element}/value`, 'f64', series.count, shape);
    file.attribute(`${element}/value`, 'units', units);
    file.attribute(element, 'description', quantity.description);
    return { quantity, values, record: new Float64Array(sizeOf(shape)) };
  });
  for await (const entry of series.records()) {
    for (const { quantity, values, record } of columns) {
      fill(record, 0, record.length, quantity.of(entry), quantity.name);
      values.append(record);
    }
  }
  for (const { values } of columns) values.flush();
}

async function writeParticles(
  file: Hdf5File,
  data: ExportData,
  snapshots: NonNullable<ExportData['snapshots']>,
  signal: AbortSignal,
): Promise<void> {
  const { model, chosen } = data;
  const { particles } = snapshots;
  writeBox(file, data);
  file.attribute(
    group,
    'description',
    'A systematic subsample of the particles. Rows are no trajectories: row i of one snapshot and of the next are in ' +
      'general different particles.',
  );
  file.group(`${group}/position`);
  file.group(`${group}/species`);
  const steps = chosen.map(({ step }) => step);
  const times = chosen.map(({ time }) => time);
  const shareTimes = writeTimes(file, `${group}/position`, steps, times);
  shareTimes(`${group}/species`);
  // VMD and others colour by species; who knows the model looks for the node.
  file.link(`${group}/species`, `${group}/node`);
  file.attribute(
    `${group}/species`,
    'description',
    'node, counted from 0 in the order of /parameters/node_names',
  );
  const nodes = file.series(`${group}/species/value`, 'i32', chosen.length, [particles]);
  const names = ['position', ...(snapshots.hasVelocities ? ['velocity'] : [])].map(
    (name) => `${group}/${name}`,
  );
  if (snapshots.hasVelocities) {
    file.group(names[1]);
    shareTimes(names[1]);
    file.attribute(names[1], 'description', 'w: dx/dt = sqrt(D) w, and the kinetic energy is |w|^2/2');
  }
  let fields: readonly ReturnType<Hdf5File['series']>[] | undefined;
  for (const { index } of chosen) {
    signal.throwIfAborted();
    const { x, w, node } = await snapshots.read(index);
    fields ??= names.map((name) => {
      const type = x instanceof Float32Array ? 'f32' : 'f64';
      const series = file.series(`${name}/value`, type, chosen.length, [particles, model.dimension]);
      file.attribute(`${name}/value`, 'units', units);
      return series;
    });
    fields[0].append(x);
    if (w) fields[1].append(w);
    nodes.append(node);
  }
  for (const series of fields ?? []) series.flush();
  nodes.flush();
}

/** H5MD knows `periodic` and `none`; where it is none, edges are placeholders. The ends of the box are attributes of our own. */
function writeBox(file: Hdf5File, { model }: ExportData): void {
  const { boundaries, dimension } = model;
  const box = `${group}/box`;
  file.group(box);
  file.scalar(box, 'dimension', dimension, 'i32');
  file.attribute(
    box,
    'boundary',
    boundaries.map(({ kind }) => (kind === 'periodic' ? 'periodic' : 'none')),
  );
  if (boundaries.every(({ kind }) => kind === 'free')) return;
  const low = Float64Array.from(boundaries, (b) => (b.kind === 'free' ? -Infinity : b.low));
  const high = Float64Array.from(boundaries, (b) => (b.kind === 'free' ? Infinity : b.high));
  file.array(
    `${box}/edges`,
    high.map((end, k) => end - low[k]),
  );
  file.attribute(`${box}/edges`, 'units', units);
  file.attribute(box, 'low', low);
  file.attribute(box, 'high', high);
  file.attribute(
    box,
    'kind',
    boundaries.map(({ kind }) => kind),
  );
}

async function writeDensities(
  file: Hdf5File,
  data: ExportData,
  series: NonNullable<ExportData['densities']>,
  signal: AbortSignal,
): Promise<void> {
  const { readPotential } = series;
  await writeField(file, data, series, (index) => series.read(index), signal, {
    at: '/observables/density',
    description: 'Averages of the density f(x, g)',
  });
  if (readPotential === undefined) return;
  await writeField(file, data, series, readPotential, signal, {
    at: '/observables/phi',
    description: 'The potential phi(x, g) of the motion, known up to a constant: averages',
  });
}

async function writeField(
  file: Hdf5File,
  { model, chosen }: ExportData,
  { mesh }: NonNullable<ExportData['densities']>,
  read: (index: number) => Promise<Float64Array>,
  signal: AbortSignal,
  { at, description }: { readonly at: string; readonly description: string },
): Promise<void> {
  file.group(at);
  writeTimes(
    file,
    at,
    chosen.map(({ step }) => step),
    chosen.map(({ time }) => time),
  );
  const values = file.series(`${at}/value`, 'f64', chosen.length, [model.graph.nodeCount, ...mesh.cells]);
  file.attribute(`${at}/value`, 'units', units);
  file.attribute(
    at,
    'description',
    `H5MD has no fields: this is one as an observable. ${description} over cells, as (snapshot, node, ` +
      'cells …); the centre of cell i of coordinate k is low[k] + (i + 1/2) (high[k] - low[k])/cells[k].',
  );
  file.attribute(at, 'cells', Int32Array.from(mesh.cells));
  file.attribute(at, 'low', Float64Array.from(mesh.low));
  file.attribute(at, 'high', Float64Array.from(mesh.high));
  file.attribute(
    at,
    'boundary',
    mesh.periodic.map((isPeriodic) => (isPeriodic ? 'periodic' : 'none')),
  );
  for (const { index } of chosen) {
    signal.throwIfAborted();
    values.append(await read(index));
  }
  values.flush();
}
