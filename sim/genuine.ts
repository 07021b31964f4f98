import type { Chunk } from '../core/chunk.js';
import type { Crypto } from '../core/machine.js';
import { verifyChunk } from '../core/trust/chunks.js';
import type { StreamId } from '../core/units.js';

/** Tells the chunks that the publisher signed; each is verified once, since all that is shared is the same object. */
export class Genuine {
  readonly #known = new WeakSet<Chunk>();
  readonly #crypto: Crypto;
  readonly #stream: StreamId;
  readonly #key: Uint8Array;

  /** `key` is the public key of the stream. */
  constructor(crypto: Crypto, stream: StreamId, key: Uint8Array) {
    this.#crypto = crypto;
    this.#stream = stream;
    this.#key = key;
  }

  has(chunk: Chunk): boolean {
    if (this.#known.has(chunk)) return true;
    if (chunk.stream !== this.#stream || !verifyChunk(this.#crypto, this.#key, chunk)) return false;
    this.#known.add(chunk);
    return true;
  }
}
