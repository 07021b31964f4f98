import type { Time } from '../core/units.js';
import { HeapQueue } from './heap.js';
import { PayloadSlots } from './queue-payloads.js';
import { Run } from './queue-run.js';
import { KIND_BITS, type EventQueue } from './queue-types.js';

const KIND_MASK = (1 << KIND_BITS) - 1;
/** The ring always spans 2^20 µs: most latencies fit, whatever the width of a bucket. */
const HORIZON_BITS = 20;
const HORIZON = 1 << HORIZON_BITS;
const SHIFT_MIN = 2;
const SHIFT_MAX = 16;
/** A block is 128 bytes: the number of the next block, the count of its records, seven records of four words, two spare. */
const BLOCK = 32;
const NEXT = 0;
const COUNT = 1;
const FIRST = 2;
const RECORDS = 7;
const MEAN_LOW = 2;
const MEAN_HIGH = 16;
const MEAN_GOOD = 5;
/** Events between two looks at the mean. */
const REVIEW = 32_768;

/**
 * The event queue: a ring of buckets, each 2^s µs wide and a chain of small blocks of records in one Int32Array.
 * A bucket is sorted when its turn comes; what lies beyond the ring waits in a heap. The width follows the density of
 * events, so that a bucket holds about five. After the ladder and calendar queues, without their chains of objects.
 */
export class BlockRing implements EventQueue {
  at: Time = 0;
  kind = 0;
  target = 0;
  argument = 0;
  payload: unknown = null;
  readonly #slots = new PayloadSlots();
  readonly #far = new HeapQueue();
  readonly #run = new Run();
  #shift = 8;
  #mask = (HORIZON >> 8) - 1;
  /** First and last block of each bucket's chain, 0 for none. */
  #heads = new Int32Array(HORIZON >> 8);
  #tails = new Int32Array(HORIZON >> 8);
  #blocks = new Int32Array(BLOCK * 256);
  #freeBlock = 0;
  #usedBlocks = 1;
  /** Start of the current bucket, a multiple of the width, and its place in the ring. */
  #base: Time = 0;
  #slot = 0;
  /** Events in the ring, without those of the current bucket. */
  #ringed = 0;
  #popped = 0;
  #passed = 0;

  get size(): number {
    return this.#run.left + this.#ringed + this.#far.size;
  }

  push(at: Time, kind: number, target: number, argument: number, payload: unknown): void {
    const ahead = at - this.#base;
    if (ahead >= HORIZON) {
      this.#far.push(at, kind, target, argument, payload);
      return;
    }
    const word = (target << KIND_BITS) | kind;
    const slot = payload === null ? 0 : this.#slots.put(payload);
    const buckets = ahead >> this.#shift;
    if (buckets <= 0) this.#run.insert(ahead, word, argument, slot);
    else {
      this.#append((this.#slot + buckets) & this.#mask, ahead & ((1 << this.#shift) - 1), word, argument, slot);
      this.#ringed++;
    }
  }

