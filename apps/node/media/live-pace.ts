import { SECOND } from '../../../core/units.js';
import type { Time } from '../../../core/units.js';

/** How far pushed media may be ahead of real time: what an encoder sends in one go. */
const LEAD: Time = SECOND;
/** Real time runs this much faster for the encoder, so that one whose clock is fast is never held back. */
const SPEED = 1.001;

/**
 * Tells when pushed media may go out. Who pushes a file as fast as the disk gives it is slowed down to real time; who is
 * late is not waited for, and real time goes on from there.
 */
export class LivePace {
  #anchor: { readonly media: Time; readonly at: Time } | null = null;

  /** The epoch begins anew: the next fragment goes out at once. */
  reset(): void {
    this.#anchor = null;
  }

  /** Microseconds to wait before media of this time goes out. */
  delay(mediaTime: Time, now: Time): Time {
    const due = this.#anchor === null ? now : this.#anchor.at + (mediaTime - this.#anchor.media) / SPEED;
    if (due <= now) this.#anchor = { media: mediaTime, at: now };
    return Math.max(0, Math.ceil(due - LEAD - now));
  }
}
