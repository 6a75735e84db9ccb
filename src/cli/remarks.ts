// The remarks of the checks before a run (notes and warnings), as lines on stderr.

import type { Preflight } from '../model/mod.js';

/** Prints remarks, warnings first. */
export function printRemarks(remarks: readonly Preflight[]): void {
  const order = (remark: Preflight): number => (remark.tier === 'note' ? 1 : 0);
  for (const { tier, path, message, fix } of [...remarks].sort((a, b) => order(a) - order(b))) {
    const label = tier === 'note' ? 'note' : 'warning';
    process.stderr.write(`${label}: ${path === '' ? '' : `${path}: `}${message}\n`);
    if (fix !== undefined) process.stderr.write(`  fix: ${fix}\n`);
  }
}
