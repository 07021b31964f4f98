import type { NodeContext } from './context.js';
import type { Stream } from './stream.js';
import type { Ticket } from './tickets/ticket.js';
import type { PathView, StreamView, TicketView, View } from './view.js';

/** The plain picture of a node's state. */
export function viewOf(ctx: NodeContext): View {
  return {
    node: ctx.id,
    incarnation: ctx.incarnation,
    role: ctx.standing.role,
    primary: ctx.standing.primary?.id ?? null,
    primarySince: ctx.standing.primarySince,
    children: [...ctx.standing.children.keys()],
    supernodes: ctx.standing.known.fresh(ctx.now).map(({ id }) => id),
    uplink: { capacity: ctx.lendable, promised: ctx.promised },
    peers: [...ctx.peers.all()].map((peer) => ({
      peer: peer.id,
      address: peer.address,
      rtt: ctx.peers.rtt(peer),
      lastHeard: ctx.peers.lastHeard(peer),
    })),
    streams: [...ctx.streams.values()].map(streamView),
    timers: ctx.deadlines.list(),
  };
}

function streamView(stream: Stream): StreamView {
  const { window, player } = stream;
  const inbound = [...stream.inbound, ...stream.standby].filter((ticket) => ticket !== null);
  return {
    stream: stream.id,
    epoch: stream.epoch,
    publisher: stream.publishing !== null,
    watching: stream.watching,
    interior: stream.interior,
    substreams: stream.substreams,
    tickets: [...inbound, ...stream.outbound.flat(), ...stream.spares].map(ticketView),
    paths: Array.from({ length: stream.substreams }, (_, sub) => pathView(stream, sub)),
    window: { first: window.floor, next: window.newest + 1, held: window.held },
    player: stream.watching
      ? { state: player.state, nextSeq: player.next, played: player.played, missed: player.missed }
      : null,
  };
}

function ticketView(ticket: Ticket): TicketView {
  const { side, id, generation, incarnation, sub, peer, state, expires, bitrate } = ticket;
  return { side, ticket: id, generation, incarnation, sub, peer: peer.id, state, expires, bitrate };
}

function pathView(stream: Stream, sub: number): PathView {
  const { seq, depth } = stream.subs.beat(sub);
  return { sub, seq, depth, via: stream.inbound[sub]?.peer.id ?? null, starving: stream.starves(sub) };
}
