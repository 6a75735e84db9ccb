// YAML text to plain values, with the document kept for places. Guards against what YAML allows and a config never
// needs: custom tags, several documents, bombs of aliases, `__proto__`. Not a check of keys or values.

import { LineCounter, parseDocument, visit, type Document } from 'yaml';

/** A thing that the YAML reader objects to. */
export interface YamlComplaint {
  readonly position: number;
  readonly message: string;
  readonly hint: string | undefined;
}

export interface YamlText {
  readonly document: Document.Parsed;
  readonly lineCounter: LineCounter;
  readonly value: unknown;
  readonly complaints: readonly YamlComplaint[];
}

// A config with its lists is some kilobytes; big tables belong in CSV files.
const largestText = 16 * 1024 * 1024;
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
  let document: Document.Parsed;
  try {
    document = read(text);
  } catch (error) {
    // The reader reports bad text in `errors`; what it throws is a text that exhausts it.
    return unreadable({
      position: 0,
      ...reword('THROWN', error instanceof Error ? error.message : String(error)),
    });
  }
  for (const error of [...document.errors, ...document.warnings]) {
    const complaint = { position: error.pos[0], ...reword(error.code, error.message) };
    // Each level that had to be given up reports the same.
    if (!complaints.some(({ message }) => message === tooDeep && message === complaint.message))
      complaints.push(complaint);
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
        position: 0,
        message,
        hint: 'write the values out instead of using aliases (*name)',
      });
    }
  }
  return { document, lineCounter, value, complaints };
}

const tooDeep = 'sections or lists nest too deeply';

function reword(code: string, message: string): { message: string; hint: string | undefined } {
  // The reader works by recursion: the depth at which the stack ends is its own limit.
  if (message.includes('call stack'))
    return { message: tooDeep, hint: 'no key of a config is deeper than ten levels' };
  switch (code) {
    case 'DUPLICATE_KEY':
      return { message: 'this key is written twice in the same section', hint: 'keep one of the two' };
    case 'MULTIPLE_DOCS':
      return { message: 'the file holds more than one YAML document', hint: 'remove what follows "---"' };
    case 'TAB_AS_INDENT':
      return { message: 'a tab is used for indentation', hint: 'indent with spaces' };
    case 'TAG_RESOLVE_FAILED':
      return { message, hint: 'tags (!name) are not used in configs: remove it' };
    default:
      return { message, hint: undefined };
  }
}
