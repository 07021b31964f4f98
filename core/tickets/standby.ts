import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import { CANDIDATE } from '../membership/candidates.js';
import type { Peer } from '../membership/peers.js';
import type { Activated, StandbyMessage } from '../message.js';
import type { Stream } from '../stream.js';
import { MS, SECOND, type NodeId } from '../units.js';
import type { Consumer } from './consumer.js';
import type { Ticket } from './ticket.js';

/** Time between two questions for a standby: after a grant, and when nobody had one. */
const NEXT = 500 * MS;
const PAUSE = 3 * SECOND;
/** Somebody who refused is left alone for this long. */
const REFUSED = 15 * SECOND;
/** An answer is awaited this long. */
const ANSWER = 1_500 * MS;
const WAKE_ANSWER = 1_000 * MS;

/**
 * The consumer's side of standby tickets: holds one for each sub-stream where somebody has a slot to spare, with a
 * provider that does not live off the active one, and wakes it when the active one fails. The old ticket is given up
 * only when the new provider has answered, and only if what it offers is feasible then.
 */
export class Standby {
  readonly #ctx: NodeContext;
  readonly #consumer: Consumer;

  constructor(ctx: NodeContext, consumer: Consumer) {
    this.#ctx = ctx;
    this.#consumer = consumer;
  }

  /** Wakes standbys that are needed; else looks for one that is missing. */
  step(stream: Stream): void {
    const ctx = this.#ctx;
    const needs = this.#consumer.needs(stream);
    for (let sub = 0; sub < stream.substreams; sub++) {
      const ticket = stream.standby[sub] ?? null;
      if (ticket === null) continue;
      const late = (stream.waking & (1 << sub)) !== 0 && ctx.now > (stream.wokenAt[sub] ?? 0) + WAKE_ANSWER;
      const behind = (stream.behind & (1 << sub)) !== 0;
      if (late || ticket.expires <= ctx.now || ctx.shuns(ticket.peer.id))
        this.give(stream, ticket, behind ? 'infeasible' : 'expired', true);
      else if ((needs & (1 << sub)) !== 0 && this.#isToBeWoken(stream, sub)) this.#wake(stream, ticket);
    }
    if (
      !ctx.config.standby ||
      needs !== 0 ||
      ctx.now < stream.nextStandby ||
      stream.player.state !== 'playing' ||
      ctx.leaving
    )
      return;
    this.#look(stream);
  }

  onStandby(peer: Peer, stream: Stream, message: StandbyMessage): void {
    const ctx = this.#ctx;
    const { sub, ticket: id, generation, incarnation } = message;
    const asked = stream.standbyAsk;
    const expected = asked !== null && asked.peer === peer.id && asked.sub === sub;
    const active = stream.inbound[sub] ?? null;
    if (!expected || active === null || active.peer === peer || (stream.standby[sub] ?? null) !== null) {
      this.#decline(peer, id, generation);
      return;
    }
    stream.standbyAsk = null;
    stream.nextStandby = ctx.now + NEXT;
    const ticket: Ticket = {
      side: 'consumer',
      id,
      generation,
      incarnation,
      sub,
      peer,
      state: 'standby',
      expires: asked.at + ctx.config.leaseConsumer,
      bitrate: stream.slotRate,
      hopeless: false,
      rank: 0,
      displaces: null,
    };
    stream.standby[sub] = ticket;
    ctx.peers.addTickets(peer, 1);
    ctx.peers.use(peer, ctx.now);
    ctx.traceTicket(stream, ticket, null, 'standby', 'join');
  }

  onRefused(peer: Peer, stream: Stream, sub: number): void {
    if (stream.standbyAsk?.peer !== peer.id || stream.standbyAsk.sub !== sub) return;
    this.#blame(stream, peer.id);
    stream.standbyAsk = null;
    stream.nextStandby = this.#ctx.now + NEXT;
  }

  /** The provider forwards already. The ticket replaces the old one, unless that is well again or the rule forbids it. */
  onActivated(peer: Peer, stream: Stream, message: Activated): void {
    const ctx = this.#ctx;
    const ticket = this.#find(stream, peer, message.ticket, message.generation);
    if (ticket === null || message.stamp > ctx.now) {
      this.#decline(peer, message.ticket, message.generation);
      return;
    }
    const { sub } = ticket;
    if ((this.#consumer.needs(stream) & (1 << sub)) === 0) {
      this.give(stream, ticket, 'surplus', true);
      return;
    }
    if (!this.#consumer.mayAdopt(stream, sub, message.beat)) {
      // The old provider was ahead; while it is silent the new one catches up, unless it descends from this node.
      stream.behind |= 1 << sub;
      return;
    }
    stream.standby[sub] = null;
    stream.waking &= ~(1 << sub);
    stream.behind &= ~(1 << sub);
    this.#consumer.take(stream, ticket, message.stamp);
  }

  /** The provider gives it up. False when it is no standby of this stream. */
  onCancel(peer: Peer, stream: Stream, id: number, generation: number): boolean {
    const ticket = this.#find(stream, peer, id, generation);
    if (ticket === null) return false;
    this.give(stream, ticket, 'cancelled', false);
    this.#blame(stream, peer.id);
    return true;
  }

  /** All standbys held with a neighbour that is gone, or with everybody. */
  drop(stream: Stream, peer: Peer | null, why: 'lost' | 'unwatch' | 'leaving'): void {
    for (const ticket of stream.standby) {
      if (ticket !== null && (peer === null || ticket.peer === peer)) this.give(stream, ticket, why, why !== 'lost');
    }
    if (stream.standbyAsk?.peer === peer?.id) stream.standbyAsk = null;
  }

  give(stream: Stream, ticket: Ticket, why: Parameters<NodeContext['traceTicket']>[4], tell: boolean): void {
    const ctx = this.#ctx;
    const { sub, peer, id, generation } = ticket;
    if ((stream.waking & (1 << sub)) !== 0) {
      stream.waking &= ~(1 << sub);
      stream.behind &= ~(1 << sub);
      ctx.deadlines.setEarlier('seek', ctx.now);
    }
    stream.standby[sub] = null;
    stream.nextStandby = Math.max(stream.nextStandby, ctx.now + NEXT);
    ctx.peers.addTickets(peer, -1);
    ctx.traceTicket(stream, ticket, 'standby', null, why);
    if (tell) ctx.send(peer, { type: 'cancel', side: 'consumer', ticket: id, generation, why, candidates: [] });
  }

  /** Whether it is not woken yet, or has answered with a beat that was not feasible then. */
  #isToBeWoken(stream: Stream, sub: number): boolean {
    return (stream.waking & ~stream.behind & (1 << sub)) === 0;
  }

  #wake(stream: Stream, ticket: Ticket): void {
    const ctx = this.#ctx;
    const { sub, id, generation } = ticket;
    if ((stream.waking & (1 << sub)) === 0) stream.wokenAt[sub] = ctx.now;
    stream.waking |= 1 << sub;
    stream.behind &= ~(1 << sub);
    const from = this.#consumer.firstMissing(stream, sub);
    ctx.peers.use(ticket.peer, ctx.now);
    ctx.send(ticket.peer, { type: 'activate', ticket: id, generation, from, stamp: ctx.now });
  }

