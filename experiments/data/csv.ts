import { CsvError, parse } from 'csv-parse/sync';
import type { Problem } from '../../core/config.js';

/** A row of a CSV file with the line on which it begins, from 1. */
export interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Of one file no more problems are told than this. */
const MOST_PROBLEMS = 50;

/** Notes what is wrong with a file, by line and by cell, both from 1. */
export class Complaints {
  readonly #file: string;
  readonly #found: { readonly line: number; readonly cell: number; readonly message: string }[] = [];

  constructor(file: string) {
    this.#file = file;
  }

  /** Where a cell stands, as problems tell it. */
  at(line: number, cell: number): string {
    return `${this.#file}:${line}:${cell}`;
  }

  add(line: number, cell: number, message: string): void {
    this.#found.push({ line, cell, message });
  }

  get any(): boolean {
    return this.#found.length > 0;
  }

  /** From the first line to the last, up to a bound. */
  get problems(): readonly Problem[] {
    const sorted = [...this.#found].sort((a, b) => a.line - b.line || a.cell - b.cell);
    const told = sorted
      .slice(0, MOST_PROBLEMS)
      .map(({ line, cell, message }) => ({ path: this.at(line, cell), message }));
    const more = sorted.length - told.length;
    return more === 0 ? told : [...told, { path: this.#file, message: `has ${more} more problems` }];
  }
}

/**
 * Reads RFC 4180 with commas, or with semicolons or tabs where the first line has those and no comma. Cells are trimmed;
 * lines that are empty or begin with # are skipped.
 */
export function readCsv(text: string, complaints: Complaints): readonly Row[] {
  const bare = text
    .slice(0, 65_536)
    .replaceAll(/^#.*$/gm, '')
    .replaceAll(/"(?:[^"]|"")*"/g, '');
  const first = bare.split('\n').find((line) => line.trim() !== '') ?? '';
  const delimiter = [',', ';', '\t'].find((each) => first.includes(each)) ?? ',';
  try {
    const options = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
    const parsed: unknown = parse(text, {
      ...options,
      delimiter,
      comment: '#',
      comment_no_infix: true,
      skip_records_with_empty_values: true,
    });
    return (parsed as { record: string[]; info: { lines: number } }[]).map(({ record, info }) => ({
      line: info.lines - record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0),
      cells: record,
    }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines, column } = error as CsvError & { lines?: number; column?: number | string };
    complaints.add(lines ?? 1, typeof column === 'number' ? column + 1 : 1, quoting(error.code));
    return [];
  }
}

function quoting(code: string): string {
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'a quote is opened and never closed';
  return 'a quote stands where none can be; a cell with quotes is written "like ""this"""';
}
