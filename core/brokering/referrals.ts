import type { NodeContext } from '../context.js';
import { inTurns, rankOf } from '../membership/in-turns.js';
import type { Peer } from '../membership/peers.js';
import type { Candidate, Find, StreamLoad } from '../message.js';
import { SECOND, type Time } from '../units.js';
import type { StreamNewsBoard } from './news.js';
import type { Child } from './standing.js';

interface Option {
  readonly child: Child;
  readonly candidate: Candidate;
  readonly interior: number;
  readonly order: number;
}

/** A slot that was named to somebody is not named to others for so long: the time to dial, ask and be counted. */
const RESERVATION: Time = 2 * SECOND;
/** Children looked at for each candidate named, when there are more. */
const SAMPLE = 3;

/**
 * Names providers to those who look for one, out of what the children tell of their room. A slot named is debited for a
 * moment, so that a crowd is spread; the provider itself decides, and knows nothing of the debit.
 */
export class Referrals {
  readonly #ctx: NodeContext;
  readonly #news: StreamNewsBoard;

  constructor(ctx: NodeContext, news: StreamNewsBoard) {
    this.#ctx = ctx;
    this.#news = news;
  }

  /** The best of the children for each sub-stream in turn, then holders that other supernodes told of. */
  find(asker: Peer, { stream, subs }: Find, count: number): Candidate[] {
    const ctx = this.#ctx;
    if (ctx.standing.role !== 'supernode') return [];
    const options: Option[] = [];
    const { children, rng } = ctx.standing;
    const share = (SAMPLE * count) / children.size;
    for (const child of children.values()) {
      if (share < 1 && rng.next() > share) continue;
      const { peer, loads } = child;
      const load = peer === asker ? undefined : loads.find((each) => each.stream === stream);
      const contact = ctx.contactFor(asker, peer);
      if (load === undefined || contact === null) continue;
      const left: StreamLoad = { ...load, free: Math.max(0, load.free - this.#debit(child)) };
      const candidate: Candidate = { contact, load: left };
      const order = rankOf(left) + rng.next();
      options.push({ child, candidate, interior: load.interior, order });
    }
    options.sort((a, b) => a.order - b.order);
    const found: Candidate[] = [];
    for (const { child, candidate } of inTurns(options, subs, count)) {
      if ((candidate.load?.free ?? 0) > 0) this.#reserve(child);
      found.push(candidate);
    }
    for (const holder of this.#news.holders(stream)) {
      if (found.length < count && holder.contact.node !== asker.id) found.push(holder);
    }
    return found;
  }

  #debit(child: Child): number {
    if (child.reservedUntil <= this.#ctx.now) child.reserved = 0;
    return child.reserved;
  }

  #reserve(child: Child): void {
    child.reserved++;
    child.reservedUntil = this.#ctx.now + RESERVATION;
  }
}
