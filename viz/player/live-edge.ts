/** A buffered stretch of media, seconds. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** What decides about the next move. */
export interface Playhead {
  readonly time: number;
  readonly rate: number;
  readonly ranges: readonly Range[];
  /** Seconds of media to keep ahead of the picture. */
  readonly cushion: number;
}

export type Move =
  | { readonly type: 'rate'; readonly rate: number }
  | { readonly type: 'seek'; readonly to: number; readonly why: 'start' | 'hole' | 'behind' };

/** Further behind the newest media than the cushion and this, the picture jumps instead of hurrying. */
export const MAX_BEHIND = 3;

/** A range this close to its end counts as played out; also how far a seek goes into a range, so that it surely lies inside. */
const EDGE = 0.08;
const INSIDE = 0.01;

/** Media that a range must hold before it is worth jumping to. */
const WORTH = 0.2;

/** Speeds that nobody hears; hurrying starts this far beyond the cushion and ends at it. */
const HURRY = 1.06;
const LINGER = 0.97;
const SLACK = 0.3;

/** Where to go from here: over a hole, back to the live edge, or on, perhaps a little faster or slower. */
export function nextMove(head: Playhead): Move {
  const { time, ranges, cushion } = head;
  const last = ranges.at(-1);
  if (last === undefined) return { type: 'rate', rate: 1 };
  const edge = Math.max(last.start + INSIDE, last.end - cushion);
  const current = ranges.find((range) => time >= range.start - INSIDE && time <= range.end);
  if (current === undefined || current.end - time < EDGE) {
    const next = ranges.find((range) => range.start > time && range.end - range.start >= WORTH);
    if (next !== undefined) return { type: 'seek', to: next.start + INSIDE, why: time === 0 ? 'start' : 'hole' };
    if (current === undefined && time > last.end + MAX_BEHIND) return { type: 'seek', to: edge, why: 'behind' };
    return { type: 'rate', rate: 1 };
  }
  const ahead = last.end - time;
  if (ahead > cushion + MAX_BEHIND) return { type: 'seek', to: edge, why: 'behind' };
  if (ahead > cushion + SLACK || (head.rate > 1 && ahead > cushion)) return { type: 'rate', rate: HURRY };
  if (ahead < cushion / 2 || (head.rate < 1 && ahead < cushion)) return { type: 'rate', rate: LINGER };
  return { type: 'rate', rate: 1 };
}

const SMALLEST = 0.35;
const LARGEST = 2;
const CALM_MS = 10_000;

/** How much media to keep ahead: more after each stall, slowly less while none happens. */
export class Cushion {
  seconds = SMALLEST;
  #changedAt: number;

  constructor(nowMs: number) {
    this.#changedAt = nowMs;
  }

  stalled(nowMs: number): void {
    this.seconds = Math.min(LARGEST, this.seconds * 1.5);
    this.#changedAt = nowMs;
  }

  calm(nowMs: number): void {
    if (nowMs - this.#changedAt < CALM_MS) return;
    this.seconds = Math.max(SMALLEST, this.seconds * 0.9);
    this.#changedAt = nowMs;
  }
}

/** What lies so far behind the picture that it can go: media before this time, or null if nothing does. */
export function trimBefore(time: number, ranges: readonly Range[], keep: number): number | null {
  const first = ranges[0];
  // Removing is not free, so it waits until a few seconds have gathered.
  return first !== undefined && first.start < time - keep - 5 ? time - keep : null;
}
