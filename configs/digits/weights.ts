// How the coordinates x of a network are laid out as tensors, where a network starts, and how weights carry over to a network one edit away.
// Growing leaves the outputs as they are (test/configs/digits.test.ts holds it to 1e-5); what is made smaller loses what is cut off.

import { growths, parseStructure, type Activation, type Structure } from './structure.js';

export const PIXELS = 64;
export const CLASSES = 10;
/** Cells that a branch of convolutions leaves: 4 x 4. */
export const CELLS = 16;

/** A tensor within x. Names say what it belongs to: `dense1.weight`, `out.linear`. */
export interface Tensor {
  readonly name: string;
  /** Lengths; the last one counts fastest. */
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

const layouts = new Map<string, readonly Tensor[]>();

/** The tensors of a network, one behind the other. */
export function layoutOf(text: string): readonly Tensor[] {
  const known = layouts.get(text);
  if (known) return known;
  const { dense, convolutions } = parseStructure(text);
  const tensors: Tensor[] = [];
  let offset = 0;
  const add = (name: string, ...shape: number[]): void => {
    const size = shape.reduce((product, length) => product * length, 1);
    tensors.push({ name, shape, offset, size });
    offset += size;
  };
  const activation = (name: string, kind: Activation): void => {
    if (kind === 'p') add(`${name}.slope`, 1);
    if (kind === 'm') add(`${name}.mix`, 1);
  };
  let inputs = PIXELS;
  dense.forEach(({ width, activation: kind, hasSkip }, i) => {
    add(`dense${i}.weight`, inputs, width);
    add(`dense${i}.bias`, width);
    activation(`dense${i}`, kind);
    if (hasSkip) add(`dense${i}.skip`, Math.min(inputs, width));
    inputs = width;
  });
  let channels = 1;
  convolutions.forEach(({ width, activation: kind }, i) => {
    add(`convolution${i}.weight`, channels, 9, width);
    add(`convolution${i}.bias`, width);
    activation(`convolution${i}`, kind);
    channels = width;
  });
  add('out.linear', PIXELS, CLASSES);
  if (dense.length > 0) add('out.dense', inputs, CLASSES);
  if (convolutions.length > 0) add('out.convolution', CELLS, channels, CLASSES);
  add('out.bias', CLASSES);
  layouts.set(text, tensors);
  return tensors;
}

/** Number of weights. */
export function dimensionOf(text: string): number {
  const last = layoutOf(text).at(-1);
  return last ? last.offset + last.size : 0;
}

/** Uniform numbers from [0, 1), from a text; the same everywhere. A hash of FNV's kind seeds mulberry32. */
export function randomFrom(text: string): () => number {
  let state = 2166136261;
  for (const character of text) state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 4294967296;
  };
}

/** Weights of a network that has learned nothing: layers random, of variance 2 over the number of inputs; outputs 0. */
export function startOf(text: string, seed: number): Float64Array {
  const x = new Float64Array(dimensionOf(text));
  for (const tensor of layoutOf(text)) x.set(fresh(tensor, `${seed} ${text} ${tensor.name}`), tensor.offset);
  return x;
}

/** A tensor before any learning. A slope below 0 of a relu is 0, and a mixture is half and half. */
function fresh({ name, shape, size }: Tensor, seed: string): Float64Array {
  const values = new Float64Array(size);
  const [layer, part] = name.split('.');
  if (layer === 'out') return values;
  if (part === 'mix') values.fill(0.5);
  if (part !== 'weight') return values;
  const random = randomFrom(seed);
  const inputs = shape.slice(0, -1).reduce((product, length) => product * length, 1);
  const reach = Math.sqrt(6 / inputs);
  return values.map(() => reach * (2 * random() - 1));
}

/**
 * Weights of `to` out of those of `from`, a network next to it. Where `to` is the larger one its outputs are those of `from`; new units
 * start with random inputs and without effect.
 *
 * @throws Error if the two are not one edit apart
 */
export function transferWeights(x: Float64Array, from: string, to: string): Float64Array {
  const grown = growths(from).find((edit) => edit.to === to);
  const edit = grown ?? growths(to).find((other) => other.to === from);
  if (!edit) throw new Error(`${from} and ${to} are not one edit apart`);
  const [smaller, larger] = [parseStructure(grown ? from : to), parseStructure(grown ? to : from)];
  const result = new Float64Array(dimensionOf(to));
  const sources = layoutOf(from);
  for (const tensor of layoutOf(to)) {
    const name = sourceName(tensor.name, edit, grown !== undefined);
    const values = grown ? newborn(tensor, edit, smaller, larger, to) : new Float64Array(tensor.size);
    const source = sources.find((other) => other.name === name);
    if (source) copyOverlap(x, source, values, tensor);
    result.set(values, tensor.offset);
  }
  return result;
}

/** The tensor of the other network that one stands for; undefined where there is none: layers behind an inserted one move by one. */
function sourceName(
  name: string,
  { kind, part, layer }: ReturnType<typeof growths>[number],
  isGrowing: boolean,
): string | undefined {
  const match = /^(dense|convolution)(\d+)\.(.*)$/u.exec(name);
  if (!match || kind !== 'insert' || match[1] !== part) return name;
  const place = Number(match[2]);
  if (isGrowing) {
    if (place === layer) return undefined;
    return `${part}${place > layer ? place - 1 : place}.${match[3]}`;
  }
  return `${part}${place >= layer ? place + 1 : place}.${match[3]}`;
}

/** What a tensor of a larger network holds where the smaller one says nothing: nothing that changes the outputs. */
function newborn(
  tensor: Tensor,
  edit: ReturnType<typeof growths>[number],
  smaller: Structure,
  larger: Structure,
  to: string,
): Float64Array {
  const [layer, part] = tensor.name.split('.');
  const values = new Float64Array(tensor.size);
  if (layer !== `${edit.part}${edit.layer}`) return values;
  const of = (
    structure: Structure,
  ): readonly { readonly width: number; readonly activation: Activation }[] =>
    edit.part === 'dense' ? structure.dense : structure.convolutions;
  const isFirst = edit.kind === 'insert' && of(smaller).length === 0;
  if (edit.kind === 'insert' && !isFirst) {
    // The identity: unit matrix (for convolutions in the middle of the 3 x 3), relu with slope 1.
    if (part === 'slope') values.fill(1);
    if (part === 'weight') {
      const width = of(larger)[edit.layer].width;
      for (let i = 0; i < width; i++)
        values[edit.part === 'dense' ? i * width + i : (i * 9 + 4) * width + i] = 1;
    }
    return values;
  }
  // A mixture in place of tanh begins as tanh (1), in place of relu as relu (0).
  if (part === 'mix') return values.fill(of(smaller)[edit.layer].activation === 't' ? 1 : 0);
  return part === 'weight' ? fresh(tensor, `new ${to} ${tensor.name}`) : values;
}

/** Copies the entries that two tensors share, from the first of each axis on. */
function copyOverlap(x: Float64Array, source: Tensor, values: Float64Array, target: Tensor): void {
  const shared = target.shape.map((length, axis) => Math.min(length, source.shape[axis]));
  const view = x.subarray(source.offset, source.offset + source.size);
  // Indices are built up as numbers of mixed radix.
  const visit = (axis: number, from: number, to: number): void => {
    if (axis === shared.length) values[to] = view[from];
    else
      for (let i = 0; i < shared[axis]; i++)
        visit(axis + 1, from * source.shape[axis] + i, to * target.shape[axis] + i);
  };
  visit(0, 0, 0);
}
