/** What to do with a fragment: append it, or leave it out because it is already there or cannot be decoded yet. */
export type Verdict = 'append' | 'known' | 'undecodable';

/** Follows the fragment numbers of one epoch: which are new, how many never came. */
export class FragmentCount {
  received = 0;
  missing = 0;
  #last: number | null = null;
  #needsKeyframe = true;

  accept(fragment: number, keyframe: boolean): Verdict {
    if (this.#last !== null && fragment <= this.#last) return 'known';
    const gap = this.#last === null ? 0 : fragment - this.#last - 1;
    this.missing += gap;
    this.received++;
    this.#last = fragment;
    if (gap > 0) this.#needsKeyframe = true;
    if (this.#needsKeyframe && !keyframe) return 'undecodable';
    this.#needsKeyframe = false;
    return 'append';
  }

  /** Another epoch counts from 0 again; the totals stay. */
  restart(): void {
    this.#last = null;
    this.#needsKeyframe = true;
  }

  /** Nothing is decodable before the next keyframe, since something was thrown away here. */
  awaitKeyframe(): void {
    this.#needsKeyframe = true;
  }
}
