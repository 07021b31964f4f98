import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Json } from '../../sim/scenario.js';
import type { TableKind } from '../../sim/scenario/data.js';
import type { TableReader } from '../../sim/scenario/tables.js';
import { capacitiesOf, CAPACITY_COLUMNS } from './capacities.js';
import { findColumns, type Column } from './columns.js';
import { Complaints, readCsv, type Row } from './csv.js';
import { latencyOf } from './latency.js';
import { VISIT_COLUMNS, visitsOf } from './visits.js';

const MOST_BYTES = 64 * 1024 * 1024;

/** Reads the CSV files that a scenario names, relative to a folder. */
export function tablesIn(folder: string): TableReader {
  return (kind, file) => {
    const path = resolve(folder, file);
    const wrong = !existsSync(path)
      ? 'there is no such file'
      : !statSync(path).isFile()
        ? 'is no file'
        : statSync(path).size > MOST_BYTES
          ? `is larger than ${MOST_BYTES / 1024 / 1024} MiB`
          : null;
    if (wrong !== null) return { ok: false, problems: [{ path: file, message: `${wrong} (looked for ${path})` }] };
    return readTable(kind, basename(file), readFileSync(path, 'utf8'));
  };
}

/** Makes of the text of a CSV file what a scenario has in its place, or tells all that is wrong, by line and cell. */
export function readTable(kind: TableKind, file: string, text: string): ReturnType<TableReader> {
  const complaints = new Complaints(file);
  const rows = readCsv(text, complaints);
  const value = valueOf(kind, rows, complaints);
  if (complaints.any) return { ok: false, problems: complaints.problems };
  return { ok: true, value, locate: (path) => locate(kind, rows, complaints, path) };
}

function valueOf(kind: TableKind, rows: readonly Row[], complaints: Complaints): Json {
  if (kind === 'latency') return latencyOf(rows, complaints);
  return kind === 'capacities' ? capacitiesOf(rows, complaints) : visitsOf(rows, complaints);
}

/** The cell that a value such as `3.region` came from. */
function locate(kind: TableKind, rows: readonly Row[], complaints: Complaints, path: string): string | null {
  const [index = '', key = ''] = path.split('.');
  const [head] = rows;
  const row = rows[Number(index) + 1];
  if (kind === 'latency' || head === undefined || row === undefined) return null;
  const known: Readonly<Record<string, readonly string[]>> = kind === 'capacities' ? CAPACITY_COLUMNS : VISIT_COLUMNS;
  const name = key === 'at' ? 'join' : key === 'leaves' ? 'leave' : key;
  const column: Column | undefined = findColumns(head, known, complaints).get(name);
  return complaints.at(row.line, (column?.index ?? 0) + 1);
}
