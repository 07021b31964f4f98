import { playlistOf, targetOf } from './hls-playlist.js';
import { type Segment, Segmenter } from './hls-segments.js';

/** Segments in the playlist, and those kept for players that still fetch what an older one named. */
const LISTED = 6;
const KEPT = 12;
const KEPT_BYTES = 48 * 1024 * 1024;
/** A playlist of a single segment makes players ask for it again and again without a pause. */
const MIN_LISTED = 2;
/** Players that may wait for the first playlist at a time. */
const MAX_WAITING = 64;

/** Something that was asked for by name: it is there, was there, or never was. */
export type Found = Uint8Array | 'gone' | 'unknown';

/** One stream as HTTP Live Streaming: a window of its newest segments, fed by the same fragments as the node's own page. */
export class HlsFeed {
  readonly #segmenter: Segmenter;
  readonly #first: number;
  readonly #inits = new Map<number, Uint8Array>();
  readonly #waiting = new Set<() => void>();
  #epoch: number | null = null;
  #newestInit = -1;
  #segments: Segment[] = [];
  #target = 0;
  #closed = false;

  /** @param seq number of the first segment and initialisation segment: higher than any that this node gave out in an earlier run. */
  constructor(seq: number) {
    this.#first = seq;
    this.#segmenter = new Segmenter(seq, (segment) => this.#add(segment));
  }

  /** Opens an epoch, unless it is open. */
  open({ epoch, init }: { readonly epoch: number; readonly init: Uint8Array }): void {
    if (this.#epoch === epoch) return;
    this.#epoch = epoch;
    const number = this.#segmenter.open(init);
    if (number === null) return;
    this.#newestInit = number;
    this.#inits.set(number, init);
  }

  /** Takes the next fragment of the epoch that is open; one of any other epoch is left out. */
  push(fragment: { readonly epoch: number; readonly fragment: number; readonly bytes: Uint8Array }): void {
    if (fragment.epoch === this.#epoch) this.#segmenter.push(fragment.fragment, fragment.bytes);
  }

  /** Nobody needs to wait any more. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /** The playlist; null before there is enough to play. */
  playlist(): string | null {
    if (this.#segments.length < MIN_LISTED) return null;
    return playlistOf(this.#segments.slice(-LISTED), this.#target);
  }

  /** Resolves when there is a playlist, or without one after `ms`, at once when too many wait. */
  async ready(ms: number): Promise<void> {
    if (this.#closed || this.#segments.length >= MIN_LISTED || this.#waiting.size >= MAX_WAITING) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }

  segment(seq: number): Found {
    const found = this.#segments.find((segment) => segment.seq === seq);
    if (found !== undefined) return found.bytes;
    return seq >= this.#first && seq < (this.#segments[0]?.seq ?? this.#first) ? 'gone' : 'unknown';
  }

  /** An initialisation segment by its number; null means the newest. */
  init(number: number | null): Found {
    const found = this.#inits.get(number ?? this.#newestInit);
    if (found !== undefined) return found;
    return number !== null && number >= this.#first && number < this.#newestInit ? 'gone' : 'unknown';
  }

  #add(segment: Segment): void {
    this.#segments.push(segment);
    let bytes = this.#segments.reduce((sum, kept) => sum + kept.bytes.length, 0);
    while (this.#segments.length > KEPT || (bytes > KEPT_BYTES && this.#segments.length > MIN_LISTED))
      bytes -= this.#segments.shift()?.bytes.length ?? 0;
    this.#target = targetOf(this.#segments.slice(-LISTED), this.#target);
    const oldest = this.#segments[0]?.init ?? this.#newestInit;
    for (const number of this.#inits.keys()) if (number < oldest) this.#inits.delete(number);
    if (this.#segments.length >= MIN_LISTED) this.#wake();
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}
