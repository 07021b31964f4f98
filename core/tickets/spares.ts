import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Peer } from '../membership/peers.js';
import type { Activate, AskStandby } from '../message.js';
import type { Stream } from '../stream.js';
import type { Provider } from './provider.js';
import type { Ticket } from './ticket.js';

/**
 * The provider's side of standby tickets: slots kept free for consumers of others, while nobody needs them at once.
 * They never take the place of a consumer: whoever asks for a slot gets it, and a standby ends.
 */
export class Spares {
  readonly #ctx: NodeContext;
  readonly #provider: Provider;

  constructor(ctx: NodeContext, provider: Provider) {
    this.#ctx = ctx;
    this.#provider = provider;
  }

  onAsk(peer: Peer, stream: Stream | undefined, ask: AskStandby): void {
    const ctx = this.#ctx;
    const { sub } = ask;
    if (stream === undefined || !this.#grants(peer, stream, ask)) {
      ctx.send(peer, { type: 'refuse-standby', stream: ask.stream, sub });
      return;
    }
    for (const held of stream.spares.filter((ticket) => ticket.peer === peer && ticket.sub === sub)) {
      this.#provider.drop(stream, held, 'replaced');
    }
    const ticket: Ticket = {
      side: 'provider',
      id: ctx.newTicketId(),
      generation: 0,
      incarnation: ctx.incarnation,
      sub,
      peer,
      state: 'standby',
      expires: ctx.now + ctx.config.leaseProvider,
      bitrate: stream.slotRate,
      hopeless: false,
      rank: 0,
      displaces: null,
    };
    stream.spares.push(ticket);
    ctx.provided.set(ticket.id, { stream, ticket });
    ctx.spared += ticket.bitrate;
    ctx.peers.addTickets(peer, 1);
    ctx.peers.use(peer, ctx.now);
    ctx.traceTicket(stream, ticket, null, 'standby', 'join');
    const { id, generation, incarnation } = ticket;
    ctx.send(peer, { type: 'standby', stream: stream.id, sub, ticket: id, generation, incarnation });
  }

  /** The consumer needs it now. Returns what is to be caught up with; null when there is no room or no such ticket. */
  onActivate(peer: Peer, activate: Activate): { stream: Stream; ticket: Ticket } | null {
    const ctx = this.#ctx;
    const entry = ctx.provided.get(activate.ticket);
    const ticket = entry?.ticket;
    const current = ticket !== undefined && ticket.peer === peer && ticket.generation === activate.generation;
    if (entry === undefined || ticket === undefined || !current || ticket.state === 'offered') {
      const { ticket: id, generation } = activate;
      ctx.send(peer, { type: 'cancel', side: 'provider', ticket: id, generation, why: 'unknown', candidates: [] });
      return null;
    }
    const { stream } = entry;
    if (ticket.state === 'active') {
      ticket.expires = ctx.now + ctx.config.leaseProvider;
      ctx.traceTicket(stream, ticket, 'active', 'active', 'renewed');
      this.#answer(stream, ticket, activate);
      return null;
    }
    const room = ctx.promised + ticket.bitrate <= ctx.lendable;
    const held = (stream.outbound[ticket.sub] ?? []).some((other) => other.peer === peer);
    if (!room || held || ctx.leaving || stream.starves(ticket.sub)) {
      this.#provider.cancel(stream, ticket, stream.starves(ticket.sub) ? 'starving' : 'surplus', []);
      return null;
    }
    this.#provider.activate(stream, ticket);
    this.#answer(stream, ticket, activate);
    return { stream, ticket };
  }

  #answer(stream: Stream, { id, generation, peer, sub }: Ticket, { stamp }: Activate): void {
    const beat = stream.subs.beat(sub);
    this.#ctx.send(peer, { type: 'activated', stream: stream.id, ticket: id, generation, stamp, beat });
  }

  #grants(peer: Peer, stream: Stream, { sub, via }: AskStandby): boolean {
    const ctx = this.#ctx;
    if (ctx.leaving || sub >= stream.substreams || !(stream.watching || stream.publishing !== null)) return false;
    if (stream.starves(sub) || stream.subs.depth(sub) + 1 > LIMITS.depth || stream.subs.epoch(sub) < 0) return false;
    // Of no use when the same death takes both, or when the asker itself feeds this node.
    const own = stream.inbound[sub]?.peer.id ?? null;
    if (own !== null && (own === via || own === peer.id)) return false;
    if ((stream.outbound[sub] ?? []).some((ticket) => ticket.peer === peer)) return false;
    return ctx.spareSlots(stream) > 0;
  }
}
