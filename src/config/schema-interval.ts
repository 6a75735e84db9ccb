// Durations, and intervals in steps or wall time, as configs write them: 60s, 10min, 2h, or a number of steps.

import type * as z from 'zod';
import { branch, choice, complain, integer, isScalar, text } from './values.js';

/** When something is done again: after so many steps, or so much wall time. */
export type Interval =
  { readonly kind: 'steps'; readonly steps: number } | { readonly kind: 'seconds'; readonly seconds: number };

const units = { ms: 0.001, s: 1, min: 60, h: 3600 } as const;

/** A duration such as 60s, in seconds. */
export const duration: z.ZodType<number> = text('a duration such as 60s').transform((value, sink): number => {
  const match = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|min|h)\s*$/u.exec(value);
  if (match === null)
    return complain(sink, `${value} is no duration`, { hint: 'write 500ms, 60s, 10min or 2h' });
  const seconds = Number(match[1]) * units[match[2] as keyof typeof units];
  if (!(seconds > 0)) return complain(sink, 'expected a duration > 0', { hint: 'for example 60s' });
  return seconds;
});

export const interval = choice<Interval>('a number of steps, or a duration such as 60s, 10min, 2h', [
  branch(
    (value) => typeof value === 'string' && /^\s*[\d.]+\s*[a-z]+\s*$/iu.test(value),
    duration.transform((seconds): Interval => ({ kind: 'seconds', seconds })),
  ),
  branch(
    isScalar,
    integer({ min: 1 }).transform((steps): Interval => ({ kind: 'steps', steps })),
  ),
]);
