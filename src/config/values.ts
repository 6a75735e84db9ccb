// The kinds of value that keys of a config take, as zod schemas with messages of our own: numbers that may be formulas,
// words, durations, choices between forms. Not the keys themselves: see schema*.ts.
//
// zod's own messages speak to programmers ("Invalid input: expected number, received string"), and its unions report
// every branch. So each kind here is an unknown with a transform that says what is wrong, and carries its JSON Schema
// as metadata (`form`), which json-schema.ts puts in place.

import * as z from 'zod';
import { evaluateConstant } from './constant.js';
import { formatValue } from './problem.js';
import { nearestName, suggest } from './suggest.js';

/** What a problem found by a schema carries beside its message. */
export interface IssueDetail {
  /** What to do about it. */
  readonly hint: string;
  readonly offset?: number;
  readonly length?: number;
  readonly at?: 'key' | 'value';
  /** It may be another form that is meant, where there are several: then all of them are named. */
  readonly isForeign?: true;
}

/** The part of zod's transform context used here. */
export interface IssueSink {
  addIssue(issue: {
    code: 'custom';
    message: string;
    params: Record<string, unknown>;
    path: (string | number)[];
  }): void;
}

/** Reports a problem from within a schema; `path` is relative to the value. */
export function complain(
  sink: IssueSink,
  message: string,
  detail: IssueDetail,
  path: (string | number)[] = [],
): typeof z.NEVER {
  sink.addIssue({ code: 'custom', message, params: { ...detail }, path });
  return z.NEVER;
}

/** The same where there is no value; issues.ts says what to write. */
function complainOfNothing(sink: IssueSink, message: string): typeof z.NEVER {
  sink.addIssue({ code: 'custom', message, params: { at: 'key' }, path: [] });
  return z.NEVER;
}

/** A schema that reads any value by a function, with its JSON Schema and what it allows in words. */
function kind<T>(
  allowed: string,
  form: Record<string, unknown>,
  read: (value: unknown, sink: IssueSink) => T,
): z.ZodType<T> {
  const schema = z.unknown().transform((value, context): T => {
    if (value === undefined) return complainOfNothing(context, `is missing: expected ${allowed}`);
    if (value === null) return complainOfNothing(context, `has no value: expected ${allowed}`);
    return read(value, context);
  });
  return schema.meta({ form, allowed });
}

/** Bounds of a number. */
export interface Limits {
  readonly min?: number;
  readonly above?: number;
  readonly max?: number;
  readonly integer?: boolean;
}

function describeLimits(limits: Limits): string {
  const words = [limits.integer ? 'a whole number' : 'a number'];
  if (limits.above !== undefined) words.push(`> ${limits.above}`);
  if (limits.above !== undefined && limits.max !== undefined) words.push('and');
  if (limits.min !== undefined && limits.max !== undefined) words.push(`from ${limits.min} to ${limits.max}`);
  else if (limits.min !== undefined) words.push(`>= ${limits.min}`);
  else if (limits.max !== undefined) words.push(`<= ${limits.max}`);
  return words.join(' ');
}

/** Reads a number or a formula of constants; complains and returns NEVER where there is none. */
export function readNumber(value: unknown, limits: Limits, sink: IssueSink): number {
  const allowed = describeLimits(limits);
  let number: number;
  if (typeof value === 'number') {
    number = value;
  } else if (typeof value === 'string') {
    const result = evaluateConstant(value);
    if (typeof result !== 'number') {
      const { offset, length } = result;
      const generic = `write ${allowed}, or a formula of constants such as 2*pi/8`;
      const hint = /^\d{1,3}(?:,\d{3})+$/u.test(value)
        ? `write ${value.replaceAll(',', '_')}`
        : (result.hint ?? generic);
      return complain(sink, `expected ${allowed}: ${result.message}`, {
        hint,
        offset,
        length,
        ...(result.hint === undefined ? { isForeign: true } : {}),
      });
    }
    number = result;
  } else {
    return complain(sink, `expected ${allowed}, got ${formatValue(value)}`, { hint: 'write a number' });
  }
  const got = typeof value === 'string' ? `${value} = ${number}` : String(number);
  if (!Number.isFinite(number))
    return complain(sink, `expected ${allowed}, got ${got}`, { hint: 'use a finite number' });
  const within =
    !(limits.min !== undefined && number < limits.min) &&
    !(limits.max !== undefined && number > limits.max) &&
    !(limits.above !== undefined && number <= limits.above);
  if (!within) return complain(sink, `expected ${allowed}, got ${got}`, { hint: `use ${allowed}` });
  if (limits.integer && !Number.isSafeInteger(number)) {
    const hint = Math.abs(number) < 9007199254740992 ? `for example ${Math.round(number)}` : `use ${allowed}`;
    return complain(sink, `expected ${allowed}, got ${got}`, { hint });
  }
  // Minus zero would show in output and differ in bits.
  return number === 0 ? 0 : number;
}

/** A number, plain or as a formula of constants. */
export function number(limits: Limits = {}): z.ZodType<number> {
  const form: Record<string, unknown> = { type: limits.integer ? 'integer' : 'number' };
  if (limits.min !== undefined) form['minimum'] = limits.min;
  if (limits.max !== undefined) form['maximum'] = limits.max;
  if (limits.above !== undefined) form['exclusiveMinimum'] = limits.above;
  return kind(describeLimits(limits), { anyOf: [form, { type: 'string' }] }, (value, sink) =>
    readNumber(value, limits, sink),
  );
}

