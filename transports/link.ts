import { assert } from '../core/assert.js';
import { LIMITS } from '../core/limits.js';
import type { ByeCode } from '../core/machine.js';
import type { Session, SessionFault, SessionPeer } from '../core/session/session.js';
import { Flow } from './flow.js';
import { acknowledgement, end, type Lane, PieceQueue, Reassembler } from './pieces.js';
import { CLOSE_TIMEOUT_MS, type CloseCode, type Connection, DIAL_TIMEOUT_MS } from './transport.js';

/** What a link reports to its network. `ended` is the last, and does not follow `destroy`. */
export interface LinkEvents {
  /** The peer is proven. A dialled one does not know it yet: false, after a close, spares it a connection that ends at once. */
  admit(link: Link): boolean;
  /** The handshake is done at this end. */
  established(link: Link): void;
  message(link: Link, frame: Uint8Array): void;
  flow(link: Link, change: 'congested' | 'writable'): void;
  /** The peer sends no more messages here. */
  drained(link: Link): void;
  ended(link: Link, code: CloseCode, detail: string, local: boolean): void;
}

/** How much of the line one connection may take at a time. */
export interface LinkBounds {
  /** The largest piece, which a control message may have to wait for. */
  readonly pieceBytes: number;
  /** Bytes that may wait for the window before the sender is told to stop. */
  readonly queueBytes: number;
}

/** Pieces of 50 ms and a queue of a second at the uplink's rate, within 1 to 16 and 64 to 256 KiB. */
export function linkBounds(uplink: number): LinkBounds {
  const second = uplink / 8;
  return {
    pieceBytes: Math.floor(Math.min(LIMITS.pieceBytes, Math.max(1024, second / 20))),
    queueBytes: Math.floor(Math.min(256 * 1024, Math.max(64 * 1024, second))),
  };
}

/** A sender that goes on regardless loses the connection at this multiple of them; what one input sets off may pass. */
const OVERRUN = 16;

/** A peer that takes nothing of what is under way for this long is dropped. */
export const STALL_MS = 5_000;

interface Farewell {
  readonly code: ByeCode;
  readonly detail: string;
  /** Whether the peer is to drain its end first. */
  readonly mutual: boolean;
  readonly until: number;
}

const BYE_OF_FAULT: Readonly<Record<SessionFault, ByeCode>> = {
  malformed: 'protocol',
  self: 'identity',
  identity: 'identity',
  network: 'identity',
  version: 'version',
  proof: 'identity',
};

/** One connection with its handshake, pieces and flow. Messages leave in order within a lane, control first. */
export class Link {
  readonly connection: Connection;
  readonly createdAt: number;
  readonly #session: Session;
  readonly #events: LinkEvents;
  readonly #queue: PieceQueue;
  readonly #reassembler = new Reassembler();
  readonly #flow: Flow;
  readonly #now: () => number;
  readonly #queueBytes: number;
  #state: 'greeting' | 'open' | 'retiring' | 'ended' = 'greeting';
  #congested = false;
  #farewell: Farewell | null = null;
  /** Whether each end has said that no message follows. */
  #endSent = false;
  #endReceived = false;
  /** Messages kept back while those of an older connection to the same peer are still to come; null when none is. */
  #held: Uint8Array[] | null = null;
  #heldBytes = 0;

  /** @param now a monotonic clock in milliseconds */
  constructor(connection: Connection, session: Session, events: LinkEvents, now: () => number, bounds: LinkBounds) {
    this.connection = connection;
    this.createdAt = now();
    this.#session = session;
    this.#events = events;
    this.#now = now;
    this.#queue = new PieceQueue(bounds.pieceBytes);
    this.#queueBytes = bounds.queueBytes;
    this.#flow = new Flow(now());
    connection.open({
      frame: (bytes) => this.#frame(bytes),
      drain: () => this.#pump(),
      close: (code, detail, local) => this.#end(code, detail, local),
    });
    for (const frame of session.start().send) this.#queue.push('control', frame);
    this.#pump();
  }

  /** Who is at the other end; null before that is proven. */
  get peer(): SessionPeer | null {
    return this.#session.peer;
  }

  get dialled(): boolean {
    return this.connection.dialled;
  }

  /** Whether `congested` was reported and `writable` was not yet. */
  get congested(): boolean {
    return this.#congested;
  }

