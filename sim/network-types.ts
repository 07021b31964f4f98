import type { DialOutcome, DialTarget, Input, PeerReason } from '../core/machine.js';
import type { NodeId, Time } from '../core/units.js';
import type { EventQueue } from './queue-types.js';

/** What the network must know of the messages it carries; a `Protocol` gives all but the last. */
export interface Sizes<M> {
  /** Bytes as one frame, headers included. */
  encodedBytes(message: M): number;
  /** Whether it is media, which other messages may overtake. */
  carriesChunk(message: M): boolean;
  /** Bytes of media in a message that carries some; `chunk.size` of the message unless given. */
  payloadBytes?(message: M): number;
}

/** Bytes of media in a message that carries some. */
export function payloadOf<M>(sizes: Sizes<M>, message: M): number {
  if (sizes.payloadBytes !== undefined) return sizes.payloadBytes(message);
  return (message as { chunk?: { size: number } }).chunk?.size ?? 0;
}

/** Time and queue of the world that the network lives in. */
export interface NetworkPorts {
  readonly queue: EventQueue;
  now(): Time;
}

/** Delay of one direction between two nodes: a part that never changes and a part that jitter scales. */
export interface Path {
  readonly base: Time;
  readonly spread: Time;
}

/** Gives the delay of every ordered pair; asked once per connection. */
export interface PathModel {
  path(from: NodeId, to: NodeId): Path;
}

export interface NetworkOptions<M> {
  readonly sizes: Sizes<M>;
  readonly paths: PathModel;
  /** Chance that a TCP segment is lost; 0 unless given. */
  readonly loss?: number;
  /** Seed of jitter and loss draws. */
  readonly seed?: number;
  /** Round trips until both ends are up: TCP, TLS, upgrade, hello. 4 unless given. */
  readonly dialRoundTrips?: number;
  /** A dial without an answer is given up after this; 5 s unless given. */
  readonly dialTimeout?: Time;
  /** A connection on which nothing is acknowledged is given up after this; 20 s unless given. */
  readonly giveUp?: Time;
  /** Bytes that the two hellos cost each end; 256 unless given. */
  readonly helloBytes?: number;
  /** The session's verdict at the end of a dial; 'ok' unless given. */
  readonly handshake?: (dialler: NodeId, acceptor: NodeId) => 'ok' | 'identity' | 'busy' | 'refused';
  /** Applied to every message on its way: a freeze, or a round trip through a codec. */
  readonly transform?: (message: M) => M;
}

/** Whether a node answers: `stopped` refuses dials, `crashed` is silent. */
export type StationState = 'up' | 'stopped' | 'crashed';

/** A node as the network knows it. */
export interface Station<M, C> {
  readonly index: number;
  readonly name: NodeId;
  /** Own ends of open connections: name of the peer to number of the link towards it. */
  readonly links: Map<NodeId, number>;
  receive: (input: Input<M, C>) => void;
  state: StationState;
  /** It stands still: what comes for it waits. */
  paused: boolean;
  /** Behind address translation: nobody else's dials reach it. */
  hidden: boolean;
  /** Counts attachments, so that what was meant for an earlier life is recognised. */
  life: number;
}

export function createStation<M, C>(index: number, name: NodeId): Station<M, C> {
  return { index, name, links: new Map(), receive: ignore, state: 'stopped', paused: false, hidden: false, life: 0 };
}

/** What a node that is not attached does with its inputs. */
export function ignore(): void {}

/** A dial under way; the payload of its event. */
export interface Dial<M, C> {
  readonly from: Station<M, C>;
  readonly life: number;
  readonly contact: DialTarget;
  readonly to: Station<M, C>;
  readonly startedAt: Time;
  readonly there: Path;
  readonly back: Path;
  /** Knocks so far; 0 once the target has answered one. */
  readonly knocks: number;
}

/** What dialling needs of the network. */
export interface Exchange<M, C> {
  station(name: NodeId): Station<M, C> | undefined;
  blocked(from: NodeId, to: NodeId): boolean;
  /** The peer's end of the connection that `link` is one end of, still open. */
  paired(link: number): boolean;
  /** Closes one end and tells its owner. */
  closeEnd(link: number, why: PeerReason): void;
  establish(dial: Dial<M, C>): void;
  inform(station: Station<M, C>, at: Time, input: Input<M, C>): void;
  scheduleDial(at: Time, dial: Dial<M, C>): void;
}

export type DialFailure = Extract<DialOutcome, { ok: false }>['why'];
