import type { Time } from '../core/units.js';

/** Numbers of a link, eight to a row: one cache line. Times are microseconds and may be fractions. */
export const LINK = {
  /** One-way delay that never changes, and the part that jitter scales. */
  base: 0,
  spread: 1,
  /** Arrival of the last control message and of the last media message: nothing of the same class may come earlier. */
  lastControl: 2,
  lastMedia: 3,
  /** Bytes sent and not yet delivered: the fill of the sender's socket. */
  outstanding: 4,
  /** What departs after `holdFrom` arrives after `hold`, because a segment before it was lost. */
  holdFrom: 5,
  hold: 6,
  /** When the path is free again under the throughput cap that loss imposes. */
  pathFree: 7,
} as const;
const STRIDE = 8;

/** Whole numbers of a link, eight to a row. */
export const MARK = {
  from: 0,
  to: 1,
  /** The link of the other direction. */
  reverse: 2,
  /** Whether the sender still has its end of the connection. */
  open: 3,
  /** Events in the queue that name this link; it is reused only at 0. */
  pending: 4,
  congested: 5,
  /** State of the stream of jitter and loss draws. */
  luck: 6,
  /** 1 while nothing gets through and the give-up timer runs. */
  stalled: 7,
} as const;

/** Directed links of all connections, as columns; a row is reused when both ends are closed and nothing is under way. */
export class Links {
  numbers = new Float64Array(STRIDE * 64);
  marks = new Int32Array(STRIDE * 64);
  readonly #free: number[] = [];
  #used = 0;

  /** Two linked rows, the first from `a` to `b`; returns the first, the other is its `reverse`. */
  add(a: number, b: number): number {
    const there = this.#take();
    const back = this.#take();
    this.#fill(there, a, b, back);
    this.#fill(back, b, a, there);
    return there;
  }

  /** Gives both rows back once both are closed and idle. */
  settle(link: number): void {
    const reverse = this.marks[link * STRIDE + MARK.reverse] as number;
    if (reverse === -1 || this.#busy(link) || this.#busy(reverse)) return;
    this.marks[link * STRIDE + MARK.reverse] = -1;
    this.marks[reverse * STRIDE + MARK.reverse] = -1;
    this.#free.push(link, reverse);
  }

  get(link: number, field: number): Time {
    return this.numbers[link * STRIDE + field] as number;
  }

  set(link: number, field: number, value: number): void {
    this.numbers[link * STRIDE + field] = value;
  }

  mark(link: number, field: number): number {
    return this.marks[link * STRIDE + field] as number;
  }

  setMark(link: number, field: number, value: number): void {
    this.marks[link * STRIDE + field] = value;
  }

  /** Rows in use. */
  get count(): number {
    return this.#used - this.#free.length;
  }

  #busy(link: number): boolean {
    return this.mark(link, MARK.open) === 1 || this.mark(link, MARK.pending) > 0;
  }

  #take(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    if (this.#used * STRIDE === this.numbers.length) {
      const numbers = new Float64Array(this.numbers.length * 2);
      const marks = new Int32Array(this.marks.length * 2);
      numbers.set(this.numbers);
      marks.set(this.marks);
      this.numbers = numbers;
      this.marks = marks;
    }
    return this.#used++;
  }

  #fill(link: number, from: number, to: number, reverse: number): void {
    const start = link * STRIDE;
    this.numbers.fill(0, start, start + STRIDE);
    this.marks.fill(0, start, start + STRIDE);
    this.marks[start + MARK.from] = from;
    this.marks[start + MARK.to] = to;
    this.marks[start + MARK.reverse] = reverse;
    this.marks[start + MARK.open] = 1;
  }
}
