import type { NodeId, Time } from '../../core/units.js';

/** Chunks that failed their signature where they arrived, and how long each victim bore with each offender. */
export class Pollution {
  received = 0;
  /** Sent by nodes that should have known better. */
  forwarded = 0;
  /** The longest time from the first to the last of them between the same two. */
  longest: Time = 0;
  readonly #firstAt = new Map<NodeId, Map<NodeId, Time>>();

  add(at: Time, victim: NodeId, offender: NodeId | null, honest: boolean): void {
    this.received++;
    if (honest) this.forwarded++;
    if (offender === null) return;
    const offenders = this.#firstAt.get(victim) ?? new Map<NodeId, Time>();
    this.#firstAt.set(victim, offenders);
    const first = offenders.get(offender);
    if (first === undefined) offenders.set(offender, at);
    else this.longest = Math.max(this.longest, at - first);
  }
}
