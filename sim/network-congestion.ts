import type { PeerReason } from '../core/machine.js';
import { SECOND, type Time } from '../core/units.js';
import { CONGESTED, LINK, type Links } from './network-links.js';

/**
 * A connection is congested above this many undelivered bytes or this wait, and writable again below half. What waits
 * longer has been pulled elsewhere; it would only keep back what is still in time.
 */
const CONGESTED_BYTES = 256 * 1024;
const CONGESTED_WAIT = 2 * SECOND;
/** A socket takes no more than this; its connection is closed as slow. */
const SOCKET_BOUND = 4 * 1024 * 1024;

/** How full the sockets of senders are, and what their owners are told of it. */
export class Congestion {
  readonly #links: Links;
  readonly #tell: (link: number, at: Time, change: 'congested' | 'writable', why: PeerReason) => void;
  readonly #end: (link: number) => void;

  /** `end` closes a connection whose socket takes no more. */
  constructor(
    links: Links,
    tell: (link: number, at: Time, change: 'congested' | 'writable', why: PeerReason) => void,
    end: (link: number) => void,
  ) {
    this.#links = links;
    this.#tell = tell;
    this.#end = end;
  }

  /** Undelivered bytes, and the wait of the newest of them, are so many by now; congestion is reported once. */
  filled(link: number, outstanding: number, wait: Time, now: Time): void {
    if (outstanding <= CONGESTED_BYTES && wait <= CONGESTED_WAIT) return;
    if (outstanding > SOCKET_BOUND) this.#end(link);
    else if (!this.#links.is(link, CONGESTED)) {
      this.#links.mark(link, CONGESTED);
      this.#tell(link, now, 'congested', 'full');
    }
  }

  /** Something was delivered on a congested connection. */
  drained(link: number, outstanding: number, now: Time): void {
    if (outstanding >= CONGESTED_BYTES / 2 || this.#links.get(link, LINK.pathFree) - now > CONGESTED_WAIT / 2) return;
    this.#links.unmark(link, CONGESTED);
    const acknowledged = Math.ceil(now + this.#links.get(this.#links.get(link, LINK.reverse), LINK.base));
    this.#tell(link, acknowledged, 'writable', 'drained');
  }
}
