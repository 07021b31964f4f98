/** Numbered slots for the object an event refers to, so that its record stays plain integers. Slot 0 is null. */
export class PayloadSlots {
  readonly #slots: unknown[] = [null];
  #free = new Int32Array(64);
  #freeCount = 0;

  put(payload: unknown): number {
    if (payload === null) return 0;
    if (this.#freeCount > 0) {
      const slot = this.#free[--this.#freeCount] as number;
      this.#slots[slot] = payload;
      return slot;
    }
    this.#slots.push(payload);
    return this.#slots.length - 1;
  }

  /** Empties the slot and returns what was in it. */
  take(slot: number): unknown {
    if (slot === 0) return null;
    const payload = this.#slots[slot];
    this.#slots[slot] = null;
    if (this.#freeCount === this.#free.length) {
      const grown = new Int32Array(this.#free.length * 2);
      grown.set(this.#free);
      this.#free = grown;
    }
    this.#free[this.#freeCount++] = slot;
    return payload;
  }
}
