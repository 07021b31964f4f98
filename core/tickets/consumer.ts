import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import { GATHER } from '../membership/candidates.js';
import type { Peer } from '../membership/peers.js';
import type { Beat, Cancel, Offer, Refuse, Renewed } from '../message.js';
import type { Stream } from '../stream.js';
import type { ProviderEvent, TicketReason } from '../trace.js';
import { MS, NEVER, type Time } from '../units.js';
import type { Ticket } from './ticket.js';

/** Pause before the same node is asked again. */
const PAUSE = {
  full: 2_000 * MS,
  moving: 1_000 * MS,
  starving: 500 * MS,
  silent: 1_000 * MS,
  infeasible: 200 * MS,
} as const;
/** These pauses grow up to so many times with the search. */
const WEARIEST = 8;
/** A newcomer's room is known to the directory this soon, once the other sub-streams had time to join too. */
const ANNOUNCE_SOON = 500 * MS;
/** Time that the catch-up of a new provider may take, plus two round trips. */
const CATCH_UP = 300 * MS;

/** A provider has this long to get into its stride, behind its catch-up. */
const SETTLING = 1_000 * MS;
/** Where the share of timely chunks has fallen to when a provider is shunned, for how long, and where it is believed again. */
const FAILED = 0.3;
const SHUNNED = 600_000 * MS;
const REDEEMED = 0.9;

/** Share of the lease after which a standby is renewed with a provider that is told nothing else. */
const STANDBY_RENEWAL = 0.75;

/** The consumer's side of tickets: takes up offers that are feasible, keeps leases alive, notices when a provider fails. */
export class Consumer {
  readonly #ctx: NodeContext;

  constructor(ctx: NodeContext) {
    this.#ctx = ctx;
  }

  /** Bit set of the sub-streams that want a provider, or a better one. */
  needs(stream: Stream): number {
    if (!stream.watching || stream.manifest === null) return 0;
    const patience = this.#ctx.now - 2_000 * MS;
    let needs = 0;
    for (let sub = 0; sub < stream.substreams; sub++) {
      const ticket = stream.inbound[sub] ?? null;
      const since = stream.subs.providerStarving(sub);
      if (ticket === null || ticket.hopeless || (since > 0 && since < patience)) needs |= 1 << sub;
    }
    return needs | stream.moving;
  }

  onOffer(peer: Peer, stream: Stream, offer: Offer): void {
    const ctx = this.#ctx;
    const pending = stream.asks.get(peer.id);
    const asked = pending !== undefined && (pending.subs & (1 << offer.sub)) !== 0;
    if (pending !== undefined && asked) this.#answered(stream, peer, 1 << offer.sub);
    const wanted = (this.needs(stream) & (1 << offer.sub)) !== 0 || this.#improves(stream, offer);
    const held = stream.inbound[offer.sub] ?? null;
    const inNeed = held === null || stream.urgent || stream.moving !== 0;
    if (!asked || !wanted || held?.peer === peer || ctx.shuns(peer.id, inNeed)) {
      this.#decline(peer, offer, 'surplus');
      return;
    }
    const deep = offer.beat.depth + 1 > LIMITS.depth;
    if (!this.mayAdopt(stream, offer.sub, offer.beat)) {
      ctx.traceRefused('offer', peer.id, deep ? 'depth' : 'infeasible');
      // Who descends from here stays infeasible: others must have their turn.
      stream.candidates.postpone(peer.id, ctx.now, PAUSE.infeasible);
      this.#decline(peer, offer, 'infeasible');
      return;
    }
    const roundTrip = ctx.now - (pending?.at ?? ctx.now);
    ctx.position.observe(roundTrip, offer.at);
    if (offer.source !== null) stream.clock.sample(ctx.now, offer.source, roundTrip);
    if (stream.clock.known) stream.player.start(ctx.now, offer.keyframes, offer.beat.seq + 1);
    this.#accept(peer, stream, offer, roundTrip);
  }

  /** Whether a provider that advertises this beat may be adopted now. */
  mayAdopt(stream: Stream, sub: number, beat: Beat): boolean {
    return (
      beat.depth + 1 <= LIMITS.depth &&
      beat.epoch === stream.epoch &&
      this.#ctx.policies.feasibility(stream.subs.beat(sub), beat)
    );
  }

