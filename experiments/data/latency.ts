import type { JsonObject } from '../../sim/scenario.js';
import { numberIn } from './cells.js';
import type { Complaints, Row } from './csv.js';

const LONGEST = 60_000;

/** A matrix as rows and columns of a file, and where it begins there. */
interface Block {
  readonly places: readonly string[];
  readonly rows: readonly Row[];
  /** Cells of a row before the first delay. */
  readonly skipped: number;
  /** For each column of the file the place that it stands for. */
  readonly columns: readonly number[];
}

/**
 * A matrix of one-way delays in ms, from the place of the row to that of the column: with a row and a column of names,
 * with a row of names only, or bare numbers. What stands on the diagonal may be left out.
 */
export function latencyOf(rows: readonly Row[], complaints: Complaints): JsonObject {
  const block = blockOf(rows, complaints);
  const ms = block.rows.map(({ line, cells }, from) => {
    const delays = block.places.map(() => 0);
    if (cells.length - block.skipped !== block.columns.length) {
      complaints.add(
        line,
        cells.length,
        `there are ${cells.length - block.skipped} delays, not ${block.columns.length}`,
      );
      return delays;
    }
    block.columns.forEach((to, index) => {
      const cell = cells[index + block.skipped] ?? '';
      if (from === to && (cell === '' || cell === '-')) return;
      const delay = numberIn(cell.replace(/\s*ms$/, ''));
      if (delay !== null && delay <= LONGEST) delays[to] = delay;
      else if (delay !== null) complaints.add(line, index + block.skipped + 1, `'${cell}' is more than ${LONGEST} ms`);
      else {
        const message = `'${cell}' is not a delay; expected milliseconds of 0 or more`;
        complaints.add(line, index + block.skipped + 1, message);
      }
    });
    return delays;
  });
  return { places: block.places, ms };
}

function blockOf(rows: readonly Row[], complaints: Complaints): Block {
  const [first, ...rest] = rows;
  const nothing: Block = { places: [], rows: [], skipped: 0, columns: [] };
  if (first === undefined) {
    if (!complaints.any) complaints.add(1, 1, 'the file is empty; expected a matrix of delays');
    return nothing;
  }
  if (first.cells.every((cell) => looksNumeric(cell))) {
    const places = rows.map((_, index) => `place${index + 1}`);
    return { places, rows, skipped: 0, columns: places.map((_, index) => index) };
  }
  const bare = first.cells[0] !== '' && rest.every(({ cells: [cell = ''] }) => looksNumeric(cell));
  const skipped = bare ? 0 : 1;
  const heads = first.cells.slice(skipped);
  heads.forEach((name, index) => {
    const cell = index + skipped + 1;
    if (name === '') complaints.add(first.line, cell, 'a place has no name');
    else if (name.length > 64) complaints.add(first.line, cell, `'${name}' is longer than 64 characters`);
    else if (heads.indexOf(name) < index) complaints.add(first.line, cell, `'${name}' names two columns`);
  });
  if (rest.length !== heads.length) {
    complaints.add(first.line, 1, `there are ${heads.length} places by column and ${rest.length} by row`);
  }
  if (skipped === 0) return { places: heads, rows: rest, skipped, columns: heads.map((_, index) => index) };
  const places = rest.map(({ cells }) => cells[0] ?? '');
  const known = new Set(heads);
  rest.forEach(({ line, cells: [name = ''] }, index) => {
    if (!known.has(name)) complaints.add(line, 1, `'${name}' is a row and no column`);
    else if (places.indexOf(name) < index) complaints.add(line, 1, `'${name}' names two rows`);
  });
  const index = new Map(places.map((name, at) => [name, at]));
  return { places, rows: rest, skipped, columns: heads.map((name) => index.get(name) ?? 0) };
}

/** Names of places do not begin like numbers. */
function looksNumeric(cell: string): boolean {
  return cell === '' || /^[-+.\d]/.test(cell);
}