/** A whole number. */
export function integer(limits: Omit<Limits, 'integer'> = {}): z.ZodType<number> {
  return number({ ...limits, integer: true });
}

/** A formula of the model, kept as text: its names are known only once the model is built. */
export function formula(): z.ZodType<string> {
  return kind('a formula', { type: ['string', 'number'] }, (value, sink) => {
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    if (typeof value === 'string' && value.trim() !== '') return value;
    const hint =
      'write a formula such as 0.5*x^2 (in quotes where it holds ": " or " #", or starts with a symbol)';
    return complain(sink, `expected a formula, got ${formatValue(value)}`, { hint });
  });
}

/** A text of at least one character. */
export function text(what: string): z.ZodType<string> {
  return kind(what, { type: 'string', minLength: 1 }, (value, sink) => {
    if (typeof value === 'string' && value.trim() !== '') return value;
    return complain(sink, `expected ${what}, got ${formatValue(value)}`, { hint: `write ${what}` });
  });
}

/** The name of a node: numbers count as their text. */
export function nodeName(): z.ZodType<string> {
  return kind('a node name', { type: ['string', 'integer'] }, (value, sink) => {
    if (typeof value === 'number' && Number.isFinite(value)) return String(value);
    if (typeof value === 'string' && value.trim() !== '') return value;
    const hint = 'write a word, or put it in quotes';
    return complain(sink, `expected a node name, got ${formatValue(value)}`, { hint });
  });
}

/** Whatever there is: handed on as it is. */
export function anything(): z.ZodType {
  return kind('any value', {}, (value) => value);
}

/** true or false. */
export function flag(): z.ZodType<boolean> {
  return kind('true or false', { type: 'boolean' }, (value, sink) => {
    if (typeof value === 'boolean') return value;
    return complain(sink, `expected true or false, got ${formatValue(value)}`, {
      hint: 'write true or false',
    });
  });
}

/** One of a few words. */
export function word<const W extends string>(words: readonly W[]): z.ZodType<W> {
  return kind(words.join(' | '), { enum: [...words] }, (value, sink) => {
    const found = words.find((w) => w === value);
    if (found !== undefined) return found;
    const hint = suggest(String(value), words);
    return complain(
      sink,
      `expected ${words.join(', ').replace(/, ([^,]*)$/u, ' or $1')}, got ${formatValue(value)}`,
      { hint, ...(nearestName(String(value), words) === undefined ? { isForeign: true } : {}) },
    );
  });
}

function expectedForm(what: string, input: unknown): string {
  return input === undefined ? `is missing: expected ${what}` : `expected ${what}, got ${formatValue(input)}`;
}

/** A list. */
export function list<T>(item: z.ZodType<T>, minLength = 1, what = 'a list'): z.ZodType<T[]> {
  const schema = z.array(item, { error: ({ input }) => expectedForm(what, input) });
  return (
    minLength > 0
      ? schema.min(minLength, { error: () => (minLength === 1 ? 'the list is empty' : `expected ${what}`) })
      : schema
  ).meta({
    allowed: what,
  });
}

/** A map from names of the user's choice. */
export function map<T>(item: z.ZodType<T>, what: string): z.ZodType<Record<string, T>> {
  return z
    .record(z.string(), item, { error: ({ input }) => expectedForm(what, input) })
    .meta({ allowed: what });
}

/** A section with fixed keys; others are refused. The message of an unknown key is the list of known ones, for issues.ts. */
export function section<const S extends z.ZodRawShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return keys.join(', ');
      if (issue.input === undefined) return `is missing: expected a section with ${keys.join(', ')}`;
      if (issue.input === null) return `has no value: expected a section with ${keys.join(', ')}`;
      return `expected a section with ${keys.join(', ')}, got ${formatValue(issue.input)}`;
    },
  });
}

/** One form of a value that can be written in several. */
export interface Branch<T> {
  /** Whether a value is meant as this form, told by its outer look, so that messages speak of one form only. */
  readonly when: (value: unknown) => boolean;
  readonly schema: z.ZodType<T>;
}

/** A value that can be written in several forms; the first branch whose `when` holds reads it. */
export function choice<T>(allowed: string, branches: readonly Branch<T>[]): z.ZodType<T> {
  return kind(allowed, { choices: branches.map((branch) => branch.schema) }, (value, sink) => {
    const branch = branches.find((candidate) => candidate.when(value));
    const result = branch?.schema.safeParse(value);
    if (result?.success) return result.data;
    const isForeign = result?.error.issues.some(
      ({ code, path, ...issue }) =>
        code === 'custom' &&
        path.length === 0 &&
        ((issue as { params?: Partial<IssueDetail> }).params?.isForeign ?? false),
    );
    if (result === undefined || isForeign === true) {
      return complain(sink, `expected ${allowed}, got ${formatValue(value)}`, { hint: `write ${allowed}` });
    }
    // Handed on as they are: zod puts the path of this value in front.
    for (const issue of result.error.issues) sink.addIssue({ ...issue, path: [...issue.path] } as never);
    return z.NEVER;
  });
}

/** Joins schemas of different results into branches of one type. */
export function branch<T>(when: (value: unknown) => boolean, schema: z.ZodType<T>): Branch<T> {
  return { when, schema };
}

export const isScalar = (value: unknown): boolean => typeof value === 'number' || typeof value === 'string';
export const isList = (value: unknown): boolean => Array.isArray(value);
export const isSection = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const hasKey =
  (...keys: string[]) =>
  (value: unknown): boolean =>
    isSection(value) && keys.some((key) => Object.hasOwn(value as object, key));
