import { LIMITS } from '../limits.js';
import type { Contact } from '../machine.js';
import type { SupernodeEntry } from '../message.js';
import { SECOND, type NodeId, type Time } from '../units.js';

/** What is known of a supernode, and how it answered us. */
export interface KnownSupernode {
  readonly id: NodeId;
  address: string;
  room: number;
  children: number;
  /** When anybody last heard it speak for itself, by our clock. */
  heardAt: Time;
  /** When it last failed or refused us, -Infinity before. */
  failedAt: Time;
  why: 'silent' | 'full';
}

/** A supernode heard of within this time is taken to be there. */
export const FRESH: Time = 8 * SECOND;
/** A failure is held against a supernode for this long, unless something newer is heard of it. */
const BLAME: Time = 30 * SECOND;
/** One that was not heard of for so long is forgotten. */
const MEMORY: Time = 600 * SECOND;

/** Bounded memory of supernodes, those of the other side of a partition included. */
export class Supernodes {
  readonly #known = new Map<NodeId, KnownSupernode>();
  /** When those that stepped down were last heard to say so. */
  readonly #retired = new Map<NodeId, Time>();
  readonly #self: NodeId;

  constructor(self: NodeId) {
    this.#self = self;
  }

  get size(): number {
    return this.#known.size;
  }

  get(id: NodeId): KnownSupernode | undefined {
    return this.#known.get(id);
  }

  all(): KnownSupernode[] {
    return [...this.#known.values()];
  }

  /** Takes an entry over where it is news. Older news than a failure of our own does not clear it. */
  learn({ contact, room, children, age }: SupernodeEntry, now: Time): void {
    const { node, address } = contact;
    if (node === null || node === this.#self || address === '' || age > MEMORY) return;
    const heardAt = now - age;
    if (heardAt <= (this.#retired.get(node) ?? -Infinity)) return;
    const known = this.#known.get(node);
    if (known !== undefined) {
      if (heardAt <= known.heardAt) return;
      Object.assign(known, { address, room, children, heardAt });
      return;
    }
    if (this.#known.size >= LIMITS.supernodes) this.#evict();
    this.#known.set(node, { id: node, address, room, children, heardAt, failedAt: -Infinity, why: 'silent' });
  }

  /** It has spoken to us. */
  heard(id: NodeId, now: Time): void {
    const known = this.#known.get(id);
    if (known !== undefined) known.heardAt = now;
  }

  fail(id: NodeId, now: Time, why: KnownSupernode['why']): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    known.failedAt = now;
    known.why = why;
    if (why === 'full') known.room = 0;
  }

  /** It is no supernode any longer; what others heard of it before does not bring it back. */
  retire(id: NodeId, now: Time): void {
    this.#known.delete(id);
    this.#retired.delete(id);
    if (this.#retired.size >= LIMITS.supernodes) {
      for (const oldest of this.#retired.keys()) {
        this.#retired.delete(oldest);
        break;
      }
    }
    this.#retired.set(id, now);
  }

  /** Those that may be tried: none of them has failed us since it was last heard of, or lately. */
  untried(now: Time): KnownSupernode[] {
    return this.all().filter((known) => !this.#blamed(known, now));
  }

  /** Those that failed or refused lately. */
  blamed(now: Time): KnownSupernode[] {
    return this.all().filter((known) => this.#blamed(known, now));
  }

  /** Those heard of lately. */
  fresh(now: Time): KnownSupernode[] {
    return this.all().filter(
      ({ heardAt, failedAt, why }) => heardAt > now - FRESH && (why === 'full' || failedAt < heardAt),
    );
  }

  /** What we tell of them, the newest first. */
  entries(now: Time, count: number): SupernodeEntry[] {
    return this.fresh(now)
      .sort((a, b) => b.heardAt - a.heardAt || (a.id < b.id ? -1 : 1))
      .slice(0, count)
      .map(({ id, address, room, children, heardAt }) => {
        const contact: Contact = { node: id, address };
        return { contact, room, children, age: now - heardAt };
      });
  }

  /** Drops what was not heard of for ten minutes. */
  sweep(now: Time): void {
    for (const { id, heardAt } of this.#known.values()) if (heardAt < now - MEMORY) this.#known.delete(id);
  }

  #blamed({ failedAt, heardAt, why }: KnownSupernode, now: Time): boolean {
    if (failedAt < now - BLAME) return false;
    // Whoever was full may have room again, whoever was silent is heard again.
    return why === 'full' ? failedAt > now - 5 * SECOND : failedAt >= heardAt;
  }

  #evict(): void {
    let stalest: KnownSupernode | null = null;
    for (const known of this.#known.values()) {
      if (stalest === null || known.heardAt < stalest.heardAt) stalest = known;
    }
    if (stalest !== null) this.#known.delete(stalest.id);
  }
}
