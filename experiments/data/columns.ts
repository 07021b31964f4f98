import type { Complaints, Row } from './csv.js';

/** A column of a table with a head: its number from 0, and the unit that its head names. */
export interface Column {
  readonly index: number;
  readonly unit: string | null;
}

const HEAD = /^(.*?)(?:[ _]*[([]\s*([a-zA-Z/]+)\s*[)\]]|_([a-zA-Z]+))?$/;

/**
 * Finds the columns of a table by their heads, such as `uplink`, `uplink_Mbit` or `Uplink (Mbit/s)`. `known` maps each
 * name to the words that stand for it; what is not known, and what stands there twice, is a problem.
 */
export function findColumns<N extends string>(
  head: Row,
  known: Readonly<Record<N, readonly string[]>>,
  complaints: Complaints,
): ReadonlyMap<N, Column> {
  const found = new Map<N, Column>();
  const names = Object.keys(known) as N[];
  head.cells.forEach((cell, index) => {
    const [, word = '', inBrackets, behind] = HEAD.exec(cell) ?? [];
    const name = names.find((each) => known[each].includes(word.trim().toLowerCase()));
    if (name === undefined) {
      complaints.add(head.line, index + 1, `'${cell}' is no column of such a table; there can be ${names.join(', ')}`);
    } else if (found.has(name)) complaints.add(head.line, index + 1, `'${cell}': there is a column ${name} already`);
    else found.set(name, { index, unit: (inBrackets ?? behind ?? null)?.replace(/\/s$/, '') ?? null });
  });
  return found;
}

/** Reads the cells of one row by the names of their columns, and complains about those that make no sense. */
export class Cells<N extends string> {
  readonly row: Row;
  readonly #columns: ReadonlyMap<N, Column>;
  readonly #complaints: Complaints;

  constructor(row: Row, columns: ReadonlyMap<N, Column>, complaints: Complaints) {
    this.row = row;
    this.#columns = columns;
    this.#complaints = complaints;
  }

  /** The text of a cell; null where the column, or the text, is missing. */
  text(name: N): string | null {
    const column = this.#columns.get(name);
    const cell = column === undefined ? undefined : this.row.cells[column.index];
    return cell === undefined || cell === '' ? null : cell;
  }

  /** What `convert` makes of a cell; null where there is nothing, or nothing that makes sense. */
  read<T>(name: N, convert: (cell: string, unit: string | null) => T | null, expected: string): T | null {
    const cell = this.text(name);
    if (cell === null) return null;
    const value = convert(cell, this.#columns.get(name)?.unit ?? null);
    if (value === null) this.complain(name, `'${cell}' is ${expected}`);
    return value;
  }

  /** Whether the cell has something in it; a problem otherwise. */
  demand(name: N, what: string): boolean {
    const given = this.text(name) !== null;
    if (!given) this.complain(name, `${what} is missing`);
    return given;
  }

  complain(name: N, message: string): void {
    this.#complaints.add(this.row.line, (this.#columns.get(name)?.index ?? 0) + 1, message);
  }
}
