import { stripVTControlCharacters } from 'node:util';

const MAX_CELL = 60;

/** Rows of objects under the names of their keys, in columns; one line says so when there are none. */
export function table(rows: unknown, columns: readonly string[]): string {
  if (!Array.isArray(rows) || rows.length === 0) return 'none';
  const cells = [[...columns], ...rows.map((row: unknown) => columns.map((column) => cell(row, column)))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((text, index) => text.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What strangers wrote must not move the cursor or colour the terminal. */
function cell(row: unknown, column: string): string {
  const value = typeof row === 'object' && row !== null ? (row as Readonly<Record<string, unknown>>)[column] : null;
  if (value === null || value === undefined) return '-';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return stripVTControlCharacters(text)
    .replace(/\p{C}+/gu, ' ')
    .slice(0, MAX_CELL);
}
