/** Observations kept: at ten fragments a second the last half minute. */
const KEPT = 300;

/**
 * Estimates the publisher's stream clock from what the node says about it. A message can only be late, never early, so the
 * largest difference seen lately is the best one (the minimum filter of NTP).
 */
export class SourceClock {
  #offsets: number[] = [];

  /** `sourceNow` in microseconds as the node stated it, `localMs` when it arrived here. */
  observe(sourceNow: number, localMs: number): void {
    this.#offsets.push(sourceNow - localMs * 1_000);
    if (this.#offsets.length > KEPT) this.#offsets = this.#offsets.slice(-KEPT);
  }

  /** The publisher's clock at `localMs`, microseconds; null before the first observation. */
  now(localMs: number): number | null {
    return this.#offsets.length === 0 ? null : Math.max(...this.#offsets) + localMs * 1_000;
  }

  /** Forgets everything: another epoch has another clock. */
  reset(): void {
    this.#offsets = [];
  }
}
