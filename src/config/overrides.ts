// `--set path=value`: changes to a config from the command line. Values are YAML. Not a second schema: what an override
// sets is checked like the file, and messages name the override.

import { formatPath, type Path, type Problem } from './problem.js';
import { parseYaml } from './yaml.js';

/** One override, parsed. */
export interface Override {
  readonly path: Path;
  readonly value: unknown;
  /** As given: `particles=1000`. */
  readonly text: string;
  /** As shown in messages: `--set particles=1000`. */
  readonly origin: string;
}

function complaint(origin: string, message: string, hint: string): Problem {
  return {
    path: '',
    line: undefined,
    column: undefined,
    where: origin,
    value: undefined,
    message,
    hint,
    excerpt: undefined,
  };
}

/** `a.b[0].c` or `a.b.0.c` as a path; undefined where it cannot be read. */
function parsePath(text: string): Path | undefined {
  const path: (string | number)[] = [];
  const token = /\.?([^.[\]=]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]/uy;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) return undefined;
    if (match[2] !== undefined) path.push(Number(match[2]));
    else path.push((match[1] ?? match[3]).trim());
  }
  return path.length > 0 && !path.includes('__proto__') && !path.includes('') ? path : undefined;
}

/** Parses the texts given to `--set`. */
export function parseOverrides(texts: readonly string[]): { overrides: Override[]; problems: Problem[] } {
  const overrides: Override[] = [];
  const problems: Problem[] = [];
  for (const text of texts) {
    const origin = `--set ${text}`;
    const equals = text.indexOf('=');
    const path = equals < 0 ? undefined : parsePath(text.slice(0, equals).trim());
    if (path === undefined) {
      problems.push(
        complaint(origin, 'cannot be read', 'write --set path=value, for example --set time.end=5'),
      );
      continue;
    }
    const yaml = parseYaml(text.slice(equals + 1));
    if (yaml.complaints.length > 0) {
      const { message, hint } = yaml.complaints[0];
      problems.push(complaint(origin, `the value is not valid YAML: ${message}`, hint));
      continue;
    }
    if (yaml.value === undefined || yaml.value === null) {
      problems.push(complaint(origin, 'has no value', `write --set ${text.slice(0, equals)}=value`));
      continue;
    }
    overrides.push({ path, value: yaml.value, text, origin });
  }
  return { overrides, problems };
}

type Container = Record<string, unknown> | unknown[];

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** Applies overrides in order to a copy of plain values; sections that are missing are made. */
export function applyOverrides(
  root: unknown,
  overrides: readonly Override[],
): { value: unknown; problems: Problem[] } {
  const problems: Problem[] = [];
  if (overrides.length === 0) return { value: root, problems };
  const value: unknown = isContainer(root) ? structuredClone(root) : {};
  for (const override of overrides) {
    let at = value as Container;
    for (let i = 0; i < override.path.length; i++) {
      const step = override.path[i];
      const index = Number(step);
      if (Array.isArray(at) && !(Number.isInteger(index) && index >= 0 && index <= at.length)) {
        const above = formatPath(override.path.slice(0, i));
        const hint = `use [0] to [${at.length - 1}], or set ${above} as a whole`;
        problems.push(
          complaint(override.origin, `${above} is a list of ${at.length}; there is no ${step}`, hint),
        );
        break;
      }
      const container = at as Record<string, unknown>;
      if (i === override.path.length - 1) {
        container[step] = structuredClone(override.value);
        break;
      }
      const next: unknown = Object.hasOwn(container, step) ? container[step] : undefined;
      if (isContainer(next)) {
        at = next;
      } else if (next === undefined || next === null) {
        at = container[step] = {};
      } else {
        const path = formatPath(override.path.slice(0, i + 1));
        const hint = `set it as a whole: --set '${path}={...}'`;
        problems.push(complaint(override.origin, `${path} is a plain value, not a section`, hint));
        break;
      }
    }
  }
  return { value, problems };
}
