// Reading observables.jsonl back: for reports, comparisons and exports, of finished runs and of those that go on or were
// killed. The CSV tables hold the same numbers for other programs, and are not read here.

import { join } from 'node:path';
import { parseJsonLine, type ObservationRecord } from './observation-json.js';
import { readLines } from './read-lines.js';

/**
 * The observations in a run folder, in order. A last line that is not whole (the run goes on, or was killed) is left
 * out.
 *
 * @throws RecordError (`corrupt-table`) at a line within that is no observation
 * @throws OutputError (`not-found`) if there is no table
 */
export function readObservations(folder: string): AsyncGenerator<ObservationRecord> {
  return readLines(join(folder, 'observables.jsonl'), parseJsonLine, 'observation');
}
