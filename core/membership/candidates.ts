import { LIMITS } from '../limits.js';
import type { Contact } from '../machine.js';
import type { Candidate } from '../message.js';
import type { Coordinate } from './coordinate.js';
import { MS, type NodeId, type Time } from '../units.js';

/** News of candidates is acted upon after this, so that one step of the search takes several answers into account. */
export const GATHER: Time = 20 * MS;

/** A node that may have a stream, and how it answered us. */
export interface Prospect {
  readonly id: NodeId;
  address: string;
  /** Whether anything was heard of its room; if so, what its `StreamLoad` says, kept here to be read fast. */
  told: boolean;
  free: number;
  interior: number;
  depth: number;
  at: Coordinate | null;
  /** When that was heard. */
  heardAt: Time;
  /** Not to be asked or dialled before this time. */
  notBefore: Time;
  failures: number;
}

const NOTHING = { free: 0, interior: 0, depth: 0, at: null } as const;

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
    const { load } = candidate;
    if (known === undefined) {
      if (this.#prospects.size >= LIMITS.contacts) this.#evict();
      const { free, interior, depth, at } = load ?? NOTHING;
      const told = load !== null;
      this.#prospects.set(node, {
        id: node,
        address,
        told,
        free,
        interior,
        depth,
        at,
        heardAt: now,
        notBefore: 0,
        failures: 0,
      });
      return;
    }
    known.address = address;
    if (load === null) return;
    // Room where there was none: it was left alone for a reason that is gone.
    if (known.told && known.free === 0 && load.free > 0) known.notBefore = Math.min(known.notBefore, now);
    known.told = true;
    known.free = load.free;
    known.interior = load.interior;
    known.depth = load.depth;
    known.at = load.at ?? known.at;
    known.heardAt = now;
  }

  get(id: NodeId): Prospect | undefined {
    return this.#prospects.get(id);
  }

  /** The node did not help; it is left alone for `pause`, longer each time in a row, up to `most` times as long. */
  postpone(id: NodeId, now: Time, pause: Time, most = 8): void {
    const prospect = this.#prospects.get(id);
    if (prospect === undefined) return;
    prospect.failures++;
    prospect.notBefore = now + pause * Math.min(most, prospect.failures);
  }

  /** What was refused so far says nothing about the question that comes now: everybody may be asked at once. */
  relent(now: Time): void {
    for (const prospect of this.#prospects.values()) {
      prospect.failures = 0;
      prospect.notBefore = Math.min(prospect.notBefore, now);
    }
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
