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
  'lagMs',
] as const;

export type TimelineColumn = (typeof TIMELINE)[number];

/** Counts per second of virtual time. */
export class Timeline {
  readonly #columns = TIMELINE.map(() => new Float64Array(64));
  /** Chunks whose lags are summed in the last column. */
  #lags = new Float64Array(64);
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

  /** A chunk arrived this long after its source time. */
  lag(at: Time, lag: Time): void {
    this.#row(at);
    this.#columns[LAG]![this.#rows - 1]! += lag;
    this.#lags[this.#rows - 1]!++;
  }

  /**
   * One array per column; the seconds are the row numbers. What happened in the last instant counts to the last row.
   * `lagMs` is a mean, NaN where nothing arrived.
   */
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
    const [, sums] = entries[LAG] as [string, Float64Array];
    const late = this.#lags.subarray(rows, this.#rows).reduce((sum, count) => sum + count, 0);
    sums.forEach((sum, row) => (sums[row] = sum / (this.#lags[row]! + (row === rows - 1 ? late : 0)) / 1000));
    return Object.fromEntries(entries) as Record<TimelineColumn, Float64Array>;
  }

  /** Time never goes back, so that the row of the moment is the last one. */
  #row(at: Time): void {
    const wanted = Math.floor(at / SECOND) + 1;
    if (wanted <= this.#rows) return;
    for (const [index, cells] of this.#columns.entries()) this.#columns[index] = grown(cells, wanted);
    this.#lags = grown(this.#lags, wanted);
    this.#columns[VIEWERS]!.fill(this.#viewers, this.#rows, wanted);
    this.#rows = wanted;
  }
}

function grown(cells: Float64Array<ArrayBuffer>, wanted: number): Float64Array<ArrayBuffer> {
  if (wanted < cells.length) return cells;
  const longer = new Float64Array(Math.max(wanted + 1, cells.length * 2));
  longer.set(cells);
  return longer;
}

const VIEWERS = TIMELINE.indexOf('viewers');
const LAG = TIMELINE.indexOf('lagMs');

/** Positions of the columns, so that counting is one addition. */
export const COLUMN = Object.fromEntries(TIMELINE.map((name, index) => [name, index])) as Record<
  TimelineColumn,
  number
>;
