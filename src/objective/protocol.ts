// The lines that are exchanged with an external process: one JSON object a line, a question to its standard input, an answer from its standard
// output. docs/objectives.md is the page for those who write such a program. Starting and ending processes is child.ts.

import * as z from 'zod';

export const PROTOCOL_VERSION = 1;

/** A question, without the number that child.ts gives it. */
export type Question =
  | {
      readonly call: 'hello';
      readonly protocol: typeof PROTOCOL_VERSION;
      readonly options: Readonly<Record<string, unknown>>;
    }
  | { readonly call: 'dimension'; readonly node: string }
  | {
      readonly call: 'evaluate';
      readonly node: string;
      readonly x: readonly number[];
      /** Whether the gradient is wanted, too. */
      readonly gradient: boolean;
      readonly time: number;
      /** Number of the mini-batch; null: the whole data. */
      readonly batch: number | null;
    }
  | { readonly call: 'initial'; readonly node: string; readonly seed: number }
  | { readonly call: 'transfer'; readonly x: readonly number[]; readonly from: string; readonly to: string }
  | { readonly call: 'neighbours'; readonly node: string }
  | { readonly call: 'measure'; readonly x: readonly number[]; readonly node: string };

const abilities = ['initial', 'transfer', 'neighbours', 'measure'] as const;

/** What an answer to each call must hold beside its number. */
export const answers = {
  hello: z.object({
    protocol: z.literal(PROTOCOL_VERSION),
    miniBatches: z.boolean().default(false),
    has: z.array(z.enum(abilities)).default([]),
  }),
  dimension: z.object({ dimension: z.number().int().min(1) }),
  evaluate: z.object({ value: z.number(), gradient: z.array(z.number()).optional() }),
  initial: z.object({ x: z.array(z.number()).nullable() }),
  transfer: z.object({ x: z.array(z.number()) }),
  neighbours: z.object({ neighbours: z.array(z.union([z.string(), z.tuple([z.string(), z.number()])])) }),
  measure: z.object({ measured: z.record(z.string(), z.number()) }),
} as const;

export type Call = Question['call'];
export type Answer<C extends Call> = z.output<(typeof answers)[C]>;

/** The outer form of every answer. */
export const envelope = z.looseObject({ id: z.number(), error: z.string().optional() });
