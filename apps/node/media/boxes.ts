import { err, ok } from './result.js';
import type { MediaError, Result } from './result.js';

/** Largest box that is accepted unless the caller says otherwise; a group of pictures of several seconds fits. */
export const MAX_BOX_BYTES = 4 * 1024 * 1024;

/** A box of the ISO base media file format (ISO/IEC 14496-12, 4.2). */
export interface Box {
  /** Four characters. */
  readonly type: string;
  /** The whole box, header included. */
  readonly bytes: Uint8Array;
  /** Where the body begins in `bytes`: 8, or 16 with a 64-bit size. */
  readonly header: number;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function fourcc(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + 4));
}

/** Reads type and size of the box that begins at `at`; null while the header is incomplete. */
function header(bytes: Uint8Array, at: number): { type: string; size: number; header: number } | null {
  if (bytes.length - at < 8) return null;
  const view = viewOf(bytes);
  const short = view.getUint32(at);
  if (short !== 1) return { type: fourcc(bytes, at + 4), size: short, header: 8 };
  if (bytes.length - at < 16) return null;
  return { type: fourcc(bytes, at + 4), size: view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12), header: 16 };
}

/** The boxes inside `bytes` from `from` on; they must fill it exactly. */
export function children(bytes: Uint8Array, from = 0): Result<Box[]> {
  const boxes: Box[] = [];
  for (let at = from; at < bytes.length;) {
    const head = header(bytes, at);
    if (head === null || head.size > bytes.length - at) return err('box-truncated');
    if (head.size < head.header) return err('box-size');
    boxes.push({ type: head.type, bytes: bytes.subarray(at, at + head.size), header: head.header });
    at += head.size;
  }
  return ok(boxes);
}

/** The first box of a path such as `['mdia', 'hdlr']` below `box`; null if it is absent or malformed. */
export function descend(box: Box, path: readonly string[]): Box | null {
  let current = box;
  for (const type of path) {
    const inner = children(current.bytes, current.header);
    const next = inner.ok ? inner.value.find((child) => child.type === type) : undefined;
    if (next === undefined) return null;
    current = next;
  }
  return current;
}

/**
 * Cuts a byte stream that arrives in arbitrary pieces into top-level boxes. Holds at most one incomplete box of
 * `maxBytes` and the piece in hand. A box without an end (size 0) is refused: a live stream has none.
 */
export class BoxSplitter {
  readonly #maxBytes: number;
  /** The incomplete box: bytes 0 to `#filled` of a buffer that grows to the box's announced size. */
  #pending = new Uint8Array(16);
  #filled = 0;
  #error: MediaError | null = null;

  constructor(maxBytes = MAX_BOX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Boxes completed by this piece; they do not share memory with it. After an error every further call repeats it. */
  push(piece: Uint8Array): Result<Box[]> {
    const boxes: Box[] = [];
    let at = 0;
    while (this.#error === null) {
      const head = header(this.#pending.subarray(0, this.#filled), 0);
      if (head === null) {
        if (at >= piece.length) break;
        at += this.#take(piece, at, this.#filled < 8 ? 8 : 16);
        continue;
      }
      this.#error = this.#refusal(head.size, head.header);
      if (this.#error !== null) break;
      at += this.#take(piece, at, head.size);
      if (this.#filled < head.size) break;
      boxes.push({ type: head.type, bytes: this.#pending.slice(0, head.size), header: head.header });
      this.#filled = 0;
    }
    return this.#error === null ? ok(boxes) : err(this.#error);
  }

  #refusal(size: number, headerBytes: number): MediaError | null {
    if (size < headerBytes) return 'box-size';
    return size > this.#maxBytes ? 'box-too-large' : null;
  }

  /** Moves bytes of the piece into the pending box until it holds `goal`; memory grows with what came, not with what was announced. */
  #take(piece: Uint8Array, at: number, goal: number): number {
    const count = Math.min(goal - this.#filled, piece.length - at);
    const needed = this.#filled + count;
    if (needed > this.#pending.length) {
      const larger = new Uint8Array(Math.min(goal, Math.max(needed, this.#pending.length * 2)));
      larger.set(this.#pending.subarray(0, this.#filled));
      this.#pending = larger;
    }
    this.#pending.set(piece.subarray(at, at + count), this.#filled);
    this.#filled = needed;
    return count;
  }
}
