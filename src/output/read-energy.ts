// Reading energy.jsonl back: the energy of a run, its parts and its dissipation over time. Runs that estimate no entropy
// have none. Writing it is not done here.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EnergyRecord } from '../estimate/mod.js';
import { isObject, parseObject } from './json.js';
import { readLines } from './read-lines.js';

type Numbers = readonly (number | null)[];

/** A record as it stands in energy.jsonl: arrays are lists over nodes, what is not a finite number is null. */
export type EnergyRecordJson = {
  readonly [Key in keyof EnergyRecord]: EnergyRecord[Key] extends Float64Array
    ? Numbers
    : Exclude<EnergyRecord[Key], undefined> extends number
      ? Key extends 'step' | 'time' | 'temperature'
        ? number
        : number | null
      : EnergyRecord[Key];
};

const lists = ['entropy', 'entropyError', 'entropyBias', 'nodeEnergy', 'nodeEnergyError'] as const;
const scalars = [
  ...(['energy', 'energyError', 'energyBias', 'relativeEntropy', 'relativeEntropyError'] as const),
  ...(['dissipation', 'dissipationError', 'dissipationTransport', 'dissipationReaction'] as const),
  ...(['balance', 'balanceError'] as const),
] as const;

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}

/** The record that a line holds, or undefined if it holds none. */
export function parseEnergyLine(line: string): EnergyRecordJson | undefined {
  const value = parseObject(line);
  if (!isObject(value) || typeof value['method'] !== 'string') return undefined;
  const whole =
    (['step', 'time', 'temperature'] as const).every((key) => typeof value[key] === 'number') &&
    scalars.every((key) => isNumberOrNull(value[key])) &&
    lists.every((key) => {
      const list = value[key];
      return Array.isArray(list) && list.every(isNumberOrNull);
    });
  return whole ? (value as unknown as EnergyRecordJson) : undefined;
}

/**
 * The energies in a run folder, in order; none if the run estimated none. A last line that is not whole is left out.
 *
 * @throws RecordError (`corrupt-table`) at a line within that is no record
 * @throws OutputError if the system refuses
 */
export async function* readEnergy(folder: string): AsyncGenerator<EnergyRecordJson> {
  const path = join(folder, 'energy.jsonl');
  if (!existsSync(path)) return;
  yield* readLines(path, parseEnergyLine, 'energy record');
}
