import { assert } from '../core/assert.js';
import { LIMITS } from '../core/limits.js';
import type { Lane } from './pieces.js';

/** Bytes that may be under way to one peer; those in the kernel's buffers count, because nobody can take them back. */
export const WINDOW_BYTES = 64 * 1024;

/** Part of the window that media leaves free, so that a control message need not wait for an acknowledgement. */
const CONTROL_RESERVE = 16 * 1024;

/** An acknowledgement is due at once after this many bytes; fewer wait for the next tick of the network. */
const ACKNOWLEDGE_BYTES = 8 * 1024;

/**
 * Who has taken how much of what on one connection. The other end's acknowledgement says that its program has the
 * bytes, which neither the kernel's buffers nor TCP's own acknowledgements tell. What the transport still holds counts
 * as not taken, whatever the other end claims. Times are of any monotonic clock.
 */
export class Flow {
  #sent = 0;
  #acknowledged = 0;
  #taken = 0;
  #received = 0;
  #reported = 0;
  #progressAt: number;

  constructor(now: number) {
    this.#progressAt = now;
  }

  /** Whether a piece of this lane may be handed on now; a whole piece fits into what is left then. */
  admits(lane: Lane, underWay: number): boolean {
    return underWay + LIMITS.pieceBytes <= WINDOW_BYTES - (lane === 'media' ? CONTROL_RESERVE : 0);
  }

  /** Bytes under way. @param queued bytes that the transport holds */
  underWay(queued: number, now: number): number {
    const taken = Math.min(this.#acknowledged, this.#sent - queued);
    if (taken > this.#taken) {
      this.#taken = taken;
      this.#progressAt = now;
    }
    return this.#sent - this.#taken;
  }

  sent(bytes: number, now: number): void {
    if (this.#sent === this.#taken) this.#progressAt = now;
    this.#sent += bytes;
  }

  /** False when the claim is impossible: more than was sent, or less than before. */
  acknowledged(total: number): boolean {
    if (total > this.#sent || total < this.#acknowledged) return false;
    this.#acknowledged = total;
    return true;
  }

  /** How long something has been under way without any progress; 0 when nothing is. */
  stalledFor(queued: number, now: number): number {
    return this.underWay(queued, now) === 0 ? 0 : now - this.#progressAt;
  }

  /** Counts a piece that came; true when an acknowledgement is due at once. */
  received(bytes: number): boolean {
    this.#received += bytes;
    return this.#received - this.#reported >= ACKNOWLEDGE_BYTES;
  }

  /** The total to acknowledge, or null when the other end knows it. */
  report(): number | null {
    assert(this.#reported <= this.#received, 'reported more than was received');
    if (this.#reported === this.#received) return null;
    this.#reported = this.#received;
    return this.#received;
  }
}
