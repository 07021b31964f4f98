import type { Deadline, Effects, Input, Machine } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';

/** A throw of a machine is a finding, not the end of the run: the node counts as crashed from that moment. */
export class Guard<M, C, V> implements Machine<M, C, V> {
  readonly inner: Machine<M, C, V>;
  readonly #id: NodeId;
  readonly #onThrow: (at: Time, node: NodeId, error: unknown) => void;
  #broken = false;

  constructor(id: NodeId, inner: Machine<M, C, V>, onThrow: (at: Time, node: NodeId, error: unknown) => void) {
    this.#id = id;
    this.inner = inner;
    this.#onThrow = onThrow;
  }

  handle(now: Time, input: Input<M, C>, effects: Effects<M>): void {
    if (this.#broken) return;
    try {
      this.inner.handle(now, input, effects);
    } catch (error) {
      this.#broken = true;
      this.#onThrow(now, this.#id, error);
    }
  }

  nextDeadline(): Deadline | null {
    return this.#broken ? null : this.inner.nextDeadline();
  }

  view(): V {
    return this.inner.view();
  }

  restore(view: V): void {
    this.inner.restore(view);
  }
}
