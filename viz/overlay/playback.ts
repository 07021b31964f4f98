import type { Time } from '../../core/units.js';

/** Which moment is shown: play, pause, speed, jumps. Pure; the page feeds it frames. */
export class Playback {
  #time: Time = 0;
  #begin: Time = 0;
  #end: Time = 0;
  /** A live picture keeps to the end until somebody goes back. */
  #follows: boolean;
  #shown: Time = -1;
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

  /** Moves on by a frame; true if it is another moment than after the last one. */
  advance(milliseconds: number): boolean {
    if (this.#follows) this.#time = this.#end;
    else if (this.playing) this.#time = Math.min(this.#end, this.#time + milliseconds * 1000 * this.speed);
    const moved = this.#time !== this.#shown;
    this.#shown = this.#time;
    return moved;
  }
}
