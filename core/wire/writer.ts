import { assert } from '../assert.js';
import { LIMITS } from '../limits.js';
import type { NodeId } from '../units.js';
import { isPackable, pack, PACKED_BYTES } from './base32.js';
import { utf8Bytes, writeUtf8 } from './utf8.js';

/** First byte of an id: 0 for none, 1 to 64 for so many characters, this for 32 packed bytes. */
export const PACKED_ID = 255;
/** What every id is charged, however short a simulator's label is. */
export const ID_BYTES = 1 + PACKED_BYTES;

/** Where the fields of a frame go: to bytes, or only into a sum. */
export interface Sink {
  u8(value: number): void;
  /** Unsigned LEB128, at most 2^53-1. */
  varint(value: number): void;
  /** A length and so many bytes. */
  bytes(value: Uint8Array, most: number): void;
  /** Bytes whose number the reader knows. */
  raw(value: Uint8Array, length: number): void;
  text(value: string): void;
  id(value: NodeId | null): void;
}

/** Bytes that a varint takes. */
export function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value < 0x1000_0000) return 4;
  if (value < 2 ** 35) return 5;
  if (value < 2 ** 42) return 6;
  return value < 2 ** 49 ? 7 : 8;
}

/** Where whoever does not know its length is written, one at a time; null while in use. */
let scratch: Uint8Array | null = null;
const SCRATCH_BYTES = 4_096;

/** Writes fields to bytes. What it refuses is a bug of the caller, never a peer's doing. */
export class Writer implements Sink {
  #bytes: Uint8Array;
  #at = 0;
  readonly #known: boolean;

  /** @param room bytes to start with, best the length of it all; it grows */
  constructor(room?: number) {
    this.#known = room !== undefined;
    if (room !== undefined) this.#bytes = new Uint8Array(room);
    else {
      this.#bytes = scratch ?? new Uint8Array(SCRATCH_BYTES);
      scratch = null;
    }
  }

  u8(value: number): void {
    assert(value >= 0 && value < 256, 'a byte is out of range');
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  varint(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'a varint must be a whole number from 0 to 2^53-1');
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x8000_0000) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  bytes(value: Uint8Array, most: number): void {
    assert(value.length <= most, 'too many bytes in a field');
    this.varint(value.length);
    this.raw(value, value.length);
  }

  raw(value: Uint8Array, length: number): void {
    assert(value.length === length, 'a field of fixed length has another length');
    this.#reserve(length);
    this.#bytes.set(value, this.#at);
    this.#at += length;
  }

  text(value: string): void {
    const length = utf8Bytes(value);
    assert(length <= LIMITS.stringBytes, 'a text is too long');
    this.varint(length);
    this.#reserve(length);
    this.#at = writeUtf8(value, this.#bytes, this.#at);
  }

  id(value: NodeId | null): void {
    if (value === null) this.u8(0);
    else if (isPackable(value)) {
      this.u8(PACKED_ID);
      this.#reserve(PACKED_BYTES);
      pack(value, this.#bytes, this.#at);
      this.#at += PACKED_BYTES;
    } else {
      assert(value.length > 0 && value.length <= LIMITS.idBytes, 'an id must have 1 to 64 characters');
      this.u8(value.length);
      for (let index = 0; index < value.length; index++) {
        const code = value.charCodeAt(index);
        assert(code > 0x20 && code < 0x7f, 'an id must be of printable ASCII without spaces');
        this.u8(code);
      }
    }
  }

  /** What was written; the writer must not be used any more. */
  finish(): Uint8Array {
    if (this.#known && this.#at === this.#bytes.length) return this.#bytes;
    const written = this.#bytes.slice(0, this.#at);
    if (!this.#known) scratch = this.#bytes;
    return written;
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}

/** Sums up what a `Writer` would write, with every id at its real price. */
export class Sizer implements Sink {
  total = 0;

  u8(_value: number): void {
    this.total += 1;
  }

  varint(value: number): void {
    this.total += varintBytes(value);
  }

  bytes(value: Uint8Array, _most: number): void {
    this.total += varintBytes(value.length) + value.length;
  }

  raw(_value: Uint8Array, length: number): void {
    this.total += length;
  }

  text(value: string): void {
    const length = utf8Bytes(value);
    this.total += varintBytes(length) + length;
  }

  id(value: NodeId | null): void {
    this.total += value === null ? 1 : ID_BYTES;
  }
}
