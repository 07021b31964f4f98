import { assert } from '../../core/assert.js';
import type { Time } from '../../core/units.js';

/** What the source published and when, numbered from 0 over all epochs. The truth that arrivals are compared with. */
export class SourceLog {
  #at = new Float64Array(4096);
  #size = new Int32Array(4096);
  #keyframe = new Uint8Array(4096);
  #count = 0;
  /** First number of each epoch. */
  readonly #bases = new Map<number, number>();
  #epoch = -1;
  #base = 0;

  /** Returns the number of the chunk. Within an epoch `seq` counts from 0 without gaps. */
  publish(at: Time, epoch: number, seq: number, size: number, keyframe: boolean): number {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#base = this.#count - seq;
      this.#bases.set(epoch, this.#base);
    }
    const number = this.#count++;
    assert(number === this.#base + seq, 'chunks are published in order');
    if (number === this.#at.length) this.#grow();
    this.#at[number] = at;
    this.#size[number] = size;
    this.#keyframe[number] = keyframe ? 1 : 0;
    return number;
  }

  /** Number of a chunk, -1 when it was never published. */
  find(epoch: number, seq: number): number {
    const base = epoch === this.#epoch ? this.#base : (this.#bases.get(epoch) ?? NaN);
    const number = base + seq;
    return number >= 0 && number < this.#count ? number : -1;
  }

  at(number: number): Time {
    return this.#at[number]!;
  }

  size(number: number): number {
    return this.#size[number]!;
  }

  isKeyframe(number: number): boolean {
    return this.#keyframe[number] === 1;
  }

  get count(): number {
    return this.#count;
  }

  /** The first chunk published after `time`; `count` when there is none. */
  firstAfter(time: Time): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at[middle]! > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #grow(): void {
    const length = this.#at.length * 2;
    const [at, size, keyframe] = [new Float64Array(length), new Int32Array(length), new Uint8Array(length)];
    at.set(this.#at);
    size.set(this.#size);
    keyframe.set(this.#keyframe);
    [this.#at, this.#size, this.#keyframe] = [at, size, keyframe];
  }
}
