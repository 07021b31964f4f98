import { NEVER, SECOND, type Time } from '../../core/units.js';
import type { AfterFault } from './after-fault.js';
import type { Session } from './session.js';
import type { SourceLog } from './source-log.js';

/** A start that is followed by a miss this soon is none. */
const PROVING: Time = 5 * SECOND;

/** Starts and stalls, from what the player of each viewer showed and skipped. */
export class Playback {
  readonly #source: SourceLog;
  readonly #chunkTime: Time;
  readonly #after: AfterFault | null;

  constructor(source: SourceLog, chunkTime: Time, after: AfterFault | null = null) {
    this.#source = source;
    this.#after = after;
    this.#chunkTime = chunkTime;
  }

  /** Returns true for the first chunk that the viewer is ever shown. */
  played(session: Session, number: number, now: Time): boolean {
    session.played++;
    if (session.missRunFrom >= 0) this.#endRun(session, number);
    if (session.startedAt === NEVER && this.#source.isKeyframe(number)) session.startedAt = now;
    return session.first < 0;
  }

  missed(session: Session, number: number, now: Time): void {
    if (session.first < 0) return;
    session.missed++;
    if (session.startedAt !== NEVER && now - session.startedAt <= PROVING) session.startedAt = NEVER;
    if (session.missRunFrom < 0) session.missRunFrom = number;
    session.missRunTo = number;
  }

  finish(session: Session): void {
    if (session.missRunFrom >= 0) this.#endRun(session, -1);
  }

  #endRun(session: Session, resumed: number): void {
    const from = this.#source.at(session.missRunFrom);
    const to = resumed >= 0 ? this.#source.at(resumed) : this.#source.at(session.missRunTo) + this.#chunkTime;
    const time = Math.max(this.#chunkTime, to - from);
    session.stalls++;
    session.stallTime += time;
    session.stallMax = Math.max(session.stallMax, time);
    this.#after?.stalled(session, from, this.#source.at(session.missRunTo), time);
    session.missRunFrom = -1;
  }
}
