// Reading observables.jsonl back: for reports, comparisons and exports, of finished runs and of those that go on or were
// killed. The CSV tables hold the same numbers for other programs, and are not read here.

import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { asOutputError, RecordError } from './errors.js';
import { parseJsonLine, type ObservationRecord } from './observation-json.js';

/**
 * The observations in a run folder, in order. A last line that is not whole (the run goes on, or was killed) is left
 * out.
 *
 * @throws RecordError (`corrupt-table`) at a line within that is no observation
 * @throws OutputError (`not-found`) if there is no table
 */
export async function* readObservations(folder: string): AsyncGenerator<ObservationRecord> {
  const path = join(folder, 'observables.jsonl');
  const input = createReadStream(path);
  // readline alone would end quietly on an error of its input.
  let failure: unknown;
  input.once('error', (error) => (failure = error));
  const lines = createInterface({ input, crlfDelay: Infinity });
  let number = 0;
  let broken: number | undefined;
  try {
    for await (const line of lines) {
      number += 1;
      if (broken !== undefined) {
        throw new RecordError(
          'corrupt-table',
          path,
          `line ${broken} of ${path} is no observation`,
          'put back the file as the run left it, or delete the line',
        );
      }
      const record = parseJsonLine(line);
      if (record === undefined) broken = number;
      else yield record;
    }
  } catch (error) {
    throw asOutputError(error, 'read', path);
  } finally {
    lines.close();
    input.destroy();
  }
  if (failure !== undefined) throw asOutputError(failure, 'read', path);
}
