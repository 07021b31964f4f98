/** What nodes that stand still have not handled yet, by number of the node, in the order in which it came. */
export class Pauses {
  readonly #held = new Map<number, { depth: number; readonly work: (() => void)[] }>();

  /** Whether any node stands still. */
  get any(): boolean {
    return this.#held.size > 0;
  }

  holds(node: number): boolean {
    return this.#held.has(node);
  }

  /** Pauses nest: a node goes on when each that began has ended. */
  begin(node: number): void {
    const held = this.#held.get(node);
    if (held === undefined) this.#held.set(node, { depth: 1, work: [] });
    else held.depth++;
  }

  hold(node: number, work: () => void): void {
    this.#held.get(node)?.work.push(work);
  }

  /** Ends one pause, or all of them at once; returns what has to be done when none is left, null while one lasts. */
  end(node: number, all = false): readonly (() => void)[] | null {
    const held = this.#held.get(node);
    if (held === undefined || (!all && --held.depth > 0)) return null;
    this.#held.delete(node);
    return held.work;
  }
}