  pop(limit: Time): boolean {
    const run = this.#run;
    while (run.left === 0) if (!this.#advance(limit)) return false;
    const at = this.#base + run.offset;
    if (at > limit) return false;
    this.at = at;
    const word = run.word;
    this.kind = word & KIND_MASK;
    this.target = word >>> KIND_BITS;
    this.argument = run.argument;
    const slot = run.slot;
    this.payload = slot === 0 ? null : this.#slots.take(slot);
    run.next();
    if (++this.#popped === REVIEW) this.#review();
    return true;
  }

  /** Makes the next bucket current, unless it starts after the limit; a bucket may turn out to be empty. */
  #advance(limit: Time): boolean {
    const width = 1 << this.#shift;
    if (this.#ringed === 0) {
      if (this.#far.size === 0 || this.#far.earliest > limit) return false;
      const base = Math.floor(this.#far.earliest / width) * width;
      this.#slot = (this.#slot + (base - this.#base) / width) & this.#mask;
      this.#base = base;
    } else {
      if (this.#base + width > limit) return false;
      this.#base += width;
      this.#slot = (this.#slot + 1) & this.#mask;
    }
    this.#passed++;
    this.#run.clear();
    if (this.#far.size > 0) this.#draw();
    this.#load();
    return true;
  }

  /** Moves what has come within the horizon from the heap into the ring, before anybody can push beside it. */
  #draw(): void {
    const far = this.#far;
    const last = this.#base + HORIZON - 1;
    while (far.pop(last)) this.push(far.at, far.kind, far.target, far.argument, far.payload);
  }

  /** Takes the chain of the current bucket over into the sorted run. */
  #load(): void {
    let block = this.#heads[this.#slot] as number;
    if (block === 0) return;
    const run = this.#run;
    const first = run.left;
    let taken = 0;
    while (block !== 0) {
      const start = block * BLOCK;
      const count = this.#blocks[start + COUNT] as number;
      run.take(this.#blocks, start + FIRST, count);
      taken += count;
      const next = this.#blocks[start + NEXT] as number;
      this.#blocks[start + NEXT] = this.#freeBlock;
      this.#freeBlock = block;
      block = next;
    }
    this.#heads[this.#slot] = 0;
    this.#tails[this.#slot] = 0;
    this.#ringed -= taken;
    run.sort(first);
  }

  #append(bucket: number, offset: number, word: number, argument: number, slot: number): void {
    let block = this.#tails[bucket] as number;
    let count = block === 0 ? RECORDS : (this.#blocks[block * BLOCK + COUNT] as number);
    if (count === RECORDS) {
      const fresh = this.#takeBlock();
      if (block === 0) this.#heads[bucket] = fresh;
      else this.#blocks[block * BLOCK + NEXT] = fresh;
      this.#tails[bucket] = fresh;
      block = fresh;
      count = 0;
    }
    const blocks = this.#blocks;
    const start = block * BLOCK;
    blocks[start + COUNT] = count + 1;
    const at = start + FIRST + count * 4;
    blocks[at] = offset;
    blocks[at + 1] = word;
    blocks[at + 2] = argument;
    blocks[at + 3] = slot;
  }

  #takeBlock(): number {
    let block = this.#freeBlock;
    if (block === 0) {
      block = this.#usedBlocks++;
      if (block * BLOCK >= this.#blocks.length) {
        const grown = new Int32Array(this.#blocks.length * 2);
        grown.set(this.#blocks);
        this.#blocks = grown;
      }
    } else this.#freeBlock = this.#blocks[block * BLOCK + NEXT] as number;
    this.#blocks[block * BLOCK + NEXT] = 0;
    this.#blocks[block * BLOCK + COUNT] = 0;
    return block;
  }

  #review(): void {
    const mean = this.#popped / Math.max(1, this.#passed);
    this.#popped = 0;
    this.#passed = 0;
    if (mean >= MEAN_LOW && mean <= MEAN_HIGH) return;
    let shift = this.#shift;
    let expected = mean;
    for (; expected > MEAN_GOOD * 1.5 && shift > SHIFT_MIN; expected /= 2) shift--;
    for (; expected < MEAN_GOOD / 1.5 && shift < SHIFT_MAX; expected *= 2) shift++;
    if (shift !== this.#shift) this.#rebucket(shift);
  }

  /** Deals all records to buckets of another width, in their order, so that ties stay as they are. */
  #rebucket(shift: number): void {
    const records = this.#drain();
    const width = 1 << shift;
    const oldBase = this.#base;
    this.#shift = shift;
    this.#mask = (HORIZON >> shift) - 1;
    this.#heads = new Int32Array(HORIZON >> shift);
    this.#tails = new Int32Array(HORIZON >> shift);
    this.#slot = 0;
    this.#base = Math.floor(this.at / width) * width;
    for (let at = 0; at < records.length; at += 4) {
      const word = records[at + 1] as number;
      const time = oldBase + (records[at] as number);
      const payload = this.#slots.take(records[at + 3] as number);
      this.push(time, word & KIND_MASK, word >>> KIND_BITS, records[at + 2] as number, payload);
    }
    if (this.#far.size > 0) this.#draw();
  }

  /** Empties run and ring; offsets in the result count from the current base. */
  #drain(): number[] {
    const records: number[] = [];
    const run = this.#run;
    for (; run.left > 0; run.next()) records.push(run.offset, run.word, run.argument, run.slot);
    run.clear();
    const buckets = this.#mask + 1;
    for (let ahead = 1; ahead < buckets && this.#ringed > 0; ahead++) {
      this.#slot = (this.#slot + 1) & this.#mask;
      this.#load();
      const start = ahead << this.#shift;
      for (; run.left > 0; run.next()) records.push(start + run.offset, run.word, run.argument, run.slot);
      run.clear();
    }
    return records;
  }
}