  /** A standby that was woken with the message stamped `stamp` takes the place of the provider that failed. */
  take(stream: Stream, ticket: Ticket, stamp: Time): void {
    const ctx = this.#ctx;
    const old = stream.inbound[ticket.sub] ?? null;
    if (old !== null) this.#replace(stream, old, ticket.peer);
    ticket.state = 'active';
    ticket.expires = stamp + ctx.config.leaseConsumer;
    ctx.traceTicket(stream, ticket, 'standby', 'active', old === null ? 'lost' : 'replaced');
    this.#install(stream, ticket, ctx.now - stamp);
  }

  onRefuse(peer: Peer, stream: Stream, refuse: Refuse): void {
    const ctx = this.#ctx;
    for (const candidate of refuse.candidates) stream.candidates.learn(candidate, ctx.now, peer.id);
    this.#answered(stream, peer, refuse.subs);
    if (refuse.why === 'unknown') {
      if (!stream.asks.has(peer.id)) stream.candidates.postpone(peer.id, ctx.now, 2 * PAUSE.full);
      return;
    }
    if (refuse.why === 'full') stream.refusals++;
    // Who has to move has five seconds for it, and others who move give places back meanwhile.
    const moves = stream.moving !== 0;
    const full = moves ? PAUSE.moving : PAUSE.full;
    const pause = (refuse.why === 'starving' ? PAUSE.starving : full) * stream.weariness(ctx.now, WEARIEST);
    stream.candidates.postpone(peer.id, ctx.now, pause, stream.urgent || moves ? 1 : 8);
    ctx.deadlines.setEarlier('seek', ctx.now + GATHER, GATHER);
  }

  onRenewed(peer: Peer, stream: Stream, renewed: Renewed): void {
    const ctx = this.#ctx;
    if (renewed.stamp > ctx.now || renewed.stamp < ctx.now - ctx.config.leaseConsumer) return;
    const roundTrip = ctx.now - renewed.stamp;
    ctx.peers.measured(peer, roundTrip);
    ctx.position.observe(roundTrip, renewed.at);
    if (renewed.source !== null) stream.clock.sample(ctx.now, renewed.source, roundTrip);
    for (const ref of renewed.tickets) {
      const { ticket: id, generation } = ref;
      const ticket =
        this.#find(stream, peer, id, generation) ?? this.#find(stream, peer, id, generation, stream.standby);
      if (ticket === null || renewed.stamp + ctx.config.leaseConsumer <= ticket.expires) continue;
      ticket.expires = renewed.stamp + ctx.config.leaseConsumer;
      ctx.traceTicket(stream, ticket, ticket.state, ticket.state, 'renewed');
    }
  }

