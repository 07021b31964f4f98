import { LIMITS } from '../limits.js';
import type { NodeId, Time } from '../units.js';

/**
 * Whom this node has reason not to take anything from, and until when. It acts on what it saw itself, and tells nobody:
 * an accusation that others believed would be a weapon.
 */
export class Grudges {
  readonly #until = new Map<NodeId, Time>();

  /** Lasts until `until` at least; of too many the one that ends first is forgotten. */
  bear(node: NodeId, until: Time): void {
    if (!this.#until.has(node) && this.#until.size >= LIMITS.contacts) this.#forgetFirst();
    this.#until.set(node, Math.max(until, this.#until.get(node) ?? until));
  }

  forgive(node: NodeId): void {
    this.#until.delete(node);
  }

  against(node: NodeId, now: Time): boolean {
    if (this.#until.size === 0) return false;
    const until = this.#until.get(node);
    if (until === undefined) return false;
    if (until > now) return true;
    this.#until.delete(node);
    return false;
  }

  #forgetFirst(): void {
    let first: NodeId | null = null;
    let ends = Infinity;
    for (const [node, until] of this.#until) if (until < ends) [first, ends] = [node, until];
    if (first !== null) this.#until.delete(first);
  }
}
