// The arithmetic of a network, by jax-js on WebAssembly: logits and cross-entropy of a batch, and its gradient, compiled once per structure. Numbers
// are f32. What was measured against other packages is in docs/optimisation.md.

import {
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  valueAndGrad,
  type Array as Tensor,
} from '@jax-js/jax';
import { parseStructure, type Activation } from './structure.js';
import { CELLS, CLASSES, layoutOf, PIXELS } from './weights.js';

await init('wasm');
defaultDevice('wasm');

/** Images in a batch: one shape for all calls, so that a structure is compiled once. */
export const BATCH = 64;

/** Up to 64 images; those beyond `count` have labels of zeros and count for nothing. */
export interface Batch {
  readonly count: number;
  readonly pixels: Float32Array;
  /** The 3 x 3 pixels around each pixel, 0 outside. */
  readonly patches: Float32Array;
  /** One row of ten per image: 1 at its label. */
  readonly labels: Float32Array;
}

export interface BatchResult {
  /** Sum of the cross-entropy over the images. */
  readonly sum: number;
  readonly logits: Float32Array;
  /** Of `sum`, as long as x. */
  readonly gradient: Float64Array;
}

type Compiled = (weights: Tensor[], inputs: Tensor[]) => [[Tensor, Tensor], Tensor[]];

const compiled = new Map<string, Compiled>();

/** Number of structures that have been compiled by this thread. */
export function compiledCount(): number {
  return compiled.size;
}

/** Cross-entropy, logits and gradient of one batch. */
export function runBatch(text: string, x: Float64Array, batch: Batch): BatchResult {
  const layout = layoutOf(text);
  let run = compiled.get(text);
  if (!run) {
    run = compile(text);
    compiled.set(text, run);
  }
  const weights = layout.map(({ offset, size, shape }) =>
    np.array(Float32Array.from(x.subarray(offset, offset + size)), { shape: [...shape] }),
  );
  const inputs = [
    np.array(batch.pixels, { shape: [BATCH, PIXELS] }),
    np.array(batch.labels, { shape: [BATCH, CLASSES] }),
    np.array(batch.patches, { shape: [BATCH * PIXELS, 9] }),
  ];
  const [[value, logits], gradients] = run(weights, inputs);
  const gradient = new Float64Array(x.length);
  gradients.forEach((tensor, i) => gradient.set(tensor.dataSync() as Float32Array, layout[i].offset));
  return {
    sum: (value.dataSync() as Float32Array)[0],
    logits: logits.dataSync() as Float32Array,
    gradient,
  };
}

function compile(text: string): Compiled {
  const { dense, convolutions } = parseStructure(text);
  const names = layoutOf(text).map(({ name }) => name);
  const loss = (weights: Tensor[], [pixels, labels, patches]: Tensor[]): [Tensor, Tensor] => {
    const uses = new Map(names.map((name, i) => [name, weights[i]]));
    const take = (name: string): Tensor => {
      const tensor = uses.get(name);
      if (!tensor) throw new Error(`${text} has no ${name}`);
      return tensor;
    };
    let logits = np.matmul(pixels.ref, take('out.linear')).add(take('out.bias'));
    if (dense.length > 0) {
      let hidden = pixels;
      let inputs = PIXELS;
      dense.forEach(({ width, activation, hasSkip }, i) => {
        const input = hasSkip ? hidden.ref : hidden;
        const linear = np.matmul(input, take(`dense${i}.weight`)).add(take(`dense${i}.bias`));
        let output = activate(linear, activation, `dense${i}`, take);
        if (hasSkip)
          output = output.add(
            skipped(hidden, inputs, width).mul(padded(take(`dense${i}.skip`), inputs, width)),
          );
        hidden = output;
        inputs = width;
      });
      logits = logits.add(np.matmul(hidden, take('out.dense')));
    } else pixels.dispose();
    if (convolutions.length > 0) {
      const [{ width, activation }] = convolutions;
      const kernel = np.reshape(take('convolution0.weight'), [9, width]);
      const linear = np.matmul(patches, kernel).add(take('convolution0.bias'));
      const image = activate(linear, activation, 'convolution0', take);
      // Mean over 2 x 2 pixels.
      let cells = np.mean(np.reshape(image, [BATCH, 4, 2, 4, 2, width]), [2, 4]);
      let channels = width;
      if (convolutions.length > 1) {
        const [, second] = convolutions;
        // 3 x 3 cells around each cell, as a product with a matrix of zeros and ones: cheaper to compile than shifts.
        const byChannel = np.reshape(np.transpose(cells, [0, 3, 1, 2]), [BATCH * channels, CELLS]);
        const around = np.matmul(byChannel, np.array(AROUND, { shape: [CELLS, CELLS * 9] }));
        const rows = np.transpose(np.reshape(around, [BATCH, channels, CELLS, 9]), [0, 2, 1, 3]);
        const product = np.matmul(
          np.reshape(rows, [BATCH * CELLS, channels * 9]),
          np.reshape(take('convolution1.weight'), [channels * 9, second.width]),
        );
        cells = activate(product.add(take('convolution1.bias')), second.activation, 'convolution1', take);
        channels = second.width;
      }
      logits = logits.add(
        np.matmul(
          np.reshape(cells, [BATCH, CELLS * channels]),
          np.reshape(take('out.convolution'), [CELLS * channels, CLASSES]),
        ),
      );
    } else patches.dispose();
    const value = np.negative(np.sum(nn.logSoftmax(logits.ref).mul(labels)));
    return [value, lax.stopGradient(logits)];
  };
  return jit(valueAndGrad(loss, { hasAux: true }));
}

function activate(x: Tensor, kind: Activation, layer: string, take: (name: string) => Tensor): Tensor {
  switch (kind) {
    case 'r':
      return nn.relu(x);
    case 't':
      return np.tanh(x);
    case 'p':
      // max(x, 0) + slope min(x, 0)
      return nn.relu(x.ref).sub(nn.relu(np.negative(x)).mul(take(`${layer}.slope`)));
    case 'm': {
      const mix = take(`${layer}.mix`);
      return np
        .tanh(x.ref)
        .mul(mix.ref)
        .add(nn.relu(x).mul(np.negative(mix).add(1)));
    }
    default:
      return kind satisfies never;
  }
}

/** The first `width` inputs, or all of them and zeros. */
function skipped(x: Tensor, inputs: number, width: number): Tensor {
  if (inputs === width) return x;
  if (inputs > width) return x.slice([], [0, width]);
  return np.pad(x, [
    [0, 0],
    [0, width - inputs],
  ]);
}

/** Factors of a skip, and zeros where there is no input. */
function padded(factors: Tensor, inputs: number, width: number): Tensor {
  return inputs >= width ? factors : np.pad(factors, [[0, width - inputs]]);
}

/** Row: a cell of 4 x 4. Column: a cell and one of nine places around it. 1 where the row's cell is at that place. */
const AROUND = ((): Float32Array<ArrayBuffer> => {
  const matrix = new Float32Array(CELLS * CELLS * 9);
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++)
      for (let place = 0; place < 9; place++) {
        const [r, c] = [row + Math.floor(place / 3) - 1, column + (place % 3) - 1];
        if (r < 0 || r > 3 || c < 0 || c > 3) continue;
        matrix[(r * 4 + c) * CELLS * 9 + (row * 4 + column) * 9 + place] = 1;
      }
  return matrix;
})();
