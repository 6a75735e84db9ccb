// What a section hands back, and how it is printed.

import { table } from '../src/cli/format.js';

export interface SectionOptions {
  readonly rounds: number;
  /** Fewer particles, steps and rounds: to see that everything works, not to be quoted. */
  readonly quick: boolean;
  /** A Node 24 binary; otherwise one is fetched where it is needed. */
  readonly node24: string | undefined;
  /** Tells what is going on. */
  readonly progress: (text: string) => void;
}

export interface SectionTable {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface SectionResult {
  readonly tables: readonly SectionTable[];
  readonly remarks: readonly string[];
  /** For --json. */
  readonly data: unknown;
  /** Something that must hold did not: the program ends with exit code 1. Missed targets are no failure. */
  readonly failure?: string;
}

export interface Section {
  readonly name: string;
  readonly title: string;
  readonly run: (options: SectionOptions) => Promise<SectionResult>;
}

/** The tables for a terminal. */
export function plainText(title: string, { tables, remarks, failure }: SectionResult): string {
  const parts = tables.map(({ caption, head, rows }) => `${caption}\n${table([head, ...rows])}`);
  const notes = remarks.map((remark) => `  ${remark}\n`);
  const wrong = failure === undefined ? [] : [`  FAILED: ${failure}\n`];
  return `\n== ${title} ==\n\n${[...parts, [...notes, ...wrong].join('')].filter(Boolean).join('\n')}`;
}

/** The same tables for a document, with the conditions they were taken under. */
export function markdown(conditions: string, { tables, remarks }: SectionResult): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
  const parts = tables.map(
    ({ caption, head, rows }) =>
      `${caption}:\n\n${line(head)}${line(head.map((_, i) => (i === 0 ? '---' : '--:')))}${rows.map(line).join('')}`,
  );
  const notes = remarks.length === 0 ? [] : [remarks.map((remark) => `- ${remark}\n`).join('')];
  return [`_${conditions}_\n`, ...parts, ...notes].join('\n');
}

/** Puts text between a document's marks for a section; a document without them stays as it is. */
export function replaceSection(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- measured: ${name} -->`, `<!-- end: ${name} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) return document;
  return `${document.slice(0, from + begin.length)}\n\n${text}\n${document.slice(to)}`;
}

/** Target and whether it is met, as a table cell. */
export function target(text: string, met: boolean): string {
  return `${text} ${met ? 'met' : 'MISSED'}`;
}