  /** The provider gives the ticket up. Returns its sub-stream, null when it is no ticket of this stream. */
  onCancel(peer: Peer, stream: Stream, cancel: Cancel): number | null {
    const ticket = this.#find(stream, peer, cancel.ticket, cancel.generation);
    if (ticket === null) return null;
    for (const candidate of cancel.candidates) stream.candidates.learn(candidate, this.#ctx.now, peer.id);
    const why = cancel.why === 'displaced' || cancel.why === 'leaving' ? cancel.why : 'cancelled';
    this.lose(stream, ticket, why, 'cancelled', false);
    return ticket.sub;
  }

  /** The provider leaves soon: its consumers move while it still serves them. */
  onLeaving(peer: Peer, stream: Stream): void {
    for (const ticket of stream.inbound) {
      if (ticket !== null && ticket.peer === peer) stream.moving |= 1 << ticket.sub;
    }
    stream.candidates.forget(peer.id);
    this.#ctx.deadlines.setEarlier('seek', this.#ctx.now);
  }

  /** One message a provider renews all tickets held with it. */
  renew(stream: Stream): void {
    const ctx = this.#ctx;
    const byPeer = new Map<Peer, { ticket: number; generation: number }[]>();
    const { leaseConsumer, renewEvery } = ctx.config;
    const rounds = Math.max(1, Math.floor((STANDBY_RENEWAL * leaseConsumer) / renewEvery));
    const alone = stream.renewals++ % rounds === 0;
    for (const ticket of stream.inbound) {
      if (ticket === null) continue;
      const ref = { ticket: ticket.id, generation: ticket.generation };
      const refs = byPeer.get(ticket.peer);
      if (refs === undefined) byPeer.set(ticket.peer, [ref]);
      else refs.push(ref);
    }
    for (const ticket of stream.standby) {
      if (ticket === null) continue;
      const refs = byPeer.get(ticket.peer);
      const ref = { ticket: ticket.id, generation: ticket.generation };
      if (refs !== undefined) refs.push(ref);
      else if (alone) byPeer.set(ticket.peer, [ref]);
    }
    const free = ctx.freeSlots(stream);
    for (const [peer, tickets] of byPeer) {
      ctx.send(peer, { type: 'renew', stamp: ctx.now, tickets, free, interior: stream.interior, at: ctx.at(stream) });
    }
  }

  /** Judges silence and leases. Returns the sub-streams that began or ceased to starve by it, as a bit set. */
  watchProviders(stream: Stream, excuse: boolean): number {
    const ctx = this.#ctx;
    if (ctx.now < stream.nextWatch) return 0;
    const { suspectAfter } = ctx.config;
    let changed = 0;
    let next = NEVER;
    for (const ticket of stream.inbound) {
      if (ticket === null) continue;
      const heard = ctx.peers.lastHeard(ticket.peer);
      const gap = ctx.now - heard;
      const silent = gap >= suspectAfter;
      const hopeless = (gap > 2 * suspectAfter && !excuse) || ctx.laggards.against(ticket.peer.id, ctx.now);
      if (hopeless !== ticket.hopeless) changed |= 1 << ticket.sub;
      ticket.hopeless = hopeless;
      if (ticket.expires <= ctx.now) {
        this.lose(stream, ticket, 'expired', 'expired', true);
        changed |= 1 << ticket.sub;
      } else if (silent && ticket.state === 'active' && !excuse) {
        this.#judge(stream, ticket, 'suspect', 'silent', gap);
      } else if (!silent && ticket.state === 'suspect') {
        this.#judge(stream, ticket, 'active', 'heard', gap);
      }
      next = Math.min(next, ticket.state === 'suspect' ? ctx.now : heard + suspectAfter, ticket.expires);
    }
    stream.nextWatch = next;
    return changed;
  }

  /** The ticket is gone; the sub-stream is an orphan until another provider is found. */
  lose(stream: Stream, ticket: Ticket, why: ProviderEvent['why'], reason: TicketReason, tell: boolean): void {
    const ctx = this.#ctx;
    const { sub, peer } = ticket;
    this.#release(stream, ticket, reason, tell);
    stream.subs.setOrphanSince(sub, ctx.now);
    ctx.deadlines.setEarlier('seek', ctx.now);
    const gap = ctx.now - ctx.peers.lastHeard(peer);
    ctx.fx.trace?.({ type: 'provider', change: 'lost', stream: stream.id, sub, provider: peer.id, by: null, why, gap });
  }

  /**
   * A chunk that this provider was to push came in time or not: from somebody else, late, or never. Whoever mostly fails
   * is shunned, unless it says itself that it starves; its ticket stays until there is a better one.
   */
  judge(stream: Stream, sub: number, timely: boolean): void {
    const ctx = this.#ctx;
    const ticket = stream.inbound[sub] ?? null;
    if (ticket === null) return;
    const excused = ticket.hopeless || stream.subs.providerStarving(sub) > 0;
    if (!timely && (excused || ctx.now < stream.subs.graceUntil(sub) + SETTLING)) return;
    const share = stream.subs.judge(sub, timely);
    if (timely && share >= REDEEMED) ctx.laggards.forgive(ticket.peer.id);
    if (timely || share > FAILED) return;
    stream.subs.trust(sub);
    ctx.laggards.bear(ticket.peer.id, ctx.now + SHUNNED);
    stream.nextWatch = ctx.now;
  }

  /** Gives all tickets of the stream back. */
  releaseAll(stream: Stream, why: TicketReason): void {
    for (const ticket of stream.inbound) if (ticket !== null) this.#release(stream, ticket, why, true);
  }

  /** Whether the offer lifts this node, and all below it, nearer to the publisher, and that was looked for. */
  #improves(stream: Stream, offer: Offer): boolean {
    const sought = (stream.improving & (1 << offer.sub)) !== 0;
    return sought && offer.beat.depth + 1 < stream.subs.depth(offer.sub);
  }

