import { SECOND, type Time } from '../../core/units.js';
import type { AfterFault } from './after-fault.js';
import { Histogram } from './histogram.js';
import type { Session } from './session.js';
import type { SourceLog } from './source-log.js';

/** Deadlines of the curve `continuityAt`, in milliseconds. */
export const CURVE = [1000, 2000, 3000, 5000, 10000] as const;

/** Which chunk was complete when, per viewer: continuity for every deadline from one arrival log. */
export class Arrivals {
  /** Rising, microseconds; the scenario's own is among them. */
  readonly deadlines: readonly Time[];
  readonly own: number;
  readonly lag = new Histogram();
  /** Is told of every chunk judged; null without a marked fault. */
  readonly after: AfterFault | null;
  readonly #source: SourceLog;
  readonly #retention: Time;
  readonly #mask: number;
  readonly #ringLength: number;

  /** @param perSecond the most chunks published in a second  @param targetLag how late a chunk is shown */
  constructor(source: SourceLog, deadline: Time, targetLag: Time, perSecond: number, after: AfterFault | null = null) {
    this.#source = source;
    this.after = after;
    this.deadlines = [...new Set([...CURVE.map((each) => each * 1000), deadline])].sort((a, b) => a - b);
    this.own = this.deadlines.indexOf(deadline);
    this.#retention = Math.max(...this.deadlines, targetLag + 2 * SECOND);
    const most = Math.ceil((this.#retention / SECOND + 1) * perSecond) + 2;
    this.#ringLength = 1 << (32 - Math.clz32(most - 1));
    this.#mask = this.#ringLength - 1;
  }

  begin(session: Session, now: Time): void {
    session.ring = new Int32Array(this.#ringLength).fill(-1);
    session.due = new Float64Array(this.deadlines.length);
    session.onTime = new Float64Array(this.deadlines.length);
    session.next = this.#source.firstAfter(now - this.#retention);
  }

  /** A first copy is complete. Returns its lag, or -1 for a chunk that is older than the viewer's join. */
  arrive(session: Session, number: number, now: Time): Time {
    this.#advance(session, now);
    const lag = now - this.#source.at(number);
    const slot = number & this.#mask;
    if (number >= session.next && session.ring[slot] === -1) session.ring[slot] = lag;
    if (this.#source.at(number) < session.watchedAt) return -1;
    this.lag.add(lag);
    session.lagSum += lag;
    session.lagCount++;
    return lag;
  }

  /** The first chunk that the player of this viewer shows: from here on chunks are due. */
  start(session: Session, number: number, now: Time): void {
    this.#advance(session, now);
    session.first = Math.max(number, session.next);
  }

  /** Judges what is due before the viewer's end. */
  finish(session: Session, end: Time): void {
    this.#advance(session, end);
    for (let number = session.next; number < this.#source.count; number++) {
      if (session.first >= 0 && number >= session.first) this.#judgeUntil(session, number, end);
    }
    session.next = this.#source.count;
    session.ring = new Int32Array(0);
  }

  #advance(session: Session, now: Time): void {
    const horizon = now - this.#retention;
    const source = this.#source;
    let number = session.next;
    while (number < source.count && source.at(number) <= horizon) {
      const slot = number & this.#mask;
      if (session.first >= 0 && number >= session.first) this.#judgeUntil(session, number, now);
      session.ring[slot] = -1;
      number++;
    }
    session.next = number;
  }

  /** Counts a chunk under each deadline that passed by `end`. */
  #judgeUntil(session: Session, number: number, end: Time): void {
    const { deadlines, own } = this;
    const age = end - this.#source.at(number);
    const lag = session.ring[number & this.#mask]!;
    for (let index = 0; index < deadlines.length && deadlines[index]! <= age; index++) {
      const inTime = lag >= 0 && lag <= deadlines[index]!;
      session.due[index]!++;
      if (inTime) session.onTime[index]!++;
      if (index !== own) continue;
      this.after?.judge(session, this.#source.at(number), lag);
      session.dueBytes += this.#source.size(number);
      session.intact = inTime && (session.intact || this.#source.isKeyframe(number));
      if (session.intact) session.decodable++;
    }
  }
}
