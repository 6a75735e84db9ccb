// Numbers and tables for people.

/** A number with its standard error: digits as far as the error lets them mean something. */
export function withError(value: number, error: number): string {
  if (!Number.isFinite(value)) return '-';
  if (!Number.isFinite(error) || error === 0) return String(Number(value.toPrecision(6)));
  const digits = Math.max(0, Math.min(12, 1 - Math.floor(Math.log10(error))));
  return `${value.toFixed(digits)} ± ${error.toFixed(digits)}`;
}

/** `1 edge`, `2 edges`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}

/** Columns aligned by padding; the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => {
      const cells = row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
      return `${indent}${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