  #accept(peer: Peer, stream: Stream, offer: Offer, roundTrip: number): void {
    const ctx = this.#ctx;
    const { sub } = offer;
    const old = stream.inbound[sub] ?? null;
    if (old !== null) this.#replace(stream, old, peer);
    const ticket: Ticket = {
      side: 'consumer',
      id: offer.ticket,
      generation: offer.generation,
      incarnation: offer.incarnation,
      sub,
      peer,
      state: 'active',
      expires: ctx.now + ctx.config.leaseConsumer,
      bitrate: stream.slotRate,
      hopeless: false,
      rank: 0,
      displaces: null,
    };
    ctx.peers.addTickets(peer, 1);
    this.#install(stream, ticket, roundTrip);
    ctx.traceTicket(stream, ticket, null, 'active', old === null ? 'join' : 'replaced');
    const { id, generation } = ticket;
    ctx.send(peer, { type: 'confirm', ticket: id, generation, from: this.firstMissing(stream, sub), stamp: ctx.now });
    if (stream.joined) return;
    stream.joined = true;
    if (!ctx.leaving) ctx.deadlines.setEarlier('announce', ctx.now + ANNOUNCE_SOON);
    ctx.fx.trace?.({ type: 'joined', stream: stream.id, why: 'first-ticket' });
  }

  /** The ticket is the one that the sub-stream comes along from now on. */
  #install(stream: Stream, ticket: Ticket, roundTrip: Time): void {
    const ctx = this.#ctx;
    const { sub, peer } = ticket;
    stream.inbound[sub] = ticket;
    stream.nextWatch = ctx.now;
    stream.moving &= ~(1 << sub);
    stream.improving &= ~(1 << sub);
    stream.subs.setOrphanSince(sub, 0);
    stream.subs.setProviderStarving(sub, 0);
    stream.subs.setHeardPush(sub, -1);
    stream.subs.trust(sub);
    stream.subs.setGraceUntil(sub, ctx.now + 2 * roundTrip + CATCH_UP);
    stream.candidates.helped(peer.id);
    ctx.peers.use(peer, ctx.now);
    ctx.peers.measured(peer, Math.max(1, roundTrip));
  }

  #replace(stream: Stream, old: Ticket, by: Peer): void {
    const ctx = this.#ctx;
    const gap = ctx.now - ctx.peers.lastHeard(old.peer);
    const leaving = (stream.moving & (1 << old.sub)) !== 0;
    const starving = stream.subs.providerStarving(old.sub) > 0;
    const why = old.state === 'suspect' ? 'silent' : leaving ? 'leaving' : starving ? 'starving' : 'improve';
    this.#release(stream, old, 'replaced', true);
    const { id } = stream;
    ctx.fx.trace?.({
      type: 'provider',
      change: 'replaced',
      stream: id,
      sub: old.sub,
      provider: old.peer.id,
      by: by.id,
      why,
      gap,
    });
  }

  #release(stream: Stream, ticket: Ticket, why: TicketReason, tell: boolean): void {
    const ctx = this.#ctx;
    stream.inbound[ticket.sub] = null;
    stream.moving &= ~(1 << ticket.sub);
    ctx.peers.addTickets(ticket.peer, -1);
    ctx.traceTicket(stream, ticket, ticket.state, null, why);
    const { id, generation } = ticket;
    if (tell) ctx.send(ticket.peer, { type: 'cancel', side: 'consumer', ticket: id, generation, why, candidates: [] });
  }

  #judge(stream: Stream, ticket: Ticket, to: 'active' | 'suspect', why: 'silent' | 'heard', gap: number): void {
    const ctx = this.#ctx;
    ctx.traceTicket(stream, ticket, ticket.state, to, why);
    ticket.state = to;
    const change = to === 'suspect' ? 'suspected' : 'cleared';
    const { id } = stream;
    ctx.fx.trace?.({
      type: 'provider',
      change,
      stream: id,
      sub: ticket.sub,
      provider: ticket.peer.id,
      by: null,
      why,
      gap,
    });
  }

  #decline(peer: Peer, offer: Offer, why: TicketReason): void {
    const { ticket, generation } = offer;
    this.#ctx.send(peer, { type: 'cancel', side: 'consumer', ticket, generation, why, candidates: [] });
  }

  #answered(stream: Stream, peer: Peer, subs: number): void {
    const pending = stream.asks.get(peer.id);
    if (pending === undefined) return;
    pending.subs &= ~subs;
    if (pending.subs === 0) stream.asks.delete(peer.id);
  }

  /** The oldest chunk of the sub-stream that is still wanted and not there. */
  firstMissing(stream: Stream, sub: number): number {
    for (let seq = Math.max(stream.player.next, stream.window.floor); seq <= stream.newestHeard; seq++) {
      if (stream.dealing.subOf(seq) === sub && !stream.window.has(seq)) return seq;
    }
    return Math.max(stream.player.next, stream.newestHeard + 1);
  }

  #find(stream: Stream, peer: Peer, id: number, generation: number, list = stream.inbound): Ticket | null {
    for (const ticket of list) {
      if (ticket !== null && ticket.peer === peer && ticket.id === id && ticket.generation === generation)
        return ticket;
    }
    return null;
  }
}
