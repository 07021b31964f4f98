import type { Clock } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';

/** Longest delay that setTimeout keeps; longer ones fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

interface Alarm {
  at: Time;
  wake: () => void;
  timer: NodeJS.Timeout;
}

/** The monotonic clock of this process in whole microseconds from its construction, with one wake-up a key. */
export class SystemClock implements Clock {
  readonly #start = process.hrtime.bigint();
  readonly #alarms = new Map<NodeId, Alarm>();

  now(): Time {
    return Number((process.hrtime.bigint() - this.#start) / 1000n);
  }

  wakeAt(key: NodeId, at: Time | null, wake: () => void): void {
    const previous = this.#alarms.get(key);
    if (previous !== undefined) clearTimeout(previous.timer);
    if (at === null || at === Infinity) {
      this.#alarms.delete(key);
      return;
    }
    this.#alarms.set(key, { at, wake, timer: this.#arm(key, at) });
  }

  #arm(key: NodeId, at: Time): NodeJS.Timeout {
    const delay = Math.min(LONGEST_MS, Math.max(0, Math.ceil((at - this.now()) / 1000)));
    return setTimeout(() => this.#ring(key), delay);
  }

  /** setTimeout may fire a little early, and a far deadline takes several: only the clock decides. */
  #ring(key: NodeId): void {
    const alarm = this.#alarms.get(key);
    if (alarm === undefined) return;
    if (alarm.at > this.now()) {
      alarm.timer = this.#arm(key, alarm.at);
      return;
    }
    this.#alarms.delete(key);
    alarm.wake();
  }
}
