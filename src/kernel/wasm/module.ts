// Puts functions together into a WebAssembly module: types, one imported shared memory, functions, one table for
// indirect calls, exports. Not a general assembler: no data, no globals, no start function.

import { flatten, unsigned, valueType, type Code, type ValueType } from './instructions.js';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Collects a function's locals while its code is written. */
export class Locals {
  readonly #types: ValueType[] = [];

  constructor(readonly signature: Signature) {}

  /** Index of a new local, after the parameters. */
  add(type: ValueType): number {
    this.#types.push(type);
    return this.signature.parameters.length + this.#types.length - 1;
  }

  /** Run-length encoded declarations. */
  encode(): number[] {
    const runs: { count: number; type: ValueType }[] = [];
    for (const type of this.#types) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ count: 1, type });
    }
    return [
      ...unsigned(runs.length),
      ...runs.flatMap((run) => [...unsigned(run.count), valueType[run.type]]),
    ];
  }
}

interface DefinedFunction {
  readonly typeIndex: number;
  body?: { locals: Locals; code: Code };
}

export class ModuleBuilder {
  readonly #types: Signature[] = [];
  readonly #functions: DefinedFunction[] = [];
  readonly #exports: { name: string; index: number }[] = [];
  readonly #table: number[] = [];

  /** `maximumPages` is that of the imported memory `env.memory` (64 KiB pages); the minimum may be smaller. */
  constructor(private readonly maximumPages: number) {}

  type(signature: Signature): number {
    const same = (a: readonly string[], b: readonly string[]) => a.join() === b.join();
    const found = this.#types.findIndex(
      (t) => same(t.parameters, signature.parameters) && same(t.results, signature.results),
    );
    return found >= 0 ? found : this.#types.push(signature) - 1;
  }

  /** Reserves a function, so that code may call it before it is defined. */
  declare(signature: Signature, exportName?: string): number {
    const index = this.#functions.push({ typeIndex: this.type(signature) }) - 1;
    if (exportName !== undefined) this.#exports.push({ name: exportName, index });
    return index;
  }

  define(index: number, locals: Locals, code: Code): void {
    this.#functions[index].body = { locals, code };
  }

  /** Declares and defines. */
  add(signature: Signature, write: (locals: Locals) => Code, exportName?: string): number {
    const index = this.declare(signature, exportName);
    const locals = new Locals(signature);
    this.define(index, locals, write(locals));
    return index;
  }

  /** Puts a function into the table; returns its table index. */
  tableEntry(functionIndex: number): number {
    return this.#table.push(functionIndex) - 1;
  }

  toBytes(): Uint8Array<ArrayBuffer> {
    const types = vector(
      this.#types.map((t) => [
        0x60,
        ...vector(t.parameters.map((p) => [valueType[p]])),
        ...vector(t.results.map((r) => [valueType[r]])),
      ]),
    );
    const memoryImport = vector([
      [...name('env'), ...name('memory'), 0x02, 0x03, ...unsigned(1), ...unsigned(this.maximumPages)],
    ]);
    const functions = vector(this.#functions.map((f) => unsigned(f.typeIndex)));
    const table = vector([[0x70, 0x00, ...unsigned(this.#table.length)]]);
    const exports = vector(this.#exports.map((e) => [...name(e.name), 0x00, ...unsigned(e.index)]));
    const elements = vector([
      [0x00, 0x41, 0x00, 0x0b, ...vector(this.#table.map((index) => unsigned(index)))],
    ]);
    const code = vector(
      this.#functions.map((f) => {
        if (!f.body) throw new Error('a declared function was never defined');
        const body = f.body.locals.encode();
        flatten(f.body.code, body);
        body.push(0x0b);
        return prefixed(body);
      }),
    );
    const bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
    for (const [id, content] of [
      [1, types],
      [2, memoryImport],
      [3, functions],
      [4, table],
      [7, exports],
      [9, elements],
      [10, code],
    ] as const) {
      append(bytes, [id, ...unsigned(content.length)]);
      append(bytes, content);
    }
    return Uint8Array.from(bytes);
  }
}

function name(text: string): number[] {
  return prefixed([...new TextEncoder().encode(text)]);
}

function prefixed(bytes: number[]): number[] {
  const out = unsigned(bytes.length);
  append(out, bytes);
  return out;
}

function vector(items: readonly number[][]): number[] {
  const out = unsigned(items.length);
  for (const item of items) append(out, item);
  return out;
}

/** push(...items) would overflow the stack on large functions. */
function append(out: number[], items: readonly number[]): void {
  for (const item of items) out.push(item);
}
