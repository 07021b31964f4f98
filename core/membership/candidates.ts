import { LIMITS } from '../limits.js';
import type { Contact } from '../machine.js';
import type { Candidate, StreamLoad } from '../message.js';
import type { NodeId, Time } from '../units.js';

/** A node that may have a stream, and how it answered us. */
export interface Prospect {
  readonly id: NodeId;
  address: string;
  load: StreamLoad | null;
  /** When the load was heard. */
  heardAt: Time;
  /** Not to be asked or dialled before this time. */
  notBefore: Time;
  failures: number;
}

/** Bounded memory of candidate providers of one stream; the stalest make room for new ones. */
export class Candidates {
  readonly #prospects = new Map<NodeId, Prospect>();
  readonly #self: NodeId;

  constructor(self: NodeId) {
    this.#self = self;
  }

  learn(candidate: Candidate, now: Time): void {
    const { node, address } = candidate.contact;
    if (node === null || node === this.#self) return;
    const known = this.#prospects.get(node);
    if (known !== undefined) {
      known.address = address;
      if (candidate.load !== null) {
        known.load = candidate.load;
        known.heardAt = now;
      }
      return;
    }
    if (this.#prospects.size >= LIMITS.contacts) this.#evict();
    this.#prospects.set(node, { id: node, address, load: candidate.load, heardAt: now, notBefore: 0, failures: 0 });
  }

  get(id: NodeId): Prospect | undefined {
    return this.#prospects.get(id);
  }

  /** The node did not help; it is left alone for `pause`, longer each time in a row. */
  postpone(id: NodeId, now: Time, pause: Time): void {
    const prospect = this.#prospects.get(id);
    if (prospect === undefined) return;
    prospect.failures++;
    prospect.notBefore = now + pause * Math.min(8, prospect.failures);
  }

  helped(id: NodeId): void {
    const prospect = this.#prospects.get(id);
    if (prospect !== undefined) prospect.failures = 0;
  }

  forget(id: NodeId): void {
    this.#prospects.delete(id);
  }

  all(): IterableIterator<Prospect> {
    return this.#prospects.values();
  }

  get size(): number {
    return this.#prospects.size;
  }

  /** Those heard of since `since` that have not failed. */
  contacts(count: number, since: Time): Contact[] {
    const fresh = [...this.#prospects.values()].filter(({ heardAt, failures }) => heardAt >= since && failures === 0);
    return fresh.slice(Math.max(0, fresh.length - count)).map(({ id, address }) => ({ node: id, address }));
  }

  /** Removes the one that failed most, the one heard of longest ago among equals. */
  #evict(): void {
    let worst: Prospect | null = null;
    for (const prospect of this.#prospects.values()) {
      const worse =
        worst === null ||
        prospect.failures > worst.failures ||
        (prospect.failures === worst.failures && prospect.heardAt < worst.heardAt);
      if (worse) worst = prospect;
    }
    if (worst !== null) this.#prospects.delete(worst.id);
  }
}
