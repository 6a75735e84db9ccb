// The values of a swept key, as written in `--set path=0,0.1,0.2`: which commas part values and which belong to one. Values
// themselves are YAML, as for `run --set`, and are read by config/.

/** A key and the values it takes, as text. */
export interface SweptKey {
  readonly path: string;
  readonly values: readonly string[];
}

/** What was given cannot be a sweep. */
export class SweepError extends Error {
  override readonly name = 'SweepError';

  constructor(
    readonly code: 'sweep-usage' | 'sweep-folder',
    message: string,
    readonly hint: string,
  ) {
    super(message);
  }

  /** Of the command. */
  readonly exitCode = 2;
}

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/**
 * Parts a text at its commas, but not inside parentheses, brackets, braces and quotes: `min(x,1),2` are two values,
 * `[1,2],[3,4]` as well, `"a, b"` is one.
 * @throws SweepError where something is not closed, or a value is empty
 */
export function splitValues(text: string, option: string): string[] {
  const values: string[] = [];
  const open: string[] = [];
  let start = 0;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (quote !== '') {
      if (character === '\\' && quote === '"') i++;
      else if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character in closing) open.push(closing[character]);
    else if (character === open.at(-1)) open.pop();
    else if (character === ',' && open.length === 0) {
      values.push(text.slice(start, i));
      start = i + 1;
    }
  }
  if (quote !== '' || open.length > 0) {
    const missing = quote === '' ? open.at(-1) : quote;
    throw new SweepError(
      'sweep-usage',
      `${option}: ${missing ?? ''} is missing`,
      'close it, or put the value in quotes',
    );
  }
  values.push(text.slice(start));
  const trimmed = values.map((value) => value.trim());
  if (trimmed.includes('')) {
    throw new SweepError(
      'sweep-usage',
      `${option}: there is an empty value`,
      'write --set path=value,value; a comma inside a value stands in quotes, parentheses or brackets',
    );
  }
  return trimmed;
}

/**
 * Reads the `--set` options of a sweep.
 * @throws SweepError
 */
export function readSweptKeys(options: readonly string[]): SweptKey[] {
  const keys = options.map((text): SweptKey => {
    const option = `--set ${text}`;
    const equals = text.indexOf('=');
    if (equals < 1) {
      throw new SweepError('sweep-usage', `${option} cannot be read`, 'write --set path=value,value');
    }
    return { path: text.slice(0, equals).trim(), values: splitValues(text.slice(equals + 1), option) };
  });
  const twice = keys.find((key, i) => keys.findIndex((other) => other.path === key.path) !== i);
  if (twice) {
    throw new SweepError(
      'sweep-usage',
      `--set ${twice.path} is given twice`,
      `give all of its values at once: --set ${twice.path}=value,value`,
    );
  }
  return keys;
}
