// The time step of minimizing movements: `dynamics.tau`, and no `time.step` beside it. Not what a movement is.

import type { Path } from './problem.js';

const isSection = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Writes `dynamics.tau` to `time.step` in the values of a config of kind `jko`, so that everything else needs to know one
 * length of step only. Returns what is wrong with that, if anything.
 */
export function takeMovementStep(
  root: unknown,
): { readonly path: Path; readonly value: unknown; readonly message: string; readonly hint: string }[] {
  if (!isSection(root)) return [];
  const { dynamics, time } = root;
  if (!isSection(dynamics) || dynamics['kind'] !== 'jko' || !isSection(time)) return [];
  const given = time['step'];
  // Without tau the schema complains of that; any number will do here.
  time['step'] = dynamics['tau'] ?? 1;
  if (given === undefined || given === dynamics['tau']) return [];
  const message = 'is not used with kind jko, whose step is dynamics.tau';
  return [{ path: ['time', 'step'], value: given, message, hint: 'remove it' }];
}
