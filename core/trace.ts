import type { PeerReason } from './machine.js';
import type { NodeId, StreamId, TicketId, Time } from './units.js';

/**
 * Everything an observer may know about a run. Checkers, metrics, visualizer, `/events` and journal read only this
 * union and `View`; it is the same for every protocol. The observer adds the time and the node that speaks.
 */
export type TraceEvent =
  | JoinedEvent
  | LeavingEvent
  | LeftEvent
  | RoleEvent
  | TicketEvent
  | ChunkEvent
  | ProviderEvent
  | RefusedEvent
  | StallEvent
  | PeerEvent
  | ListedEvent
  | ForgottenEvent;

/** A node's wish to watch has its first confirmed ticket, or a publisher started. */
export interface JoinedEvent {
  readonly type: 'joined';
  readonly stream: StreamId;
  readonly why: 'first-ticket' | 'publish';
}

/** A node that leaves has told one of its consumers so, and named so many other candidates. */
export interface LeavingEvent {
  readonly type: 'leaving';
  readonly stream: StreamId;
  readonly consumer: NodeId;
  readonly alternatives: number;
}

export interface LeftEvent {
  readonly type: 'left';
  readonly why: 'command' | 'unwatch';
}

export interface RoleEvent {
  readonly type: 'role';
  readonly role: 'ordinary' | 'supernode';
  readonly why: 'start' | 'no-supernode' | 'capacity' | 'surplus' | 'unreachable' | 'operator';
}

export type TicketState = 'offered' | 'standby' | 'active' | 'suspect' | 'closing';

export type TicketReason =
  | 'join'
  | 'renewed'
  | 'confirmed'
  | 'silent'
  | 'heard'
  | 'replaced'
  | 'expired'
  | 'starving'
  | 'leaving'
  | 'displaced'
  | 'improved'
  | 'shed'
  | 'unknown'
  | 'infeasible'
  | 'surplus'
  | 'lost'
  | 'epoch'
  | 'unwatch'
  | 'cancelled';

/** One end's belief about one ticket changed; `node` of the observer is either `provider` or `consumer`. */
export interface TicketEvent {
  readonly type: 'ticket';
  readonly ticket: TicketId;
  readonly stream: StreamId;
  readonly sub: number;
  readonly provider: NodeId;
  readonly consumer: NodeId;
  /** Incarnation of the provider that made the ticket. */
  readonly incarnation: number;
  readonly generation: number;
  readonly from: TicketState | null;
  readonly to: TicketState | null;
  readonly why: TicketReason;
  /** End of the lease on this side; NEVER is not used. */
  readonly expires: Time;
  /** Bits per second the provider sets aside for it. */
  readonly bitrate: number;
}

export type ChunkChange =
  | 'published'
  | 'received'
  | 'duplicate'
  | 'repaired'
  | 'forwarded'
  | 'answered'
  | 'played'
  | 'missed'
  | 'dropped';

/** `repaired` is a first copy that came by pull, `received` one that was pushed; `answered` is a pull served. */
export interface ChunkEvent {
  readonly type: 'chunk';
  readonly change: ChunkChange;
  readonly stream: StreamId;
  readonly epoch: number;
  readonly seq: number;
  readonly sub: number;
  /** From whom it came or to whom it went; null for published, played, missed. */
  readonly peer: NodeId | null;
  /** Overlay hops from the publisher at which this node stands for the chunk; 0 at the publisher. */
  readonly depth: number;
  readonly size: number;
  readonly keyframe: boolean;
  readonly sourceTime: Time;
  readonly why: ChunkReason;
}

export type ChunkReason = 'push' | 'pull' | 'due' | 'absent' | 'late' | 'invalid' | 'overload' | 'stale' | 'source';

/** What a consumer thinks of its provider of one sub-stream. `gap` is the silence so far. */
export interface ProviderEvent {
  readonly type: 'provider';
  readonly change: 'suspected' | 'cleared' | 'lost' | 'replaced';
  readonly stream: StreamId;
  readonly sub: number;
  readonly provider: NodeId;
  /** The next provider, with `replaced`. */
  readonly by: NodeId | null;
  readonly why:
    | 'silent'
    | 'heard'
    | 'down'
    | 'leaving'
    | 'displaced'
    | 'expired'
    | 'starving'
    | 'cancelled'
    | 'improve';
  readonly gap: Time;
}

export interface RefusedEvent {
  readonly type: 'refused';
  readonly what: 'ask' | 'offer' | 'confirm' | 'chunk' | 'message' | 'dial' | 'record';
  readonly whom: NodeId;
  readonly why:
    | 'full'
    | 'starving'
    | 'depth'
    | 'infeasible'
    | 'unknown'
    | 'expired'
    | 'limit'
    | 'invalid'
    | 'not-watching'
    | 'leaving'
    | 'unreachable';
}

export interface StallEvent {
  readonly type: 'stall';
  readonly change: 'begin' | 'end';
  readonly stream: StreamId;
  /** Chunks missed in a row, with `end`. */
  readonly missed: number;
}

export interface PeerEvent {
  readonly type: 'peer';
  readonly peer: NodeId;
  readonly change: 'up' | 'down';
  readonly why: PeerReason;
}

/** A directory keeps a record of a node from now on, or goes on doing so, and names it to others if it can be dialled. */
export interface ListedEvent {
  readonly type: 'listed';
  readonly whom: NodeId;
}

/** Whoever names nodes to others, a directory or a peer, names one of them no longer. */
export interface ForgottenEvent {
  readonly type: 'forgotten';
  readonly whom: NodeId;
  /** On whose word: its own, that of somebody else, or this node's own impression; null when its time was over. */
  readonly on: NodeId | null;
}
