import type { Chunk, ChunkHeader } from '../chunk.js';
import type { Crypto, KeyPair } from '../machine.js';
import { DIGEST_BYTES, writeHeader } from '../wire/header.js';
import { Writer } from '../wire/writer.js';

/** The bytes that a publisher signs and that travel as `Chunk.envelope`. */
export function encodeHeader(header: ChunkHeader): Uint8Array {
  const writer = new Writer();
  writeHeader(writer, header);
  return writer.finish();
}

/** A chunk as its publisher issues it. `header.size` is `payload.length` unless a token stands for the media. */
export function signChunk(
  crypto: Crypto,
  key: KeyPair,
  header: Omit<ChunkHeader, 'digest'>,
  payload: Uint8Array,
): Chunk {
  const { stream, epoch, seq, fragment, part, parts, keyframe, sourceTime, size } = header;
  const digest = crypto.hash(payload).slice(0, DIGEST_BYTES);
  const envelope = encodeHeader({ ...header, digest });
  const signature = crypto.sign(key, envelope);
  // Spelt out, since every event reads a chunk: engines give copies by spread several hidden shapes, and read those slowly.
  return {
    stream,
    epoch,
    seq,
    fragment,
    part,
    parts,
    keyframe,
    sourceTime,
    size,
    digest,
    envelope,
    signature,
    payload,
  };
}

/**
 * Whether the owner of `publicKey` signed this header and this payload. That the header fields are those of the envelope
 * is the work of `decode`; and that the key is the stream's own, of `verifyManifest`. Hashing comes first because it is
 * the cheaper way to find a polluted payload.
 */
export function verifyChunk(crypto: Crypto, publicKey: Uint8Array, chunk: Chunk): boolean {
  const hash = crypto.hash(chunk.payload);
  const { digest } = chunk;
  if (digest.length !== DIGEST_BYTES) return false;
  for (let index = 0; index < DIGEST_BYTES; index++) if (digest[index] !== hash[index]) return false;
  return crypto.verify(publicKey, chunk.envelope, chunk.signature);
}
