// Where the time of a step goes, by sampling the engine alone on one thread.

import { child } from '../children.js';
import type { EngineResult } from '../children/engine.js';
import { fetchNode24 } from '../fetch-node.js';
import type { Section, SectionOptions, SectionResult } from '../report.js';
import { particleOverride } from './speed.js';
import { VARIANTS } from '../workloads.js';

export const passes: Section = { name: 'passes', title: 'Where the time of a step goes', run };

async function run(options: SectionOptions): Promise<SectionResult> {
  const { quick, progress } = options;
  const node24 = options.node24 ?? (await fetchNode24());
  const cases: { name: string; set: readonly string[]; node: string; wide: boolean }[] = [
    { name: process.version.split('.')[0], set: [], node: process.execPath, wide: false },
    { name: 'v24 plain', set: [], node: node24, wide: false },
    { name: 'v24 wide', set: [], node: node24, wide: true },
    ...['f64', 'metropolis', 'd = 10'].map((name) => ({
      name,
      set: VARIANTS[name],
      node: process.execPath,
      wide: false,
    })),
  ];
  const results: EngineResult[] = [];
  for (const { name, set, node, wide } of cases) {
    progress(`passes: ${name}`);
    const workload = { set: [particleOverride(quick), ...set] };
    results.push(
      await child('engine', { workload, wide, steps: quick ? 20 : 300, profile: true }, { node, pin: true }),
    );
  }
  const names = [...new Set(results.flatMap(({ parts }) => Object.keys(parts)))];
  const rows = names
    .map((name) => [name, ...results.map(({ parts }) => (parts[name] ?? 0).toFixed(2))])
    .filter(([, ...values]) => values.some((value) => Number(value) >= 0.01));
  rows.push(['sum', ...results.map(({ cpuNanoseconds }) => cpuNanoseconds.toFixed(2))]);
  rows.push(['sum by the clock', ...results.map(({ nanoseconds }) => nanoseconds.toFixed(2))]);
  return {
    tables: [
      {
        caption: 'ring-ou, CPU ns per particle-step; variants by the Node that runs this',
        head: ['part', ...cases.map(({ name }) => name)],
        rows,
      },
    ],
    remarks: [],
    data: results,
  };
}
