import { SECOND, type Time } from '../../core/units.js';
import { percentile } from './histogram.js';

/** The scenario's own network, as the theory lines need it: the publisher is first, then come viewers, then helpers. */
export interface Plant {
  readonly uplinks: readonly number[];
  /** Those whom nobody can dial; none unless given. */
  readonly unreachable?: ReadonlySet<number>;
  /** How many of them, the last ones, are helpers. */
  readonly helpers: number;
  /** One way, without queues and jitter. */
  latency(from: number, to: number): Time;
}

const NONE: ReadonlySet<number> = new Set();

/** Above this many viewers each search for the next receiver looks at a sample, else it would be quadratic. */
const EXACT = 2000;
const SAMPLE = 64;

/**
 * min(1, us/r, (us + sum ui)/(N r)), helpers among the ui: the share of the stream that any overlay could bring to every viewer. The
 * unreachable are not connected among each other: what they watch comes from the others, (us + sum of those ui)/(M r).
 */
export function rateBound(
  { uplinks, unreachable = NONE }: Pick<Plant, 'uplinks' | 'unreachable'>,
  count: number,
  bitrate: number,
): number {
  const [publisher = 0] = uplinks;
  const all = uplinks.reduce((sum, each) => sum + each, 0);
  const dialled = uplinks.reduce((sum, each, node) => sum + (unreachable.has(node) ? 0 : each), 0);
  const hidden = unreachable.size === 0 ? Infinity : dialled / (unreachable.size * bitrate);
  return Math.min(1, publisher / bitrate, all / (count * bitrate), hidden);
}

/** Completion times of one chunk under the greedy schedule: again and again the copy that would be complete first. */
export function greedySchedule(plant: Omit<Plant, 'helpers'>, chunkBytes: number): Time[] {
  const count = plant.uplinks.length;
  const open = Array.from({ length: count - 1 }, (_, index) => index + 1);
  const transmission = plant.uplinks.map((rate) => (rate > 0 ? (chunkBytes * 8 * SECOND) / rate : Infinity));
  const complete: Time[] = new Array<Time>(count).fill(Infinity);
  const queue = new Offers();
  const covered = new Uint8Array(count);
  let salt = 0;
  const offer = (sender: number, free: Time): void => {
    if (open.length === 0 || transmission[sender] === Infinity) return;
    let best = -1;
    let bestLatency = Infinity;
    const tries = open.length <= EXACT ? open.length : SAMPLE;
    for (let index = 0; index < tries; index++) {
      const position =
        tries === open.length ? index : (salt = (Math.imul(salt, 1103515245) + 12345) >>> 0) % open.length;
      const receiver = open[position]!;
      const latency = plant.latency(sender, receiver);
      if (latency < bestLatency) [best, bestLatency] = [receiver, latency];
    }
    queue.push({
      at: free + transmission[sender]! + bestLatency,
      sender,
      receiver: best,
      sent: free + transmission[sender]!,
    });
  };
  const places = new Map(open.map((node, index) => [node, index]));
  complete[0] = 0;
  offer(0, 0);
  for (let next = queue.pop(); next !== null && open.length > 0; next = queue.pop()) {
    if (covered[next.receiver] === 1) {
      offer(next.sender, next.sent - transmission[next.sender]!);
      continue;
    }
    covered[next.receiver] = 1;
    complete[next.receiver] = next.at;
    const place = places.get(next.receiver)!;
    const last = open.pop()!;
    if (last !== next.receiver) {
      open[place] = last;
      places.set(last, place);
    }
    offer(next.sender, next.sent);
    offer(next.receiver, next.at);
  }
  return complete.slice(1);
}

/** 95th percentile of the greedy schedule over the viewers, microseconds. */
export function referenceLag(plant: Plant, chunkBytes: number): Time | null {
  const viewers = greedySchedule(plant, chunkBytes).slice(0, plant.uplinks.length - 1 - plant.helpers);
  return percentile(
    viewers.sort((a, b) => a - b),
    0.95,
  );
}

interface Copy {
  readonly at: Time;
  readonly sender: number;
  readonly receiver: number;
  /** When the sender's uplink is free again. */
  readonly sent: Time;
}

/** Binary heap by completion, ties by sender. */
class Offers {
  readonly #heap: Copy[] = [];

  push(copy: Copy): void {
    const heap = this.#heap;
    let index = heap.push(copy) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(copy, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = copy;
  }

  pop(): Copy | null {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (top === undefined || last === undefined) return null;
    if (heap.length === 0) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function before(a: Copy, b: Copy): boolean {
  return a.at !== b.at ? a.at < b.at : a.sender < b.sender;
}
