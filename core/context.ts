import { Standing } from './brokering/standing.js';
import type { Config, Identity } from './config.js';
import { Deadlines } from './deadlines.js';
import { Uplink } from './delivery/uplink.js';
import { LIMITS } from './limits.js';
import type { Contact, Crypto, Effects, Rng } from './machine.js';
import { Position, type Coordinate } from './membership/coordinate.js';
import { PeerTable, type Peer } from './membership/peers.js';
import type { Message, StreamLoad } from './message.js';
import { admissionPolicies, type Admission } from './policies/admission.js';
import { feasibilityPolicies, type Feasibility } from './policies/feasibility.js';
import { selectionPolicies, type Selection } from './policies/selection.js';
import { Stream } from './stream.js';
import type { Ticket } from './tickets/ticket.js';
import type { RefusedEvent, TicketReason, TicketState } from './trace.js';
import { Grudges } from './trust/grudges.js';
import type { NodeId, StreamId, TicketId, Time } from './units.js';

export const TIMERS = [
  'bootstrap',
  'announce',
  'housekeeping',
  'pulse',
  'seek',
  'improve',
  'uplink',
  'brokering',
  'leave',
] as const;
export type Timer = (typeof TIMERS)[number];

/**
 * Shares of the uplink promised in normal times, and at most: the queue of a link that is busy all the time knows no
 * bound, and pulls need room too.
 */
const UTILISATION = 0.75;
const RESERVE = 0.9;
/** More slots are not told: nobody has the peers to fill them, and a stream may claim next to no bitrate. */
const SLOTS = 0xffff;

/** The decisions that are taken by name. */
interface Policies {
  readonly feasibility: Feasibility;
  readonly admission: Admission;
  readonly selection: Selection;
}

function policiesOf(config: Config): Policies {
  return {
    feasibility: feasibilityPolicies.get(config.feasibility),
    admission: admissionPolicies.get(config.admission),
    selection: selectionPolicies.get(config.selection),
  };
}

/** What the parts of a node share: its identity, its tables, and the input at hand (time and effects). */
export class NodeContext {
  readonly identity: Identity;
  readonly id: NodeId;
  config: Config;
  /** Those that `config` names. */
  policies: Policies;
  readonly rng: Rng;
  readonly crypto: Crypto;
  readonly incarnation: number;
  readonly deadlines = new Deadlines<Timer>(TIMERS);
  readonly peers: PeerTable;
  readonly standing: Standing;
  readonly position: Position;
  readonly uplink: Uplink;
  /** Nodes that sent what nobody has published, and providers that did not keep their promises. */
  readonly forgers = new Grudges();
  readonly laggards = new Grudges();
  readonly streams = new Map<StreamId, Stream>();
  /** Tickets this node has offered or serves, by id. */
  readonly provided = new Map<TicketId, { readonly stream: Stream; readonly ticket: Ticket }>();
  /** Bits per second promised to consumers, offers included. */
  promised = 0;
  /** Bits per second of slots kept for standby tickets; they give way to all others. */
  spared = 0;
  leaving = false;
  /** Whether others can dial its endpoints, as far as it knows. */
  reachable = true;
  now: Time = 0;
  /** Set at the start of each input. */
  fx!: Effects<Message>;
  #nextTicket = 1;

  constructor(identity: Identity, config: Config, rng: Rng, crypto: Crypto) {
    this.identity = identity;
    this.id = identity.id;
    this.config = config;
    this.policies = policiesOf(config);
    this.rng = rng;
    this.crypto = crypto;
    this.incarnation = (identity.durable?.incarnation ?? 0) + 1;
    this.peers = new PeerTable(Math.max(config.maxPeers, LIMITS.peersSupernode));
    this.standing = new Standing(identity.id, rng.fork('brokering'));
    this.position = new Position(rng.fork('position'));
    this.uplink = new Uplink(config.uplink, config.repairShare);
  }

  /** Takes over a configuration that `validate` finds nothing wrong with. */
  configure(config: Config): void {
    this.config = config;
    this.policies = policiesOf(config);
    this.uplink.repairShare = config.repairShare;
  }

  /** Whether nothing is to be asked of this node for now; in need a provider that is mostly late is better than none. */
  shuns(node: NodeId, inNeed = false): boolean {
    return this.forgers.against(node, this.now) || (!inNeed && this.laggards.against(node, this.now));
  }

  /** Who cannot be dialled names no address. */
  dial(contact: Contact): void {
    this.fx.connect(this.address === null ? { ...contact, nameless: true } : contact);
  }

