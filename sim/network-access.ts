import { LIMITS } from '../core/limits.js';
import { MS, NEVER, SECOND, type Time } from '../core/units.js';

/** A node's access line, bits per second. */
export interface AccessLink {
  readonly up: number;
  readonly down: number;
}

/** Waiting times in an uplink, in buckets that grow by a quarter of an octave. */
export class WaitHistogram {
  readonly counts = new Float64Array(160);
  total = 0;

  add(wait: Time): void {
    const whole = wait < 0x7fffffff ? Math.floor(wait) : 0x7fffffff;
    this.counts[bucketOf(whole)]!++;
    this.total++;
  }

  /** Upper edge, in microseconds, of the bucket that holds the q-th share of all waits; 0 when nothing was counted. */
  quantile(q: number): Time {
    let left = q * this.total;
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      left -= this.counts[bucket] as number;
      if (left <= 0 && this.total > 0) return edgeOf(bucket);
    }
    return 0;
  }
}

/** 0..3 for 0..3 µs, then four buckets to an octave. */
function bucketOf(whole: number): number {
  if (whole < 4) return whole;
  const octave = 31 - Math.clz32(whole);
  return (octave - 1) * 4 + ((whole >>> (octave - 2)) & 3);
}

function edgeOf(bucket: number): Time {
  if (bucket < 4) return bucket;
  const octave = (bucket >> 2) + 1;
  return (1 << octave) + ((bucket & 3) + 1) * (1 << (octave - 2)) - 1;
}

/** Byte and message counters of a node. Bytes are those of frames, headers included. */
export const COUNTER = {
  sentControl: 4,
  sentMediaHeader: 5,
  sentMediaPayload: 6,
  sentMessages: 7,
  receivedControl: 12,
  receivedMediaHeader: 13,
  receivedMediaPayload: 14,
  receivedMessages: 15,
} as const;

/**
 * The other cells: one cache line for what is sent, one for what is received. `silentSince` is when the node crashed,
 * NEVER unless it did.
 */
const LINE = {
  upPerByte: 0,
  piece: 1,
  upFree: 2,
  controlFree: 3,
  downPerByte: 8,
  downFree: 9,
  silentSince: 10,
} as const;
const STRIDE = 16;

/**
 * The access lines of all nodes: one work-conserving queue each way, as 'free again at' times.
 * Uplink: first come first served within a class; control waits for the piece on the wire at most, and what it takes
 * pushes later media back. Downlink: first come first served by arrival of the last bit, cut-through, so that a
 * message that trickled in through a slower uplink is not delayed again.
 */
export class AccessLinks {
  readonly controlWaits = new WaitHistogram();
  readonly mediaWaits = new WaitHistogram();
  #lines = new Float64Array(STRIDE * 64);

  /** Sets the rates of node number `node`; what is queued stays queued. Rates must be positive. */
  set(node: number, link: AccessLink): void {
    while (node * STRIDE >= this.#lines.length) {
      const lines = new Float64Array(this.#lines.length * 2);
      lines.set(this.#lines);
      this.#lines = lines;
    }
    if (!(link.up > 0 && link.down > 0)) throw new RangeError('the rates of an access link must be positive');
    const start = node * STRIDE;
    this.#lines[start + LINE.upPerByte] = (8 * SECOND) / link.up;
    this.#lines[start + LINE.downPerByte] = (8 * SECOND) / link.down;
    this.#lines[start + LINE.piece] = Math.min((LIMITS.pieceBytes * 8 * SECOND) / link.up, 50 * MS);
  }

  /** Forgets what is queued, as a start does. */
  clear(node: number): void {
    const start = node * STRIDE;
    this.#lines[start + LINE.upFree] = 0;
    this.#lines[start + LINE.controlFree] = 0;
    this.#lines[start + LINE.downFree] = 0;
    this.#lines[start + LINE.silentSince] = NEVER;
  }

  /** Queues `bytes` in the uplink; returns when the last bit leaves. */
  departure(node: number, now: Time, bytes: number, media: boolean): Time {
    const lines = this.#lines;
    const start = node * STRIDE;
    const service = bytes * (lines[start + LINE.upPerByte] as number);
    const free = lines[start + LINE.upFree] as number;
    if (free <= now) {
      const done = now + service;
      lines[start + LINE.upFree] = done;
      if (!media) lines[start + LINE.controlFree] = done;
      (media ? this.mediaWaits : this.controlWaits).add(0);
      return done;
    }
    lines[start + LINE.upFree] = free + service;
    if (media) {
      this.mediaWaits.add(free - now);
      return free + service;
    }
    const residue = now + ((free - now) % (lines[start + LINE.piece] as number));
    const controlFree = lines[start + LINE.controlFree] as number;
    const begin = controlFree > residue ? controlFree : residue;
    lines[start + LINE.controlFree] = begin + service;
    this.controlWaits.add(begin - now);
    return begin + service;
  }

  /** From `now` on nothing leaves the node any more. */
  silence(node: number, now: Time): void {
    this.#lines[node * STRIDE + LINE.silentSince] = now;
  }

  /** Whether the node was dead at that time. */
  wasSilent(node: number, at: Time): boolean {
    return at > (this.#lines[node * STRIDE + LINE.silentSince] as number);
  }

  /** Microseconds that a byte takes in the uplink. */
  upPerByte(node: number): Time {
    return this.#lines[node * STRIDE + LINE.upPerByte] as number;
  }

  /**
   * Takes `bytes` whose first bit came at `first` and whose last at `now`; returns when they are through, in whole
   * microseconds, or -1 for now. Who comes while the queue is busy waits behind it even if it empties this instant.
   */
  reception(node: number, first: Time, now: Time, bytes: number): Time {
    const lines = this.#lines;
    const start = node * STRIDE;
    const free = lines[start + LINE.downFree] as number;
    const done = (free > first ? free : first) + bytes * (lines[start + LINE.downPerByte] as number);
    lines[start + LINE.downFree] = done;
    if (done > now) return Math.ceil(done);
    return free > now - 1 ? now : -1;
  }

  /** Both ends of a new connection have sent and received so many bytes. */
  countHellos(a: number, b: number, bytes: number): void {
    for (const node of [a, b]) {
      this.countSent(node, bytes, 0, false);
      this.countReceived(node, bytes, 0, false);
    }
  }

  countSent(node: number, bytes: number, payload: number, media: boolean): void {
    const start = node * STRIDE;
    this.#lines[start + COUNTER.sentMessages]!++;
    if (media) {
      this.#lines[start + COUNTER.sentMediaPayload]! += payload;
      this.#lines[start + COUNTER.sentMediaHeader]! += bytes - payload;
    } else this.#lines[start + COUNTER.sentControl]! += bytes;
  }

  countReceived(node: number, bytes: number, payload: number, media: boolean): void {
    const start = node * STRIDE;
    this.#lines[start + COUNTER.receivedMessages]!++;
    if (media) {
      this.#lines[start + COUNTER.receivedMediaPayload]! += payload;
      this.#lines[start + COUNTER.receivedMediaHeader]! += bytes - payload;
    } else this.#lines[start + COUNTER.receivedControl]! += bytes;
  }

  counter(node: number, field: number): number {
    return this.#lines[node * STRIDE + field] as number;
  }
}
