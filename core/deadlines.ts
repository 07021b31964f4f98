import type { Deadline } from './machine.js';
import { NEVER, type Time } from './units.js';

/** A table of named timers: data, not callbacks, so that they can be shown, replayed and lost with a crash. */
export class Deadlines<Why extends string> {
  readonly #whys: readonly Why[];
  readonly #at: Float64Array;
  readonly #first = { at: NEVER, why: '' };
  #earliest = 0;

  constructor(whys: readonly Why[]) {
    this.#whys = whys;
    this.#at = new Float64Array(whys.length).fill(NEVER);
  }

  set(why: Why, at: Time): void {
    const index = this.#whys.indexOf(why);
    this.#at[index] = at;
    if (index === this.#earliest) this.#rescan();
    else if (at < (this.#at[this.#earliest] as number)) this.#earliest = index;
  }

  /** Like `set`, but never later than what is set already. */
  setEarlier(why: Why, at: Time): void {
    if (at < this.get(why)) this.set(why, at);
  }

  clear(why: Why): void {
    this.set(why, NEVER);
  }

  /** NEVER when not set. */
  get(why: Why): Time {
    return this.#at[this.#whys.indexOf(why)] as number;
  }

  /** Time of the earliest timer, NEVER when there is none. */
  get next(): Time {
    return this.#at[this.#earliest] as number;
  }

  /** The earliest timer, null when there is none. The same object each time: read it, do not keep it. */
  get first(): Deadline | null {
    if (this.next === NEVER) return null;
    this.#first.at = this.next;
    this.#first.why = this.nextWhy;
    return this.#first;
  }

  get nextWhy(): Why {
    return this.#whys[this.#earliest] as Why;
  }

  /** Removes and returns the earliest timer that is due, or null. Call until null. */
  take(now: Time): Why | null {
    if (this.next > now) return null;
    const why = this.nextWhy;
    this.clear(why);
    return why;
  }

  list(): Deadline[] {
    return this.#whys
      .map((why, index) => ({ why, at: this.#at[index] as number }))
      .filter((deadline) => deadline.at !== NEVER)
      .sort((a, b) => a.at - b.at);
  }

  #rescan(): void {
    let earliest = 0;
    for (let index = 1; index < this.#at.length; index++) {
      if ((this.#at[index] as number) < (this.#at[earliest] as number)) earliest = index;
    }
    this.#earliest = earliest;
  }
}
