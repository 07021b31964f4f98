import type { Time } from '../../core/units.js';

/** Which moment is shown: play, pause, speed, jumps. Pure; the page feeds it frames. */
export class Playback {
  #time: Time = 0;
  #begin: Time = 0;
  #end: Time = 0;
  /** A live picture keeps to the end until somebody goes back. */
  #follows: boolean;
  playing: boolean;
  speed = 1;

  constructor(live: boolean) {
    this.#follows = live;
    this.playing = live;
  }

  get time(): Time {
    return this.#time;
  }

  get follows(): boolean {
    return this.#follows;
  }

  /** What can be shown has grown, or its beginning was forgotten. */
  extend(begin: Time, end: Time): void {
    this.#begin = begin;
    this.#end = end;
    this.#time = this.#follows ? end : Math.min(end, Math.max(begin, this.#time));
  }

  seek(time: Time, live: boolean): void {
    this.#time = Math.min(this.#end, Math.max(this.#begin, time));
    this.#follows = live && this.#time >= this.#end - 1e6;
  }

  /** From the end on, playing begins anew. */
  toggle(live: boolean): void {
    this.playing = !this.playing;
    if (!this.playing) this.#follows = false;
    else if (live && this.#time >= this.#end - 2e6) this.#follows = true;
    else if (this.#time >= this.#end) this.#time = this.#begin;
  }

  /** Moves on by a frame; true if another moment is shown. */
  advance(milliseconds: number): boolean {
    if (!this.playing) return false;
    if (this.#follows) {
      const moved = this.#time !== this.#end;
      this.#time = this.#end;
      return moved;
    }
    const before = this.#time;
    this.#time = Math.min(this.#end, this.#time + milliseconds * 1000 * this.speed);
    return this.#time !== before;
  }
}
