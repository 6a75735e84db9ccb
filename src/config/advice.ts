// What to write at a key, as text, from the schema's own examples and defaults; and where a key belongs. Not a check, and not the
// reference page.

import { annotatedSchema, type JsonSchema } from './json-schema.js';
import { formatPath, type Path } from './problem.js';

/** The schemas of what is one step below: several where a value can be written in several forms. */
function below(schema: JsonSchema, step: string | number): JsonSchema[] {
  const found = (schema.anyOf ?? []).flatMap((form) => below(form, step));
  if (typeof step === 'number') return schema.items === undefined ? found : [schema.items, ...found];
  const { properties = {}, additionalProperties: others } = schema;
  if (Object.hasOwn(properties, step)) return [properties[step], ...found];
  return typeof others === 'object' ? [others, ...found] : found;
}

/** One value that a schema allows, as YAML; in words where it tells of none. */
function exampleOf(schema: JsonSchema): string {
  const { examples = [], properties, required = [], minimum = 0, exclusiveMinimum = -1 } = schema;
  if (examples.length > 0) return examples[0];
  const { default: fallback } = schema;
  if (typeof fallback === 'string' || typeof fallback === 'number') return String(fallback);
  if (schema.enum !== undefined) return String(schema.enum[0]);
  if (properties !== undefined) {
    const keys = required.length > 0 ? required : Object.keys(properties).slice(0, 1);
    return `{ ${keys.map((key) => `${key}: ${exampleOf(properties[key])}`).join(', ')} }`;
  }
  if (schema.type === 'number' || schema.type === 'integer') {
    return String(Math.max(minimum, exclusiveMinimum + 1, 1));
  }
  if (schema.type === 'array' && schema.items !== undefined) return `[${exampleOf(schema.items)}]`;
  if (schema.anyOf !== undefined) return exampleOf(schema.anyOf[0]);
  return `<${schema.allowed ?? 'a value'}>`;
}

/** What to do where a value is missing or of another kind: `add initial: { point: [0, 0] }`. */
export function adviceFor(path: Path, isMissing: boolean): string {
  let schemas: readonly JsonSchema[] = [annotatedSchema()];
  for (const step of path) schemas = schemas.flatMap((schema) => below(schema, step));
  const example = schemas.length > 0 ? exampleOf(schemas[0]) : '<a value>';
  const key = path.at(-1);
  const verb = isMissing ? 'add' : 'write';
  return typeof key === 'string' ? `${verb} ${formatPath([key])}: ${example}` : `${verb} ${example}`;
}

/** Sections of a config that know a key: `time` for `step`. */
export function sectionsWith(key: string): string[] {
  const sections = Object.entries(annotatedSchema().properties ?? {});
  return sections.filter(([, schema]) => below(schema, key).length > 0).map(([name]) => name);
}
