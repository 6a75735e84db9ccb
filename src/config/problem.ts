// What is wrong with a config, where, and what to do about it; and the error that carries a list of such problems.
// Not the search for problems: that is schema.ts for the form and model/ for the meaning.

/** Steps from the top of a config down to one value: keys and list indices. */
export type Path = readonly (string | number)[];

/** One thing that is wrong, told so that it can be found and mended. */
export interface Problem {
  /** The key, as one writes it: `graph.edges[3]`. Empty for the config as a whole. */
  readonly path: string;
  /** Line and column in the file, from 1; undefined where the value came from `--set` or is not in the file. */
  readonly line: number | undefined;
  readonly column: number | undefined;
  /** `file:line:column`, or the command line option that the value came from. */
  readonly where: string;
  /** The offending value as text, where there is one. */
  readonly value: string | undefined;
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
  /** The source line with a caret below the place; may span lines. */
  readonly excerpt: string | undefined;
}

/** A path as one writes it: `potential.parameters.h`, `space.box[0][1]`, `potential.nodes["a b"]`. */
export function formatPath(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^[\w-]+$/u.test(step)) text += `[${JSON.stringify(step)}]`;
    else text += text === '' ? step : `.${step}`;
  }
  return text;
}

/** A value as short text for a message. */
export function formatValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  let text: string;
  try {
    // Undefined for what JSON has no text for, whatever its declaration says.
    text = JSON.stringify(value) ?? typeof value;
  } catch {
    text = typeof value;
  }
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** What of a problem has nothing to do with its place in the text. */
export function describe(
  path: Path,
  message: string,
  detail: { readonly hint: string; readonly value?: unknown },
): Pick<Problem, 'path' | 'value' | 'message' | 'hint'> {
  return {
    path: formatPath(path),
    value: 'value' in detail ? formatValue(detail.value) : undefined,
    message,
    hint: detail.hint,
  };
}

/** A problem as a paragraph: place, key, message, source line with caret, fix. */
export function formatProblem(problem: Problem): string {
  const lines = [`${problem.where}: ${problem.path === '' ? '' : `${problem.path}: `}${problem.message}`];
  if (problem.excerpt !== undefined) lines.push(problem.excerpt);
  lines.push(`    fix: ${problem.hint}`);
  return lines.join('\n');
}

// More problems than this say nothing more to a person; the rest is counted.
const shownProblems = 20;

/** The config cannot be used. `problems` holds every reason found; `message` tells them with their source lines. */
export class ConfigError extends Error {
  readonly code = 'config';
  readonly exitCode = 2;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], options?: ErrorOptions) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    const shown = problems.slice(0, shownProblems).map(formatProblem);
    if (problems.length > shownProblems) shown.push(`… and ${problems.length - shownProblems} more`);
    super(`${file} has ${count}\n\n${shown.join('\n\n')}`, options);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
