import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Ask, Candidate, Confirm, Refuse, Renew, TicketRef } from '../message.js';
import type { Peer } from '../membership/peers.js';
import type { Stream } from '../stream.js';
import type { TicketReason } from '../trace.js';
import { MS, NEVER, type Time } from '../units.js';
import type { Ticket } from './ticket.js';

/** Newest keyframes named in an offer. */
const KEYFRAMES = 4;

/** Who was told of others to ask is not told again before this, however often it asks: in a full overlay nothing else would be said. */
const REFER_EVERY = 4_000 * MS;

/** Pause before a change of room is told, so that several are told at once. */
const ANNOUNCE_SOON = 500 * MS;

/** The provider's side of tickets: offers slots, keeps leases, gives capacity back. */
export class Provider {
  readonly #ctx: NodeContext;
  /** No offer ends before this time. */
  nextOfferEnd: Time = NEVER;

  constructor(ctx: NodeContext) {
    this.#ctx = ctx;
  }

  onAsk(peer: Peer, stream: Stream | undefined, ask: Ask): void {
    const ctx = this.#ctx;
    const manifest = stream?.manifest ?? null;
    if (stream === undefined || manifest === null || !(stream.watching || stream.publishing !== null)) {
      ctx.send(peer, { type: 'refuse', stream: ask.stream, subs: ask.subs, why: 'unknown', candidates: [] });
      return;
    }
    ctx.peers.use(peer, ctx.now);
    if (ask.epoch < manifest.epoch) ctx.send(peer, { type: 'manifest', manifest });
    const refused = new Map<Refuse['why'], number>();
    for (let sub = 0; sub < stream.substreams; sub++) {
      if ((ask.subs & (1 << sub)) === 0) continue;
      const why = this.#consider(peer, stream, ask, sub);
      if (why !== null) refused.set(why, (refused.get(why) ?? 0) | (1 << sub));
    }
    for (const [why, subs] of refused) {
      ctx.traceRefused('ask', peer.id, why);
      const candidates = [ownCandidate(ctx, stream), ...this.#advice(stream, peer, subs)];
      ctx.send(peer, { type: 'refuse', stream: stream.id, subs, why, candidates });
    }
  }

  /** Starts to serve an offer that was taken up in time. */
  onConfirm(peer: Peer, confirm: Confirm): { stream: Stream; ticket: Ticket } | null {
    const ctx = this.#ctx;
    const entry = ctx.provided.get(confirm.ticket);
    const ticket = entry?.ticket;
    const current = ticket !== undefined && ticket.peer === peer && ticket.generation === confirm.generation;
    if (
      entry === undefined ||
      ticket === undefined ||
      !current ||
      ticket.state !== 'offered' ||
      ticket.expires < ctx.now
    ) {
      this.#refuseConfirm(peer, confirm, current && ticket?.state === 'offered' ? 'expired' : 'unknown');
      return null;
    }
    const { stream } = entry;
    if (ticket.displaces !== null && !this.#displace(stream, ticket)) {
      this.cancel(stream, ticket, 'surplus', []);
      return null;
    }
    ticket.state = 'active';
    stream.nextTick = ctx.now;
    ticket.expires = ctx.now + ctx.config.leaseProvider;
    ctx.traceTicket(stream, ticket, 'offered', 'active', 'confirmed');
    this.#acknowledge(peer, stream, confirm.stamp, [{ ticket: ticket.id, generation: ticket.generation }]);
    return { stream, ticket };
  }

  onRenew(peer: Peer, renew: Renew): void {
    const ctx = this.#ctx;
    peer.free = renew.free;
    peer.interior = renew.interior;
    peer.at = renew.at;
    const kept = new Map<Stream, TicketRef[]>();
    for (const ref of renew.tickets) {
      const entry = ctx.provided.get(ref.ticket);
      const ticket = entry?.ticket;
      if (
        entry === undefined ||
        ticket === undefined ||
        ticket.peer !== peer ||
        ticket.generation !== ref.generation ||
        ticket.state === 'offered'
      ) {
        ctx.send(peer, { type: 'cancel', side: 'provider', ...ref, why: 'unknown', candidates: [] });
        continue;
      }
      ticket.expires = ctx.now + ctx.config.leaseProvider;
      ctx.traceTicket(entry.stream, ticket, ticket.state, ticket.state, 'renewed');
      const refs = kept.get(entry.stream);
      if (refs === undefined) kept.set(entry.stream, [ref]);
      else refs.push(ref);
    }
    for (const [stream, refs] of kept) this.#acknowledge(peer, stream, renew.stamp, refs);
  }

  /** A standby ticket becomes an active one. */
  activate(stream: Stream, ticket: Ticket): void {
    const ctx = this.#ctx;
    stream.spares.splice(stream.spares.indexOf(ticket), 1);
    (stream.outbound[ticket.sub] as Ticket[]).push(ticket);
    ctx.spared -= ticket.bitrate;
    ticket.state = 'active';
    ticket.expires = ctx.now + ctx.config.leaseProvider;
    stream.nextTick = ctx.now;
    ctx.traceTicket(stream, ticket, 'standby', 'active', 'confirmed');
    this.#promise(stream, ticket.bitrate);
  }

  /** Ends the ticket and tells the consumer. */
  cancel(stream: Stream, ticket: Ticket, why: TicketReason, candidates: readonly Candidate[]): void {
    const { id, generation, peer } = ticket;
    this.drop(stream, ticket, why);
    this.#ctx.send(peer, { type: 'cancel', side: 'provider', ticket: id, generation, why, candidates });
  }

  /** Ends the ticket on this side; its capacity is free again. */
  drop(stream: Stream, ticket: Ticket, why: TicketReason): void {
    const ctx = this.#ctx;
    const standby = ticket.state === 'standby';
    const list = standby ? stream.spares : (stream.outbound[ticket.sub] as Ticket[]);
    list.splice(list.indexOf(ticket), 1);
    ctx.provided.delete(ticket.id);
    ctx.uplink.forgetTicket(ticket);
    if (standby) ctx.spared -= ticket.bitrate;
    else if (ticket.displaces === null) this.#promise(stream, -ticket.bitrate);
    ctx.peers.addTickets(ticket.peer, -1);
    ctx.traceTicket(stream, ticket, ticket.state, null, why);
  }

  /** Ends leases and offers that have run out. */
  sweep(): void {
    const ctx = this.#ctx;
    this.nextOfferEnd = NEVER;
    for (const { stream, ticket } of [...ctx.provided.values()]) {
      if (ticket.expires > ctx.now) {
        if (ticket.state === 'offered') this.nextOfferEnd = Math.min(this.nextOfferEnd, ticket.expires);
        continue;
      }
      if (ticket.state === 'offered') this.drop(stream, ticket, 'expired');
      else this.cancel(stream, ticket, 'expired', []);
    }
  }

  /** Consumers of ours that relay these sub-streams, those with room first, then others we know. */
  referral(stream: Stream, asker: Peer, subs: number): Candidate[] {
    const ctx = this.#ctx;
    const found = new Map<string, { candidate: Candidate; order: number }>();
    for (const list of stream.outbound) {
      for (const { peer, state } of list) {
        if (state !== 'active' || peer === asker || found.has(peer.id)) continue;
        const contact = ctx.contactFor(asker, peer);
        if (contact === null) continue;
        const fits = (peer.interior & subs) !== 0;
        const load = {
          stream: stream.id,
          free: peer.free,
          interior: peer.interior,
          depth: (ctx.loadOf(stream)?.depth ?? 0) + 1,
          at: peer.at,
        };
        const order = (fits ? 0 : 2) + (peer.free > 0 ? 0 : 1) + ctx.rng.next();
        found.set(peer.id, { candidate: { contact, load }, order });
      }
    }
    const sorted = [...found.values()].sort((a, b) => a.order - b.order);
    return sorted.slice(0, LIMITS.referral / 2).map(({ candidate }) => candidate);
  }

  /** A referral to go with a refusal; empty so soon after the last. */
  #advice(stream: Stream, asker: Peer, subs: number): Candidate[] {
    const { now } = this.#ctx;
    if (now < asker.referredAt + REFER_EVERY) return [];
    asker.referredAt = now;
    return this.referral(stream, asker, subs);
  }

