import { NEVER, type Time } from '../core/units.js';
import { KIND, type EventQueue } from './queue-types.js';

/** Cells of a node: the time wanted, the time of the queued event that still counts (NEVER for none), its generation. */
const WANTED = 0;
const QUEUED = 1;
const GENERATION = 2;
const STRIDE = 4;

/**
 * The one wake-up of each node. Moving it to a later time costs nothing: the queued event stays, and queues itself
 * anew when it comes up too early. Moving it to an earlier time or cancelling it makes the queued event stale.
 */
export class Wakes {
  readonly #queue: EventQueue;
  readonly #calls: (() => void)[] = [];
  #cells = new Float64Array(0);

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  /** Wakes the node at `at`, or at once when that has passed; null cancels. */
  set(node: number, at: Time | null, call: () => void, now: Time): void {
    if (node * STRIDE >= this.#cells.length) this.#grow(node);
    if (at === null) {
      this.#cells[node * STRIDE + WANTED] = NEVER;
      this.#cells[node * STRIDE + QUEUED] = NEVER;
      this.#cells[node * STRIDE + GENERATION]!++;
      return;
    }
    const due = at > now ? Math.ceil(at) : now;
    this.#cells[node * STRIDE + WANTED] = due;
    if (due >= (this.#cells[node * STRIDE + QUEUED] as number)) return;
    this.#calls[node] = call;
    this.#push(node, due);
  }

  /** The event of this generation has come up. */
  fire(node: number, generation: number, now: Time): void {
    const cells = this.#cells;
    const row = node * STRIDE;
    if (cells[row + GENERATION] !== generation) return;
    cells[row + QUEUED] = NEVER;
    const wanted = cells[row + WANTED] as number;
    if (wanted === NEVER) return;
    if (wanted > now) this.#push(node, wanted);
    else {
      cells[row + WANTED] = NEVER;
      this.#calls[node]?.();
    }
  }

  #push(node: number, at: Time): void {
    const row = node * STRIDE;
    const generation = ((this.#cells[row + GENERATION] as number) + 1) | 0;
    this.#cells[row + QUEUED] = at;
    this.#cells[row + GENERATION] = generation;
    this.#queue.push(at, KIND.wake, node, generation, null);
  }

  #grow(node: number): void {
    const rows = Math.max(64, (node + 1) * 2);
    const cells = new Float64Array(rows * STRIDE);
    const old = this.#cells.length;
    cells.set(this.#cells);
    for (let row = old; row < cells.length; row += STRIDE) {
      cells[row + WANTED] = NEVER;
      cells[row + QUEUED] = NEVER;
    }
    this.#cells = cells;
  }
}
