import { BoxSplitter, MAX_BOX_BYTES } from './boxes.js';
import type { Box } from './boxes.js';
import { parseFragment } from './fragment.js';
import type { Fragment } from './fragment.js';
import { parseInit } from './init-segment.js';
import type { InitSegment } from './init-segment.js';
import { err, ok } from './result.js';
import type { MediaError, Result } from './result.js';

/** A finished part of a fragmented MP4 stream. */
export type MediaPart =
  | { readonly type: 'init'; readonly init: InitSegment }
  | { readonly type: 'fragment'; readonly fragment: Fragment };

/** Boxes between fragments that a player does not need. */
const DROPPED: ReadonlySet<string> = new Set(['styp', 'sidx', 'ssix', 'prft', 'emsg', 'free', 'skip', 'uuid', 'mfra']);

/**
 * Turns the bytes of a fragmented MP4 stream, in arbitrary pieces, into its initialisation segment and fragments.
 * A second initialisation segment is passed on: the source has started anew. An error ends the stream for good.
 */
export class FragmentReader {
  readonly #splitter: BoxSplitter;
  #ftyp: Uint8Array | null = null;
  #init: InitSegment | null = null;
  #moof: Uint8Array | null = null;
  #error: MediaError | null = null;

  /** Refuses boxes of more than `maxBoxBytes`. */
  constructor(maxBoxBytes = MAX_BOX_BYTES) {
    this.#splitter = new BoxSplitter(maxBoxBytes);
  }

  push(piece: Uint8Array): Result<MediaPart[]> {
    if (this.#error !== null) return err(this.#error);
    const boxes = this.#splitter.push(piece);
    if (!boxes.ok) return this.#fail(boxes.error);
    const parts: MediaPart[] = [];
    for (const box of boxes.value) {
      const part = this.#accept(box);
      if (!part.ok) return this.#fail(part.error);
      if (part.value !== null) parts.push(part.value);
    }
    return ok(parts);
  }

  #fail(error: MediaError): Result<MediaPart[]> {
    this.#error = error;
    return err(error);
  }

  #accept(box: Box): Result<MediaPart | null> {
    if (this.#moof !== null && box.type !== 'mdat') return err('unexpected-box');
    switch (box.type) {
      case 'ftyp':
        this.#ftyp = box.bytes;
        return ok(null);
      case 'moov':
        return this.#acceptInit(box.bytes);
      case 'moof':
        this.#moof = box.bytes;
        return this.#init === null ? err('no-init') : ok(null);
      case 'mdat':
        return this.#acceptFragment(box.bytes);
      default:
        return DROPPED.has(box.type) ? ok(null) : err('unexpected-box');
    }
  }

  #acceptInit(moov: Uint8Array): Result<MediaPart> {
    const parsed = parseInit(this.#ftyp === null ? moov : concat(this.#ftyp, moov));
    if (!parsed.ok) return parsed;
    this.#init = parsed.value;
    return ok({ type: 'init', init: parsed.value });
  }

  #acceptFragment(mdat: Uint8Array): Result<MediaPart> {
    if (this.#init === null) return err('no-init');
    if (this.#moof === null) return err('unexpected-box');
    const parsed = parseFragment(this.#init, concat(this.#moof, mdat));
    this.#moof = null;
    return parsed.ok ? ok({ type: 'fragment', fragment: parsed.value }) : parsed;
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
