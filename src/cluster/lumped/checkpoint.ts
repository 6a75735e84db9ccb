// The state of a lumped flow as parts of a checkpoint, and back.
//
//     lumped.json       step, nodes (name, born, parent, numbers of coordinates …), counts, best: all that is short
//     masses.bin        m of all nodes, then phi
//     edges.bin         from, to, weight as numbers, one edge after another
//     points-00000.bin  x and v, node after node, some MB a part; no node is cut
//     best.bin          x of the best point

import type { BestPoint, GivenPoint, LumpedCounts, LumpedFlow, LumpedOutline } from '../../lumped/mod.js';
import type { Checkpoint, CheckpointPart, PartStorage } from '../../output/mod.js';

const PART_NUMBERS = 1024 * 1024;

interface NodeMeta {
  readonly node: string;
  readonly born: number;
  readonly parent: string | null;
  readonly expanded: boolean;
  readonly x: number;
  readonly v: number;
}

interface Meta {
  readonly format: 'wasserwerk-lumped';
  readonly step: number;
  readonly nodes: readonly NodeMeta[];
  readonly edges: number;
  readonly best: Omit<BestPoint, 'x' | 'dimension'> | null;
  readonly counts: LumpedCounts;
  readonly stepPart: number;
  readonly restartedAt: number;
  /** null: not a number. */
  readonly expected: number | null;
}

const bytesOf = (array: Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Nodes in their order, in batches of some MB of coordinates and velocities; none is cut. */
export function inBatches<Node extends { readonly dimension: number; readonly velocities: number }>(
  nodes: readonly Node[],
): Node[][] {
  const found: Node[][] = [];
  let size = Infinity;
  for (const node of nodes) {
    const numbers = node.dimension + node.velocities;
    if (size + numbers > PART_NUMBERS) {
      found.push([]);
      size = 0;
    }
    found[found.length - 1].push(node);
    size += numbers;
  }
  return found;
}

const numbersOf = (nodes: readonly { readonly dimension: number; readonly velocities: number }[]): number =>
  nodes.reduce((sum, { dimension, velocities }) => sum + dimension + velocities, 0);

const partName = (part: number): string => `points-${String(part).padStart(5, '0')}.bin`;

/** The parts, one after another; each is a copy. Points are read some MB at a time: they may be on other machines. */
export async function* lumpedParts(
  flow: Pick<LumpedFlow, 'outline' | 'bestPoint' | 'read'>,
): AsyncGenerator<CheckpointPart> {
  const { nodes, edges, expected, counts, step, stepPart, restartedAt } = flow.outline();
  const best = await flow.bestPoint();
  const meta: Meta = {
    ...{ format: 'wasserwerk-lumped', step, counts, stepPart, restartedAt },
    nodes: nodes.map(({ node, born, parent, expanded, dimension, velocities }) => ({
      ...{ node, born, parent: parent ?? null, expanded, x: dimension, v: velocities },
    })),
    edges: edges.from.length,
    best: best ? { node: best.node, value: best.value, step: best.step, time: best.time } : null,
    expected: Number.isFinite(expected) ? expected : null,
  };
  yield { name: 'lumped.json', bytes: new TextEncoder().encode(JSON.stringify(meta)) };
  const masses = Float64Array.from([...nodes.map(({ mass }) => mass), ...nodes.map(({ phi }) => phi)]);
  yield { name: 'masses.bin', bytes: bytesOf(masses) };
  const numbers = new Float64Array(3 * edges.from.length);
  edges.from.forEach((from, e) => numbers.set([from, edges.to[e], edges.weight[e]], 3 * e));
  yield { name: 'edges.bin', bytes: bytesOf(numbers) };
  for (const [part, batch] of inBatches(nodes).entries()) {
    const whole = new Float64Array(numbersOf(batch));
    let at = 0;
    for (const { x, v } of await flow.read(batch.map(({ node }) => node))) {
      whole.set(x, at);
      whole.set(v, at + x.length);
      at += x.length + v.length;
    }
    yield { name: partName(part), bytes: bytesOf(whole) };
  }
  if (best) yield { name: 'best.bin', bytes: bytesOf(best.x.slice()) };
}

/** A state in a checkpoint: its points are read when they are asked for, some MB at a time. */
export interface SavedLumped {
  readonly outline: LumpedOutline;
  readonly best: BestPoint | undefined;
  points(): AsyncGenerator<readonly GivenPoint[]>;
}

/**
 * The state of a checkpoint.
 * @throws RangeError if it is not of a lumped run
 */
export async function readLumped(checkpoint: Checkpoint, storage: PartStorage): Promise<SavedLumped> {
  const bytes = async (name: string): Promise<Uint8Array> => {
    const entry = checkpoint.parts.find((part) => part.name === name);
    if (!entry) throw new RangeError(`the checkpoint has no part ${name}: it is not of this run`);
    return storage.read(checkpoint.location, entry);
  };
  const numbers = async (name: string, length: number): Promise<Float64Array> => {
    const array = new Float64Array((await bytes(name)).slice().buffer);
    if (array.length !== length)
      throw new RangeError(`the part ${name} has ${array.length} numbers, not ${length}`);
    return array;
  };
  const meta = JSON.parse(new TextDecoder().decode(await bytes('lumped.json'))) as Meta;
  const n = meta.nodes.length;
  const masses = await numbers('masses.bin', 2 * n);
  const edges = await numbers('edges.bin', 3 * meta.edges);
  const bestBytes = meta.best ? await bytes('best.bin') : undefined;
  const bestX = bestBytes && new Float64Array(bestBytes.slice().buffer);
  const column = (offset: number): Float64Array =>
    Float64Array.from({ length: meta.edges }, (_, e) => edges[3 * e + offset]);
  const outline: LumpedOutline = {
    nodes: meta.nodes.map(({ node, born, parent, expanded, x, v }, g) => ({
      ...{ node, born, parent: parent ?? undefined, expanded, mass: masses[g], phi: masses[n + g] },
      ...{ dimension: x, velocities: v },
    })),
    ...{ step: meta.step, counts: meta.counts, stepPart: meta.stepPart, restartedAt: meta.restartedAt },
    edges: { from: Int32Array.from(column(0)), to: Int32Array.from(column(1)), weight: column(2) },
    expected: meta.expected ?? NaN,
  };
  return {
    outline,
    best: meta.best && bestX ? { ...meta.best, dimension: bestX.length, x: bestX } : undefined,
    points: async function* () {
      for (const [part, batch] of inBatches(outline.nodes).entries()) {
        const whole = await numbers(partName(part), numbersOf(batch));
        let at = 0;
        yield batch.map(({ node, dimension, velocities }): GivenPoint => {
          const own = whole.subarray(at, (at += dimension + velocities));
          return { node, x: own.subarray(0, dimension), v: own.subarray(dimension) };
        });
      }
    },
  };
}
