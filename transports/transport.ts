import type { ByeCode } from '../core/machine.js';

/** Why a connection ended: a code that one of the ends gave, or what happened to the path between them. */
export type CloseCode = ByeCode | 'closed' | 'reset' | 'timeout';

/** What a connection tells its one user. Never called from inside a call of the user's into the connection. */
export interface ConnectionEvents {
  /** One whole frame, in the order of sending. The bytes belong to the receiver. */
  frame(bytes: Uint8Array): void;
  /** The bytes handed to `send` have left for the kernel, so that `queuedBytes` is small again. */
  drain(): void;
  /** The last event. `local` when this side caused it (a limit that the other end broke counts as local). */
  close(code: CloseCode, detail: string, local: boolean): void;
}

/** An ordered, reliable duplex of bounded binary frames between two programs; it knows nothing of what they carry. */
export interface Connection {
  /** Where the other end is, for limits per host and for logs. */
  readonly remote: string;
  /** Whether this side opened it. */
  readonly dialled: boolean;
  /** Bytes given to `send` that the operating system has not taken yet. */
  readonly queuedBytes: number;
  /** Takes the events from now on; frames that came before are kept and delivered first. Called once. */
  open(events: ConnectionEvents): void;
  /** Ignored once the connection is closing. Throws on a frame above `LIMITS.pieceBytes`. */
  send(frame: Uint8Array): void;
  /**
   * Delivers what was sent before, then tells the other end why. Frames that the other end sent before it learns of
   * this are still reported; the event `close` follows, at the latest after `CLOSE_TIMEOUT_MS`.
   */
  close(code: ByeCode, detail: string): void;
  /** Ends at once and without a word, as a crash does; no event follows. */
  destroy(): void;
}

export type DialFailure = 'refused' | 'timeout' | 'unreachable' | 'busy';

export type DialResult =
  | { readonly ok: true; readonly connection: Connection }
  | { readonly ok: false; readonly why: DialFailure; readonly detail: string };

export interface Listener {
  /** What others dial. */
  readonly address: string;
  /** Stops accepting; connections that stand are not touched. */
  close(): Promise<void>;
}

export interface Transport {
  /** Whether `dial` understands the address. */
  takes(address: string): boolean;
  /** Rejects when the address cannot be bound. */
  listen(accept: (connection: Connection) => void): Promise<Listener>;
  /** Reports once, later, within `DIAL_TIMEOUT_MS`; the returned function gives the dial up, after which nothing is reported. */
  dial(address: string, done: (result: DialResult) => void): () => void;
}

/** Deadline of a dial and, anew, of the session handshake that follows it. */
export const DIAL_TIMEOUT_MS = 5_000;

/** A closing connection whose other end does not answer is cut after this. */
export const CLOSE_TIMEOUT_MS = 2_000;
