// YAML text to plain values, with the document kept for places. Guards against what YAML allows and a config never
// needs: custom tags, several documents, bombs of aliases, `__proto__`. Not a check of keys or values.

import { Lexer, LineCounter, parseDocument, Parser, visit, type Document } from 'yaml';

/** A thing that the YAML reader objects to. */
export interface YamlComplaint {
  readonly position: number;
  readonly message: string;
  readonly hint: string;
}

export interface YamlText {
  readonly document: Document.Parsed;
  readonly lineCounter: LineCounter;
  readonly value: unknown;
  readonly complaints: readonly YamlComplaint[];
}

// A config with its lists is some kilobytes; big tables belong in CSV files.
const largestText = 16 * 1024 * 1024;
// No key of a config is deeper than ten levels; a level of YAML is two or three entries of the reader's stack. The reader
// composes by recursion, and near the end of the stack V8 may die of compiling a regular expression, so that catching
// the RangeError is no way out.
const deepestStack = 200;

/** Where a text nests too deeply, by the reader's own first half, which keeps its stack in a list. */
function findDepth(text: string): number | undefined {
  const parser = new Parser();
  let position = 0;
  for (const lexeme of new Lexer().lex(text)) {
    // Run to its end; the documents it has finished are not wanted here, only how deep it stands.
    Array.from(parser.next(lexeme));
    position += lexeme.length;
    if (parser.stack.length > deepestStack) return Math.min(position, text.length);
  }
  return undefined;
}

/** Parses YAML text (1.2 core schema). Never throws for bad text: see `complaints`. */
export function parseYaml(text: string): YamlText {
  const lineCounter = new LineCounter();
  const complaints: YamlComplaint[] = [];
  const read = (source: string): Document.Parsed =>
    parseDocument(source, {
      lineCounter,
      schema: 'core',
      version: '1.2',
      prettyErrors: false,
      uniqueKeys: true,
      stringKeys: true,
      merge: false,
      resolveKnownTags: false,
    });
  const unreadable = (complaint: YamlComplaint): YamlText => {
    const counter = new LineCounter();
    counter.addNewLine(0);
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) counter.addNewLine(i + 1);
    return { document: read(''), lineCounter: counter, value: undefined, complaints: [complaint] };
  };
  if (text.length > largestText) {
    return unreadable({
      position: 0,
      message: 'the config is larger than 16 MB',
      hint: 'move tables into CSV files',
    });
  }
  const depth = findDepth(text);
  if (depth !== undefined) {
    const hint = 'no key of a config is deeper than ten levels';
    return unreadable({ position: depth, message: 'sections or lists nest too deeply', hint });
  }
  const document = read(text);
  let broken = false;
  for (const error of [...document.errors, ...document.warnings]) {
    // After the first break in the syntax the reader is out of step, and what it goes on to say is noise.
    const isBreak = !independent.has(error.code);
    if (isBreak && broken) continue;
    broken ||= isBreak;
    complaints.push({ position: error.pos[0], ...reword(error.code, error.message) });
  }
  visit(document, {
    Pair(_, pair) {
      const key = pair.key as { value?: unknown; range?: readonly number[] } | null;
      if (key?.value === '__proto__') {
        complaints.push({
          position: key.range?.[0] ?? 0,
          message: '__proto__ is not a name',
          hint: 'rename it',
        });
      }
    },
  });
  let value: unknown;
  if (complaints.length === 0) {
    try {
      value = document.toJS({ maxAliasCount: 100 }) as unknown;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      complaints.push({
        position: unknownAlias(document) ?? 0,
        message,
        hint: 'write the values out instead of using aliases (*name)',
      });
    }
  }
  return { document, lineCounter, value, complaints };
}

/** Where an alias stands whose anchor is nowhere before it. */
function unknownAlias(document: Document.Parsed): number | undefined {
  let position: number | undefined;
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      position = alias.range?.[0];
      return visit.BREAK;
    },
  });
  return position;
}

/** Errors that say nothing of the syntax around them. */
const independent: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED', 'MULTIPLE_DOCS']);

function reword(code: string, message: string): { message: string; hint: string } {
  switch (code) {
    case 'DUPLICATE_KEY':
      return { message: 'this key is written twice in the same section', hint: 'keep one of the two' };
    case 'MULTIPLE_DOCS':
      return { message: 'the file holds more than one YAML document', hint: 'remove what follows "---"' };
    case 'TAB_AS_INDENT':
      return { message: 'a tab is used for indentation', hint: 'indent with spaces' };
    case 'TAG_RESOLVE_FAILED':
      return { message, hint: 'tags (!name) are not used in configs: remove it' };
    case 'BAD_INDENT':
      return {
        message,
        hint: 'begin all keys of a section below one another, with the same number of spaces',
      };
    case 'UNEXPECTED_TOKEN':
    case 'MISSING_CHAR':
      return {
        message,
        hint: 'close what was opened; put formulas in quotes where they hold [ ] or commas inside { … }: { formula: "x[0]^2" }',
      };
    default:
      return {
        message,
        hint: 'a key is followed by a colon and a space, and texts with ": " or " #" in them go in quotes',
      };
  }
}