  #look(stream: Stream): void {
    const ctx = this.#ctx;
    if (stream.standbyAsk !== null) {
      if (ctx.now < stream.standbyAsk.at + ANSWER) return;
      this.#blame(stream, stream.standbyAsk.peer);
      stream.standbyAsk = null;
    }
    stream.nextStandby = ctx.now + PAUSE;
    const first = stream.standbyTurn++;
    for (let step = 0; step < stream.substreams; step++) {
      const sub = (first + step) % stream.substreams;
      const active = stream.inbound[sub] ?? null;
      if (active === null || (stream.standby[sub] ?? null) !== null) continue;
      const peer = this.#choose(stream, sub, active.peer);
      if (peer === null) continue;
      stream.standbyAsk = { peer: peer.id, sub, at: ctx.now };
      stream.nextStandby = ctx.now + NEXT;
      ctx.send(peer, { type: 'ask-standby', stream: stream.id, sub, via: active.peer.id });
      return;
    }
  }

  /** A neighbour with room: one with which tickets are held anyway first, a relay of the sub-stream first among those. */
  #choose(stream: Stream, sub: number, active: Peer): Peer | null {
    const ctx = this.#ctx;
    let best: Peer | null = null;
    let bestScore = Infinity;
    const { candidates } = stream;
    for (const row of candidates.rows) {
      const peer = ctx.peers.get(candidates.id(row));
      if (
        peer === undefined ||
        peer === active ||
        ctx.shuns(peer.id) ||
        (stream.standbyRefused.get(peer.id) ?? 0) > ctx.now
      )
        continue;
      if ((stream.outbound[sub] ?? []).some((ticket) => ticket.peer === peer)) continue;
      const relays = (candidates.get(row, CANDIDATE.interior) & (1 << sub)) !== 0;
      const hasRoom = candidates.get(row, CANDIDATE.free) > 0;
      const score = (ctx.peers.tickets(peer) > 0 ? 0 : 2) + (relays ? 0 : 1) + (hasRoom ? 0 : 3);
      if (score >= bestScore) continue;
      best = peer;
      bestScore = score;
    }
    return best;
  }

  #blame(stream: Stream, id: NodeId): void {
    if (stream.standbyRefused.size >= LIMITS.contacts) stream.standbyRefused.clear();
    stream.standbyRefused.set(id, this.#ctx.now + REFUSED);
  }

  #decline(peer: Peer, ticket: number, generation: number): void {
    this.#ctx.send(peer, { type: 'cancel', side: 'consumer', ticket, generation, why: 'surplus', candidates: [] });
  }

  #find(stream: Stream, peer: Peer, id: number, generation: number): Ticket | null {
    for (const ticket of stream.standby) {
      if (ticket !== null && ticket.peer === peer && ticket.id === id && ticket.generation === generation)
        return ticket;
    }
    return null;
  }
}
