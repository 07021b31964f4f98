import { readFile } from 'node:fs/promises';
import { parquetReadObjects } from 'hyparquet';

export type Cell = string | number | boolean | null;
export type TableRow = Readonly<Record<string, Cell>>;

/** A file of results that cannot be made sense of. */
export class Unreadable extends Error {}

/** The rows of a Parquet file as this project writes them; whole numbers of 64 bits become numbers. */
export async function readTable(path: string): Promise<TableRow[]> {
  const bytes = await readFile(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const rows: Record<string, unknown>[] = await parquetReadObjects({ file }).catch((error: unknown) => {
    throw new Unreadable(`${path} is no table: ${String(error)}`);
  });
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)])));
}

function cellOf(value: unknown): Cell {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return null;
}

/** One column as numbers; null for what is none. */
export function numbers(rows: readonly TableRow[], column: string): (number | null)[] {
  return rows.map((row) => {
    const value = row[column];
    return typeof value === 'number' ? value : null;
  });
}
