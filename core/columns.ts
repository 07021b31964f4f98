import { assert } from './assert.js';

/**
 * Rows of numbers that are touched for every message, in one typed array (row-major), with a free list. Whoever uses
 * them names the fields of a row in a constant, so that an access is one indexed load.
 */
export class Columns {
  readonly #stride: number;
  readonly #bound: number;
  readonly #free: number[] = [];
  #cells: Float64Array;
  #used = 0;

  /** @param stride fields of a row  @param bound the most rows there may ever be */
  constructor(stride: number, bound: number, initial = 4) {
    this.#stride = stride;
    this.#bound = bound;
    this.#cells = new Float64Array(Math.min(initial, bound) * this.#stride);
  }

  /** A zeroed row, or -1 when the bound is reached. */
  add(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) {
      this.#cells.fill(0, reused * this.#stride, (reused + 1) * this.#stride);
      return reused;
    }
    if (this.#used === this.#bound) return -1;
    const row = this.#used++;
    if (row * this.#stride >= this.#cells.length) {
      const grown = new Float64Array(Math.min(this.#used * 2, this.#bound) * this.#stride);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    return row;
  }

  /** Gives the row back; its number is reused by a later `add`. */
  remove(row: number): void {
    assert(row >= 0 && row < this.#used, 'no such row');
    this.#free.push(row);
  }

  get(row: number, field: number): number {
    return this.#cells[row * this.#stride + field] as number;
  }

  set(row: number, field: number, value: number): void {
    this.#cells[row * this.#stride + field] = value;
  }

  get count(): number {
    return this.#used - this.#free.length;
  }
}
