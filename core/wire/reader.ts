import { LIMITS } from '../limits.js';
import type { NodeId } from '../units.js';
import { isPackable, PACKED_BYTES, toBase32 } from './base32.js';
import { readUtf8 } from './utf8.js';
import { PACKED_ID } from './writer.js';

/** What is wrong with bytes from a peer. */
export type Malformed =
  /** The bytes end inside a field, or go on behind the last one. */
  | 'truncated'
  | 'trailing'
  /** A varint that is longer than needed or above 2^53-1. */
  | 'varint'
  /** A number, count or length above its bound. */
  | 'limit'
  /** Ill-formed UTF-8, or an id of other characters or in another form than its own. */
  | 'text'
  /** A value that no sender of this version writes. */
  | 'value';

/** Highest stream time that is taken from a peer. */
export const ORDINAL_MAX = 2 ** 52;
/** Highest epoch or sequence number that is taken: a node may tell the next one, and a field that can be -1 adds one. */
export const COUNT_MAX = ORDINAL_MAX - 2;

const EMPTY = new Uint8Array(0);

/**
 * Reads fields from untrusted bytes. It never throws: the first fault is kept in `fault`, and from then on every read
 * gives a harmless value without looking at the bytes. Byte fields are views of the input, not copies.
 */
export class Reader {
  fault: Malformed | null = null;
  readonly #bytes: Uint8Array;
  #at: number;

  constructor(bytes: Uint8Array, offset = 0) {
    this.#bytes = bytes;
    this.#at = offset;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  fail(why: Malformed): void {
    if (this.fault !== null) return;
    this.fault = why;
    this.#at = this.#bytes.length;
  }

  /** Records a fault unless `holds`. */
  demand(holds: boolean, why: Malformed): void {
    if (!holds) this.fail(why);
  }

  u8(): number {
    if (this.left < 1) {
      this.fail('truncated');
      return 0;
    }
    return this.#bytes[this.#at++] as number;
  }

  flag(): boolean {
    const value = this.u8();
    this.demand(value <= 1, 'value');
    return value === 1;
  }

  /** An unsigned LEB128 in its shortest form, at most `most`. */
  varint(most = Number.MAX_SAFE_INTEGER): number {
    let value = 0;
    let weight = 1;
    for (let length = 1; length <= 8; length++) {
      const byte = this.u8();
      value += (byte & 0x7f) * weight;
      weight *= 0x80;
      if (byte >= 0x80) continue;
      if ((byte === 0 && length > 1) || value > Number.MAX_SAFE_INTEGER) break;
      if (value <= most) return value;
      this.fail('limit');
      return 0;
    }
    this.fail('varint');
    return 0;
  }

  /** A number that this node may count on from, such as a stream time: far enough below 2^53 that sums stay exact. */
  ordinal(): number {
    return this.varint(ORDINAL_MAX);
  }

  /** An epoch or a sequence number of which this node may tell the next. */
  count(): number {
    return this.varint(COUNT_MAX);
  }

  u32(): number {
    return this.varint(0xffff_ffff);
  }

  bytes(most: number): Uint8Array {
    return this.raw(this.varint(most));
  }

  raw(length: number): Uint8Array {
    if (this.left < length) {
      this.fail('truncated');
      return EMPTY;
    }
    const from = this.#at;
    this.#at += length;
    return this.#bytes.subarray(from, this.#at);
  }

  text(): string {
    const text = readUtf8(this.bytes(LIMITS.stringBytes));
    if (text === null) this.fail('text');
    return text ?? '';
  }

  id(): NodeId {
    return this.#id(this.u8());
  }

  idOrNull(): NodeId | null {
    const form = this.u8();
    return form === 0 ? null : this.#id(form);
  }

  /** A count of at most `most` and so many elements. An element takes at least a byte, so a false count ends early. */
  list<T>(most: number, read: (reader: Reader) => T): T[] {
    const count = this.varint(most);
    this.demand(count <= this.left, 'truncated');
    const items: T[] = [];
    for (let index = 0; index < count && this.fault === null; index++) items.push(read(this));
    return items;
  }

  /** One of a table of names. */
  choice<T>(table: readonly T[]): T {
    const index = this.u8();
    this.demand(index < table.length, 'value');
    return (table[index] ?? table[0]) as T;
  }

  #id(form: number): NodeId {
    if (form === PACKED_ID) return toBase32(this.raw(PACKED_BYTES));
    if (form === 0 || form > LIMITS.idBytes) {
      this.fail(form === 0 ? 'text' : 'limit');
      return '';
    }
    const bytes = this.raw(form);
    let text = '';
    for (const code of bytes) {
      if (code <= 0x20 || code >= 0x7f) this.fail('text');
      text += String.fromCharCode(code);
    }
    if (isPackable(text)) this.fail('text');
    return text;
  }
}
