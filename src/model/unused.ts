// Keys that are written and have no meaning beside the others: said, lest somebody believe that they do something. Not keys that
// contradict the others: those are refused, here in model/ and by the schema.

import type { CheckedConfig } from '../config/mod.js';
import type { BuildContext } from './context.js';

interface Use {
  readonly path: readonly string[];
  readonly isUsed: (config: CheckedConfig) => boolean;
  /** What it goes with. */
  readonly with: string;
}

const ofParticles = (config: CheckedConfig): boolean => config.representation === 'particles';

const uses: readonly Use[] = [
  {
    path: ['lumped'],
    isUsed: ({ representation }) => representation === 'lumped',
    with: 'representation: lumped',
  },
  {
    path: ['grid'],
    isUsed: ({ representation }) => representation !== 'lumped',
    with: 'representation: grid, and with particles',
  },
  {
    path: ['grid', 'tolerance'],
    isUsed: ({ representation }) => representation !== 'particles',
    with: 'representation: grid',
  },
  {
    path: ['dynamics', 'integrator'],
    isUsed: ({ representation }) => representation !== 'grid',
    with: 'representation: particles',
  },
  { path: ['snapshots', 'particles'], isUsed: ofParticles, with: 'representation: particles' },
  { path: ['precision'], isUsed: ofParticles, with: 'representation: particles (all else is f64)' },
  { path: ['partition'], isUsed: ofParticles, with: 'representation: particles' },
];

/** Warns of keys that are written and not used. */
export function warnOfUnused(context: BuildContext): void {
  const { config } = context;
  const found = uses.filter((use) => config.source.isWritten(use.path) && !use.isUsed(config));
  for (const { path, with: others } of found) {
    // A section speaks for its keys.
    if (found.some((above) => above.path.length < path.length && above.path[0] === path[0])) continue;
    const { representation } = config;
    context.warn(
      'unused',
      path,
      `is not used with representation ${representation}`,
      `remove it; it goes with ${others}`,
    );
  }
}
