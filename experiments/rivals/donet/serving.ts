import { LIMITS } from '../../../core/limits.js';
import { MS, NEVER, transmissionTime, type NodeId, type Time } from '../../../core/units.js';

/** What TCP, IP and TLS add on the link, as core's uplink reckons. */
const TRANSPORT = 1.05;
/** How far the uplink is booked ahead: a little, so that it never idles between two wake-ups. */
const BURST: Time = 50 * MS;
/** No request is taken while what waits will take longer: the asker finds the chunk elsewhere sooner. */
const PATIENCE: Time = 200 * MS;

interface Waiting {
  readonly to: NodeId;
  readonly seq: number;
  readonly bytes: number;
}

/**
 * What partners have asked for, and in which order it leaves at the rate of the uplink: the chunk that fewest were sent
 * so far, since others can pass that on the most; of equals the oldest, which is due first.
 */
export class Serving {
  readonly #rate: number;
  #queue: Waiting[] = [];
  #queued = 0;
  #freeAt: Time = 0;
  /** How often each chunk was sent, by its place in the window. */
  readonly #copies = new Uint16Array(LIMITS.windowChunks);

  /** @param uplink bits per second */
  constructor(uplink: number) {
    this.#rate = Math.max(1, uplink / TRANSPORT);
  }

  /** How long what waits will take. */
  backlog(now: Time): Time {
    return Math.max(0, this.#freeAt - now) + transmissionTime(this.#queued, this.#rate);
  }

  /** When the next one may leave, NEVER when none waits. */
  get due(): Time {
    return this.#queue.length === 0 ? NEVER : this.#freeAt - BURST;
  }

  /** A chunk that nobody was sent yet takes the place of an old one. */
  begin(seq: number): void {
    this.#copies[seq % this.#copies.length] = 0;
  }

  /** False when it waits already, or too much does. */
  add(now: Time, to: NodeId, seq: number, bytes: number): boolean {
    if (this.backlog(now) > PATIENCE || this.#queue.length >= LIMITS.uplinkQueue) return false;
    if (this.#queue.some((waiting) => waiting.seq === seq && waiting.to === to)) return false;
    this.#queue.push({ to, seq, bytes });
    this.#queued += bytes;
    return true;
  }

  /** Takes the next one out; it is sent, and takes its time, if `sends` says so. */
  next(now: Time, sends: (to: NodeId, seq: number) => boolean): void {
    let first = 0;
    for (let at = 1; at < this.#queue.length; at++) if (this.#before(at, first)) first = at;
    const [waiting] = this.#queue.splice(first, 1);
    if (waiting === undefined) return;
    const { to, seq, bytes } = waiting;
    this.#queued -= bytes;
    if (!sends(to, seq)) return;
    this.#copies[seq % this.#copies.length]!++;
    this.#freeAt = Math.max(now, this.#freeAt) + transmissionTime(bytes, this.#rate);
  }

  /** Drops what waits for a partner that is gone. */
  forget(partner: NodeId): void {
    this.#queue = this.#queue.filter(({ to }) => to !== partner);
    this.#queued = this.#queue.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Another epoch begins. */
  clear(): void {
    this.#queue = [];
    this.#queued = 0;
  }

  #before(at: number, other: number): boolean {
    const [a, b] = [this.#queue[at] as Waiting, this.#queue[other] as Waiting];
    const fewer = this.#sent(a.seq) - this.#sent(b.seq);
    return fewer < 0 || (fewer === 0 && a.seq < b.seq);
  }

  #sent(seq: number): number {
    return this.#copies[seq % this.#copies.length] as number;
  }
}
