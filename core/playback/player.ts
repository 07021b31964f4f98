import type { Chunk } from '../chunk.js';
import type { ChunkWindow } from '../delivery/window.js';
import type { Keyframe } from '../message.js';
import { MS, NEVER, type Time } from '../units.js';
import type { SourceClock } from './source-clock.js';

/** What a player tells; chunks come in order, each once. */
export interface PlayerSink {
  played(chunk: Chunk): void;
  missed(seq: number): void;
  stall(change: 'begin' | 'end', missed: number): void;
}

/** Time that fetching the first chunks takes at best; a keyframe due sooner cannot be had. */
const FETCH = 500 * MS;
/** Chunks that must be there behind the first, until a start has been put off for this long. */
const AHEAD = 6;
const IMPATIENCE = 8_000 * MS;
/** A start this many chunks ahead of the newest one held is not believed: more than are ever under way. */
const CREDIBLE = 64;
/** Missed chunks told one by one in one step; a gap is as wide as whoever signs the next chunk likes. */
const TOLD = 65_536;

/**
 * The player common to all protocols: it runs at a fixed lag behind the source, shows a chunk when it is due or skips
 * it, and never waits, so that nobody buys continuity with lag. It starts at a keyframe.
 */
export class Player {
  readonly #window: ChunkWindow;
  readonly #clock: SourceClock;
  readonly #lag: Time;
  #state: 'idle' | 'starting' | 'playing' | 'stalled' = 'idle';
  #next = 0;
  #missedInRow = 0;
  /** When a keyframe was due that was not good enough to start with. */
  #refused: Time = NEVER;
  /** When the keyframe chosen to start with is due. */
  #startsAt: Time = 0;
  played = 0;
  missed = 0;

  constructor(window: ChunkWindow, clock: SourceClock, lag: Time) {
    this.#window = window;
    this.#clock = clock;
    this.#lag = lag;
  }

  get state(): 'idle' | 'starting' | 'playing' | 'stalled' {
    return this.#state;
  }

  /** The first sequence number that is still wanted. */
  get next(): number {
    return this.#next;
  }

  /**
   * Chooses the oldest keyframe that can still be fetched before it is due, else the newest chunk. May be called again
   * until playing begins: each provider found later leaves less time.
   */
  start(now: Time, keyframes: readonly Keyframe[], otherwise: number): void {
    if (this.#state !== 'idle' && (this.#state !== 'starting' || now < this.#startsAt)) return;
    if (this.#state === 'idle') this.#next = Math.max(0, otherwise);
    this.#state = 'starting';
    for (let i = keyframes.length - 1; i >= 0; i--) {
      const keyframe = keyframes[i] as Keyframe;
      const due = this.#clock.localTime(keyframe.sourceTime) + this.#lag;
      if (due < now + FETCH) break;
      this.#next = keyframe.seq;
      this.#startsAt = due;
    }
  }

  /** A new epoch: waits for its first keyframe; the window has been cleared. */
  restart(): void {
    this.#state = this.#state === 'idle' ? 'idle' : 'starting';
    this.#next = 0;
    this.#startsAt = 0;
    this.#refused = NEVER;
    this.#missedInRow = 0;
  }

  /** Local time at which `step` has something to do, NEVER while nothing is known. */
  due(): Time {
    if (this.#state === 'idle') return NEVER;
    const chunk = this.#window.nextFrom(this.#next);
    return chunk === undefined ? NEVER : this.#dueOf(chunk);
  }

  /** Plays and skips all that is due. */
  step(now: Time, sink: PlayerSink): void {
    if (this.#state === 'idle') return;
    if (this.#state === 'starting') this.#doubt();
    for (;;) {
      const chunk = this.#window.nextFrom(this.#next);
      if (chunk === undefined || this.#dueOf(chunk) > now) return;
      if (this.#state === 'starting' && !this.#canStart(chunk, now)) {
        this.#next = chunk.seq + 1;
        continue;
      }
      if (this.#state !== 'starting') this.#skipTo(chunk.seq, sink);
      this.#show(chunk, sink);
    }
  }

  /** Where to start is hearsay, what is held is signed: a start that never comes gives way to the next chunk. */
  #doubt(): void {
    const { newest } = this.#window;
    if (newest >= 0 && this.#next > newest + CREDIBLE) this.#next = newest + 1;
  }

  /**
   * A start needs a keyframe and no hole in what comes next: a picture that breaks at once is worse than one a little
   * later. It is better than none, though.
   */
  #canStart(chunk: Chunk, now: Time): boolean {
    if (!chunk.keyframe || chunk.part > 0) return false;
    if (this.#window.isWhole(chunk.seq, chunk.seq + AHEAD)) return true;
    if (this.#refused === NEVER) this.#refused = now;
    return now >= this.#refused + IMPATIENCE;
  }

  #skipTo(seq: number, sink: PlayerSink): void {
    if (seq === this.#next) return;
    if (this.#missedInRow === 0) {
      this.#state = 'stalled';
      sink.stall('begin', 0);
    }
    this.missed += seq - this.#next;
    this.#missedInRow += seq - this.#next;
    for (let at = Math.max(this.#next, seq - TOLD); at < seq; at++) sink.missed(at);
  }

  #show(chunk: Chunk, sink: PlayerSink): void {
    if (this.#missedInRow > 0) sink.stall('end', this.#missedInRow);
    this.#missedInRow = 0;
    this.#state = 'playing';
    this.#next = chunk.seq + 1;
    this.played++;
    sink.played(chunk);
  }

  #dueOf(chunk: Chunk): Time {
    return this.#clock.localTime(chunk.sourceTime) + this.#lag;
  }
}
