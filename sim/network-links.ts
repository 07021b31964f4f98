import type { Time } from '../core/units.js';

/**
 * Numbers of a link, sixteen to a row: two cache lines, of which a delivery touches the first alone.
 * Times are microseconds and may be fractions.
 */
export const LINK = {
  /** Numbers of the nodes. */
  from: 0,
  to: 1,
  /** Bits, see below. */
  state: 2,
  /** Events in the queue that name this link; it is reused only at 0. */
  pending: 3,
  /** Bytes sent and not yet delivered: the fill of the sender's socket. */
  outstanding: 4,
  /** One-way delay that never changes. */
  base: 5,
  /** Microseconds that a byte takes in the sender's uplink. */
  upPerByte: 6,
  /** The link of the other direction. */
  reverse: 7,
  /** The part of the delay that jitter scales. */
  spread: 8,
  /** Arrival of the last control message and of the last media message: nothing of the same class may come earlier. */
  lastControl: 9,
  lastMedia: 10,
  /** State of the stream of jitter and loss draws. */
  luck: 11,
  roundTrip: 12,
  /** What departs after `holdFrom` arrives after `hold`, because a segment before it was lost. */
  holdFrom: 13,
  hold: 14,
  /** When the path is free again under the throughput cap that loss imposes. */
  pathFree: 15,
} as const;

/** Cells of a row. */
export const LINK_STRIDE = 16;

/** The sender still has its end of the connection. */
export const OWN_END = 1;
/** The receiver still has its end. */
export const PEER_END = 2;
/** The sender was told that it is congested. */
export const CONGESTED = 4;
/** Nothing gets through and the give-up timer runs. */
export const STALLED = 8;
/** The sender died; what had not left it by then is lost. */
export const SILENT = 16;
/** Nothing gets through any more and nobody was told, as when a router on the way forgets the connection. */
export const SEVERED = 32;

const GONE = -1;

/** Directed links of all connections, as columns; a row is reused when both ends are closed and nothing is under way. */
export class Links {
  cells = new Float64Array(LINK_STRIDE * 64);
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

  /** Whether a bit of the state is set. */
  is(link: number, bit: number): boolean {
    return (this.get(link, LINK.state) & bit) !== 0;
  }

  mark(link: number, bit: number): void {
    this.set(link, LINK.state, this.get(link, LINK.state) | bit);
  }

  unmark(link: number, bit: number): void {
    this.set(link, LINK.state, this.get(link, LINK.state) & ~bit);
  }

  /** Closes the sender's end. */
  close(link: number): void {
    this.unmark(link, OWN_END);
    this.unmark(this.get(link, LINK.reverse), PEER_END);
  }

  /** Gives both rows back once both ends are closed and nothing is under way. */
  settle(link: number): void {
    const reverse = this.get(link, LINK.reverse);
    if (reverse === GONE || this.is(link, OWN_END | PEER_END)) return;
    if (this.get(link, LINK.pending) > 0 || this.get(reverse, LINK.pending) > 0) return;
    this.set(link, LINK.reverse, GONE);
    this.set(reverse, LINK.reverse, GONE);
    this.#free.push(link, reverse);
  }

  get(link: number, field: number): Time {
    return this.cells[link * LINK_STRIDE + field] as number;
  }

  set(link: number, field: number, value: number): void {
    this.cells[link * LINK_STRIDE + field] = value;
  }

  /** Rows in use. */
  get count(): number {
    return this.#used - this.#free.length;
  }

  #take(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    if (this.#used * LINK_STRIDE === this.cells.length) {
      const cells = new Float64Array(this.cells.length * 2);
      cells.set(this.cells);
      this.cells = cells;
    }
    return this.#used++;
  }

  #fill(link: number, from: number, to: number, reverse: number): void {
    const start = link * LINK_STRIDE;
    this.cells.fill(0, start, start + LINK_STRIDE);
    this.cells[start + LINK.from] = from;
    this.cells[start + LINK.to] = to;
    this.cells[start + LINK.reverse] = reverse;
    this.cells[start + LINK.state] = OWN_END | PEER_END;
  }
}
