// The text a config came from: finds the place of a key for a message, and reads the files that the config names.
// Not a parser of YAML (yaml.ts) and without opinion on what keys mean.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isAlias, isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';
import type { Override } from './overrides.js';
import { ConfigError, describe, type Path, type Problem } from './problem.js';
import type { ConfigValues } from './schema.js';

/** Everything needed to load a config again on another machine: text, overrides and the files it read. */
export interface ConfigBundle {
  readonly file: string;
  readonly text: string;
  readonly overrides: readonly string[];
  /** Texts of the files the config names, by the name written in the config. */
  readonly attachments: Readonly<Record<string, string>>;
}

/** How a problem is pointed at. */
export interface ProblemDetail {
  /** What to do about it. */
  readonly hint: string;
  readonly value?: unknown;
  /** Point at the key rather than the value. */
  readonly at?: 'key' | 'value';
  /** A stretch inside the value's text (a formula). */
  readonly offset?: number;
  readonly length?: number;
}

/** What whoever builds a model asks of the text of a config. */
export type ConfigPlaces = Pick<
  ConfigSource,
  'file' | 'folder' | 'readText' | 'problem' | 'error' | 'isWritten'
>;

/** A checked config: plain values, and where they come from. */
export interface CheckedConfig extends ConfigValues {
  readonly source: ConfigPlaces;
}

/** The text of a config with its places. */
export class ConfigSource implements ConfigPlaces {
  readonly #attachments: Map<string, string>;

  constructor(
    /** Name of the file as shown in messages. */
    readonly file: string,
    /** Folder that relative file names in the config start from. */
    readonly folder: string,
    readonly text: string,
    private readonly document: Document.Parsed,
    private readonly lineCounter: LineCounter,
    private readonly overrides: readonly Override[],
    attachments: Readonly<Record<string, string>> = {},
  ) {
    this.#attachments = new Map(Object.entries(attachments));
  }

  /** The text of a file that the config names; relative names start from the config's folder. Throws as readFileSync. */
  readText(name: string): string {
    let text = this.#attachments.get(name);
    if (text === undefined) {
      text = readFileSync(resolve(this.folder, name), 'utf8');
      this.#attachments.set(name, text);
    }
    return text;
  }

