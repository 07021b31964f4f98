import type { TicketState } from './trace.js';
import type { NodeId, StreamId, TicketId, Time } from './units.js';

/** Plain, serialisable state of a node, the same shape for every protocol; a protocol leaves out what it lacks. */
export interface View {
  readonly node: NodeId;
  readonly incarnation: number;
  readonly role: 'ordinary' | 'supernode';
  /** The supernode it is registered with, and since when it is that one, or none. */
  readonly primary?: NodeId | null;
  readonly primarySince?: Time;
  /** The nodes registered with it, and the supernodes it has lately heard of. */
  readonly children?: readonly NodeId[];
  readonly supernodes?: readonly NodeId[];
  /** Bits per second lent to the overlay, and those promised to consumers; where nothing is promised, those they take. */
  readonly uplink: { readonly capacity: number; readonly promised: number };
  readonly peers: readonly PeerView[];
  readonly streams: readonly StreamView[];
  readonly timers: readonly { readonly at: Time; readonly why: string }[];
}

export interface PeerView {
  readonly peer: NodeId;
  readonly address: string | null;
  /** Microseconds; null until measured. */
  readonly rtt: Time | null;
  readonly lastHeard: Time;
}

export interface StreamView {
  readonly stream: StreamId;
  readonly epoch: number;
  readonly publisher: boolean;
  readonly watching: boolean;
  /** Bit s is set where the node relays sub-stream s by preference. */
  readonly interior: number;
  readonly substreams: number;
  readonly tickets: readonly TicketView[];
  readonly paths: readonly PathView[];
  readonly window: { readonly first: number; readonly next: number; readonly held: number };
  readonly player: {
    readonly state: 'idle' | 'starting' | 'playing' | 'stalled';
    readonly nextSeq: number;
    readonly played: number;
    readonly missed: number;
  } | null;
}

/** One end of a ticket; `side` says which end this node is. */
export interface TicketView {
  readonly side: 'provider' | 'consumer';
  readonly ticket: TicketId;
  readonly generation: number;
  readonly incarnation: number;
  readonly sub: number;
  readonly peer: NodeId;
  readonly state: TicketState;
  readonly expires: Time;
  readonly bitrate: number;
}

/** Where a node stands in the tree of one sub-stream. */
export interface PathView {
  readonly sub: number;
  /** The advertised beat and depth; seq -1 before the first. */
  readonly seq: number;
  readonly depth: number;
  /** Active provider, null at the publisher and for an orphan. */
  readonly via: NodeId | null;
  readonly starving: boolean;
}
