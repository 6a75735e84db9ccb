// Formulas made by a program: a template tag that puts numbers and other formulas in without a slip of precedence or digits.
// The result is text of the formula language; it is read, derived and compiled like any other.

/** Text of a formula made by `formula`; put into another one it is wrapped in parentheses. */
export class Formula {
  constructor(readonly text: string) {}

  /** The text. */
  toString(): string {
    return this.text;
  }

  /** The text: configs are JSON. */
  toJSON(): string {
    return this.text;
  }
}

/** What `formula` takes: numbers are written with all their digits, formulas in parentheses, texts (names) as they are. */
export type FormulaPart = number | Formula | string;

const name = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?(?:\[\d+\])?$/;

/**
 * Builds a formula: formula`0.5*${k}*(x - ${a})^2 + ${well}`.
 *
 * @throws RangeError for numbers that are not finite, TypeError for texts that are not a name (write those into the template,
 * or make a formula of them)
 */
export function formula(template: TemplateStringsArray, ...parts: readonly FormulaPart[]): Formula {
  let text = template[0];
  parts.forEach((part, i) => {
    text += written(part) + template[i + 1];
  });
  return new Formula(text);
}

/** The sum of formulas; 0 for none. */
export function sumOf(terms: Iterable<FormulaPart>): Formula {
  const list = Array.from(terms, written);
  return new Formula(list.length === 0 ? '0' : list.join(' + '));
}

function written(part: FormulaPart): string {
  if (part instanceof Formula) return `(${part.text})`;
  if (typeof part === 'string') {
    if (name.test(part)) return part;
    throw new TypeError(
      `${JSON.stringify(part)} is not a name: write it into the template itself, or make a formula of it`,
    );
  }
  if (typeof part !== 'number') {
    throw new TypeError(`a formula takes numbers, names and formulas, not a ${typeof part}`);
  }
  if (!Number.isFinite(part)) throw new RangeError(`${part} cannot stand in a formula: use a finite number`);
  // A sign would bind to what stands in front of it.
  return part < 0 || Object.is(part, -0) ? `(${part})` : String(part);
}