  /** What another machine needs to load the same config. Complete once the model has been built. */
  bundle(): ConfigBundle {
    return {
      file: this.file,
      text: this.text,
      overrides: this.overrides.map((override) => override.text),
      attachments: Object.fromEntries(this.#attachments),
    };
  }

  /** Shown when a config is printed as JSON. */
  toJSON(): unknown {
    return { file: this.file, overrides: this.overrides.map((override) => override.text) };
  }

  /** An error with these problems, in the order of the file. */
  error(problems: readonly Problem[], cause?: unknown): ConfigError {
    const sorted = [...problems].sort(
      (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
    );
    return new ConfigError(this.file, sorted, cause === undefined ? undefined : { cause });
  }

  /** Describes a problem with the value at `path`, with its place in the file. */
  problem(path: Path, message: string, detail: ProblemDetail): Problem {
    const common = describe(path, message, detail);
    const override = this.#overrideOf(path);
    if (override !== undefined) {
      const inside =
        detail.offset === undefined || typeof detail.value !== 'string'
          ? undefined
          : caret(detail.value, detail);
      return { ...common, line: undefined, column: undefined, where: override.origin, excerpt: inside };
    }
    const found = this.#find(path, detail.at ?? 'value');
    let position = found.start;
    let length = detail.length ?? 1;
    let unmapped: string | undefined;
    if (detail.offset !== undefined && typeof detail.value === 'string') {
      const mapped = offsetInSource(
        this.text,
        found.start,
        found.end,
        found.block,
        detail.value,
        detail.offset,
      );
      if (mapped === undefined) {
        unmapped = caret(detail.value, detail);
      } else {
        position = mapped;
        length = detail.length ?? 1;
      }
    }
    return { ...common, ...this.place(position, length, unmapped) };
  }

  /** Line, column and the source line with a caret for a position in the text. */
  place(
    position: number,
    length = 1,
    excerpt?: string,
  ): Pick<Problem, 'line' | 'column' | 'where' | 'excerpt'> {
    const { line, col } = this.lineCounter.linePos(position);
    const start = position - (col - 1);
    const end = this.text.indexOf('\n', start);
    const content = this.text.slice(start, end < 0 ? undefined : end).replace(/\r$/u, '');
    return {
      line,
      column: col,
      where: `${this.file}:${line}:${col}`,
      excerpt: excerpt ?? caret(content, { offset: col - 1, length }, String(line)),
    };
  }

  /** Whether a key stands in `{ }` without a value: the rest of a value with commas that lacks its quotes. */
  isBareInBraces(path: Path): boolean {
    if (this.#overrideOf(path) !== undefined) return false;
    const section: unknown = this.document.getIn(path.slice(0, -1), true);
    if (!isMap(section) || section.flow !== true) return false;
    const pair = section.items.find((item) => isScalar(item.key) && String(item.key.value) === path.at(-1));
    return pair?.value === null;
  }

  /** Whether a key is written in the file or set on the command line. */
  isWritten(path: Path): boolean {
    const isSet = this.overrides.some(({ path: at, value }) => {
      const common = Math.min(at.length, path.length);
      if (at.slice(0, common).some((step, i) => String(step) !== String(path[i]))) return false;
      let inner: unknown = value;
      for (const step of path.slice(common)) inner = (inner as Record<string, unknown> | null)?.[step];
      return inner !== undefined;
    });
    return isSet || this.document.hasIn(path);
  }

  #overrideOf(path: Path): Override | undefined {
    // The last override that set this value or one above it.
    return this.overrides.findLast(
      (override) =>
        override.path.length <= path.length &&
        override.path.every((step, i) => String(step) === String(path[i])),
    );
  }

  /**
   * The stretch of text of a value or key; where the path ends outside the file, of the nearest section above it, or the end of the
   * text, where it is to be added.
   */
  #find(path: Path, at: 'key' | 'value'): { start: number; end: number; block: boolean } {
    const end = this.text.trimEnd().length;
    const atEnd = { start: end, end, block: false };
    let node: Node | null = this.document.contents;
    let range = node?.range ?? undefined;
    let block = false;
    for (let i = 0; i < path.length; i++) {
      if (isAlias(node)) node = node.resolve(this.document) ?? null;
      let next: Node | null;
      if (isMap(node)) {
        const wanted = String(path[i]);
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === wanted);
        if (pair === undefined && i === 0) return atEnd;
        if (pair === undefined) break;
        const key = pair.key as Node;
        next = (pair.value as Node | null) ?? null;
        // An empty value has no text of its own: point at its key. A section is pointed at by its key, too.
        const useKey =
          (i === path.length - 1 && at === 'key') || next?.range === undefined || next.range === null;
        range = (useKey || isEmptyScalar(next) ? key.range : next?.range) ?? range;
      } else if (isSeq(node)) {
        next = (node.items[Number(path[i])] as Node | undefined) ?? null;
        if (next === null) break;
        range = next.range ?? range;
      } else {
        break;
      }
      node = next;
      block = isScalar(node) && (node.type === 'BLOCK_FOLDED' || node.type === 'BLOCK_LITERAL');
    }
    return range ? { start: range[0], end: range[1], block } : atEnd;
  }
}

function isEmptyScalar(node: Node | null): boolean {
  return isScalar(node) && node.value === null && (node.source === undefined || node.source === '');
}

/**
 * Where character `offset` of a scalar's value stands in the text. A formula has the same visible characters as its
 * scalar, in the same order, whatever the quoting or folding; undefined where that is not so (escapes).
 */
function offsetInSource(
  text: string,
  start: number,
  end: number,
  block: boolean,
  value: string,
  offset: number,
): number | undefined {
  let position = start;
  if (block) {
    position = text.indexOf('\n', start) + 1;
  } else if (text[position] === '"' || text[position] === "'") {
    position++;
  }
  let last = position;
  for (let i = 0; i < value.length; i++) {
    if (/\s/u.test(value[i])) {
      if (i === offset) return last + 1;
      continue;
    }
    while (position < end && /\s/u.test(text[position])) position++;
    if (position >= end || text[position] !== value[i]) return undefined;
    if (i === offset) return position;
    last = position++;
  }
  return offset >= value.length ? last + 1 : undefined;
}

// A longer source line is cut around the caret.
const widestLine = 100;

/** A line with carets below a stretch of it. */
function caret(content: string, stretch: { offset?: number; length?: number }, label = ''): string {
  const before = content.slice(0, stretch.offset ?? 0);
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineEnd = content.indexOf('\n', lineStart);
  let line = content.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  let column = before.length - lineStart;
  if (line.length > widestLine) {
    const from = Math.max(0, Math.min(column - widestLine / 2, line.length - widestLine));
    line = `${from > 0 ? '…' : ''}${line.slice(from, from + widestLine)}`;
    column = column - from + (from > 0 ? 1 : 0);
  }
  const marks = '^'.repeat(Math.max(1, Math.min(stretch.length ?? 1, line.length - column)));
  const margin = ' '.repeat(4);
  const gutter = ' '.repeat(label.length);
  // Tabs are kept in the line of carets so that it stays aligned.
  const indent = line.slice(0, column).replace(/[^\t]/gu, ' ');
  return `${margin}${label} | ${line}\n${margin}${gutter} | ${indent}${marks}`;
}
