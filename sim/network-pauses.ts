interface Held {
  /** Pauses that have begun and not ended. */
  depth: number;
  /** It handles what it has, and reads nothing more from its sockets. */
  deaf: boolean;
  work: (() => void)[];
}

/**
 * What nodes have not taken in yet, by number of the node, in the order in which it came: those that stand still, and
 * those that have no room to read more.
 */
export class Pauses {
  readonly #held = new Map<number, Held>();

  /** Whether any node stands still or reads nothing. */
  get any(): boolean {
    return this.#held.size > 0;
  }

  /** Whether what comes for the node has to wait. */
  holds(node: number): boolean {
    return this.#held.has(node);
  }

  /** Whether the node does nothing at all: timers and commands have to wait, too. */
  stands(node: number): boolean {
    const held = this.#held.get(node);
    return held !== undefined && held.depth > 0;
  }

  /** Pauses nest: a node goes on when each that began has ended. */
  begin(node: number): void {
    this.#of(node).depth++;
  }

  /** The node reads nothing until `hear`. */
  deafen(node: number): void {
    this.#of(node).deaf = true;
  }

  hold(node: number, work: () => void): void {
    this.#held.get(node)?.work.push(work);
  }

  /**
   * Ends one pause, or all that holds the node; returns what has to be done when no pause is left, null while one lasts.
   * Where the node is still deaf, what it would read is to be held again.
   */
  end(node: number, all = false): readonly (() => void)[] | null {
    const held = this.#held.get(node);
    if (held === undefined || (!all && --held.depth > 0)) return null;
    if (all || !held.deaf) this.#held.delete(node);
    return this.#empty(held);
  }

  /** The node reads again; returns what waited, null while a pause lasts. */
  hear(node: number): readonly (() => void)[] | null {
    const held = this.#held.get(node);
    if (held === undefined || !held.deaf) return null;
    held.deaf = false;
    if (held.depth > 0) return null;
    this.#held.delete(node);
    return this.#empty(held);
  }

  #of(node: number): Held {
    let held = this.#held.get(node);
    if (held === undefined) this.#held.set(node, (held = { depth: 0, deaf: false, work: [] }));
    return held;
  }

  #empty(held: Held): readonly (() => void)[] {
    const { work } = held;
    held.work = [];
    return work;
  }
}
