/** Marks kept: a minute of fragments of 100 ms, twice what the buffer holds. */
const KEPT = 600;

/** Which moment of the publisher's clock a moment of the media belongs to. */
export class Timeline {
  #marks: { readonly end: number; readonly sourceTime: number }[] = [];

  /** The media that ends at `end` seconds was complete at `sourceTime` microseconds. Marks that do not advance are left out. */
  mark(end: number, sourceTime: number): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && end <= last.end) return;
    this.#marks.push({ end, sourceTime });
    if (this.#marks.length > KEPT) this.#marks = this.#marks.slice(-KEPT);
  }

  /** The publisher's clock, microseconds, when the picture at `time` seconds was made; null if unknown. */
  sourceTimeAt(time: number): number | null {
    const mark = this.#marks.find((candidate) => candidate.end >= time) ?? this.#marks.at(-1);
    return mark === undefined ? null : mark.sourceTime - (mark.end - time) * 1e6;
  }

  reset(): void {
    this.#marks = [];
  }
}
