import type { Deadline } from './machine.js';
import { NEVER, type Time } from './units.js';

/**
 * A table of named timers: data, not callbacks, so that they can be shown, replayed and lost with a crash. A timer may
 * have slack: it fires with whatever input comes once it is due, and has the node woken for it only at the end of the
 * slack. Regular work thereby rides along with the messages that arrive anyway.
 */
export class Deadlines<Why extends string> {
  readonly #whys: readonly Why[];
  /** For each timer when it is due, then for each when it must fire. */
  readonly #cells: Float64Array;
  readonly #first = { at: NEVER, why: '' };
  /** Which is due first, -1 for none. */
  #next = -1;
  /** Whether `#next` and `#first` are to be found anew: several timers are often set before anybody asks. */
  #stale = false;

  constructor(whys: readonly Why[]) {
    this.#whys = whys;
    this.#cells = new Float64Array(2 * whys.length).fill(NEVER);
  }

  set(why: Why, at: Time, slack: Time = 0): void {
    this.#put(this.#whys.indexOf(why), at, slack);
  }

  /** Like `set`, but never later than what is set already. */
  setEarlier(why: Why, at: Time, slack: Time = 0): void {
    const index = this.#whys.indexOf(why);
    if (at < (this.#cells[index] as Time)) this.#put(index, at, slack);
  }

  clear(why: Why): void {
    this.set(why, NEVER);
  }

  /** When the timer is due, NEVER when it is not set. */
  get(why: Why): Time {
    return this.#cells[this.#whys.indexOf(why)] as Time;
  }

  /** The timer that must fire first, null when there is none. The same object each time: read it, do not keep it. */
  get first(): Deadline | null {
    if (this.#stale) this.#scan();
    return this.#first.at === NEVER ? null : this.#first;
  }

  /** Removes and returns the timer that is due the longest, or null. Call until null. */
  take(now: Time): Why | null {
    if (this.#stale) this.#scan();
    const next = this.#next;
    if (next < 0 || (this.#cells[next] as Time) > now) return null;
    this.#put(next, NEVER, 0);
    return this.#whys[next] as Why;
  }

  list(): Deadline[] {
    return this.#whys
      .map((why) => ({ why, at: this.get(why) }))
      .filter((deadline) => deadline.at !== NEVER)
      .sort((a, b) => a.at - b.at);
  }

  #put(index: number, at: Time, slack: Time): void {
    this.#cells[index] = at;
    this.#cells[index + this.#whys.length] = at + slack;
    this.#stale = true;
  }

  #scan(): void {
    const count = this.#whys.length;
    const cells = this.#cells;
    let next = -1;
    let due: Time = NEVER;
    let last = count;
    for (let index = 0; index < count; index++) {
      if ((cells[index] as Time) < due) {
        due = cells[index] as Time;
        next = index;
      }
      if ((cells[index + count] as Time) < (cells[last] as Time)) last = index + count;
    }
    this.#next = next;
    this.#first.at = cells[last] as Time;
    this.#first.why = this.#whys[last - count] as Why;
    this.#stale = false;
  }
}
