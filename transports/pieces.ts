import { assert } from '../core/assert.js';
import { LIMITS } from '../core/limits.js';

/**
 * Pieces: how messages share a connection, so that control never waits behind media.
 *
 *     piece := first | more | acknowledgement | end
 *     first := head u8 (1 control, 3 media) • total varint • data      total: bytes of the whole message
 *     more  := head u8 (0 control, 2 media) • data
 *     acknowledgement := head u8 (4) • received varint                 bytes of messages' pieces taken so far
 *     end   := head u8 (5)                                             the sender has sent all its messages
 *
 * A message has at least one byte, a piece at least one byte of data, and within a lane messages follow each other.
 */
export type Lane = 'control' | 'media';

/** Most bytes of one message of a lane. */
export const LANE_BYTES: Readonly<Record<Lane, number>> = {
  control: LIMITS.controlBytes,
  media: LIMITS.messageBytes,
};

const MORE: Readonly<Record<Lane, number>> = { control: 0, media: 2 };
const ACKNOWLEDGEMENT = 4;
const END = 5;
const FIRST_BIT = 1;

interface Waiting {
  readonly bytes: Uint8Array;
  taken: number;
}

/** Messages on their way out of one connection, cut on demand. Bounded by its user through `bytes`. */
export class PieceQueue {
  readonly #pieceBytes: number;
  readonly #lanes: Record<Lane, Waiting[]> = { control: [], media: [] };
  #bytes = 0;

  /** @param pieceBytes the largest piece, head included */
  constructor(pieceBytes: number = LIMITS.pieceBytes) {
    assert(pieceBytes >= 8 && pieceBytes <= LIMITS.pieceBytes, 'piece size out of range');
    this.#pieceBytes = pieceBytes;
  }

  /** Bytes of messages that wait, without heads. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Throws when the message is empty or larger than its lane allows. */
  push(lane: Lane, message: Uint8Array): void {
    if (message.length === 0 || message.length > LANE_BYTES[lane]) {
      throw new RangeError(`a ${lane} message of ${message.length} bytes cannot be sent`);
    }
    this.#lanes[lane].push({ bytes: message, taken: 0 });
    this.#bytes += message.length;
  }

  /** The next piece, control first, then media in order of arrival; null when the lanes allowed hold nothing. */
  next(media: boolean): Uint8Array | null {
    if (this.#lanes.control.length > 0) return this.#cut('control');
    return media && this.#lanes.media.length > 0 ? this.#cut('media') : null;
  }

  #cut(lane: Lane): Uint8Array {
    const queue = this.#lanes[lane];
    const message = queue[0];
    assert(message !== undefined, 'cut from an empty lane');
    const first = message.taken === 0;
    const head = first ? 1 + varintBytes(message.bytes.length) : 1;
    const data = Math.min(message.bytes.length - message.taken, this.#pieceBytes - head);
    const piece = new Uint8Array(head + data);
    piece[0] = MORE[lane] | (first ? FIRST_BIT : 0);
    if (first) writeVarint(piece, 1, message.bytes.length);
    piece.set(message.bytes.subarray(message.taken, message.taken + data), head);
    message.taken += data;
    this.#bytes -= data;
    if (message.taken === message.bytes.length) queue.shift();
    return piece;
  }
}

/** @param received bytes of all pieces taken so far, acknowledgements left out */
export function acknowledgement(received: number): Uint8Array {
  const piece = new Uint8Array(1 + varintBytes(received));
  piece[0] = ACKNOWLEDGEMENT;
  writeVarint(piece, 1, received);
  return piece;
}

/** Nothing but acknowledgements follows it. */
export function end(): Uint8Array {
  return Uint8Array.of(END);
}

/** What one piece brought. */
export type Taken =
  | { readonly type: 'message'; readonly lane: Lane; readonly bytes: Uint8Array }
  | { readonly type: 'partial' }
  | { readonly type: 'acknowledged'; readonly received: number }
  | { readonly type: 'end' }
  | { readonly type: 'violation'; readonly why: Violation };

export type Violation = 'empty' | 'head' | 'length' | 'order' | 'overrun';

interface Growing {
  readonly total: number;
  bytes: Uint8Array;
  filled: number;
}

const PARTIAL: Taken = { type: 'partial' };

/** Puts pieces together again. Holds at most one unfinished message a lane and twice the bytes that came of it. */
export class Reassembler {
  readonly #lanes: Record<Lane, Growing | null> = { control: null, media: null };
  #ended = false;

