import { LIMITS } from '../../core/limits.js';
import type { TraceEvent } from '../../core/trace.js';

/** Weight of the newest second in the moving averages. */
const STEP = 0.2;

/** Rates of media in bits per second: averages over the last few seconds, and the best second. */
export interface Traffic {
  readonly upstream: number;
  readonly upstreamPeak: number;
  readonly downstream: number;
}

/** Measures what a node really sends and receives, without sending anything for the purpose. */
export class Meter {
  #sent = 0;
  #received = 0;
  #upstream = 0;
  #peak = 0;
  #downstream = 0;
  #at: number;

  /** @param now microseconds */
  constructor(now: number) {
    this.#at = now;
  }

  observe(event: TraceEvent): void {
    if (event.type !== 'chunk') return;
    const { change } = event;
    const size = Math.min(event.size, LIMITS.chunkBytes);
    if (change === 'forwarded' || change === 'answered') this.#sent += size;
    else if (change === 'received' || change === 'repaired' || change === 'duplicate') this.#received += size;
  }

  /** To be called about every second; a call that comes late counts for the time that has passed. */
  step(now: number): void {
    const seconds = (now - this.#at) / 1e6;
    if (seconds < 0.5) return;
    const weight = 1 - (1 - STEP) ** seconds;
    const sent = (8 * this.#sent) / seconds;
    this.#upstream += weight * (sent - this.#upstream);
    this.#downstream += weight * ((8 * this.#received) / seconds - this.#downstream);
    this.#peak = Math.max(this.#peak, sent);
    this.#sent = 0;
    this.#received = 0;
    this.#at = now;
  }

  get traffic(): Traffic {
    return {
      upstream: Math.round(this.#upstream),
      upstreamPeak: Math.round(this.#peak),
      downstream: Math.round(this.#downstream),
    };
  }
}
