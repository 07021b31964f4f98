import { SECOND, type Time } from '../../core/units.js';
import type { PictureLine } from './lines.js';

/** One second of the run, as the chart shows it. */
export interface Second {
  /** Viewers that live at its end. */
  viewers: number;
  played: number;
  missed: number;
  stalls: number;
  crashes: number;
  leaves: number;
}

/** A moment worth a mark: a fault of the plan. */
export interface Mark {
  readonly at: Time;
  readonly until: Time | null;
  readonly label: string;
}

/** Seconds kept: a day. */
const MAX_SECONDS = 86_400;

/** Figures per second, counted while the lines come in. */
export class Series {
  readonly seconds: Second[] = [];
  readonly marks: Mark[] = [];
  readonly #viewers = new Set<string>();

  add(line: PictureLine, at: Time): void {
    // What is told at the full second belongs to the second that it ends.
    const second = this.#second(Math.max(0, Math.ceil(at / SECOND) - 1));
    if (second === null) return;
    if (line.type === 'flow') {
      for (const [, played, missed] of Object.values(line.nodes)) {
        second.played += played;
        second.missed += missed;
      }
    } else if (line.type === 'node') {
      if (line.change === 'up') {
        if (line.kind === 'viewer') this.#viewers.add(line.node);
      } else {
        this.#viewers.delete(line.node);
        second[line.why === 'crashed' ? 'crashes' : 'leaves']++;
      }
      second.viewers = this.#viewers.size;
    } else if (line.type === 'view') {
      if (line.view.streams.some(({ watching, publisher }) => watching && !publisher)) this.#viewers.add(line.node);
      second.viewers = this.#viewers.size;
    } else if (line.type === 'stall' && line.change === 'begin') second.stalls++;
    else if (line.type === 'recording') this.#plan(line.faults);
  }

  #plan(faults: readonly { at: Time; kind: string; target: string; for: Time | null }[]): void {
    for (const { at, kind, target, for: lasts } of faults) {
      this.marks.push({ at, until: lasts === null ? null : at + lasts, label: `${kind}: ${target}` });
    }
  }

  #second(index: number): Second | null {
    if (index >= MAX_SECONDS) return null;
    while (this.seconds.length <= index) {
      this.seconds.push({ viewers: this.#viewers.size, played: 0, missed: 0, stalls: 0, crashes: 0, leaves: 0 });
    }
    return this.seconds[index] ?? null;
  }
}
