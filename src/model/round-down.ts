// Numbers that a person would choose. For suggestions only.

/** The largest of 1, 2, 2.5, 5 times a power of ten that is not above the value: 0.0031 -> 0.0025. */
export function roundDown(value: number): number {
  if (!(value > 0) || !Number.isFinite(value)) return value;
  const [digits, exponent] = value.toExponential(3).split('e');
  const nice = [5, 2.5, 2, 1].find((candidate) => candidate <= Number(digits)) ?? 1;
  return Number(`${nice}e${exponent}`);
}
