import type { StreamView, TicketView } from '../../../core/view.js';
import type { NodeEntry, NodePort } from './node-port.js';

/** A ticket as the control API shows it: the keys of 2011, and what is new. */
export interface TicketEntry {
  readonly source: string;
  readonly source_port: number | null;
  readonly destination: string;
  readonly destination_port: number | null;
  readonly stream: string;
  readonly stream_id: string;
  /** Overlay hops from the publisher to the destination; null before the first chunk. */
  readonly hops: number | null;
  readonly substream: number;
  readonly state: string;
  readonly ticket: number;
}

/** Both ends' tickets of this node, on all streams. */
export function ticketEntries(node: Pick<NodePort, 'id' | 'me' | 'nodes' | 'slugOf' | 'view'>): TicketEntry[] {
  const ports = new Map<string, number | null>(
    [node.me(), ...node.nodes()].map((entry: NodeEntry) => [entry.uuid, entry.port]),
  );
  return node.view().streams.flatMap((stream) =>
    stream.tickets.map((ticket) => {
      const [source, destination] = ticket.side === 'provider' ? [node.id, ticket.peer] : [ticket.peer, node.id];
      return {
        source,
        source_port: ports.get(source) ?? null,
        destination,
        destination_port: ports.get(destination) ?? null,
        stream: node.slugOf(stream.stream),
        stream_id: stream.stream,
        hops: hopsOf(stream, ticket),
        substream: ticket.sub,
        state: ticket.state,
        ticket: ticket.ticket,
      };
    }),
  );
}

function hopsOf(stream: StreamView, ticket: TicketView): number | null {
  const path = stream.paths.find((candidate) => candidate.sub === ticket.sub);
  if (path === undefined || path.seq < 0) return null;
  return ticket.side === 'provider' ? path.depth + 1 : path.depth;
}
