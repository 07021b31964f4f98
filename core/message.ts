import type { Coordinate } from './membership/coordinate.js';
import type { Chunk, Manifest } from './chunk.js';
import type { Contact } from './machine.js';
import type { TicketReason } from './trace.js';
import type { NodeId, StreamId, TicketId, Time } from './units.js';

export type { Command } from './command.js';

/** All that nodes and the directory say to each other once a session stands. Tags on the wire only ever grow. */
export type Message =
  | Announce
  | Announced
  | Find
  | Contacts
  | WantManifest
  | ManifestMessage
  | Ask
  | Offer
  | Refuse
  | Confirm
  | Renew
  | Renewed
  | Cancel
  | Tick
  | ChunkMessage
  | Pull
  | Lacking
  | Leaving
  | Seed
  | Enlist
  | WantSupernodes
  | SupernodesMessage
  | Register
  | Registered
  | Deregister
  | Gossip
  | AskStandby
  | StandbyMessage
  | RefuseStandby
  | Activate
  | Activated
  | Unreached
  | ReachableAt
  | WantCall
  | Call;

export type MessageType = Message['type'];

/** A freshness mark on one sub-stream: the newest chunk that came down the tree, and the hops it took. */
export interface Beat {
  readonly epoch: number;
  /** -1 before the first chunk. */
  readonly seq: number;
  /** Hops from the publisher, 0 at the publisher. */
  readonly depth: number;
}

/** What a node tells the directory about itself; signed with its key. */
export interface NodeRecord {
  readonly node: NodeId;
  readonly publicKey: Uint8Array;
  readonly endpoints: readonly string[];
  readonly streams: readonly StreamLoad[];
  /** Rises with each announcement of the node. */
  readonly seq: number;
  /** Time the record lives in the directory; 0 withdraws it. */
  readonly ttl: Time;
  readonly signature: Uint8Array;
}

/** Room that a node has on one stream. Hints only. */
export interface StreamLoad {
  readonly stream: StreamId;
  /** Free slots, one slot being one sub-stream to one consumer. */
  readonly free: number;
  /** Bit s is set where the node relays sub-stream s to others. */
  readonly interior: number;
  /** Largest depth over the sub-streams it relays. */
  readonly depth: number;
  /** Where the node is; null while unknown. */
  readonly at: Coordinate | null;
}

/**
 * A candidate provider and what was last heard of its room. An empty address: it cannot be dialled, and who names it is
 * connected to it, or is it.
 */
export interface Candidate {
  readonly contact: Contact;
  readonly load: StreamLoad | null;
}

/** What a supernode tells the directory about itself; signed with its key, under a domain of its own. */
export interface SupernodeRecord {
  readonly node: NodeId;
  readonly publicKey: Uint8Array;
  readonly address: string;
  /** Children it has, and those it would take. */
  readonly children: number;
  readonly room: number;
  readonly seq: number;
  /** 0 withdraws it. */
  readonly ttl: Time;
  readonly signature: Uint8Array;
}

/** A supernode as others know it. */
export interface SupernodeEntry {
  readonly contact: Contact;
  readonly room: number;
  readonly children: number;
  /** Time since it was heard to speak for itself. */
  readonly age: Time;
}

/** A stream that somebody has, as supernodes tell each other. */
export interface StreamNews {
  readonly stream: StreamId;
  /** Time since a holder was heard to speak for itself. */
  readonly age: Time;
  readonly candidates: readonly Candidate[];
}

