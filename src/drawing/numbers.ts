// Numbers as a reader wants them: digits as far as an error lets them mean something, powers of ten set as powers.

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  0: '⁰',
  1: '¹',
  2: '²',
  3: '³',
  4: '⁴',
  5: '⁵',
  6: '⁶',
  7: '⁷',
  8: '⁸',
  9: '⁹',
};

/** 10 to a whole power, as in 10⁻³. */
export function powerOfTen(exponent: number): string {
  return `10${Array.from(String(exponent), (digit) => superscripts[digit]).join('')}`;
}

/** A number with so many significant digits; very large and very small ones with a power of ten; '–' if it is none. */
export function brief(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e6) return minus(String(Number(value.toPrecision(digits))));
  const [mantissa, exponent] = value.toExponential(digits - 1).split('e');
  const power = powerOfTen(Number(exponent));
  return minus(Number(mantissa) === 1 ? power : `${Number(mantissa)}·${power}`);
}

/** A number with its standard error, two digits of that; without one (or with 0) in brief. */
export function withError(value: number | null | undefined, error: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (error === null || error === undefined || !Number.isFinite(error) || error <= 0) return brief(value, 6);
  const digits = Math.min(12, 1 - Math.floor(Math.log10(error)));
  if (digits < 0 || (Math.abs(value) < 1e-4 && error < 1e-5)) return `${brief(value)} ± ${brief(error, 2)}`;
  return `${minus(value.toFixed(digits))} ± ${error.toFixed(digits)}`;
}

/** A real minus for a hyphen. */
export function minus(text: string): string {
  return text.replace(/^-/u, '−');
}

/** Whole numbers with thin gaps: 1 000 000. */
export function grouped(count: number): string {
  return String(Math.round(count)).replaceAll(/\B(?=(?:\d{3})+$)/gu, '\u202f');
}

/** Seconds as a duration. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${brief(seconds, 3)} s`;
  const whole = Math.round(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(rest)} h` : `${minutes}:${pad(rest)} min`;
}

/** Bytes in binary units. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let [value, unit] = [count, 0];
  while (value >= 1024 && unit < units.length - 1) [value, unit] = [value / 1024, unit + 1];
  return `${brief(value, 3)} ${units[unit]}`;
}