  /** Why this sub-stream is refused, or null after an offer. */
  #consider(peer: Peer, stream: Stream, ask: Ask, sub: number): Refuse['why'] | null {
    const ctx = this.#ctx;
    if (ctx.leaving) return 'leaving';
    if (stream.starves(sub) || stream.subs.epoch(sub) < 0) return 'starving';
    if (stream.subs.depth(sub) + 1 > LIMITS.depth) return 'depth';
    const list = stream.outbound[sub] as Ticket[];
    for (const held of list.filter((ticket) => ticket.peer === peer)) this.drop(stream, held, 'replaced');
    const served = list.filter((ticket) => ticket.state === 'active');
    const rank = (ask.interior & (1 << sub)) !== 0 ? ask.slots : 0;
    const verdict = this.#ctx.policies.admission({
      sub,
      slots: ctx.slots(stream),
      free: ctx.freeSlots(stream, ask.slot === 'reserved'),
      taken: list.length,
      interior: stream.interior,
      interiorCount: bitCount(stream.interior),
      rank,
      urgent: ask.slot !== 'fitting',
      ranks: served.map((ticket) => ticket.rank),
      reachable: peer.address !== null,
      reachables: served.map((ticket) => ticket.peer.address !== null),
    });
    if (verdict === 'full') return 'full';
    const displaces = verdict === 'offer' ? null : (served[verdict] as Ticket);
    if (displaces !== null && list.some((ticket) => ticket.displaces === displaces)) return 'full';
    this.#offer(peer, stream, sub, rank, displaces);
    return null;
  }

  #offer(peer: Peer, stream: Stream, sub: number, rank: number, displaces: Ticket | null): void {
    const ctx = this.#ctx;
    const ticket: Ticket = {
      side: 'provider',
      id: ctx.newTicketId(),
      generation: 0,
      incarnation: ctx.incarnation,
      sub,
      peer,
      state: 'offered',
      expires: ctx.now + ctx.config.offerTtl,
      bitrate: stream.slotRate,
      hopeless: false,
      rank,
      displaces,
    };
    const list = stream.outbound[sub] as Ticket[];
    const after = list.findIndex((other) => other.rank < rank);
    list.splice(after < 0 ? list.length : after, 0, ticket);
    ctx.provided.set(ticket.id, { stream, ticket });
    this.nextOfferEnd = Math.min(this.nextOfferEnd, ticket.expires);
    ctx.peers.addTickets(peer, 1);
    if (displaces === null) this.#promise(stream, ticket.bitrate);
    ctx.traceTicket(stream, ticket, null, 'offered', 'join');
    ctx.send(peer, {
      type: 'offer',
      stream: stream.id,
      sub,
      ticket: ticket.id,
      generation: ticket.generation,
      incarnation: ctx.incarnation,
      ttl: ctx.config.offerTtl,
      beat: stream.subs.beat(sub),
      source: stream.clock.reading(ctx.now),
      keyframes: stream.window.keyframes(KEYFRAMES).map(({ seq, sourceTime }) => ({ seq, sourceTime })),
      at: ctx.at(stream),
    });
  }

  /** Sends the consumer in whose place the newcomer steps below it; false when there is no place any more. */
  #displace(stream: Stream, ticket: Ticket): boolean {
    const ctx = this.#ctx;
    const displaced = ticket.displaces as Ticket;
    const there = ctx.provided.get(displaced.id)?.ticket === displaced;
    if (!there && ctx.promised + ticket.bitrate > ctx.lendable) return false;
    ticket.displaces = null;
    this.#promise(stream, ticket.bitrate);
    if (!there) return true;
    const { interior, at } = ticket.peer;
    const load = { stream: stream.id, free: ticket.rank, interior, depth: (ctx.loadOf(stream)?.depth ?? 0) + 1, at };
    const contact = ctx.contactFor(displaced.peer, ticket.peer);
    const newcomer = contact === null ? [] : [{ contact, load }];
    this.cancel(stream, displaced, 'displaced', newcomer);
    return true;
  }

  /** Keeps account of the uplink; the directory hears soon when the last slot goes or the first comes back. */
  #promise(stream: Stream, bitrate: number): void {
    const ctx = this.#ctx;
    const before = ctx.freeSlots(stream) > 0;
    ctx.promised += bitrate;
    while (bitrate > 0 && ctx.oversubscribed && this.#endSpare());
    if (before !== ctx.freeSlots(stream) > 0 && !ctx.leaving)
      ctx.deadlines.setEarlier('announce', ctx.now + ANNOUNCE_SOON);
  }

  /** Ends the youngest standby ticket; false when there is none. */
  #endSpare(): boolean {
    for (const stream of this.#ctx.streams.values()) {
      const last = stream.spares.at(-1);
      if (last === undefined) continue;
      this.cancel(stream, last, 'surplus', []);
      return true;
    }
    return false;
  }

  #acknowledge(peer: Peer, stream: Stream, stamp: number, tickets: readonly TicketRef[]): void {
    const source = stream.clock.reading(this.#ctx.now);
    this.#ctx.send(peer, { type: 'renewed', stamp, tickets, stream: stream.id, source, at: this.#ctx.at(stream) });
  }

  #refuseConfirm(peer: Peer, confirm: Confirm, why: 'unknown' | 'expired'): void {
    const { ticket, generation } = confirm;
    this.#ctx.traceRefused('confirm', peer.id, why);
    this.#ctx.send(peer, { type: 'cancel', side: 'provider', ticket, generation, why, candidates: [] });
  }
}

/** This node with its room as it is now. */
function ownCandidate(ctx: NodeContext, stream: Stream): Candidate {
  return { contact: { node: ctx.id, address: ctx.address ?? '' }, load: ctx.loadOf(stream) };
}

export function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits >>> 0; rest !== 0; rest = (rest & (rest - 1)) >>> 0) count++;
  return count;
}