  /** Bytes set aside for unfinished messages. */
  get held(): number {
    return (this.#lanes.control?.bytes.length ?? 0) + (this.#lanes.media?.bytes.length ?? 0);
  }

  /** Never throws. After a violation the connection is of no more use. */
  take(piece: Uint8Array): Taken {
    const head = piece[0];
    if (head === undefined) return violation('empty');
    if (head === ACKNOWLEDGEMENT) {
      const received = readVarint(piece, 1, Number.MAX_SAFE_INTEGER);
      if (received === null || received.next !== piece.length) return violation('length');
      return { type: 'acknowledged', received: received.value };
    }
    if (head > END) return violation('head');
    if (this.#ended) return violation('order');
    if (head === END) return this.#end(piece);
    const lane: Lane = (head & ~FIRST_BIT) === MORE.media ? 'media' : 'control';
    return (head & FIRST_BIT) === 0 ? this.#more(lane, piece) : this.#first(lane, piece);
  }

  #end(piece: Uint8Array): Taken {
    if (piece.length !== 1) return violation('length');
    if (this.#lanes.control !== null || this.#lanes.media !== null) return violation('order');
    this.#ended = true;
    return { type: 'end' };
  }

  #first(lane: Lane, piece: Uint8Array): Taken {
    if (this.#lanes[lane] !== null) return violation('order');
    const total = readVarint(piece, 1, LANE_BYTES[lane]);
    if (total === null || total.value === 0) return violation('length');
    const data = piece.subarray(total.next);
    if (data.length === 0) return violation('empty');
    if (data.length > total.value) return violation('overrun');
    if (data.length === total.value) return { type: 'message', lane, bytes: new Uint8Array(data) };
    this.#lanes[lane] = { total: total.value, bytes: new Uint8Array(data), filled: data.length };
    return PARTIAL;
  }

  #more(lane: Lane, piece: Uint8Array): Taken {
    const message = this.#lanes[lane];
    if (message === null) return violation('order');
    const data = piece.subarray(1);
    if (data.length === 0) return violation('empty');
    const filled = message.filled + data.length;
    if (filled > message.total) return violation('overrun');
    if (filled > message.bytes.length) {
      const grown = new Uint8Array(Math.min(message.total, Math.max(filled, 2 * message.bytes.length)));
      grown.set(message.bytes.subarray(0, message.filled));
      message.bytes = grown;
    }
    message.bytes.set(data, message.filled);
    message.filled = filled;
    if (filled < message.total) return PARTIAL;
    this.#lanes[lane] = null;
    return { type: 'message', lane, bytes: message.bytes };
  }
}

function violation(why: Violation): Taken {
  return { type: 'violation', why };
}

/** Unsigned LEB128 up to 2^53 - 1. */
function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes++;
  return bytes;
}

function writeVarint(into: Uint8Array, at: number, value: number): void {
  let rest = value;
  let position = at;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) into[position++] = (rest % 0x80) | 0x80;
  into[position] = rest;
}

/** null when cut off, padded with zeroes or above `most`. */
function readVarint(from: Uint8Array, at: number, most: number): { value: number; next: number } | null {
  let value = 0;
  let scale = 1;
  for (let position = at; position < from.length && position < at + 8; position++, scale *= 0x80) {
    const byte = from[position] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      const padded = byte === 0 && position > at;
      return padded || value > most ? null : { value, next: position + 1 };
    }
  }
  return null;
}
