// Text for terminals: bars, rates, durations, numbers with errors, and how many columns a text takes. What is shown, and where, is
// progress.ts and status-screen.ts.

/** How a terminal may be written to. */
export interface Style {
  readonly color: boolean;
  readonly ascii: boolean;
}

/** A bar; with block characters it grows by eighths of a cell. */
export function bar(part: number, cells: number, style: Style): string {
  const share = Math.min(1, Math.max(0, Number.isFinite(part) ? part : 0));
  const eighths = Math.round(share * cells * 8);
  const full = Math.floor(eighths / 8);
  if (style.ascii) return '#'.repeat(full).padEnd(cells, '-');
  const edge = eighths % 8 === 0 ? '' : ' ▏▎▍▌▋▊▉'[eighths % 8];
  return ('█'.repeat(full) + edge).padEnd(cells, '░');
}

export type Unit = 'particle' | 'cell' | 'node';

/** What is stepped in a representation. */
export function unitOf(representation: 'particles' | 'grid' | 'lumped'): Unit {
  return ({ particles: 'particle', grid: 'cell', lumped: 'node' } as const)[representation];
}

/** A rate as `412 M particle-steps/s`, to three digits. */
export function formatRate(rate: number, unit: Unit = 'particle'): string {
  const units = ['', 'k', 'M', 'G', 'T'];
  let value = Number.isFinite(rate) && rate > 0 ? rate : 0;
  let scale = 0;
  while (value >= 999.5 && scale < units.length - 1) {
    value /= 1000;
    scale += 1;
  }
  const digits = value >= 99.5 || scale === 0 ? 0 : value >= 9.95 ? 1 : 2;
  return `${value.toFixed(digits)} ${units[scale]}${scale === 0 ? '' : ' '}${unit}-steps/s`;
}

/** Seconds as `0:07`, `12:34`, `1:02:03`, `3d 04h`. */
export function formatDuration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const pad = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(total / 3600);
  if (hours >= 48) return `${Math.floor(hours / 24)}d ${pad(hours % 24)}h`;
  const minutes = Math.floor(total / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(total % 60)}` : `${minutes}:${pad(total % 60)}`;
}

/** A value with its error to two digits, as `-1.2345 ± 0.0021`. */
export function formatWithError(value: number, error: number | undefined, ascii: boolean): string {
  if (error === undefined || !Number.isFinite(error) || !(error > 0)) return short(value, 6);
  const decimals = 1 - Math.floor(Math.log10(error));
  const sign = ascii ? '+-' : '±';
  if (decimals < 0 || decimals > 12) return `${short(value, 6)} ${sign} ${short(error, 2)}`;
  return `${value.toFixed(decimals)} ${sign} ${error.toFixed(decimals)}`;
}

/** A number to some digits, without zeros at its end. */
export function short(value: number, digits = 6): string {
  return String(Number(value.toPrecision(digits)));
}

/** A whole number in groups of three digits. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/gu, ' ');
}

/** A text in the colour of bars. */
export function paint(text: string, style: Style): string {
  return style.color ? `\u001b[36m${text}\u001b[39m` : text;
}

/** A name without characters that would move the cursor or turn the direction of writing. */
export function clean(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}

/** Whether the locale of an environment shows more than ASCII. */
export function speaksUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => value);
  return locale === undefined || /utf-?8/iu.test(locale);
}

const wide =
  /^[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

/** Columns that a text takes on a terminal; colours take none, marks none, wide characters two. */
export function widthOf(text: string): number {
  let width = 0;
  // eslint-disable-next-line no-control-regex -- the escape that begins a colour
  for (const character of text.replace(/\u001b\[[0-9;]*m/gu, '')) {
    if (wide.test(character)) width += 2;
    else if (!/^\p{Mn}$/u.test(character)) width += 1;
  }
  return width;
}

/** A text without colours, cut to so many columns, with a mark where something is cut. */
export function cut(text: string, width: number, style: Style): string {
  if (widthOf(text) <= width) return text;
  let result = '';
  for (const character of text) {
    if (widthOf(result + character) > width - 1) break;
    result += character;
  }
  return result + (style.ascii ? '~' : '…');
}
