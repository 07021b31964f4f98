import { assert } from '../assert.js';
import { LIMITS } from '../limits.js';
import { readText, writeList, writeText } from '../wire/fields.js';
import { KEY_BYTES, SIGNATURE_BYTES } from '../wire/header.js';
import { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';

export const NONCE_BYTES = 32;
/** More than any handshake frame can take. */
export const HANDSHAKE_BYTES = 2_048;

/** Who opened the connection. */
export type Side = 'dialler' | 'acceptor';

/** What each end says first. Nothing in it is believed before the proof that follows. */
export interface Hello {
  readonly side: Side;
  readonly network: string;
  /** Versions of the wire format that this end speaks, both ends included. */
  readonly minVersion: number;
  readonly maxVersion: number;
  /** Bit set of optional abilities; unknown bits are ignored. */
  readonly features: number;
  readonly incarnation: number;
  readonly publicKey: Uint8Array;
  /** Fresh randomness of this session. */
  readonly nonce: Uint8Array;
  /** Where this end can be dialled. */
  readonly endpoints: readonly string[];
}

/** First bytes of every handshake frame: "astral" and the form of the handshake. No message starts like this. */
const MAGIC = [0x61, 0x73, 0x74, 0x72, 0x61, 0x6c, 1] as const;
const HELLO = 1;
const PROOF = 2;
const DOMAIN = 'astral session 1';

function begin(kind: number): Writer {
  const writer = new Writer();
  for (const byte of MAGIC) writer.u8(byte);
  writer.u8(kind);
  return writer;
}

/** A reader behind the head of the frame; its fault is set when the frame is of another kind. */
function open(frame: Uint8Array, kind: number): Reader {
  const reader = new Reader(frame);
  reader.demand(frame.length <= HANDSHAKE_BYTES, 'limit');
  for (const byte of MAGIC) reader.demand(reader.u8() === byte, 'value');
  reader.demand(reader.u8() === kind, 'value');
  return reader;
}

export function encodeHello(hello: Hello): Uint8Array {
  assert(hello.minVersion <= hello.maxVersion, 'the range of versions is empty');
  const writer = begin(HELLO);
  writer.u8(hello.side === 'dialler' ? 0 : 1);
  writer.text(hello.network);
  writer.varint(hello.minVersion);
  writer.varint(hello.maxVersion);
  writer.varint(hello.features);
  writer.varint(hello.incarnation);
  writer.raw(hello.publicKey, KEY_BYTES);
  writer.raw(hello.nonce, NONCE_BYTES);
  writeList(writer, hello.endpoints, LIMITS.endpoints, writeText);
  return writer.finish();
}

/** null for anything but a whole, canonical hello. Never throws. */
export function decodeHello(frame: Uint8Array): Hello | null {
  const reader = open(frame, HELLO);
  const side: Side = reader.flag() ? 'acceptor' : 'dialler';
  const network = reader.text();
  const minVersion = reader.u32();
  const maxVersion = reader.u32();
  reader.demand(minVersion <= maxVersion, 'value');
  const features = reader.u32();
  const incarnation = reader.varint();
  const publicKey = reader.raw(KEY_BYTES).slice();
  const nonce = reader.raw(NONCE_BYTES).slice();
  const endpoints = reader.list(LIMITS.endpoints, readText);
  if (reader.left > 0) reader.fail('trailing');
  if (reader.fault !== null) return null;
  return { side, network, minVersion, maxVersion, features, incarnation, publicKey, nonce, endpoints };
}

export function encodeProof(signature: Uint8Array): Uint8Array {
  const writer = begin(PROOF);
  writer.raw(signature, SIGNATURE_BYTES);
  return writer.finish();
}

/** The signature in a proof, null for anything else. Never throws. */
export function decodeProof(frame: Uint8Array): Uint8Array | null {
  const reader = open(frame, PROOF);
  const signature = reader.raw(SIGNATURE_BYTES).slice();
  if (reader.left > 0) reader.fail('trailing');
  return reader.fault === null ? signature : null;
}

/** What `side` signs: both hellos to the last byte, and which of them is its own. */
export function transcript(side: Side, dialler: Uint8Array, acceptor: Uint8Array): Uint8Array {
  const writer = new Writer();
  writer.text(DOMAIN);
  writer.u8(side === 'dialler' ? 0 : 1);
  writer.bytes(dialler, HANDSHAKE_BYTES);
  writer.bytes(acceptor, HANDSHAKE_BYTES);
  return writer.finish();
}
