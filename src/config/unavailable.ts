// What the theory has and this version does not offer yet: a config that asks for it is told so, rather than that the
// word is unknown. When a feature arrives, its line goes.

import type { Path } from './problem.js';

interface Unavailable {
  /** Key; with `values`, the key holding one of them, without, the key's being there at all. */
  readonly path: readonly string[];
  readonly values?: readonly string[];
  readonly instead: string;
  /** The key that has the meaning: the value is taken for that one's, so that nobody misses it. */
  readonly key?: string;
}

const unavailable: readonly Unavailable[] = [
  { path: ['dynamics', 'gamma'], instead: 'write friction', key: 'friction' },
  {
    path: ['potential', 'module'],
    instead:
      'write objective: { module: … } with representation: lumped, or the potential as a formula (a program may let a module ' +
      'make it: docs/library.md)',
  },
];

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Finds what this version does not offer, and removes it from the values so that the schema is silent about it. */
export function takeUnavailable(
  root: unknown,
): { path: Path; value: unknown; message: string; hint: string }[] {
  const found: { path: Path; value: unknown; message: string; hint: string }[] = [];
  for (const { path, values, instead, key: meant } of unavailable) {
    let section: unknown = root;
    for (const step of path.slice(0, -1)) {
      section = isSection(section) && Object.hasOwn(section, step) ? section[step] : undefined;
    }
    const key = path[path.length - 1];
    if (!isSection(section) || !Object.hasOwn(section, key)) continue;
    const value = section[key];
    if (values !== undefined && !(typeof value === 'string' && values.includes(value))) continue;
    const what = values === undefined ? key : `"${String(value)}"`;
    const message =
      meant === undefined ? `${what} is not offered by this version` : `${key} is called ${meant} here`;
    found.push({ path, value, message, hint: instead });
    Reflect.deleteProperty(section, key);
    if (meant !== undefined) section[meant] ??= value;
  }
  return found;
}
