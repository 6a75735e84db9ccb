// zod's issues as problems of a config, with their places. Not where rules are: those are in the schemas.

import type * as z from 'zod';
import { adviceFor, sectionsWith } from './advice.js';
import type { Path, Problem } from './problem.js';
import type { ConfigSource } from './source.js';
import { nearestName, suggest } from './suggest.js';
import type { IssueDetail } from './values.js';

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** Whether an issue only repeats that a key was misspelt: the section lacks what the slip was meant to be. */
function follows(issue: z.core.$ZodIssue, slip: z.core.$ZodIssueUnrecognizedKeys): boolean {
  if (issue.code !== 'custom' || (issue.params as IssueDetail | undefined)?.at !== 'key') return false;
  const below = issue.path.slice(slip.path.length);
  if (below.length > 1 || slip.path.some((step, i) => step !== issue.path[i])) return false;
  if (below.length === 0) return true;
  const missing = String(below[0]);
  return slip.keys.some((key) => key.startsWith(missing) || nearestName(key, [missing]) !== undefined);
}

/** What was meant by a key that is not known here. */
function adviceOnKey(path: Path, key: string, known: readonly string[]): string {
  const word = /^\w+/u.exec(key)?.[0] ?? '';
  if (word !== key && known.includes(word)) return `write "${word}:", with a colon`;
  const near = nearestName(key, known);
  const homes = path.length === 0 && near === undefined ? sectionsWith(key) : [];
  if (homes.length === 0) return suggest(key, known, 'keys here');
  return `move it into ${homes.join(' or ')}, as in ${homes[0]}: { ${key}: … }`;
}

/** Translates issues found in `root` into problems. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  root: unknown,
  source: ConfigSource,
): Problem[] {
  const slips = issues.filter((issue) => issue.code === 'unrecognized_keys');
  return issues.flatMap((issue): Problem[] => {
    if (slips.some((slip) => follows(issue, slip))) return [];
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    if (issue.code === 'unrecognized_keys') {
      // The message is the list of known keys: see `section` in values.ts.
      const known = issue.message.split(', ');
      const pieces = issue.keys.filter((key) => source.isBareInBraces([...path, key]));
      const words = issue.keys.filter((key) => !pieces.includes(key));
      const cut = pieces.slice(0, 1).map((key) =>
        source.problem([...path, key], `unknown key "${key}": inside { } a comma ends the value before it`, {
          at: 'key',
          value: key,
          hint: 'put the value with the comma in quotes: { formula: "min(x, y)" }',
        }),
      );
      const slipped = words.map((key) =>
        source.problem([...path, key], `unknown key "${key}"`, {
          at: 'key',
          value: valueAt(root, [...path, key]),
          hint: adviceOnKey(path, key, known),
        }),
      );
      return [...cut, ...slipped];
    }
    const value = valueAt(root, path);
    const detail: Partial<IssueDetail> = issue.code === 'custom' ? (issue.params ?? {}) : {};
    const hint = detail.hint ?? adviceFor(path, value === undefined);
    return [
      source.problem(path, issue.message, { ...(value === undefined ? {} : { value }), ...detail, hint }),
    ];
  });
}
