// The state of a lumped flow as parts of a checkpoint, and back.
//
//     lumped.json       step, nodes (name, born, parent, numbers of coordinates …), counts, best: all that is short
//     masses.bin        m of all nodes, then phi
//     edges.bin         from, to, weight as numbers, one edge after another
//     points-00000.bin  x and v, node after node, some MB a part; no node is cut
//     best.bin          x of the best point

import type { BestPoint, LumpedCounts, LumpedState } from '../../lumped/mod.js';
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
  readonly best: Omit<BestPoint, 'x'> | null;
  readonly counts: LumpedCounts;
  readonly stepPart: number;
  readonly restartedAt: number;
  /** null: not a number. */
  readonly expected: number | null;
}

const bytesOf = (array: Float64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

/** Node after node, in groups of some MB: which nodes a part holds. */
function groups(nodes: readonly { readonly x: number; readonly v: number }[]): number[][] {
  const found: number[][] = [];
  let size = Infinity;
  nodes.forEach(({ x, v }, g) => {
    if (size + x + v > PART_NUMBERS) {
      found.push([]);
      size = 0;
    }
    found[found.length - 1].push(g);
    size += x + v;
  });
  return found;
}

const partName = (part: number): string => `points-${String(part).padStart(5, '0')}.bin`;

/** The parts, one after another; each is a copy. */
export function* lumpedParts(state: LumpedState): Generator<CheckpointPart> {
  const { nodes, edges, best, expected, counts, step, stepPart, restartedAt } = state;
  const meta: Meta = {
    ...{ format: 'wasserwerk-lumped', step, counts, stepPart, restartedAt },
    nodes: nodes.map(({ node, born, parent, expanded, x, v }) => ({
      ...{ node, born, parent: parent ?? null, expanded, x: x.length, v: v.length },
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
  for (const [part, group] of groups(meta.nodes).entries()) {
    const whole = new Float64Array(group.reduce((sum, g) => sum + meta.nodes[g].x + meta.nodes[g].v, 0));
    let at = 0;
    for (const g of group) {
      whole.set(nodes[g].x, at);
      whole.set(nodes[g].v, at + meta.nodes[g].x);
      at += meta.nodes[g].x + meta.nodes[g].v;
    }
    yield { name: partName(part), bytes: bytesOf(whole) };
  }
  if (best) yield { name: 'best.bin', bytes: bytesOf(best.x.slice()) };
}

/**
 * The state of a checkpoint.
 * @throws RangeError if it is not of a lumped run
 */
export async function readLumped(checkpoint: Checkpoint, storage: PartStorage): Promise<LumpedState> {
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
  const nodes: LumpedState['nodes'][number][] = [];
  for (const [part, group] of groups(meta.nodes).entries()) {
    const length = group.reduce((sum, g) => sum + meta.nodes[g].x + meta.nodes[g].v, 0);
    const whole = await numbers(partName(part), length);
    let at = 0;
    for (const g of group) {
      const { node, born, parent, expanded, x, v } = meta.nodes[g];
      nodes.push({
        ...{ node, born, parent: parent ?? undefined, expanded, mass: masses[g], phi: masses[n + g] },
        ...{ x: whole.subarray(at, at + x), v: whole.subarray(at + x, at + x + v) },
      });
      at += x + v;
    }
  }
  const bestBytes = meta.best ? await bytes('best.bin') : undefined;
  const column = (offset: number): Float64Array =>
    Float64Array.from({ length: meta.edges }, (_, e) => edges[3 * e + offset]);
  return {
    ...{
      step: meta.step,
      nodes,
      counts: meta.counts,
      stepPart: meta.stepPart,
      restartedAt: meta.restartedAt,
    },
    edges: { from: Int32Array.from(column(0)), to: Int32Array.from(column(1)), weight: column(2) },
    best:
      meta.best && bestBytes ? { ...meta.best, x: new Float64Array(bestBytes.slice().buffer) } : undefined,
    expected: meta.expected ?? NaN,
  };
}
