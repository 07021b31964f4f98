import { LIMITS } from '../limits.js';
import type { Crypto, Rng } from '../machine.js';
import type { SupernodeEntry, SupernodeRecord } from '../message.js';
import { verifySupernode } from '../trust/statements.js';
import type { NodeId, Time } from '../units.js';

interface Enlisted {
  readonly record: SupernodeRecord;
  readonly heardAt: Time;
  readonly expires: Time;
}

/** The supernodes that have enlisted at a directory; only their own signature or time removes one. */
export class Roll {
  readonly #crypto: Crypto;
  readonly #enlisted = new Map<NodeId, Enlisted>();

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** Null when the record was taken. */
  enlist(now: Time, record: SupernodeRecord, maxTtl: Time): 'limit' | 'invalid' | null {
    const known = this.#enlisted.get(record.node);
    if (known === undefined && this.#enlisted.size >= LIMITS.directorySupernodes) return 'limit';
    if (known !== undefined && record.seq <= known.record.seq) return 'invalid';
    if (!verifySupernode(this.#crypto, record)) return 'invalid';
    if (record.ttl === 0) this.#enlisted.delete(record.node);
    else this.#enlisted.set(record.node, { record, heardAt: now, expires: now + Math.min(record.ttl, maxTtl) });
    return null;
  }

  /** Takes over what an earlier life of the directory held. */
  restore(record: SupernodeRecord, expires: Time): void {
    this.#enlisted.set(record.node, { record, heardAt: 0, expires });
  }

  /** A few of them for one who looks for a primary: those with room first, drawn by chance. */
  sample(
    now: Time,
    asker: NodeId,
    rng: Rng,
    vouch: (node: NodeId, address: string) => boolean | null,
  ): SupernodeEntry[] {
    const drawn = [...this.#enlisted.values()]
      .filter(({ record }) => record.node !== asker && vouch(record.node, record.address) === true)
      .map(({ record, heardAt }) => ({ record, heardAt, order: (record.room > 0 ? 0 : 1) + rng.next() }))
      .sort((a, b) => a.order - b.order)
      .slice(0, LIMITS.supernodeList);
    return drawn.map(({ record, heardAt }) => ({
      contact: { node: record.node, address: record.address },
      room: record.room,
      children: record.children,
      age: now - heardAt,
    }));
  }

  list(): { readonly record: SupernodeRecord; readonly expires: Time }[] {
    return [...this.#enlisted.values()].map(({ record, expires }) => ({ record, expires }));
  }

  sweep(now: Time): void {
    for (const [node, { expires }] of this.#enlisted) if (expires <= now) this.#enlisted.delete(node);
  }
}
