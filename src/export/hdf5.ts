// An HDF5 file that is written front to back, on top of h5wasm (the HDF5 library of the HDF Group as WebAssembly). It knows
// groups, attributes, arrays and series that grow; what is in them is h5md.ts. Writing only.
//
// Two things of h5wasm are not as one would want them, hence this file: it ignores the status of writes (a full disk would
// leave a damaged file and no error) unless its handler that throws is switched on; and the library writes the time of day
// into every object, so the clock that it sees stands still while it works.

import * as h5wasm from 'h5wasm/node';
import { ExportError } from './errors.js';

/** Arrays that can be written. */
export type Numbers = Float32Array | Float64Array | Int32Array | BigInt64Array;
export type NumberType = 'f32' | 'f64' | 'i32' | 'i64';
export type AttributeValue = string | Numbers | readonly string[];

/** Bytes in a chunk of a series: what a reader must read for a single number. */
const chunkBytes = 4 * 1024 * 1024;
/** Records of small size that share a chunk take so many bytes, and are at most so many. */
const smallChunkBytes = 65_536;
const smallChunkRecords = 1024;

const codes: Readonly<Record<NumberType, string>> = { f32: '<f', f64: '<d', i32: '<i', i64: '<q' };

function typeOf(numbers: Numbers): NumberType {
  if (numbers instanceof Float32Array) return 'f32';
  if (numbers instanceof Float64Array) return 'f64';
  return numbers instanceof Int32Array ? 'i32' : 'i64';
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((size, length) => size * length, 1);
}

export class Hdf5File {
  readonly #file: h5wasm.File;
  readonly #path: string;
  readonly #time: number;

  private constructor(path: string, time: number, file: h5wasm.File) {
    this.#path = path;
    this.#time = time;
    this.#file = file;
  }

  /**
   * Creates a file, which must not exist.
   *
   * @param time what its objects say when they were made, in ms since 1970
   * @throws ExportError if the system refuses; so do all methods. The file is then of no use
   */
  static async create(path: string, time: number): Promise<Hdf5File> {
    const module = await h5wasm.ready;
    module.activate_throwing_error_handler();
    const file = guarded(path, time, () => new h5wasm.File(path, 'w'));
    return new Hdf5File(path, time, file);
  }

  /** Creates a group and those above it where they are missing. */
  group(path: string): void {
    this.#do(() => {
      const parts = path.split('/').filter((part) => part !== '');
      for (let depth = 1; depth <= parts.length; depth++) {
        const parent = `/${parts.slice(0, depth - 1).join('/')}`;
        const group = this.#group(parent);
        if (!group.keys().includes(parts[depth - 1])) group.create_group(parts[depth - 1]);
      }
    });
  }

  /** Gives a group or dataset an attribute. A text is a scalar of fixed length, an array has rank 1. */
  attribute(path: string, name: string, value: AttributeValue): void {
    this.#do(() => {
      const item = this.#file.get(path);
      if (!(item instanceof h5wasm.Group || item instanceof h5wasm.Dataset))
        throw new RangeError(`no object ${path}`);
      if (typeof value === 'string') item.create_attribute(name, value, [], textType([value]));
      else if (ArrayBuffer.isView(value))
        item.create_attribute(name, value, [value.length], codes[typeOf(value)]);
      else if (value.length > 0) item.create_attribute(name, [...value], [value.length], textType(value));
    });
  }

  /** Gives a group or dataset a scalar attribute. */
  scalar(path: string, name: string, value: number, type: NumberType): void {
    this.#do(() => {
      const item = this.#file.get(path) as h5wasm.Group | h5wasm.Dataset;
      const data = type === 'i64' ? BigInt64Array.of(BigInt(value)) : arrayOf(type, 1).fill(value as never);
      item.create_attribute(name, data, [], codes[type]);
    });
  }

  /** Writes an array as a whole. */
  array(path: string, data: Numbers, shape: readonly number[] = [data.length]): void {
    this.#do(() =>
      this.#file.create_dataset({ name: path, data, shape: [...shape], dtype: codes[typeOf(data)] }),
    );
  }

  /** Writes texts of any length in UTF-8: one as a scalar, a list as an array of rank 1. */
  text(path: string, value: string | readonly string[]): void {
    const shape = typeof value === 'string' ? [] : [value.length];
    const data = typeof value === 'string' ? value : [...value];
    this.#do(() => this.#file.create_dataset({ name: path, data, shape, dtype: 'S' }));
  }

  /** Makes `path` another name of `target`. */
  link(target: string, path: string): void {
    this.#do(() => this.#file.create_hard_link(target, path));
  }

  /** Begins an array of `count` records of a shape, which are then appended in order. */
  series(path: string, type: NumberType, count: number, shape: readonly number[]): Hdf5Series {
    const [first = 1, ...inner] = shape;
    const bytes = type === 'f32' || type === 'i32' ? 4 : 8;
    const recordBytes = Math.max(1, bytes * product(shape));
    const perChunk = Math.max(
      1,
      Math.min(count, smallChunkRecords, Math.floor(smallChunkBytes / recordBytes)),
    );
    // A record that is too large for a chunk is cut along its first dimension, into parts of about the same length.
    const most = Math.max(1, Math.floor(chunkBytes / Math.max(1, bytes * product(inner))));
    const part = Math.max(1, Math.ceil(first / Math.ceil(first / most)));
    const chunks = shape.length === 0 ? [perChunk] : [perChunk, part, ...inner];
    const dataset = this.#do(() => {
      const created = this.#file.create_dataset({
        name: path,
        data: arrayOf(type, 0),
        shape: [0, ...shape],
        maxshape: [null, ...shape],
        chunks: chunks.map((length) => Math.max(1, length)),
        dtype: codes[type],
      });
      created.resize([count, ...shape]);
      return created;
    });
    const write = (ranges: number[][], data: Numbers): void =>
      this.#do(() => dataset.write_slice(ranges as [number, number][], data));
    return new Hdf5Series(write, arrayOf(type, perChunk * product(shape)), perChunk, shape, part);
  }

  /** Ends the file. */
  close(): void {
    this.#do(() => this.#file.close());
  }

  #group(path: string): h5wasm.Group {
    return this.#file.get(path) as h5wasm.Group;
  }

  #do<T>(work: () => T): T {
    return guarded(this.#path, this.#time, work);
  }
}

