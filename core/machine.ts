import type { Chunk } from './chunk.js';
import type { TraceEvent } from './trace.js';
import type { CommandId, NodeId, Time } from './units.js';

/** Where a node can be dialled. `node` is null for an address from a static list whose owner is not known yet. */
export interface Contact {
  readonly node: NodeId | null;
  readonly address: string;
}

/** Whom to dial. */
export interface DialTarget extends Contact {
  /** In the handshake this node names no address of its own: nobody can dial it. */
  readonly nameless?: true;
}

/** Why a connection came up, went down or changed its flow. */
export type PeerReason =
  | 'dialled'
  | 'accepted'
  | 'closed'
  | 'reset'
  | 'timeout'
  | 'replaced'
  | 'slow'
  | 'full'
  | 'drained'
  | ByeCode;

/** Why this side closes a connection; travels to the peer. */
export type ByeCode = 'leaving' | 'idle' | 'protocol' | 'identity' | 'version' | 'busy' | 'duplicate' | 'flow';

export type DialOutcome =
  | { readonly ok: true; readonly peer: NodeId }
  | { readonly ok: false; readonly why: 'refused' | 'timeout' | 'unreachable' | 'identity' | 'busy' };

/** All that ever happens to a machine. A journal of inputs replays a node alone. */
export type Input<M, C> =
  | { readonly type: 'message'; readonly from: NodeId; readonly message: M }
  | {
      readonly type: 'peer';
      readonly peer: NodeId;
      readonly change: 'up' | 'down' | 'congested' | 'writable';
      readonly why: PeerReason;
      /** With `up`: where the peer says it can be dialled. */
      readonly address?: string;
    }
  /** The outcome of a dial whose node id was not known, or that failed. */
  | { readonly type: 'dial'; readonly contact: Contact; readonly outcome: DialOutcome }
  | { readonly type: 'wake' }
  | { readonly type: 'command'; readonly id: CommandId; readonly command: C };

/** Answer to a command. `data` is plain and serialisable. */
export type CommandResult =
  | { readonly ok: true; readonly data?: unknown }
  | {
      readonly ok: false;
      readonly why:
        | 'unknown-stream'
        | 'unknown-ticket'
        | 'unknown-node'
        | 'not-publisher'
        | 'exists'
        | 'limit'
        | 'invalid'
        | 'left';
    };

/** The little that must survive a sudden end; the host stores it and hands it back through the configuration. */
export interface DurableState {
  readonly incarnation: number;
  /** Highest epoch published per stream. */
  readonly epochs: Readonly<Record<string, number>>;
  readonly contacts: readonly Contact[];
}

/** Where a machine writes what it wants done. An implementation records or schedules; it never calls back. */
export interface Effects<M> {
  send(to: NodeId, message: M): void;
  connect(to: DialTarget): void;
  disconnect(peer: NodeId, code: ByeCode, detail: string): void;
  /** In order, once, verified. */
  play(chunk: Chunk): void;
  reply(id: CommandId, result: CommandResult): void;
  persist(state: DurableState): void;
  /** null when nobody listens, so that no event is built. */
  readonly trace: ((event: TraceEvent) => void) | null;
}

export interface Deadline {
  readonly at: Time;
  readonly why: string;
}

/** A protocol: a synchronous state machine, mutable inside, that takes one input to completion. */
export interface Machine<M, C, V> {
  /** Throws only on a bug in this program. */
  handle(now: Time, input: Input<M, C>, effects: Effects<M>): void;
  /**
   * The earliest timer with its reason; null when nothing is pending. Changes only inside `handle` and `restore`; the
   * object may be reused, so it is to be read at once.
   */
  nextDeadline(): Deadline | null;
  /** Plain, serialisable picture of the state. */
  view(): V;
  /** Takes over the state of a view: restart with kept state, arbitrary starting states, fork. */
  restore(view: V): void;
}

export interface Clock {
  now(): Time;
  /** Replaces the wake-up of `key`; null cancels it. */
  wakeAt(key: NodeId, at: Time | null, wake: () => void): void;
}

/** Ordered, reliable connections between named nodes. Messages without a chunk may overtake those with one. */
export interface Network<M, C = never> {
  attach(node: NodeId, receive: (input: Input<M, C>) => void): void;
  detach(node: NodeId): void;
  send(from: NodeId, to: NodeId, message: M): void;
  connect(from: NodeId, to: DialTarget): void;
  disconnect(from: NodeId, to: NodeId, code: ByeCode, detail: string): void;
}

export interface KeyPair {
  readonly publicKey: Uint8Array;
  /** Opaque to the core; only the Crypto port that made it can use it. */
  readonly secret: unknown;
}

/** Synchronous cryptography. Live: Ed25519 and SHA-256. */
export interface Crypto {
  /** 64 bytes. */
  sign(key: KeyPair, bytes: Uint8Array): Uint8Array;
  verify(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean;
  /** 32 bytes. */
  hash(bytes: Uint8Array): Uint8Array;
  /** The node or stream id that a public key stands for. */
  idOf(publicKey: Uint8Array): NodeId;
}

export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  /** An independent stream for one purpose; the same label gives the same stream. */
  fork(label: string): Rng;
}
