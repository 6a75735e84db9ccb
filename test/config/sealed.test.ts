// A config that is sealed for a thread: posted as plain data, it makes the same model, and the thread that opens it loads
// neither the parser of YAML nor the schema nor the network.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadConfig, sealConfig, type CheckedConfig } from '../../src/config/mod.js';
import { openSealed } from '../../src/config/thread.js';
import { compileKernel } from '../../src/kernel/mod.js';
import { buildModel, type Model } from '../../src/model/mod.js';
import { load } from './helpers.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const configs = readdirSync(join(root, 'configs')).filter((name) => name.endsWith('.yaml'));

const modelOf = (config: CheckedConfig): Model => buildModel(config, { skipPreflight: true }).model;

it.each(configs)('%s makes the same model', (name) => {
  const config = loadConfig(join(root, 'configs', name));
  const model = modelOf(config);
  const opened = openSealed(structuredClone(sealConfig(config)));
  const { source, ...values } = config;
  const { source: sealed, ...sealedValues } = opened;
  expect(sealedValues).toEqual(values);
  expect(sealed.folder).toBe(source.folder);
  const again = modelOf(opened);
  expect(again.graph).toEqual(model.graph);
  expect(again.parameters).toEqual(model.parameters);
  expect(again.initialLaw).toEqual(model.initialLaw);
  expect(again.initialMasses).toEqual(model.initialMasses);
  if (config.representation === 'particles') {
    expect(Buffer.from(compileKernel(again).bytes).equals(compileKernel(model).bytes)).toBe(true);
  }
});

it('brings the files that the model has read, and reads no others', () => {
  const edges = 'from,to\na,b\n';
  const config = load(['graph={ file: edges.csv }'], { attachments: { 'edges.csv': edges } });
  const before = openSealed(sealConfig(load(['graph={ file: edges.csv }'])));
  expect(() => before.source.readText('edges.csv')).toThrow('edges.csv was not read when');
  modelOf(config);
  expect(modelOf(openSealed(sealConfig(config))).graph.nodeNames).toEqual(['a', 'b']);
});

it('tells problems without a line, since it has no text', () => {
  const { source } = openSealed(sealConfig(load()));
  const problem = source.problem(['graph', 'ring'], 'is odd', { hint: 'make it even', value: 3 });
  expect(source.error([problem]).message).toContain('test.yaml: graph.ring: is odd');
  expect(source.isWritten(['graph'])).toBe(false);
});

/** Packages that the file of a built entrance brings with it, by its static imports. */
function packagesOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  const statement = /^(?:import|export)\s[^;]*?'(?<from>[^']+)';/gmu;
  return [...readFileSync(file, 'utf8').matchAll(statement)].flatMap(({ groups }) => {
    const from = groups?.['from'] ?? '';
    return from.startsWith('.') ? packagesOf(normalize(join(dirname(file), from)), seen) : [from];
  });
}

it.each(['thread', 'grid-thread', 'estimate', 'metric-thread'])(
  'workers/%s loads no parser of configs, no network and no output',
  (name) => {
    const packages = packagesOf(join(root, 'dist/workers', `${name}.js`));
    expect(packages).toContain('piscina');
    for (const heavy of ['yaml', 'zod', 'nats', 'pino', 'zarrita']) expect(packages).not.toContain(heavy);
  },
);
