// Writing one line of comma-separated values (RFC 4180, but lines end in \n). Reading CSV is the business of csv-parse.

/** A cell: text, a number, or nothing. */
export type Cell = string | number | undefined;

/** A cell as CSV. A number that is not finite is an empty cell: spreadsheets, pandas and R all read that as missing. */
export function csvCell(cell: Cell): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return Number.isFinite(cell) ? String(cell) : '';
  return /[",\n\r]|^\s|\s$/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Cells as a line with its end. */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\n`;
}