  send(peer: Peer, message: Message): void {
    this.peers.sent(peer, this.now);
    this.fx.send(peer.id, message);
  }

  /**
   * To be called with each question that a peer must answer: a connection that somebody on the way forgot looks sound
   * from both ends until the system gives it up, which takes far too long.
   */
  expectAnswer(peer: Peer): void {
    if (this.peers.asked(peer, this.now)) this.deadlines.setEarlier('housekeeping', this.now);
  }

  /** The stream of that id, made when it is new. */
  stream(id: StreamId): Stream {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const stream = new Stream(id, this.id, this.config.targetLag);
    this.streams.set(id, stream);
    return stream;
  }

  /** Where this node can be dialled; null when it cannot. */
  get address(): string | null {
    return this.reachable ? (this.config.endpoints[0] ?? null) : null;
  }

  /** A neighbour as a contact for another one; null when the two cannot connect, since nobody can dial either of them. */
  contactFor(asker: Peer, { id, address }: Peer): Contact | null {
    return address === null && asker.address === null ? null : { node: id, address: address ?? '' };
  }

  /** Neighbours there may be, in the present role. */
  get maxPeers(): number {
    const { maxPeers } = this.config;
    return this.standing.role === 'supernode' ? Math.max(maxPeers, LIMITS.peersSupernode) : maxPeers;
  }

  newTicketId(): TicketId {
    const id = this.#nextTicket;
    this.#nextTicket = id === 0xffffffff ? 1 : id + 1;
    return id;
  }

  /** Bits per second promised at most. */
  get lendable(): number {
    return this.config.uplink * RESERVE;
  }

  /** Slots of the stream's size that are neither served nor offered; `reserve` included when nothing else helps. */
  freeSlots(stream: Stream, reserve = false): number {
    if (this.leaving || stream.manifest === null) return 0;
    const lent = this.config.uplink * (reserve ? RESERVE : UTILISATION);
    return Math.min(SLOTS, Math.max(0, Math.floor((lent - this.promised) / stream.slotRate)));
  }

  /** Slots that may be kept for standby tickets: what is neither promised nor kept, less one for the next who asks. */
  spareSlots(stream: Stream): number {
    if (this.leaving || stream.manifest === null) return 0;
    const left = this.config.uplink * UTILISATION - this.promised - this.spared;
    return Math.max(0, Math.floor(left / stream.slotRate) - 1);
  }

  /** Whether slots are kept for standby tickets that are promised to others meanwhile. */
  get oversubscribed(): boolean {
    return this.promised + this.spared > this.config.uplink * RESERVE;
  }

  slots(stream: Stream): number {
    if (stream.manifest === null) return 0;
    return Math.min(SLOTS, Math.floor((this.config.uplink * UTILISATION) / stream.slotRate));
  }

  /** Where this node is, as far as that helps others; they orient themselves by the publisher. */
  at(stream: Stream): Coordinate | null {
    return stream.publishing === null ? this.position.coordinate : this.position.anchor;
  }

  /** What we tell of our room on a stream; null while we have nothing to give. */
  loadOf(stream: Stream): StreamLoad | null {
    if (stream.manifest === null || (stream.publishing === null && !stream.joined)) return null;
    let depth = 0;
    for (let sub = 0; sub < stream.substreams; sub++) {
      if ((stream.interior & (1 << sub)) !== 0) depth = Math.max(depth, stream.subs.depth(sub));
    }
    return { stream: stream.id, free: this.freeSlots(stream), interior: stream.interior, depth, at: this.at(stream) };
  }

  traceTicket(
    stream: Stream,
    ticket: Ticket,
    from: TicketState | null,
    to: TicketState | null,
    why: TicketReason,
  ): void {
    if (this.fx.trace === null) return;
    const provides = ticket.side === 'provider';
    this.fx.trace({
      type: 'ticket',
      ticket: ticket.id,
      stream: stream.id,
      sub: ticket.sub,
      provider: provides ? this.id : ticket.peer.id,
      consumer: provides ? ticket.peer.id : this.id,
      incarnation: ticket.incarnation,
      generation: ticket.generation,
      from,
      to,
      why,
      expires: ticket.expires,
      bitrate: ticket.bitrate,
    });
  }

  traceRefused(what: RefusedEvent['what'], whom: NodeId, why: RefusedEvent['why']): void {
    this.fx.trace?.({ type: 'refused', what, whom, why });
  }
}
