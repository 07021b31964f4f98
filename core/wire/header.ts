import { assert } from '../assert.js';
import type { ChunkHeader } from '../chunk.js';
import { LIMITS } from '../limits.js';
import type { Reader } from './reader.js';
import type { Sink } from './writer.js';

/**
 * Bytes of the payload's hash that the publisher signs. Nobody but the publisher gains from two payloads of one digest,
 * so only second preimages matter, and 16 bytes put those at 2^128 trials; 32 would cost a quarter of a percent of a
 * 6,250 byte chunk.
 */
export const DIGEST_BYTES = 16;
export const KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
/** An envelope with every field at its largest, and room for fields that later versions append. */
export const ENVELOPE_BYTES = 255;

/** What tells a signed chunk header from everything else that a key signs: "asC1". */
const DOMAIN = [0x61, 0x73, 0x43, 0x31] as const;
const KEYFRAME = 1;

export function writeHeader(sink: Sink, header: ChunkHeader): void {
  assert(header.part < header.parts && header.parts <= LIMITS.windowChunks, 'a part is out of range');
  assert(header.size <= LIMITS.chunkBytes, 'a chunk is too large');
  for (const byte of DOMAIN) sink.u8(byte);
  sink.id(header.stream);
  sink.varint(header.epoch);
  sink.varint(header.seq);
  sink.varint(header.fragment);
  sink.varint(header.part);
  sink.varint(header.parts);
  sink.u8(header.keyframe ? KEYFRAME : 0);
  sink.varint(header.sourceTime);
  sink.varint(header.size);
  sink.raw(header.digest, DIGEST_BYTES);
}

/** Leaves what later versions append: it is signed and forwarded with the rest. Check `reader.fault`. */
export function readHeader(reader: Reader): ChunkHeader {
  for (const byte of DOMAIN) reader.demand(reader.u8() === byte, 'value');
  const stream = reader.id();
  const epoch = reader.count();
  const seq = reader.count();
  const fragment = reader.ordinal();
  const part = reader.varint(LIMITS.windowChunks);
  const parts = reader.varint(LIMITS.windowChunks);
  reader.demand(part < parts, 'value');
  const flags = reader.u8();
  reader.demand(flags <= KEYFRAME, 'value');
  const sourceTime = reader.ordinal();
  const size = reader.varint(LIMITS.chunkBytes);
  const digest = reader.raw(DIGEST_BYTES);
  return { stream, epoch, seq, fragment, part, parts, keyframe: flags === KEYFRAME, sourceTime, size, digest };
}
