import type { Outcome } from './fuzz.js';

/** What a campaign has come to. */
export interface Totals {
  readonly seeds: number;
  readonly failed: readonly number[];
  readonly virtualHours: number;
  readonly nodeHours: number;
  readonly events: number;
  /** Invariants, and in how many runs each had something to judge. */
  readonly checkers: Readonly<Record<string, number>>;
  /** Kinds of faults, and in how many plans each stood. */
  readonly faults: Readonly<Record<string, number>>;
}

/** Adds the outcomes of seeds up. */
export class Tally {
  readonly #failed: number[] = [];
  readonly #checkers = new Map<string, number>();
  readonly #faults = new Map<string, number>();
  #seeds = 0;
  #virtualMs = 0;
  #nodeSeconds = 0;
  #events = 0;

  add(outcome: Outcome): void {
    this.#seeds++;
    this.#virtualMs += outcome.virtualMs;
    this.#nodeSeconds += outcome.nodeSeconds;
    this.#events += outcome.events;
    if (outcome.failure !== null) this.#failed.push(outcome.seed);
    for (const name of outcome.judged) this.#checkers.set(name, (this.#checkers.get(name) ?? 0) + 1);
    for (const kind of outcome.kinds) this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + 1);
  }

  get totals(): Totals {
    return {
      seeds: this.#seeds,
      failed: [...this.#failed].sort((a, b) => a - b),
      virtualHours: this.#virtualMs / 3_600_000,
      nodeHours: this.#nodeSeconds / 3600,
      events: this.#events,
      checkers: Object.fromEntries(this.#checkers),
      faults: Object.fromEntries([...this.#faults].sort(([a], [b]) => (a < b ? -1 : 1))),
    };
  }
}
