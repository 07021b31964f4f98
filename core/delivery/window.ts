import type { Chunk } from '../chunk.js';
import { LIMITS } from '../limits.js';

const SIZE = LIMITS.windowChunks;

/** The newest chunks of one epoch, by sequence number, in a ring. */
export class ChunkWindow {
  readonly #ring: (Chunk | undefined)[] = Array.from({ length: SIZE }, () => undefined);
  #newest = -1;
  #held = 0;
  /** What `isWhole` has walked: all of these are held, or have made room since. */
  #wholeFrom = 0;
  #whole = -1;

  /** Highest sequence number held, -1 when empty. */
  get newest(): number {
    return this.#newest;
  }

  /** Lowest sequence number that can still be stored. */
  get floor(): number {
    return Math.max(0, this.#newest - SIZE + 1);
  }

  get held(): number {
    return this.#held;
  }

  get(seq: number): Chunk | undefined {
    const chunk = this.#ring[seq % SIZE];
    return chunk !== undefined && chunk.seq === seq ? chunk : undefined;
  }

  has(seq: number): boolean {
    const chunk = this.#ring[seq % SIZE];
    return chunk !== undefined && chunk.seq === seq;
  }

  /** False when the chunk is already there or too old to keep. */
  put(chunk: Chunk): boolean {
    if (chunk.seq < this.floor) return false;
    const place = chunk.seq % SIZE;
    const there = this.#ring[place];
    if (there !== undefined && there.seq >= chunk.seq) return false;
    if (there === undefined) this.#held++;
    this.#ring[place] = chunk;
    if (chunk.seq > this.#newest) this.#newest = chunk.seq;
    return true;
  }

  /** Whether all of `from..to` is held; remembers how far it got, so that a whole stretch is walked once. */
  isWhole(from: number, to: number): boolean {
    if (from < this.#wholeFrom || this.#whole < from - 1) {
      this.#wholeFrom = from;
      this.#whole = from - 1;
    }
    while (this.#whole < to && this.has(this.#whole + 1)) this.#whole++;
    return this.#whole >= to;
  }

  /** All up to here was held when `isWhole` last looked. */
  get wholeTo(): number {
    return this.#whole;
  }

  /** The first chunk held at or after `seq`, or undefined. */
  nextFrom(seq: number): Chunk | undefined {
    for (let at = Math.max(seq, this.floor); at <= this.#newest; at++) {
      const chunk = this.get(at);
      if (chunk !== undefined) return chunk;
    }
    return undefined;
  }

  /** Up to `count` of the newest keyframe starts (part 0), oldest first. */
  keyframes(count: number): Chunk[] {
    const found: Chunk[] = [];
    for (let at = this.#newest; at >= this.floor && found.length < count; at--) {
      const chunk = this.get(at);
      if (chunk?.keyframe === true && chunk.part === 0) found.push(chunk);
    }
    return found.reverse();
  }

  clear(): void {
    this.#ring.fill(undefined);
    this.#newest = -1;
    this.#held = 0;
    this.#wholeFrom = 0;
    this.#whole = -1;
  }
}
