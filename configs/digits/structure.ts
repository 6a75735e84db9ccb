// Small neural networks as texts, and the edits that lead from one to another. Every network has a linear path from the pixels to the
// logits; beside it there may be a trunk of dense layers and a branch of convolutions, whose outputs add to the logits. So the
// smallest network is `linear`, and every other can be grown out of it. What becomes of the weights is morphism.ts.
//
//     linear                    logits = pixels W + b
//     d16r-d16p+-c4r            + (dense 16 relu, then dense 16 prelu with a skip), + (convolution with 4 channels, relu)

/** relu; tanh; relu with a learned slope below 0; a learned mixture of relu and tanh. */
export type Activation = 'r' | 't' | 'p' | 'm';

export interface DenseLayer {
  readonly width: number;
  readonly activation: Activation;
  /** Whether the layer's input is added to its output, unit by unit, with learned factors. */
  readonly hasSkip: boolean;
}

export interface ConvolutionLayer {
  readonly width: number;
  readonly activation: Activation;
}

export interface Structure {
  readonly dense: readonly DenseLayer[];
  /** 3 x 3; the first on 8 x 8 pixels, followed by a mean over 2 x 2, the second on the 4 x 4 that remain. */
  readonly convolutions: readonly ConvolutionLayer[];
}

export const DENSE_WIDTHS = [8, 16, 32, 64] as const;
export const CHANNELS = [2, 4, 8] as const;
const MOST_DENSE = 3;
const MOST_CONVOLUTIONS = 2;

/** @throws Error if the text names no network */
export function parseStructure(text: string): Structure {
  const dense: DenseLayer[] = [];
  const convolutions: ConvolutionLayer[] = [];
  for (const word of text === 'linear' ? [] : text.split('-')) {
    const match = /^([dc])(\d+)([rtpm])(\+?)$/u.exec(word);
    if (!match || (match[1] === 'd' && convolutions.length > 0) || (match[1] === 'c' && match[4] !== '')) {
      throw new Error(`"${text}" names no network: write linear, or layers as in d16r-d16p+-c4r`);
    }
    const layer = { width: Number(match[2]), activation: match[3] as Activation };
    if (match[1] === 'd') dense.push({ ...layer, hasSkip: match[4] === '+' });
    else convolutions.push(layer);
  }
  return { dense, convolutions };
}

export function formatStructure({ dense, convolutions }: Structure): string {
  const words = [
    ...dense.map(({ width, activation, hasSkip }) => `d${width}${activation}${hasSkip ? '+' : ''}`),
    ...convolutions.map(({ width, activation }) => `c${width}${activation}`),
  ];
  return words.length === 0 ? 'linear' : words.join('-');
}

/** What an edit does to a layer; `morphism.ts` follows it with the weights. */
export type EditKind = 'insert' | 'widen' | 'activation' | 'skip';

/** An edit that makes a network larger and leaves its outputs as they are. */
export interface Edit {
  readonly to: string;
  readonly kind: EditKind;
  readonly part: 'dense' | 'convolution';
  /** The layer of the new network that is new or changed. */
  readonly layer: number;
}

/** Activations that hold a given one as a special case, and so can take its place. */
const WIDER_ACTIVATIONS: Readonly<Record<Activation, readonly Activation[]>> = {
  r: ['p', 'm'],
  t: ['m'],
  p: [],
  m: [],
};

