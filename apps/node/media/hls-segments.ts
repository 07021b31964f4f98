import { SECOND } from '../../../core/units.js';
import type { Time } from '../../../core/units.js';
import { parseFragment } from './fragment.js';
import type { Fragment } from './fragment.js';
import { HlsTimeline } from './hls-timeline.js';
import { parseInit } from './init-segment.js';
import type { InitSegment } from './init-segment.js';

/** A finished segment: begins with a keyframe and can be decoded after its initialisation segment alone. */
export interface Segment {
  /** Media sequence number. */
  readonly seq: number;
  /** Number of its initialisation segment. */
  readonly init: number;
  readonly duration: Time;
  /** Whether it does not follow from the one before: another epoch, or media are missing between them. */
  readonly discontinuity: boolean;
  /** Discontinuities up to this segment, itself included. */
  readonly discontinuities: number;
  readonly bytes: Uint8Array;
}

/** A segment ends at the first keyframe after this time. */
const SEGMENT: Time = 2 * SECOND;
/** Keyframes that come a little early still end it, or else it would take one more group of pictures. */
const EARLY: Time = SECOND / 20;
/** Media that were paused go on with the next number, but at a later time. */
const MAX_HOLE: Time = SECOND / 2;
/** A stream with keyframes so rare that segments grow beyond this cannot be cut; its media are left out. */
const MAX_SEGMENT: Time = 30 * SECOND;
const MAX_SEGMENT_BYTES = 16 * 1024 * 1024;

interface Draft {
  readonly start: Time;
  end: Time;
  bytes: number;
  readonly pieces: Uint8Array[];
}

/** Puts the fragments of one stream together to segments. Holds one unfinished segment. */
export class Segmenter {
  readonly #done: (segment: Segment) => void;
  readonly #timeline = new HlsTimeline();
  #init: { readonly parsed: InitSegment; readonly number: number } | null = null;
  #inits: number;
  #draft: Draft | null = null;
  #broken = false;
  #started = false;
  #discontinuities = 0;
  #nextFragment: number | null = null;
  /** Where the leading track should go on. */
  #nextTime: Time | null = null;
  #seq: number;

  /**
   * @param seq number of the first segment and of the first initialisation segment: players keep both under their names,
   * so that no number may come back with other bytes after a restart. `done` takes each segment that is finished.
   */
  constructor(seq: number, done: (segment: Segment) => void) {
    this.#seq = seq;
    this.#inits = seq;
    this.#done = done;
  }

  /** Begins an epoch; returns the number of its initialisation segment, null if it makes no sense. */
  open(init: Uint8Array): number | null {
    this.#interrupt();
    this.#nextFragment = null;
    this.#nextTime = null;
    const parsed = parseInit(init);
    if (!parsed.ok) {
      this.#init = null;
      return null;
    }
    const same = this.#init !== null && Buffer.compare(this.#init.parsed.bytes, init) === 0;
    this.#init = { parsed: parsed.value, number: same && this.#init !== null ? this.#init.number : this.#inits++ };
    return this.#init.number;
  }

  /** Takes fragment `number` of the epoch. One that is missing or damaged leaves a hole up to the next keyframe. */
  push(number: number, bytes: Uint8Array): void {
    if (this.#init === null) return;
    const parsed = parseFragment(this.#init.parsed, bytes);
    if (!parsed.ok || (this.#nextFragment !== null && number !== this.#nextFragment)) this.#interrupt();
    this.#nextFragment = number + 1;
    if (!parsed.ok) return;
    const fragment = parsed.value;
    if (fragment.leads) {
      if (this.#nextTime !== null && Math.abs(fragment.mediaTime - this.#nextTime) > MAX_HOLE) this.#interrupt();
      this.#nextTime = fragment.mediaTime + fragment.duration;
    }
    if (this.#draft !== null && fragment.keyframe && fragment.mediaTime - this.#draft.start >= SEGMENT - EARLY)
      this.#finish(fragment.mediaTime);
    if (this.#draft === null && !fragment.keyframe) return;
    this.#add(fragment);
  }

  #add(fragment: Fragment): void {
    const draft = (this.#draft ??= { start: fragment.mediaTime, end: fragment.mediaTime, bytes: 0, pieces: [] });
    draft.pieces.push(this.#timeline.place(fragment));
    draft.bytes += fragment.bytes.length;
    draft.end = Math.max(draft.end, fragment.mediaTime + fragment.duration);
    if (draft.end - draft.start <= MAX_SEGMENT && draft.bytes <= MAX_SEGMENT_BYTES) return;
    this.#draft = null;
    this.#break();
  }

  /** What was collected so far becomes a segment, and the next one does not follow from it. */
  #interrupt(): void {
    if (this.#draft !== null) this.#finish(this.#draft.end);
    this.#break();
  }

  #break(): void {
    this.#timeline.break();
    this.#broken = true;
  }

  #finish(end: Time): void {
    if (this.#draft === null || this.#init === null) return;
    const discontinuity = this.#broken && this.#started;
    if (discontinuity) this.#discontinuities += 1;
    this.#broken = false;
    this.#started = true;
    this.#done({
      seq: this.#seq++,
      init: this.#init.number,
      duration: end - this.#draft.start,
      discontinuity,
      discontinuities: this.#discontinuities,
      bytes: Buffer.concat(this.#draft.pieces),
    });
    this.#draft = null;
  }
}
