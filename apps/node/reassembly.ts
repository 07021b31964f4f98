import type { Chunk } from '../../core/chunk.js';

/** A media fragment as its publisher handed it in. */
export interface PlayedFragment {
  readonly epoch: number;
  /** Counts from 0 within the epoch. */
  readonly fragment: number;
  readonly keyframe: boolean;
  /** Microseconds of the publisher's stream clock. */
  readonly sourceTime: number;
  readonly bytes: Uint8Array;
}

/** Largest fragment that is put together; one that claims more is dropped. */
export const MAX_FRAGMENT_BYTES = 4 * 1024 * 1024;

/** Puts the played chunks of one stream together; a fragment that lacks a part is dropped. Holds one fragment at most. */
export class Reassembler {
  #epoch = -1;
  #fragment = -1;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Takes the next played chunk; the fragment that it completes, or null. */
  push(chunk: Chunk): PlayedFragment | null {
    if (chunk.part === 0) {
      this.#epoch = chunk.epoch;
      this.#fragment = chunk.fragment;
      this.#parts = [];
      this.#bytes = 0;
    }
    const follows =
      chunk.epoch === this.#epoch && chunk.fragment === this.#fragment && chunk.part === this.#parts.length;
    this.#bytes += chunk.payload.length;
    if (!follows || this.#bytes > MAX_FRAGMENT_BYTES) {
      this.#fragment = -1;
      this.#parts = [];
      return null;
    }
    this.#parts.push(chunk.payload);
    if (this.#parts.length < chunk.parts) return null;
    const bytes = this.#parts.length === 1 ? chunk.payload : Buffer.concat(this.#parts);
    this.#fragment = -1;
    this.#parts = [];
    return {
      epoch: chunk.epoch,
      fragment: chunk.fragment,
      keyframe: chunk.keyframe,
      sourceTime: chunk.sourceTime,
      bytes,
    };
  }
}