  /** Only once established. A peer whose queue grows far beyond its bound is dropped, since nothing may be left out. */
  send(lane: Lane, message: Uint8Array): void {
    assert(this.#state !== 'greeting', 'sent before the handshake was done');
    if (this.#state !== 'open') return;
    this.#queue.push(lane, message);
    this.#pump();
    if (this.#queue.bytes > OVERRUN * this.#queueBytes) this.close('flow', 'send queue overrun');
    else if (this.#queue.bytes > this.#queueBytes && !this.#congested) {
      this.#congested = true;
      this.#events.flow(this, 'congested');
    }
  }

  /** Sends what control waits, leaves media behind, and says why; `ended` follows at once. */
  close(code: ByeCode, detail: string): void {
    if (this.#state === 'ended') return;
    for (let piece = this.#queue.next(false); piece !== null; piece = this.#queue.next(false)) {
      this.connection.send(piece);
    }
    this.connection.close(code, detail);
    this.#end(code, detail, true);
  }

  /** Sends all that waits, for as long as a close may take, then closes. What the peer still sends is not waited for. */
  retire(code: ByeCode, detail: string): void {
    this.#wind(code, detail, false);
  }

  /** Like `retire`, but closes only when the peer has drained its end too, so that nothing is lost either way. */
  drain(code: ByeCode, detail: string): void {
    this.#wind(code, detail, true);
  }

  #wind(code: ByeCode, detail: string, mutual: boolean): void {
    if (this.#state !== 'open') return;
    this.#state = 'retiring';
    this.#farewell = { code, detail, mutual, until: this.#now() + CLOSE_TIMEOUT_MS };
    this.#pump();
  }

  /** What is left of a retiring link when its node stops: control and the goodbye. True when there was one. */
  hurry(): boolean {
    if (this.#farewell === null) return false;
    this.close(this.#farewell.code, this.#farewell.detail);
    return true;
  }

  /** Keeps messages back, unacknowledged, until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    this.#heldBytes = 0;
    for (const frame of held) if (this.#state !== 'ended') this.#events.message(this, frame);
  }

  /** As a crash does: nothing more is sent, nothing reported. */
  destroy(): void {
    this.#state = 'ended';
    this.connection.destroy();
  }

  /** Called every half second: late handshakes, stalled readers, acknowledgements of the last few bytes. */
  tick(): void {
    const now = this.#now();
    if (this.#state === 'greeting' && now - this.createdAt >= DIAL_TIMEOUT_MS) this.close('idle', 'no handshake');
    if (this.#farewell !== null && now >= this.#farewell.until) this.hurry();
    if (this.#state === 'ended') return;
    if (this.#flow.stalledFor(this.connection.queuedBytes, now) >= STALL_MS) this.close('flow', 'nothing was taken');
    else this.#acknowledge();
  }

  #frame(piece: Uint8Array): void {
    if (this.#state === 'ended') return;
    const taken = this.#reassembler.take(piece);
    if (taken.type === 'violation') {
      this.close('protocol', `piece: ${taken.why}`);
      return;
    }
    if (taken.type === 'acknowledged') {
      if (this.#flow.acknowledged(taken.received)) this.#pump();
      else this.close('protocol', 'impossible acknowledgement');
      return;
    }
    if (taken.type === 'end') {
      this.#endReceived = true;
      this.#events.drained(this);
      this.#pump();
      return;
    }
    const due = this.#flow.received(piece.length);
    if (taken.type === 'message') {
      if (this.#state === 'greeting') this.#greet(taken.lane, taken.bytes);
      else this.#pass(taken.bytes);
    }
    if (due) this.#acknowledge();
  }

  #pass(frame: Uint8Array): void {
    if (this.#held === null) {
      this.#events.message(this, frame);
      return;
    }
    this.#held.push(frame);
    this.#heldBytes += frame.length;
    if (this.#heldBytes > LIMITS.messageBytes) this.close('flow', 'sent past the window');
  }

  #greet(lane: Lane, frame: Uint8Array): void {
    if (lane !== 'control') {
      this.close('protocol', 'media before the handshake');
      return;
    }
    const { send, state, why } = this.#session.receive(frame);
    if (why !== null) {
      this.close(BYE_OF_FAULT[why], `handshake: ${why}`);
      return;
    }
    const open = state === 'open';
    if (open && !this.#events.admit(this)) return;
    for (const answer of send) this.#queue.push('control', answer);
    if (open) this.#state = 'open';
    this.#pump();
    if (open) this.#events.established(this);
  }

  /** Left for the next tick while the transport is full: a peer that sends and never reads would fill it with these. */
  #acknowledge(): void {
    if (this.#state === 'ended' || this.#held !== null) return;
    if (this.connection.queuedBytes > LIMITS.pieceBytes) return;
    const received = this.#flow.report();
    if (received !== null) this.connection.send(acknowledgement(received));
  }

  #pump(): void {
    if (this.#state === 'ended') return;
    for (;;) {
      const now = this.#now();
      const underWay = this.#flow.underWay(this.connection.queuedBytes, now);
      if (!this.#flow.admits('control', underWay)) break;
      const piece = this.#queue.next(this.#flow.admits('media', underWay));
      if (piece === null) break;
      this.#flow.sent(piece.length, now);
      this.connection.send(piece);
    }
    if (this.#congested && this.#queue.bytes < this.#queueBytes / 2) {
      this.#congested = false;
      this.#events.flow(this, 'writable');
    }
    if (this.#farewell !== null && this.#queue.bytes === 0) this.#sayFarewell(this.#farewell);
  }

  #sayFarewell({ code, detail, mutual }: Farewell): void {
    if (mutual && !this.#endSent) this.connection.send(end());
    this.#endSent = true;
    if (!mutual || this.#endReceived) this.connection.close(code, detail);
  }

  #end(code: CloseCode, detail: string, local: boolean): void {
    if (this.#state === 'ended') return;
    if (!local) this.release();
    this.#state = 'ended';
    this.#events.ended(this, code, detail, local);
  }
}
