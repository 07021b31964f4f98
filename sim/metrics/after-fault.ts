import { NEVER, SECOND, type Time } from '../../core/units.js';
import type { Scenario } from '../scenario/shape.js';
import type { Session } from './session.js';

/** Time after the marked fault over which its consequences are counted. */
const AFTERMATH: Time = 30 * SECOND;
/** The full rate counts as restored once nothing published for so long came late. */
const PROVING: Time = 3 * SECOND;

/** Who was there at `since` and still is at `to` survived; what was published from `from` to `to` is counted. */
export interface Mark {
  readonly since: Time;
  readonly from: Time;
  readonly to: Time;
}

/**
 * The window of the marked fault: what lasts is over when it ends, and one that never ends, or a cliff, counts from its
 * beginning. null without a mark.
 */
export function markOf(scenario: Pick<Scenario, 'faults' | 'cliff' | 'duration'>): Mark | null {
  const { cliff, duration } = scenario;
  const fault = scenario.faults.find((each) => each.marked);
  if (fault !== undefined) {
    const from = fault.at + (fault.for ?? 0);
    return from < duration ? { since: fault.at, from, to: Math.min(from + AFTERMATH, duration) } : null;
  }
  if (cliff === null || cliff.at >= duration) return null;
  return { since: cliff.at, from: cliff.at, to: Math.min(cliff.at + cliff.within + AFTERMATH, duration) };
}

/** What one viewer got after the marked fault. */
interface Aftermath {
  due: number;
  onTime: number;
  /** When the first chunk published after the fault was there; NEVER before. */
  fedAt: Time;
  /** When the newest chunk that came late was there, or was given up; and when it was published. */
  fullAt: Time;
  lateAt: Time;
  restored: boolean;
  stallMax: Time;
}

/** The figures where there is no fault, or nobody survives it. */
export const NOBODY = { continuity: null, fedMs: null, fullRateMs: null, stallMaxMs: null } as const;

/** Continuity, first food, return to the full rate and longest stall of the survivors of the marked fault. */
export class AfterFault {
  readonly #mark: Mark;
  readonly #deadline: Time;
  readonly #bySession = new Map<Session, Aftermath>();

  constructor(mark: Mark, deadline: Time) {
    this.#mark = mark;
    this.#deadline = deadline;
  }

  /** A chunk published at `at` was complete after `lag`, -1 for never; chunks come in the order of their publication. */
  judge(session: Session, at: Time, lag: Time): void {
    const { from, to } = this.#mark;
    if (at < from || at >= to) return;
    const after = this.#of(session);
    after.due++;
    if (lag >= 0 && lag <= this.#deadline) after.onTime++;
    if (lag >= 0) after.fedAt = Math.min(after.fedAt, at + lag);
    if (after.restored) return;
    if (lag < 0 || lag > this.#deadline) {
      after.fullAt = at + (lag < 0 ? this.#deadline : lag);
      after.lateAt = at;
    } else if (at - after.lateAt >= PROVING) after.restored = true;
  }

  /** A run of missed chunks, by the publication of its first and last, that took `time`. */
  stalled(session: Session, first: Time, last: Time, time: Time): void {
    if (last < this.#mark.from || first >= this.#mark.to) return;
    const after = this.#of(session);
    after.stallMax = Math.max(after.stallMax, time);
  }

  /** Over the survivors among these; times in ms, Infinity for a rate that never came back, null without survivors. */
  figures(viewers: readonly Session[]): {
    continuity: number | null;
    fedMs: number | null;
    fullRateMs: number | null;
    stallMaxMs: number | null;
  } {
    const { since, from, to } = this.#mark;
    const survivors = viewers.filter(
      ({ watchedAt, endedAt }) => watchedAt <= since && (endedAt === NEVER || endedAt >= to),
    );
    if (survivors.length === 0) return NOBODY;
    let continuity = 0;
    let fed = 0;
    let full = 0;
    let stall = 0;
    for (const viewer of survivors) {
      const after = this.#bySession.get(viewer);
      const started = viewer.startedAt !== NEVER && after !== undefined;
      continuity += started && after.due > 0 ? after.onTime / after.due : 0;
      fed = Math.max(fed, (after?.fedAt ?? NEVER) - from);
      const fullAt = !started || (!after.restored && to - after.lateAt < PROVING) ? Infinity : after.fullAt;
      full = Math.max(full, fullAt - from);
      stall = Math.max(stall, after?.stallMax ?? 0);
    }
    return {
      continuity: continuity / survivors.length,
      fedMs: fed / 1000,
      fullRateMs: full / 1000,
      stallMaxMs: stall / 1000,
    };
  }

  #of(session: Session): Aftermath {
    const known = this.#bySession.get(session);
    if (known !== undefined) return known;
    const { from } = this.#mark;
    const fresh = { due: 0, onTime: 0, fedAt: NEVER, fullAt: from, lateAt: from, restored: false, stallMax: 0 };
    this.#bySession.set(session, fresh);
    return fresh;
  }
}
