import { SECOND, type Time } from '../../core/units.js';

/** Columns of `timeline.parquet`, one row a second. */
export const TIMELINE = [
  'joins',
  'leaves',
  'crashes',
  'viewers',
  'published',
  'received',
  'repaired',
  'duplicates',
  'played',
  'missed',
  'suspected',
  'lost',
  'replaced',
] as const;

export type TimelineColumn = (typeof TIMELINE)[number];

/** Counts per second of virtual time. */
export class Timeline {
  readonly #columns = TIMELINE.map(() => new Float64Array(64));
  #rows = 0;
  #viewers = 0;

  /** @param column position in `TIMELINE` */
  add(at: Time, column: number): void {
    this.#row(at);
    const cells = this.#columns[column]!;
    cells[this.#rows - 1]!++;
  }

  /** A viewer comes (1) or goes (-1). */
  viewers(at: Time, change: number): void {
    this.#row(at);
    this.#viewers += change;
    this.#columns[VIEWERS]![this.#rows - 1] = this.#viewers;
  }

  /** One array per column; the seconds are the row numbers. What happened in the last instant counts to the last row. */
  finish(at: Time): Record<TimelineColumn, Float64Array> {
    this.#row(Math.max(0, at - 1));
    const rows = Math.max(1, Math.ceil(at / SECOND));
    const entries = TIMELINE.map((name, index) => {
      const cells = this.#columns[index]!.slice(0, rows);
      for (let row = rows; row < this.#rows; row++) {
        const late = this.#columns[index]![row]!;
        cells[rows - 1] = index === VIEWERS ? late : cells[rows - 1]! + late;
      }
      return [name, cells];
    });
    return Object.fromEntries(entries) as Record<TimelineColumn, Float64Array>;
  }

  /** Time never goes back, so that the row of the moment is the last one. */
  #row(at: Time): void {
    const wanted = Math.floor(at / SECOND) + 1;
    if (wanted <= this.#rows) return;
    for (const [index, cells] of this.#columns.entries()) {
      if (wanted < cells.length) continue;
      const grown = new Float64Array(Math.max(wanted + 1, cells.length * 2));
      grown.set(cells);
      this.#columns[index] = grown;
    }
    this.#columns[VIEWERS]!.fill(this.#viewers, this.#rows, wanted);
    this.#rows = wanted;
  }
}

const VIEWERS = TIMELINE.indexOf('viewers');

/** Positions of the columns, so that counting is one addition. */
export const COLUMN = Object.fromEntries(TIMELINE.map((name, index) => [name, index])) as Record<
  TimelineColumn,
  number
>;
