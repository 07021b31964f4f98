/** Above this, a stable sort by key beats insertion. */
const INSERTION_MAX = 48;

/** The records of the current bucket, sorted by offset, equal ones in the order they came; read from a cursor. */
export class Run {
  #cells = new Int32Array(4 * 128);
  /** Words, not records. */
  #cursor = 0;
  #end = 0;

  /** Records not yet read. */
  get left(): number {
    return (this.#end - this.#cursor) >> 2;
  }

  get offset(): number {
    return this.#cells[this.#cursor] as number;
  }

  get word(): number {
    return this.#cells[this.#cursor + 1] as number;
  }

  get argument(): number {
    return this.#cells[this.#cursor + 2] as number;
  }

  get slot(): number {
    return this.#cells[this.#cursor + 3] as number;
  }

  next(): void {
    this.#cursor += 4;
  }

  clear(): void {
    this.#cursor = 0;
    this.#end = 0;
  }

  /** Behind its equals, before what is later. */
  insert(offset: number, word: number, argument: number, slot: number): void {
    if (this.#end === this.#cells.length) this.#grow(4);
    const cells = this.#cells;
    let at = this.#end;
    while (at > this.#cursor && (cells[at - 4] as number) > offset) at -= 4;
    if (at < this.#end) cells.copyWithin(at + 4, at, this.#end);
    this.#end += 4;
    cells[at] = offset;
    cells[at + 1] = word;
    cells[at + 2] = argument;
    cells[at + 3] = slot;
  }

  /** Appends unsorted records; `sort` must follow before the next read. */
  take(from: Int32Array, start: number, count: number): void {
    const words = count * 4;
    if (this.#end + words > this.#cells.length) this.#grow(words);
    const cells = this.#cells;
    const end = this.#end;
    for (let word = 0; word < words; word++) cells[end + word] = from[start + word] as number;
    this.#end = end + words;
  }

  /** Sorts all but the first `sorted` unread records into them, stably; those first ones must be in order already. */
  sort(sorted: number): void {
    if (this.left - sorted > INSERTION_MAX) {
      this.#sortByKey();
      return;
    }
    const cells = this.#cells;
    const first = this.#cursor;
    for (let from = first + Math.max(1, sorted) * 4; from < this.#end; from += 4) {
      const offset = cells[from] as number;
      if ((cells[from - 4] as number) <= offset) continue;
      const word = cells[from + 1] as number;
      const argument = cells[from + 2] as number;
      const slot = cells[from + 3] as number;
      let at = from;
      do {
        cells[at] = cells[at - 4] as number;
        cells[at + 1] = cells[at - 3] as number;
        cells[at + 2] = cells[at - 2] as number;
        cells[at + 3] = cells[at - 1] as number;
        at -= 4;
      } while (at > first && (cells[at - 4] as number) > offset);
      cells[at] = offset;
      cells[at + 1] = word;
      cells[at + 2] = argument;
      cells[at + 3] = slot;
    }
  }

  /** For crowded buckets: sorts keys made of offset and position, then moves each record once. */
  #sortByKey(): void {
    const count = this.left;
    const keys = new Float64Array(count);
    for (let index = 0; index < count; index++) {
      keys[index] = (this.#cells[this.#cursor + index * 4] as number) * count + index;
    }
    keys.sort();
    const sorted = new Int32Array(this.#cells.length);
    for (let index = 0; index < count; index++) {
      const from = this.#cursor + ((keys[index] as number) % count) * 4;
      for (let word = 0; word < 4; word++) sorted[index * 4 + word] = this.#cells[from + word] as number;
    }
    this.#cells = sorted;
    this.#cursor = 0;
    this.#end = count * 4;
  }

  #grow(words: number): void {
    let capacity = this.#cells.length * 2;
    while (capacity < this.#end + words) capacity *= 2;
    const grown = new Int32Array(capacity);
    grown.set(this.#cells);
    this.#cells = grown;
  }
}
