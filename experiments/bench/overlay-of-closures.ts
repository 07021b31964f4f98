import { startStopwatch } from './stopwatch.js';
import {
  BEAT_EVERY,
  buildOverlay,
  CHUNK_EVERY,
  firstSight,
  fold,
  NEIGHBOURS,
  TOY,
  type Overlay,
  type ToyResult,
  type ToyRun,
} from './overlay.js';

interface Entry {
  readonly at: number;
  readonly sequence: number;
  readonly call: () => void;
}

/** A binary heap of closures by time, ties in the order of their pushes: what most simulators begin with. */
class ClosureHeap {
  readonly #heap: Entry[] = [];
  #pushed = 0;

  get size(): number {
    return this.#heap.length;
  }

  push(at: number, call: () => void): void {
    const heap = this.#heap;
    const entry = { at, sequence: this.#pushed++, call };
    let hole = heap.length;
    heap.push(entry);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = heap[parent] as Entry;
      if (above.at <= at) break;
      heap[hole] = above;
      hole = parent;
    }
    heap[hole] = entry;
  }

  pop(): Entry | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return top;
    const count = heap.length;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= count) break;
      if (child + 1 < count && before(heap[child + 1] as Entry, heap[child] as Entry)) child++;
      if (!before(heap[child] as Entry, last)) break;
      heap[hole] = heap[child] as Entry;
      hole = child;
    }
    heap[hole] = last;
    return top;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}

/** The toy overlay on a heap of closures. */
export function runOnClosures({ nodes, warm, events }: ToyRun): ToyResult {
  const toy = new ClosureToy(buildOverlay(nodes));
  toy.work(warm);
  const seconds = startStopwatch();
  toy.work(events);
  return { checksum: toy.sum >>> 0, seconds: seconds(), pending: toy.heap.size };
}

class ClosureToy {
  readonly heap = new ClosureHeap();
  sum = 0;
  readonly #overlay: Overlay;
  #now = 0;

  constructor(overlay: Overlay) {
    this.#overlay = overlay;
    this.heap.push(0, () => this.#publish(0));
    overlay.phases.forEach((at, node) => this.heap.push(at, () => this.#timer(node, 0)));
  }

  work(count: number): void {
    for (let left = count; left > 0; left--) {
      const entry = this.heap.pop();
      if (entry === undefined) return;
      this.#now = entry.at;
      entry.call();
    }
  }

  #publish(chunk: number): void {
    this.sum = fold(this.sum, this.#now, TOY.publish, 0, chunk) | 0;
    this.heap.push(this.#now + CHUNK_EVERY, () => this.#publish(chunk + 1));
    this.#see(0, chunk);
  }

  #chunk(node: number, chunk: number): void {
    this.sum = fold(this.sum, this.#now, TOY.chunk, node, chunk) | 0;
    this.#see(node, chunk);
  }

  #see(node: number, chunk: number): void {
    if (!firstSight(this.#overlay, node, chunk)) return;
    const { peers, delays } = this.#overlay;
    const first = node * NEIGHBOURS;
    for (let link = first; link < first + NEIGHBOURS; link++) {
      const to = peers[link] as number;
      this.heap.push(this.#now + (delays[link] as number), () => this.#chunk(to, chunk));
    }
  }

  #timer(node: number, beat: number): void {
    this.sum = fold(this.sum, this.#now, TOY.timer, node, beat) | 0;
    const { peers, delays } = this.#overlay;
    const first = node * NEIGHBOURS;
    for (let link = first; link < first + NEIGHBOURS; link++) {
      const to = peers[link] as number;
      this.heap.push(this.#now + (delays[link] as number), () => this.#beat(to, beat));
    }
    this.heap.push(this.#now + BEAT_EVERY, () => this.#timer(node, beat + 1));
  }

  #beat(node: number, beat: number): void {
    this.sum = fold(this.sum, this.#now, TOY.beat, node, beat) | 0;
  }
}
