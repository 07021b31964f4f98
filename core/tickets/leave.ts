import type { Brokering } from '../brokering/brokering.js';
import type { NodeContext } from '../context.js';
import type { CommandResult } from '../machine.js';
import type { Bootstrap } from '../membership/bootstrap.js';
import type { Peer } from '../membership/peers.js';
import type { Candidate } from '../message.js';
import type { Stream } from '../stream.js';
import type { NodeId } from '../units.js';
import type { Consumer } from './consumer.js';
import type { Provider } from './provider.js';
import type { Standby } from './standby.js';
import type { Ticket } from './ticket.js';

/** Alternatives that a consumer is told. */
const MOST = 8;

interface Involved {
  readonly consumer: Consumer;
  readonly standby: Standby;
  readonly provider: Provider;
  readonly bootstrap: Bootstrap;
  readonly brokering: Brokering;
}

/** Graceful leave: consumers are told where else to go and served until they have moved, then everybody is left. */
export class Leave {
  readonly #ctx: NodeContext;
  readonly #consumer: Consumer;
  readonly #standby: Standby;
  readonly #provider: Provider;
  readonly #bootstrap: Bootstrap;
  readonly #brokering: Brokering;
  #done: ((result: CommandResult) => void) | null = null;

  constructor(ctx: NodeContext, { consumer, standby, provider, bootstrap, brokering }: Involved) {
    this.#ctx = ctx;
    this.#consumer = consumer;
    this.#standby = standby;
    this.#provider = provider;
    this.#bootstrap = bootstrap;
    this.#brokering = brokering;
  }

  begin(done: (result: CommandResult) => void): void {
    const ctx = this.#ctx;
    if (ctx.leaving) return done({ ok: false, why: 'left' });
    ctx.leaving = true;
    this.#done = done;
    this.#bootstrap.announce(0);
    this.#brokering.leave();
    ctx.deadlines.clear('announce');
    ctx.deadlines.clear('seek');
    for (const stream of ctx.streams.values()) {
      this.#endSpares(stream, 'leaving');
      for (const peer of this.#consumersOf(stream)) {
        const candidates = this.#alternatives(stream, peer);
        ctx.send(peer, { type: 'leaving', stream: stream.id, candidates });
        const alternatives = candidates.length;
        ctx.fx.trace?.({ type: 'leaving', stream: stream.id, consumer: peer.id, alternatives });
      }
    }
    ctx.deadlines.set('leave', ctx.now + ctx.config.leaveGrace);
    this.check();
  }

  /** Ends the wait early once nobody depends on this node. */
  check(): void {
    const ctx = this.#ctx;
    if (ctx.leaving && ctx.provided.size === 0) ctx.deadlines.set('leave', ctx.now);
  }

  /** Gives up one stream at once: its tickets on both sides. */
  stream(stream: Stream, why: 'unwatch' | 'leaving'): void {
    for (const ticket of stream.outbound.flat())
      this.#provider.cancel(stream, ticket, why, this.#alternatives(stream, ticket.peer));
    this.#endSpares(stream, why);
    this.#standby.drop(stream, null, why);
    this.#consumer.releaseAll(stream, why);
  }

  #endSpares(stream: Stream, why: 'unwatch' | 'leaving'): void {
    for (const ticket of [...stream.spares]) this.#provider.cancel(stream, ticket, why, []);
  }

  /** Ends some of the tickets given on a stream; returns how many. */
  revoke(stream: Stream, which: (ticket: Ticket) => boolean): number {
    const chosen = stream.outbound.flat().filter(which);
    for (const ticket of chosen)
      this.#provider.cancel(stream, ticket, 'cancelled', this.#alternatives(stream, ticket.peer));
    return chosen.length;
  }

  finish(): void {
    const ctx = this.#ctx;
    if (this.#done === null) return;
    for (const stream of ctx.streams.values()) this.stream(stream, 'leaving');
    for (const peer of [...ctx.peers.all()]) {
      ctx.fx.disconnect(peer.id, 'leaving', '');
      ctx.peers.remove(peer);
    }
    ctx.streams.clear();
    for (const { why } of ctx.deadlines.list()) ctx.deadlines.clear(why as 'leave');
    ctx.fx.trace?.({ type: 'left', why: 'command' });
    this.#done({ ok: true });
    this.#done = null;
  }

  #consumersOf(stream: Stream): Set<Peer> {
    return new Set(stream.outbound.flat().map((ticket) => ticket.peer));
  }

  /** Our own providers, whose slots we give back, then our other consumers; for who needs one that can be dialled also others we know of. */
  #alternatives(stream: Stream, peer: Peer): Candidate[] {
    const candidates = this.#provider.referral(stream, peer, 2 ** stream.substreams - 1);
    const providers = new Set(stream.inbound.flatMap((ticket) => (ticket === null ? [] : [ticket.peer])));
    for (const provider of providers) {
      const contact = provider === peer ? null : this.#ctx.contactFor(peer, provider);
      if (contact !== null) candidates.unshift({ contact, load: null });
    }
    if (peer.address === null) {
      const named = new Set<NodeId | null>([peer.id, ...candidates.map(({ contact }) => contact.node)]);
      for (const contact of stream.candidates.contacts(2 * MOST, 0)) {
        if (!named.has(contact.node)) candidates.push({ contact, load: null });
      }
    }
    return candidates.slice(0, MOST);
  }
}
