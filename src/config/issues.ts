// zod's issues as problems of a config, with their places. Not where rules are: those are in the schemas.

import type * as z from 'zod';
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
  return below.length === 0 || slip.keys.some((key) => nearestName(key, [String(below[0])]) !== undefined);
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
      return issue.keys.map((key) =>
        source.problem([...path, key], `unknown key "${key}"`, {
          at: 'key',
          value: valueAt(root, [...path, key]),
          hint: suggest(key, known, 'keys here'),
        }),
      );
    }
    const value = valueAt(root, path);
    const detail: IssueDetail = issue.code === 'custom' ? (issue.params ?? {}) : {};
    return [source.problem(path, issue.message, { ...(value === undefined ? {} : { value }), ...detail })];
  });
}
