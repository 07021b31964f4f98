import { LIMITS } from '../limits.js';
import type { ChunkMessage, Message, Tick } from '../message.js';
import { PACKED_CHARACTERS } from './base32.js';
import { SIGNATURE_BYTES } from './header.js';
import type { BodyCodec } from './body.js';
import { CODECS } from './messages.js';
import { type Malformed, Reader } from './reader.js';
import { ID_BYTES, Sizer, varintBytes, Writer } from './writer.js';

/** First byte of every frame. */
export const WIRE_VERSION = 1;
const FRAME_HEAD = 2;

/** `unknown-tag` is a message of a later version, to be skipped; after any other fault the peer is not to be trusted. */
export type DecodeFault = Malformed | 'version' | 'unknown-tag';
export type DecodeResult =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly why: DecodeFault };

const BY_TAG: (BodyCodec<Message> | undefined)[] = [];
for (const codec of Object.values(CODECS)) BY_TAG[codec.tag] = codec;
const CHUNK_TAG = CODECS.chunk.tag;

function codecOf(message: Message): BodyCodec<Message> {
  return CODECS[message.type];
}

/** One frame: `version • tag • body`. Throws when the message breaks a bound of its type, a token payload included. */
export function encode(message: Message): Uint8Array {
  const codec = codecOf(message);
  const writer = new Writer(encodedBytes(message));
  writer.u8(WIRE_VERSION);
  writer.u8(codec.tag);
  codec.write(writer, message);
  return writer.finish();
}

/**
 * Never throws, and allocates no more than a small multiple of the frame. Byte fields of the message, payloads and
 * envelopes included, are views of `bytes`: who goes on using the buffer must hand in a copy.
 */
export function decode(bytes: Uint8Array): DecodeResult {
  const version = bytes[0];
  const tag = bytes[1];
  if (version === undefined) return { ok: false, why: 'truncated' };
  if (version !== WIRE_VERSION) return { ok: false, why: 'version' };
  if (tag === undefined) return { ok: false, why: 'truncated' };
  if (bytes.length > LIMITS.messageBytes) return { ok: false, why: 'limit' };
  const codec = BY_TAG[tag];
  if (codec === undefined) return { ok: false, why: 'unknown-tag' };
  if (bytes.length > LIMITS.controlBytes && tag !== CHUNK_TAG) return { ok: false, why: 'limit' };
  const reader = new Reader(bytes, FRAME_HEAD);
  const message = codec.read(reader);
  if (reader.left > 0) reader.fail('trailing');
  return reader.fault === null ? { ok: true, message } : { ok: false, why: reader.fault };
}

const sizer = new Sizer();

/**
 * Length of the frame: exactly that of `encode` for real ids. Short labels are charged as real ids and a chunk by its
 * `size`, so that a simulator pays what a live network pays. Asked for every send, so it allocates nothing.
 */
export function encodedBytes(message: Message): number {
  if (message.type === 'chunk') return chunkBytes(message);
  if (message.type === 'tick') return tickBytes(message);
  sizer.total = FRAME_HEAD;
  codecOf(message).write(sizer, message);
  return sizer.total;
}

/** Whether the message is media, which control messages may overtake. */
export function carriesChunk(message: Message): boolean {
  return message.type === 'chunk';
}

function chunkBytes({ chunk, beatSeq, depth }: ChunkMessage): number {
  const label = chunk.stream.length;
  const envelope = chunk.envelope.length + (label === PACKED_CHARACTERS ? 0 : ID_BYTES - 1 - label);
  const head = FRAME_HEAD + 1 + varintBytes(beatSeq + 1) + varintBytes(depth) + varintBytes(envelope);
  return head + envelope + SIGNATURE_BYTES + chunk.size;
}

function tickBytes({ beats }: Tick): number {
  let total = FRAME_HEAD + ID_BYTES + varintBytes(beats.length);
  for (let index = 0; index < beats.length; index++) {
    const beat = beats[index] as Tick['beats'][number];
    total += 1 + varintBytes(beat.epoch) + varintBytes(beat.seq + 1) + varintBytes(beat.depth);
  }
  return total;
}
