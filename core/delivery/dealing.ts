import { LIMITS } from '../limits.js';

/**
 * Deals chunks to sub-streams: each block of K consecutive chunks is spread by a permutation drawn from a hash of
 * (epoch, block), so that keyframes, which recur with a period, do not all fall to one sub-stream.
 */
export class Dealing {
  static #last: Dealing | null = null;
  readonly #substreams: number;
  readonly #epoch: number;
  readonly #blocks: Float64Array;
  readonly #subs: Uint8Array;

  /** The dealing of an epoch. All nodes of one process share the last one: it is a pure function, remembered. */
  static of(substreams: number, epoch: number): Dealing {
    const last = Dealing.#last;
    if (last !== null && last.#substreams === substreams && last.#epoch === epoch) return last;
    return (Dealing.#last = new Dealing(substreams, epoch));
  }

  private constructor(substreams: number, epoch: number) {
    this.#substreams = substreams;
    this.#epoch = epoch;
    const remembered = Math.ceil(LIMITS.windowChunks / substreams);
    this.#blocks = new Float64Array(remembered).fill(-1);
    this.#subs = new Uint8Array(remembered * substreams);
  }

  /** The sub-stream of a chunk, `0 <= sub < K`. */
  subOf(seq: number): number {
    const block = Math.floor(seq / this.#substreams);
    const place = block % this.#blocks.length;
    if (this.#blocks[place] !== block) this.#deal(block, place);
    return this.#subs[place * this.#substreams + (seq % this.#substreams)] as number;
  }

  /** Fisher-Yates with a small integer hash as its source. */
  #deal(block: number, place: number): void {
    const start = place * this.#substreams;
    const subs = this.#subs;
    for (let i = 0; i < this.#substreams; i++) subs[start + i] = i;
    let state = mix(this.#epoch | 0, block | 0);
    for (let i = this.#substreams - 1; i > 0; i--) {
      state = mix(state, i);
      const j = (state >>> 0) % (i + 1);
      const swapped = subs[start + i] as number;
      subs[start + i] = subs[start + j] as number;
      subs[start + j] = swapped;
    }
    this.#blocks[place] = block;
  }
}

/** Finaliser of MurmurHash3 (Appleby) over two words. */
function mix(a: number, b: number): number {
  let h = Math.imul(a, 0x85ebca6b) ^ Math.imul(b + 0x9e3779b9, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