/** An array whose records are appended one by one. Small ones are gathered until they fill a chunk. */
export class Hdf5Series {
  #records = 0;
  #gathered = 0;

  /**
   * @param write writes numbers to ranges [from, to) of all dimensions; no range is the whole dimension
   * @param gather room for `perChunk` records
   * @param part length along the first dimension of the records in which large ones are written
   */
  constructor(
    private readonly write: (ranges: number[][], data: Numbers) => void,
    private readonly gather: Numbers,
    private readonly perChunk: number,
    private readonly shape: readonly number[],
    private readonly part: number,
  ) {}

  append(record: Numbers): void {
    const size = product(this.shape);
    if (this.perChunk > 1 || this.shape.length === 0) {
      this.gather.set(record as never, this.#gathered * size);
      this.#gathered += 1;
      if (this.#gathered === this.perChunk) this.flush();
      return;
    }
    const [first, ...inner] = this.shape;
    const width = product(inner);
    for (let from = 0; from < first; from += this.part) {
      const to = Math.min(first, from + this.part);
      const piece = record.subarray(from * width, to * width);
      this.write([[this.#records, this.#records + 1], [from, to], ...inner.map(() => [])], piece);
    }
    this.#records += 1;
  }

  /** Writes what is gathered. To be called after the last record. */
  flush(): void {
    if (this.#gathered === 0) return;
    const numbers = this.gather.subarray(0, this.#gathered * product(this.shape));
    const to = this.#records + this.#gathered;
    this.write([[this.#records, to], ...this.shape.map(() => [])], numbers);
    this.#records = to;
    this.#gathered = 0;
  }
}

/** Room for numbers of a type. */
function arrayOf(type: NumberType, length: number): Numbers {
  switch (type) {
    case 'f32':
      return new Float32Array(length);
    case 'f64':
      return new Float64Array(length);
    case 'i32':
      return new Int32Array(length);
    case 'i64':
      return new BigInt64Array(length);
    default:
      return type satisfies never;
  }
}

/** A type of texts of fixed length: ASCII with its final zero, or UTF-8 filled up with zeros. */
function textType(texts: readonly string[]): string {
  const bytes = texts.reduce((most, text) => Math.max(most, Buffer.byteLength(text)), 0);
  // eslint-disable-next-line no-control-regex -- what is not ASCII
  return /^[\x00-\x7f]*$/u.test(texts.join('')) ? `A${bytes + 1}` : `S${Math.max(1, bytes)}`;
}

/** Works with the library under a clock that stands still. Nothing else can run meanwhile: there is nothing to wait for. */
function guarded<T>(path: string, time: number, work: () => T): T {
  const { now } = Date;
  Date.now = () => time;
  try {
    return work();
  } catch (error) {
    throw asHdf5Error(error, path);
  } finally {
    Date.now = now;
  }
}

/** The library tells what went wrong as a trace of its functions; the system's own words are at its end. */
function asHdf5Error(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || !error.message.includes('HDF5-DIAG')) return error;
  const words = /error message = '([^']*)'/u.exec(error.message)?.[1];
  const isFull = words !== undefined && /no space|quota|too large/iu.test(words);
  return new ExportError(
    isFull ? 'disk-full' : 'input-output',
    `cannot write ${path}: ${words ?? 'the HDF5 library refuses'}`,
    isFull
      ? 'free space, or choose another disk with --out; fewer snapshots (--at STEP) need less'
      : 'check the path and who may write there, or choose another place with --out',
    error,
  );
}
