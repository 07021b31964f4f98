import { SECOND } from '../../../core/units.js';
import type { Time } from '../../../core/units.js';
import type { Fragment, TrackRun } from './fragment.js';
import { restamp } from './restamp.js';

/**
 * One timeline for fragments of several epochs: it begins at 0, and what comes after a break follows what came before it
 * without a gap, on every track. So no player ever meets a time that jumps back.
 */
export class HlsTimeline {
  /** Microseconds to add to the times of the fragments; null until the first one after a break has come. */
  #offset: Time | null = null;
  /** Where the tracks end, microseconds of this timeline. */
  #end: Time = 0;
  #sequence = 0;

  /** What comes next does not follow what came last. */
  break(): void {
    this.#offset = null;
  }

  /** A copy of the fragment with its place on this timeline. */
  place(fragment: Fragment): Uint8Array {
    const offset = (this.#offset ??= this.#end - earliest(fragment));
    for (const run of fragment.runs) this.#end = Math.max(this.#end, offset + endOf(run));
    this.#sequence += 1;
    return restamp(fragment, this.#sequence, ({ track, start }) =>
      Math.max(0, start + Math.ceil((offset * track.timescale) / SECOND)),
    );
  }
}

function earliest({ runs }: Fragment): Time {
  return Math.min(...runs.map(({ track, start }) => (start * SECOND) / track.timescale));
}

function endOf({ track, start, duration }: TrackRun): Time {
  return ((start + duration) * SECOND) / track.timescale;
}
