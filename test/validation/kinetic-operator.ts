// What one step of particles with velocities (baoab, with or without jumps) does to functions of the node, x and w, in one
// dimension, to many digits: transition.ts for two variables. Functions are their values at a product of Chebyshev points;
// every part of a step is a matrix along x, along w or between nodes. It shares no code and no method with the kernel.

import { zeros, type Matrix } from './linear.js';
import { addInterpolation, chebyshev, noise } from './transition.js';

export interface KineticNode {
  readonly diffusivity: number;
  readonly potential: (x: number) => number;
  /** V'(x). */
  readonly slope: (x: number) => number;
}

export interface KineticScheme {
  readonly nodes: readonly KineticNode[];
  readonly splitting: 'lie' | 'strang';
  readonly step: number;
  readonly temperature: number;
  readonly friction: number;
  /** Rates of jumps between the nodes 0 and 1 at x, there and back; without it nobody jumps. */
  readonly rates?: (x: number) => readonly [number, number];
}

const xs = chebyshev(72, 8.5);
const ws = chebyshev(46, 8);
const [nx, nw] = [xs.points.length, ws.points.length];

/** A function: values at [(node * nx + i) * nw + j]. */
export type KineticFunction = Float64Array;

export function kineticFunction(
  nodes: number,
  f: (node: number, x: number, w: number) => number,
): KineticFunction {
  const values = new Float64Array(nodes * nx * nw);
  for (let at = 0; at < values.length; at++) {
    const row = Math.floor(at / nw);
    values[at] = f(Math.floor(row / nx), xs.points[row % nx], ws.points[at % nw]);
  }
  return values;
}

/** A part of a step: the function after it, from a function. With `transposed`, laws (weights of points) instead. */
type Part = (f: KineticFunction) => KineticFunction;

interface Parts {
  readonly forward: readonly Part[];
  readonly transposed: readonly Part[];
}

function transpose(m: Matrix): Matrix {
  return Array.from(m[0], (_, j) => Float64Array.from(m, (row) => row[j]));
}

/** Applies matrices to lines of a function: `lines` gives for each its first index, the distance of entries, its matrix. */
function alongLines(lines: readonly (readonly [first: number, stride: number, m: Matrix])[]): Part {
  const line = new Float64Array(Math.max(nx, nw));
  return (f) => {
    const out = new Float64Array(f.length);
    for (const [first, stride, m] of lines) {
      for (let k = 0; k < m.length; k++) line[k] = f[first + k * stride];
      for (let i = 0; i < m.length; i++) {
        const row = m[i];
        let sum = 0;
        for (let k = 0; k < row.length; k++) sum += row[k] * line[k];
        out[first + i * stride] = sum;
      }
    }
    return out;
  };
}

function both(lines: readonly (readonly [number, number, Matrix])[]): readonly [Part, Part] {
  return [
    alongLines(lines),
    alongLines(lines.map(([first, stride, m]) => [first, stride, transpose(m)] as const)),
  ];
}

/** The step of a scheme. */
export class KineticOperator {
  readonly #parts: Parts;
  readonly #nodes: number;

  constructor(readonly scheme: KineticScheme) {
    const { nodes, splitting, step, rates } = scheme;
    this.#nodes = nodes.length;
    const kick = both(this.#kicks());
    const drift = both(this.#drifts());
    const friction = both(this.#friction());
    const move = [kick, drift, friction, drift, kick];
    const sequence = [...move];
    if (rates) {
      const jump = both(this.#jumps(splitting === 'strang' ? step / 2 : step));
      sequence.push(jump);
      if (splitting === 'strang') sequence.unshift(jump);
    }
    // E f after all parts: the last part meets f first.
    this.#parts = {
      forward: sequence.map(([part]) => part).reverse(),
      transposed: sequence.map(([, part]) => part),
    };
  }

  /** P f, n times. */
  apply(f: KineticFunction, n = 1): KineticFunction {
    let g = f;
    for (let i = 0; i < n; i++) for (const part of this.#parts.forward) g = part(g);
    return g;
  }

  /** The law after n steps from x = w = 0 on node 0, as weights of the points. */
  law(n: number): KineticFunction {
    let law: KineticFunction = new Float64Array(this.#nodes * nx * nw);
    law[((nx - 1) / 2) * nw + (nw - 1) / 2] = 1;
    for (let i = 0; i < n; i++) for (const part of this.#parts.transposed) law = part(law);
    return law;
  }

  #kicks(): [number, number, Matrix][] {
    const { nodes, step } = this.scheme;
    return nodes.flatMap(({ diffusivity, slope }, g) =>
      Array.from(xs.points, (x, i): [number, number, Matrix] => {
        const m = zeros(nw);
        const by = -(step / 2) * Math.sqrt(diffusivity) * slope(x);
        m.forEach((row, j) => {
          addInterpolation(ws, ws.points[j] + by, 1, row);
        });
        return [(g * nx + i) * nw, 1, m];
      }),
    );
  }

  #drifts(): [number, number, Matrix][] {
    const { nodes, step } = this.scheme;
    return nodes.flatMap(({ diffusivity }, g) =>
      Array.from(ws.points, (w, j): [number, number, Matrix] => {
        const m = zeros(nx);
        const by = (step / 2) * Math.sqrt(diffusivity) * w;
        m.forEach((row, i) => {
          addInterpolation(xs, xs.points[i] + by, 1, row);
        });
        return [g * nx * nw + j, nw, m];
      }),
    );
  }

  #friction(): [number, number, Matrix][] {
    const { step, temperature, friction } = this.scheme;
    const decay = Math.exp(-friction * step);
    const sigma = Math.sqrt(temperature * (1 - decay * decay));
    const m = zeros(nw);
    m.forEach((row, j) => {
      for (const { value, probability } of noise)
        addInterpolation(ws, decay * ws.points[j] + sigma * value, probability, row);
    });
    return Array.from({ length: this.#nodes * nx }, (_, line) => [line * nw, 1, m]);
  }

  #jumps(time: number): [number, number, Matrix][] {
    const { rates } = this.scheme;
    return Array.from(xs.points, (x, i) => {
      const [there, back] = rates?.(x) ?? [0, 0];
      const gone = (1 - Math.exp(-(there + back) * time)) / (there + back);
      const m = [
        Float64Array.of(1 - there * gone, there * gone),
        Float64Array.of(back * gone, 1 - back * gone),
      ];
      return Array.from({ length: nw }, (_, j): [number, number, Matrix] => [i * nw + j, nx * nw, m]);
    }).flat();
  }
}

/** The mean of a function under a law. */
export function average(law: KineticFunction, f: KineticFunction): number {
  return law.reduce((sum, weight, i) => sum + weight * f[i], 0);
}