/** Node to directory: I am here. Repeated before the time to live ends. */
export interface Announce {
  readonly type: 'announce';
  readonly record: NodeRecord;
}
/** Directory to node: taken; `refresh` is how soon to announce again. */
export interface Announced {
  readonly type: 'announced';
  readonly seq: number;
  readonly refresh: Time;
}
/** Directory to node, in place of `announced`: taken, but nobody was met at its address so far, and nobody is sent there. */
export interface Unreached {
  readonly type: 'unreached';
  readonly seq: number;
}
/** Node to neighbour: what the handshake said holds no more, dial me here; empty: nobody can dial me. */
export interface ReachableAt {
  readonly type: 'reachable-at';
  readonly address: string;
}
/** Ask this neighbour of yours, which cannot be dialled, to dial me. */
export interface WantCall {
  readonly type: 'want-call';
  readonly node: NodeId;
}
/** A neighbour of mine wants you to dial it. */
export interface Call {
  readonly type: 'call';
  readonly contact: Contact;
}
/** Who has this stream? To the directory or to any peer. */
export interface Find {
  readonly type: 'find';
  readonly stream: StreamId;
  /** Bit set of the sub-streams wanted; all bits when the number of sub-streams is not known yet. */
  readonly subs: number;
  readonly count: number;
}
export interface Contacts {
  readonly type: 'contacts';
  readonly stream: StreamId;
  readonly candidates: readonly Candidate[];
}
export interface WantManifest {
  readonly type: 'want-manifest';
  readonly stream: StreamId;
}
export interface ManifestMessage {
  readonly type: 'manifest';
  readonly manifest: Manifest;
}
/** Consumer to candidate: will you forward these sub-streams to me? Answered by an offer or a refusal for each. */
export interface Ask {
  readonly type: 'ask';
  readonly stream: StreamId;
  /** Bit set of sub-streams. */
  readonly subs: number;
  /** Slots the asker could serve on the sub-streams it is interior in; ranks it for a place near the publisher. */
  readonly slots: number;
  readonly interior: number;
  /**
   * Which slots will do: those of a relay of the sub-stream, any that is free once earlier rounds found no room, or
   * even one that the provider holds back for those who lose their picture otherwise.
   */
  readonly slot: 'fitting' | 'any' | 'reserved';
  /** Epoch of the manifest the asker holds, -1 for none; a provider that knows a newer one sends it first. */
  readonly epoch: number;
}
/** Provider to consumer: a slot is held for `ttl`. */
export interface Offer {
  readonly type: 'offer';
  readonly stream: StreamId;
  readonly sub: number;
  readonly ticket: TicketId;
  readonly generation: number;
  /** Incarnation of the provider. */
  readonly incarnation: number;
  readonly ttl: Time;
  readonly beat: Beat;
  /** The provider's reading of the publisher's stream clock and how far it may be off; null while it has none. */
  readonly source: ClockReading | null;
  /** The newest keyframes in the provider's window, oldest first, so that a joiner can choose where to start. */
  readonly keyframes: readonly Keyframe[];
  /** Where the provider is. */
  readonly at: Coordinate | null;
}
export interface Keyframe {
  readonly seq: number;
  readonly sourceTime: Time;
}
export interface ClockReading {
  readonly time: Time;
  readonly error: Time;
}
export interface Refuse {
  readonly type: 'refuse';
  readonly stream: StreamId;
  /** Bit set of the sub-streams refused for this reason. */
  readonly subs: number;
  readonly why: 'full' | 'starving' | 'depth' | 'unknown' | 'leaving';
  /** Where else to ask, best first. */
  readonly candidates: readonly Candidate[];
}
/** Consumer to provider: start forwarding, first the chunks of the sub-stream from `from` on that you hold. Acknowledged by `renewed`. */
export interface Confirm {
  readonly type: 'confirm';
  readonly ticket: TicketId;
  readonly generation: number;
  /** -1 asks for new chunks only. */
  readonly from: number;
  readonly stamp: Time;
}
/** Consumer to provider, one message for all tickets between the two. `stamp` is the consumer's own clock. */
export interface Renew {
  readonly type: 'renew';
  readonly stamp: Time;
  readonly tickets: readonly TicketRef[];
  /** Free slots of the consumer and the sub-streams it relays, so that the provider can refer others to it. */
  readonly free: number;
  readonly interior: number;
  readonly at: Coordinate | null;
}
export interface TicketRef {
  readonly ticket: TicketId;
  readonly generation: number;
}
/** Provider to consumer: the leases of these tickets now count from the renewal stamped `stamp`. */
export interface Renewed {
  readonly type: 'renewed';
  readonly stamp: Time;
  readonly tickets: readonly TicketRef[];
  readonly stream: StreamId;
  readonly source: ClockReading | null;
  /** Where the provider is. */
  readonly at: Coordinate | null;
}
/** Either end gives the ticket up. `side` is the role of the sender in it. */
export interface Cancel {
  readonly type: 'cancel';
  readonly side: 'provider' | 'consumer';
  readonly ticket: TicketId;
  readonly generation: number;
  readonly why: TicketReason;
  readonly candidates: readonly Candidate[];
}
/** Sign of life on an edge that was silent for a moment, with the provider's beats on the sub-streams it forwards there. */
export interface Tick {
  readonly type: 'tick';
  readonly stream: StreamId;
  readonly beats: readonly TickBeat[];
}
export interface TickBeat extends Beat {
  readonly sub: number;
  /** The provider itself waits for a new provider: keep the ticket and pull. */
  readonly starving: boolean;
}
/** A chunk, pushed along a ticket or in answer to a pull. */
export interface ChunkMessage {
  readonly type: 'chunk';
  readonly mode: 'push' | 'pull';
  readonly chunk: Chunk;
  /** The sender's beat on the chunk's sub-stream, -1 while it has none in the chunk's epoch. */
  readonly beatSeq: number;
  readonly depth: number;
}
export interface Pull {
  readonly type: 'pull';
  readonly stream: StreamId;
  readonly epoch: number;
  readonly seqs: readonly number[];
}
/** Answer to a pull: these I do not have. */
export interface Lacking {
  readonly type: 'lacking';
  readonly stream: StreamId;
  readonly epoch: number;
  readonly seqs: readonly number[];
}
/** The sender is about to go; it forwards until its consumers have moved or a moment has passed. */
export interface Leaving {
  readonly type: 'leaving';
  readonly stream: StreamId;
  readonly candidates: readonly Candidate[];
}

