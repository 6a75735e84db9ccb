// The schema of a config as JSON Schema: for editors (completion and checks while typing) and for the reference page.

import * as z from 'zod';
import { configSchema } from './schema.js';

/** A JSON Schema as far as this program makes them. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly additionalProperties?: JsonSchema | boolean;
  /** What a value may be, in words; for the reference page, not part of JSON Schema. */
  readonly allowed?: string;
}

type Loose = Record<string, unknown>;

function convert(schema: z.ZodType): Loose {
  const result = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      const json = jsonSchema as Loose;
      // Kinds of values.ts carry their JSON Schema themselves, since transforms have none.
      // zod drops the defaults and examples of what it transforms, so they come under other names.
      for (const [from, to] of [
        ['fallback', 'default'],
        ['samples', 'examples'],
      ]) {
        if (from in json) json[to] = json[from];
        Reflect.deleteProperty(json, from);
      }
      const form = json['form'] as Loose | undefined;
      if (form === undefined) return;
      delete json['form'];
      const choices = form['choices'] as z.ZodType[] | undefined;
      Object.assign(json, choices === undefined ? form : { anyOf: choices.map(convert) });
    },
  }) as Loose;
  delete result['$schema'];
  return result;
}

/** With the words for the reference page in it. */
export function annotatedSchema(): JsonSchema {
  return convert(configSchema);
}

/** Examples are YAML text; an editor wants values, and `allowed` is not a keyword. */
function plain(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).filter(([key, value]) => {
    return !(key === 'allowed' && typeof value === 'string') && !(key === 'examples' && Array.isArray(value));
  });
  return Object.fromEntries(entries.map(([key, value]) => [key, plain(value)]));
}

/** The JSON Schema of a config, as written to docs/config.schema.json. */
export function configJsonSchema(): object {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Wasserwerk config',
    ...(plain(annotatedSchema()) as object),
  };
}
