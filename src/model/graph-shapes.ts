// The graphs that have a name: ring, path, complete, star, hypercube, grid. Sizes have been checked by the schema.

import type { EdgeList } from './graph.js';
import type { ParameterTable } from './model.js';

/** A graph before compression, with the node parameters that come with it. */
export interface GraphParts {
  readonly nodeNames: readonly string[];
  readonly edges: EdgeList;
  readonly parameters: readonly ParameterTable[];
}

/** Collects a known number of edges. */
class EdgeWriter implements EdgeList {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weights: Float64Array;
  #length = 0;

  constructor(count: number, weight: number) {
    this.from = new Int32Array(count);
    this.to = new Int32Array(count);
    this.weights = new Float64Array(count).fill(weight);
  }

  add(from: number, to: number): void {
    this.from[this.#length] = from;
    this.to[this.#length++] = to;
  }
}

const numbered = (n: number): string[] => Array.from({ length: n }, (_, i) => String(i));

function hypercube(dimension: number, weight: number): GraphParts {
  const nodeCount = 1 << dimension;
  const edges = new EdgeWriter((dimension * nodeCount) / 2, weight);
  const bits = new Float64Array(nodeCount * dimension);
  const nodeNames: string[] = [];
  for (let g = 0; g < nodeCount; g++) {
    let name = '';
    for (let j = 0; j < dimension; j++) {
      const bit = (g >>> j) & 1;
      bits[g * dimension + j] = bit;
      name += String(bit);
      if (bit === 0) edges.add(g, g | (1 << j));
    }
    nodeNames.push(name);
  }
  return { nodeNames, edges, parameters: [{ name: 'bits', components: dimension, values: bits }] };
}

/** A rectangular lattice; the last index runs fastest. */
export function grid(shape: readonly number[], periodic: boolean, weight: number): GraphParts {
  const axes = shape.length;
  const nodeCount = shape.reduce((a, b) => a * b, 1);
  // A side of two is already joined; joining its ends again would double the edge.
  const wraps = shape.map((side) => periodic && side > 2);
  const count = shape.reduce((sum, side, a) => sum + (nodeCount / side) * (wraps[a] ? side : side - 1), 0);
  const edges = new EdgeWriter(count, weight);
  const position = new Float64Array(nodeCount * axes);
  const nodeNames: string[] = [];
  const stride = shape.map((_, a) => shape.slice(a + 1).reduce((x, y) => x * y, 1));
  for (let g = 0; g < nodeCount; g++) {
    const index = shape.map((side, a) => Math.floor(g / stride[a]) % side);
    nodeNames.push(index.join(','));
    position.set(index, g * axes);
    for (let a = 0; a < axes; a++) {
      if (index[a] + 1 < shape[a]) edges.add(g, g + stride[a]);
      else if (wraps[a]) edges.add(g, g - (shape[a] - 1) * stride[a]);
    }
  }
  return { nodeNames, edges, parameters: [{ name: 'position', components: axes, values: position }] };
}

/** A graph with a name and one size. */
export function shape(
  kind: 'ring' | 'path' | 'complete' | 'star' | 'hypercube',
  n: number,
  weight: number,
): GraphParts {
  let edges: EdgeWriter;
  switch (kind) {
    case 'ring':
      edges = new EdgeWriter(n, weight);
      for (let i = 0; i < n; i++) edges.add(i, (i + 1) % n);
      break;
    case 'path':
      edges = new EdgeWriter(n - 1, weight);
      for (let i = 0; i + 1 < n; i++) edges.add(i, i + 1);
      break;
    case 'complete':
      edges = new EdgeWriter((n * (n - 1)) / 2, weight);
      for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) edges.add(i, j);
      break;
    case 'star':
      edges = new EdgeWriter(n - 1, weight);
      for (let i = 1; i < n; i++) edges.add(0, i);
      break;
    case 'hypercube':
      return hypercube(n, weight);
    default:
      return kind satisfies never;
  }
  return { nodeNames: numbered(n), edges, parameters: [] };
}
