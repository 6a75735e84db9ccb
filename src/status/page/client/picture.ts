// A picture of the state as the server sends it (u32 length of a JSON head, the head, then arrays, little-endian), taken apart.
// What is drawn from it is density.ts.

export interface ParticlePicture {
  readonly kind: 'particles';
  readonly step: number;
  readonly count: number;
  readonly dimension: number;
  /** [particle * dimension + coordinate]. */
  readonly x: Float32Array | Float64Array;
  readonly node: Int32Array;
}

export interface DensityPicture {
  readonly kind: 'densities';
  readonly step: number;
  readonly cells: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly nodes: number;
  /** [node * cells + cell], cells in C order. */
  readonly density: Float32Array | Float64Array;
}

export type Picture = ParticlePicture | DensityPicture;

/** A picture that is not what it says to be. */
export class PictureError extends Error {
  override readonly name = 'PictureError';
}

type Head = Readonly<Record<string, unknown>>;

function whole(head: Head, key: string): number {
  const value = head[key];
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new PictureError(`the head of the picture has no whole number "${key}"`);
}

function list(head: Head, key: string, length?: number): number[] {
  const value: unknown = head[key];
  if (Array.isArray(value) && value.length > 0 && (length === undefined || value.length === length)) {
    const numbers = value.filter((item): item is number => Number.isFinite(item));
    if (numbers.length === value.length) return numbers;
  }
  throw new PictureError(`the head of the picture has no list of numbers "${key}"`);
}

/** @throws PictureError for anything that is no whole picture */
export function parsePicture(buffer: ArrayBuffer): Picture {
  if (buffer.byteLength < 4) throw new PictureError('the picture is empty');
  const headLength = new DataView(buffer).getUint32(0, true);
  if (headLength > buffer.byteLength - 4) throw new PictureError('the head of the picture is cut off');
  const head = parseHead(new TextDecoder().decode(new Uint8Array(buffer, 4, headLength)));
  let at = 4 + headLength;
  const take = (bytes: number): ArrayBuffer => {
    if (at + bytes > buffer.byteLength) throw new PictureError('the picture is cut off');
    at += bytes;
    // Copied: arrays of 8 bytes must begin at a multiple of 8, whatever the head's length.
    return buffer.slice(at - bytes, at);
  };
  const precision = head['precision'];
  if (precision !== 'f32' && precision !== 'f64') {
    throw new PictureError('the picture has no precision, f32 or f64');
  }
  const reals = (count: number): Float32Array | Float64Array =>
    precision === 'f32' ? new Float32Array(take(4 * count)) : new Float64Array(take(8 * count));
  const step = whole(head, 'step');
  switch (head['kind']) {
    case 'particles': {
      const [count, dimension] = [whole(head, 'count'), whole(head, 'dimension')];
      if (dimension === 0) throw new PictureError('the particles of the picture have no coordinates');
      return {
        kind: 'particles',
        step,
        count,
        dimension,
        x: reals(count * dimension),
        node: new Int32Array(take(4 * count)),
      };
    }
    case 'densities': {
      const cells = list(head, 'cells');
      const nodes = whole(head, 'nodes');
      const [low, high] = [list(head, 'low', cells.length), list(head, 'high', cells.length)];
      const size = cells.reduce((product, n) => product * n, nodes);
      return { kind: 'densities', step, cells, low, high, nodes, density: reals(size) };
    }
    default:
      throw new PictureError('the picture is of no known kind');
  }
}

function parseHead(text: string): Head {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new PictureError('the head of the picture is no JSON', { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Head;
  throw new PictureError('the head of the picture is no object');
}

export function dimensionOf(picture: Picture): number {
  return picture.kind === 'particles' ? picture.dimension : picture.cells.length;
}