/** Supernode to directory: nodes may register with me. Repeated like an announcement. */
export interface Enlist {
  readonly type: 'enlist';
  readonly record: SupernodeRecord;
}
/** Which supernodes are there, and are you one? To the directory or to any peer; the answer also tells the round trip. */
export interface WantSupernodes {
  readonly type: 'want-supernodes';
  readonly stamp: Time;
}
export interface SupernodesMessage {
  readonly type: 'supernodes';
  /** Of the question. */
  readonly stamp: Time;
  /** Whether the sender is one, and how many children it would still take. */
  readonly supernode: boolean;
  readonly room: number;
  readonly entries: readonly SupernodeEntry[];
}
/** Ordinary node to supernode: take me as a child, or renew that, with the room that I have. */
export interface Register {
  readonly type: 'register';
  readonly stamp: Time;
  readonly loads: readonly StreamLoad[];
}
/** Answer to a registration. `leaving` may come unasked: the sender is no supernode any longer. */
export interface Registered {
  readonly type: 'registered';
  readonly stamp: Time;
  readonly verdict: 'accepted' | 'full' | 'ordinary' | 'leaving';
  /** Place of the child among all, strongest first: who follows a supernode that is alone and fails. */
  readonly place: number;
  readonly entries: readonly SupernodeEntry[];
}
/** The child has another primary, or is a supernode itself. */
export interface Deregister {
  readonly type: 'deregister';
}
/** Between supernodes: my room, whom else I know, which streams there are. */
export interface Gossip {
  readonly type: 'gossip';
  readonly room: number;
  readonly children: number;
  readonly entries: readonly SupernodeEntry[];
  readonly streams: readonly StreamNews[];
}

/** Please receive this stream and pass it on, though nobody watches it where you are. Who has not agreed to be asked ignores it. */
export interface Seed {
  readonly type: 'seed';
  readonly stream: StreamId;
}
/** Consumer to candidate: keep a slot for me, in case that `via`, who provides the sub-stream, fails. */
export interface AskStandby {
  readonly type: 'ask-standby';
  readonly stream: StreamId;
  readonly sub: number;
  readonly via: NodeId;
}
/** The slot is kept, as a ticket that carries nothing; the lease counts from the question. */
export interface StandbyMessage extends TicketRef {
  readonly type: 'standby';
  readonly stream: StreamId;
  readonly sub: number;
  readonly incarnation: number;
}
export interface RefuseStandby {
  readonly type: 'refuse-standby';
  readonly stream: StreamId;
  readonly sub: number;
}
/** Consumer to provider: forward along this standby now, first what you hold from `from` on. */
export interface Activate extends TicketRef {
  readonly type: 'activate';
  readonly from: number;
  readonly stamp: Time;
}
/** It is active; the consumer takes it if the beat is feasible, and cancels it otherwise. */
export interface Activated extends TicketRef {
  readonly type: 'activated';
  readonly stream: StreamId;
  readonly stamp: Time;
  readonly beat: Beat;
}