/** All networks one edit larger. */
export function growths(text: string): Edit[] {
  const structure = parseStructure(text);
  const { dense, convolutions } = structure;
  const edits: Edit[] = [];
  const add = (kind: EditKind, part: Edit['part'], layer: number, changed: Partial<Structure>): void => {
    edits.push({ kind, part, layer, to: formatStructure({ ...structure, ...changed }) });
  };
  dense.forEach((layer, i) => {
    const put = (changed: Partial<DenseLayer>): Partial<Structure> => ({
      dense: dense.with(i, { ...layer, ...changed }),
    });
    const wider = DENSE_WIDTHS.find((width) => width > layer.width);
    if (wider !== undefined) add('widen', 'dense', i, put({ width: wider }));
    for (const activation of WIDER_ACTIVATIONS[layer.activation])
      add('activation', 'dense', i, put({ activation }));
    if (i > 0 && !layer.hasSkip) add('skip', 'dense', i, put({ hasSkip: true }));
    if (dense.length < MOST_DENSE) {
      // Between this layer and what follows; relu with slope 1 and the unit matrix: nothing changes.
      const inserted: DenseLayer = { width: layer.width, activation: 'p', hasSkip: false };
      add('insert', 'dense', i + 1, { dense: dense.toSpliced(i + 1, 0, inserted) });
    }
  });
  if (dense.length === 0) {
    for (const activation of ['r', 't'] as const)
      add('insert', 'dense', 0, { dense: [{ width: DENSE_WIDTHS[0], activation, hasSkip: false }] });
  }
  convolutions.forEach((layer, i) => {
    const put = (changed: Partial<ConvolutionLayer>): Partial<Structure> => ({
      convolutions: convolutions.with(i, { ...layer, ...changed }),
    });
    const wider = CHANNELS.find((width) => width > layer.width);
    if (wider !== undefined) add('widen', 'convolution', i, put({ width: wider }));
    for (const activation of WIDER_ACTIVATIONS[layer.activation])
      add('activation', 'convolution', i, put({ activation }));
  });
  if (convolutions.length === 0) {
    for (const activation of ['r', 't'] as const)
      add('insert', 'convolution', 0, { convolutions: [{ width: CHANNELS[0], activation }] });
  } else if (convolutions.length < MOST_CONVOLUTIONS) {
    const [{ width }] = convolutions;
    add('insert', 'convolution', 1, { convolutions: [...convolutions, { width, activation: 'p' }] });
  }
  // Two places may give the same network: a layer inserted before or after one like it. The first counts.
  return edits.filter(({ to }, i) => edits.findIndex((other) => other.to === to) === i);
}

/** All networks that one edit makes into this one. */
export function reductions(text: string): string[] {
  const structure = parseStructure(text);
  const { dense, convolutions } = structure;
  const candidates: Structure[] = [];
  const narrower = (widths: readonly number[], width: number): number | undefined =>
    widths.toReversed().find((other) => other < width);
  dense.forEach((layer, i) => {
    candidates.push({ ...structure, dense: dense.toSpliced(i, 1) });
    const width = narrower(DENSE_WIDTHS, layer.width);
    if (width !== undefined) candidates.push({ ...structure, dense: dense.with(i, { ...layer, width }) });
    if (layer.hasSkip) candidates.push({ ...structure, dense: dense.with(i, { ...layer, hasSkip: false }) });
    for (const activation of ['r', 't'] as const)
      candidates.push({ ...structure, dense: dense.with(i, { ...layer, activation }) });
  });
  convolutions.forEach((layer, i) => {
    candidates.push({ ...structure, convolutions: convolutions.toSpliced(i, 1) });
    const width = narrower(CHANNELS, layer.width);
    if (width !== undefined)
      candidates.push({ ...structure, convolutions: convolutions.with(i, { ...layer, width }) });
    for (const activation of ['r', 't'] as const)
      candidates.push({ ...structure, convolutions: convolutions.with(i, { ...layer, activation }) });
  });
  const names = [...new Set(candidates.map(formatStructure))].filter((name) => name !== text);
  return names.filter((name) => growths(name).some(({ to }) => to === text));
}

/** One of all networks, by random numbers from [0, 1): each number of layers and each kind of layer alike. */
export function randomStructure(random: () => number): string {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)];
  const activations = ['r', 't', 'p', 'm'] as const;
  const dense = Array.from({ length: Math.floor(random() * (MOST_DENSE + 1)) }, (_, i) => ({
    ...{ width: pick(DENSE_WIDTHS), activation: pick(activations), hasSkip: i > 0 && random() < 0.5 },
  }));
  const convolutions = Array.from({ length: Math.floor(random() * (MOST_CONVOLUTIONS + 1)) }, () => ({
    ...{ width: pick(CHANNELS), activation: pick(activations) },
  }));
  return formatStructure({ dense, convolutions });
}
