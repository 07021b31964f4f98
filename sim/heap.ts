import { NEVER, type Time } from '../core/units.js';
import { PayloadSlots } from './queue-payloads.js';
import { KIND_BITS, type EventQueue } from './queue-types.js';

const KIND_MASK = (1 << KIND_BITS) - 1;

/**
 * A 4-ary heap on typed arrays; ties are broken by a sequence number. Slower than the block ring and simpler: the
 * oracle of the ring's tests, and the store for what lies beyond the ring's horizon.
 */
export class HeapQueue implements EventQueue {
  at: Time = 0;
  kind = 0;
  target = 0;
  argument = 0;
  payload: unknown = null;
  readonly #slots = new PayloadSlots();
  #times = new Float64Array(64);
  #sequences = new Float64Array(64);
  /** Three words an event: kind and target, argument, payload slot. */
  #words = new Int32Array(64 * 3);
  #count = 0;
  #pushed = 0;

  get size(): number {
    return this.#count;
  }

  /** Time of the earliest event, NEVER when empty. */
  get earliest(): Time {
    return this.#count === 0 ? NEVER : (this.#times[0] as number);
  }

  push(at: Time, kind: number, target: number, argument: number, payload: unknown): void {
    if (this.#count === this.#times.length) this.#grow();
    const sequence = this.#pushed++;
    let hole = this.#count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 2;
      if ((this.#times[parent] as number) <= at) break;
      this.#move(parent, hole);
      hole = parent;
    }
    this.#times[hole] = at;
    this.#sequences[hole] = sequence;
    this.#words[hole * 3] = (target << KIND_BITS) | kind;
    this.#words[hole * 3 + 1] = argument;
    this.#words[hole * 3 + 2] = this.#slots.put(payload);
  }

  pop(limit: Time): boolean {
    if (this.#count === 0 || (this.#times[0] as number) > limit) return false;
    this.at = this.#times[0] as number;
    const word = this.#words[0] as number;
    this.kind = word & KIND_MASK;
    this.target = word >>> KIND_BITS;
    this.argument = this.#words[1] as number;
    this.payload = this.#slots.take(this.#words[2] as number);
    this.#count--;
    if (this.#count > 0) this.#sift(this.#count);
    return true;
  }

  /** Places the event at `last`, which lies behind the end, as if it stood at the root. */
  #sift(last: number): void {
    let hole = 0;
    for (;;) {
      const first = hole * 4 + 1;
      if (first >= this.#count) break;
      const end = first + 4 < this.#count ? first + 4 : this.#count;
      let least = first;
      for (let child = first + 1; child < end; child++) if (this.#before(child, least)) least = child;
      if (!this.#before(least, last)) break;
      this.#move(least, hole);
      hole = least;
    }
    this.#move(last, hole);
  }

  #before(a: number, b: number): boolean {
    const difference = (this.#times[a] as number) - (this.#times[b] as number);
    return difference < 0 || (difference === 0 && (this.#sequences[a] as number) < (this.#sequences[b] as number));
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number;
    this.#sequences[to] = this.#sequences[from] as number;
    this.#words[to * 3] = this.#words[from * 3] as number;
    this.#words[to * 3 + 1] = this.#words[from * 3 + 1] as number;
    this.#words[to * 3 + 2] = this.#words[from * 3 + 2] as number;
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    const times = new Float64Array(capacity);
    const sequences = new Float64Array(capacity);
    const words = new Int32Array(capacity * 3);
    times.set(this.#times);
    sequences.set(this.#sequences);
    words.set(this.#words);
    this.#times = times;
    this.#sequences = sequences;
    this.#words = words;
  }
}
