// Reading back a table of JSON lines: of a finished run, of one that goes on, of one that was killed. What a line holds
// is the business of the table's own file.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { asOutputError, RecordError } from './errors.js';

/**
 * The records in a file of lines, in order. A last line that is not whole (the run goes on, or was killed) is left out.
 *
 * @param parse the record that a line holds, or undefined if it holds none
 * @param what a record is called in messages, as in `observation`
 * @throws RecordError (`corrupt-table`) at a line within that holds no record
 * @throws OutputError (`not-found`) if there is no file
 */
export async function* readLines<T>(
  path: string,
  parse: (line: string) => T | undefined,
  what: string,
): AsyncGenerator<T> {
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
          `line ${broken} of ${path} is no ${what}`,
          'put back the file as the run left it, or delete the line',
        );
      }
      const record = parse(line);
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
