import type { Time } from '../../core/units.js';
import { applyLine } from './fold.js';
import type { PictureLine } from './lines.js';
import { Series } from './series.js';
import { copyState, emptyState, type OverlayState } from './state.js';

/** Media time and lines after which a new block begins, so that a jump folds little. */
const BLOCK_TIME: Time = 5_000_000;
const BLOCK_LINES = 4000;

interface Block {
  readonly begin: Time;
  /** The state before the block's first line. */
  readonly before: OverlayState;
  readonly lines: PictureLine[];
}

/**
 * All that was told, in blocks that each begin with a snapshot: the state of any moment is one copy and a few thousand
 * lines away. Forward play only folds what is new.
 */
export class History {
  readonly series = new Series();
  readonly #maxLines: number;
  readonly #blocks: Block[] = [];
  readonly #newest = emptyState();
  #lines = 0;
  /** The state last shown, and the line that comes next in it. */
  #shown = emptyState();
  #block = 0;
  #next = 0;
  #summary: unknown = null;

  /** @param maxLines of a live network, the oldest blocks are forgotten beyond so many lines */
  constructor(maxLines = Infinity) {
    this.#maxLines = maxLines;
  }

  /** Begin and end of what is known. */
  get begin(): Time {
    return this.#blocks[0]?.begin ?? 0;
  }

  get end(): Time {
    return this.#newest.at;
  }

  get newest(): OverlayState {
    return this.#newest;
  }

  /** The document of a recorded run that ended; else null. */
  get summary(): unknown {
    return this.#summary;
  }

  /** Takes the next line; one that is out of order counts as of now. */
  add(line: PictureLine): void {
    const at = Math.max(line.at, this.#newest.at);
    const last = this.#blocks.at(-1);
    const full = last === undefined || at - last.begin >= BLOCK_TIME || last.lines.length >= BLOCK_LINES;
    if (full) {
      this.#blocks.push({ begin: at, before: copyState(this.#newest), lines: [] });
      this.#forget();
    }
    this.#blocks.at(-1)?.lines.push(line);
    this.#lines++;
    applyLine(this.#newest, line);
    this.series.add(line, at);
    if (line.type === 'summary') this.#summary = line.document;
  }

  /** The overlay as it was then; valid until the next call. */
  stateAt(time: Time): OverlayState {
    if (time < this.#shown.at || this.#isFarAhead(time)) this.#jump(time);
    for (let block = this.#blocks[this.#block]; block !== undefined; block = this.#blocks[++this.#block]) {
      for (let line = block.lines[this.#next]; line !== undefined; line = block.lines[++this.#next]) {
        if (line.at > time) return this.#reached(time);
        applyLine(this.#shown, line);
      }
      if (this.#block === this.#blocks.length - 1) break;
      this.#next = 0;
    }
    return this.#reached(time);
  }

  #reached(time: Time): OverlayState {
    this.#shown.at = Math.max(time, this.#shown.at);
    return this.#shown;
  }

  #isFarAhead(time: Time): boolean {
    const after = this.#blocks[this.#block + 2];
    return this.#blocks.length > 0 && (this.#block < 0 || (after !== undefined && after.begin <= time));
  }

  #jump(time: Time): void {
    const found = this.#blocks.findLastIndex(({ begin }) => begin <= time);
    this.#block = Math.max(0, found);
    this.#next = 0;
    this.#shown = copyState(this.#blocks[this.#block]?.before ?? emptyState());
  }

  #forget(): void {
    while (this.#lines > this.#maxLines && this.#blocks.length > 2) {
      this.#lines -= this.#blocks.shift()?.lines.length ?? 0;
      this.#block--;
    }
  }
}
