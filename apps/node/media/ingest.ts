import { LIMITS } from '../../../core/limits.js';
import { SECOND } from '../../../core/units.js';
import type { Time } from '../../../core/units.js';
import { MAX_BOX_BYTES } from './boxes.js';
import { declare, withHeadroom } from './declared.js';
import type { Declared } from './declared.js';
import type { Fragment } from './fragment.js';
import { FragmentReader } from './fragment-reader.js';
import type { InitSegment } from './init-segment.js';
import { err, ok } from './result.js';
import { splitAtKeyframes } from './split.js';
import type { Result } from './result.js';

/** What becomes of pushed media: an epoch begins, or one more fragment of it is there. */
export type IngestEvent =
  | { readonly type: 'open'; readonly init: InitSegment; readonly declared: Declared }
  | { readonly type: 'fragment'; readonly fragment: Fragment };

/** The rate is measured over this much media, or over the first group of pictures if that is at least `MIN_MEASURE` long. */
const MEASURE: Time = 2 * SECOND;
const MIN_MEASURE: Time = SECOND / 2;
/** Fragments held while measuring; an encoder that cuts finer than this is refused. */
const MAX_HELD = 512;
/** A larger hole in the media's time is a new beginning. */
const MAX_HOLE: Time = 10 * SECOND;
/** The rate is looked at again over spans of this length, and declared anew when it has grown by a quarter. */
const REVIEW: Time = 10 * SECOND;
const GROWN = 1.25;

/**
 * Reads one push of fragmented MP4 and says when a new epoch must begin: at the first media, when the initialisation
 * segment changes, when time jumps, and when the rate outgrows what was declared. Within an epoch the time of every track
 * only rises. An epoch begins at the last keyframe that came before it was declared, so that nothing has to catch up.
 * Holds at most one incomplete box and `MEASURE` of media.
 */
export class Ingest {
  readonly #reader = new FragmentReader(MAX_BOX_BYTES);
  readonly #floor: number;
  #init: InitSegment | null = null;
  #declared: Declared | null = null;
  /** Fragments of an epoch that is not declared yet; null while one is open. */
  #held: Fragment[] | null = [];
  #waitsForKeyframe = true;
  /** Highest decode time of each track, in its own units. */
  readonly #reached = new Map<number, number>();
  /** Of the leading track. */
  #end: Time = 0;
  #reviewBytes = 0;
  #reviewTime: Time = 0;

  /** @param floor bits per second that are declared at least. */
  constructor(floor = 0) {
    this.#floor = floor;
  }

  push(piece: Uint8Array): Result<IngestEvent[]> {
    const parts = this.#reader.push(piece);
    // What is no MP4 at all tells sizes at random.
    if (!parts.ok) return this.#init === null && parts.error === 'box-too-large' ? err('unexpected-box') : parts;
    const events: IngestEvent[] = [];
    for (const part of parts.value) {
      const outcome = part.type === 'init' ? this.#restart(part.init) : this.#acceptAll(part.fragment, events);
      if (!outcome.ok) return outcome;
    }
    return ok(events);
  }

  /** What was held back when the push ended before it could be measured. */
  finish(): IngestEvent[] {
    const events: IngestEvent[] = [];
    if (this.#held !== null && this.#held.length > 0) this.#open(this.#held, this.#held, events);
    return events;
  }

  #restart(init: InitSegment): Result<null> {
    if (init.bytes.length > LIMITS.initBytes) return err('init-too-large');
    if (init.mime.length > LIMITS.stringBytes) return err('bad-codec');
    if (this.#init !== null && Buffer.compare(this.#init.bytes, init.bytes) === 0) return ok(null);
    this.#init = init;
    this.#declared = null;
    this.#begin();
    return ok(null);
  }

  /** From the next keyframe on there is a new epoch. */
  #begin(): void {
    this.#held = [];
    this.#waitsForKeyframe = true;
    this.#reached.clear();
    this.#reviewBytes = 0;
    this.#reviewTime = 0;
  }

  #acceptAll(fragment: Fragment, events: IngestEvent[]): Result<null> {
    if (this.#init === null) return err('no-init');
    for (const part of splitAtKeyframes(this.#init, fragment)) {
      const outcome = this.#accept(part, events);
      if (!outcome.ok) return outcome;
    }
    return ok(null);
  }

  #accept(fragment: Fragment, events: IngestEvent[]): Result<null> {
    if (fragment.bytes.length > MAX_BOX_BYTES) return err('box-too-large');
    if (this.#jumps(fragment)) this.#begin();
    if (this.#outgrown(fragment)) this.#begin();
    if (this.#waitsForKeyframe && !fragment.keyframe) return ok(null);
    this.#waitsForKeyframe = false;
    for (const { track, start } of fragment.runs) this.#reached.set(track.id, start);
    if (fragment.leads) this.#end = fragment.mediaTime + fragment.duration;
    if (this.#held === null) events.push({ type: 'fragment', fragment });
    else return this.#hold(this.#held, fragment, events);
    return ok(null);
  }

  #jumps({ runs, mediaTime }: Fragment): boolean {
    if (this.#reached.size === 0) return false;
    if (mediaTime - this.#end > MAX_HOLE) return true;
    return runs.some(({ track, start, samples }) => samples > 0 && start <= (this.#reached.get(track.id) ?? -1));
  }

  #outgrown(fragment: Fragment): boolean {
    if (this.#held !== null || this.#declared === null) return false;
    if (this.#reviewTime >= REVIEW) {
      const bitrate = (this.#reviewBytes * 8 * SECOND) / this.#reviewTime;
      if (bitrate > GROWN * this.#declared.bitrate) {
        // The change waits for a keyframe, and the span goes on until there is one.
        if (!fragment.keyframe) return false;
        this.#declared = { ...this.#declared, bitrate: withHeadroom(bitrate, this.#floor) };
        return true;
      }
      this.#reviewBytes = 0;
      this.#reviewTime = 0;
    }
    this.#reviewBytes += fragment.bytes.length;
    this.#reviewTime += fragment.duration;
    return false;
  }

  #hold(held: Fragment[], fragment: Fragment, events: IngestEvent[]): Result<null> {
    const time = held.reduce((sum, { duration }) => sum + duration, 0);
    const group = fragment.keyframe && time >= MIN_MEASURE;
    const measured = group ? [...held] : [...held, fragment];
    held.push(fragment);
    if (this.#declared === null && !group && time + fragment.duration < MEASURE)
      return held.length > MAX_HELD ? err('too-many-fragments') : ok(null);
    this.#open(held.slice(held.findLastIndex(({ keyframe }) => keyframe)), measured, events);
    return ok(null);
  }

  #open(first: readonly Fragment[], measured: readonly Fragment[], events: IngestEvent[]): void {
    if (this.#init === null) return;
    this.#declared ??= declare(measured, this.#floor);
    this.#held = null;
    events.push({ type: 'open', init: this.#init, declared: this.#declared });
    for (const fragment of first) events.push({ type: 'fragment', fragment });
  }
}
