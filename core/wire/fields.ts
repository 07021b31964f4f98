import { assert } from '../assert.js';
import type { Manifest } from '../chunk.js';
import { LIMITS } from '../limits.js';
import type { Contact } from '../machine.js';
import { FARTHEST, type Coordinate } from '../membership/coordinate.js';
import type {
  Beat,
  Candidate,
  ClockReading,
  Keyframe,
  NodeRecord,
  StreamLoad,
  SupernodeRecord,
  TicketRef,
} from '../message.js';
import { KEY_BYTES } from './header.js';
import { COUNT_MAX, type Reader } from './reader.js';
import type { Sink } from './writer.js';

/** A count and the elements; more than `most` is a bug of the sender. */
export function writeList<T>(
  sink: Sink,
  items: readonly T[],
  most: number,
  write: (sink: Sink, item: T) => void,
): void {
  assert(items.length <= most, 'a list is too long');
  sink.varint(items.length);
  for (const item of items) write(sink, item);
}

/** The position of a name in its append-only table. */
export function writeChoice<T>(sink: Sink, table: readonly T[], value: T): void {
  const index = table.indexOf(value);
  assert(index >= 0, 'a name has no number on the wire');
  sink.u8(index);
}

export function writeFlag(sink: Sink, value: boolean): void {
  sink.u8(value ? 1 : 0);
}

export function writeOrdinal(sink: Sink, value: number): void {
  sink.varint(value);
}

export function readOrdinal(reader: Reader): number {
  return reader.ordinal();
}

export function writeText(sink: Sink, value: string): void {
  sink.text(value);
}

export function readText(reader: Reader): string {
  return reader.text();
}

export function readSub(reader: Reader): number {
  return reader.varint(LIMITS.substreams - 1);
}

/** A sequence number or epoch that is -1 where there is none. */
export function writeSeq(sink: Sink, seq: number): void {
  sink.varint(seq + 1);
}

export function readSeq(reader: Reader): number {
  return reader.ordinal() - 1;
}

/** A sequence number that somebody has reached, not one that is wanted next. */
export function readReached(reader: Reader): number {
  return reader.varint(COUNT_MAX + 1) - 1;
}

export function writeBeat(sink: Sink, beat: Beat): void {
  sink.varint(beat.epoch);
  writeSeq(sink, beat.seq);
  sink.varint(beat.depth);
}

export function readBeat(reader: Reader): Beat {
  return { epoch: reader.count(), seq: readReached(reader), depth: reader.u32() };
}

export function writeClock(sink: Sink, reading: ClockReading | null): void {
  writeFlag(sink, reading !== null);
  if (reading === null) return;
  sink.varint(reading.time);
  sink.varint(reading.error);
}

export function readClock(reader: Reader): ClockReading | null {
  return reader.flag() ? { time: reader.ordinal(), error: reader.ordinal() } : null;
}

export function writeKeyframe(sink: Sink, keyframe: Keyframe): void {
  sink.varint(keyframe.seq);
  sink.varint(keyframe.sourceTime);
}

export function readKeyframe(reader: Reader): Keyframe {
  return { seq: reader.count(), sourceTime: reader.ordinal() };
}

export function writeTicketRef(sink: Sink, ref: TicketRef): void {
  sink.varint(ref.ticket);
  sink.varint(ref.generation);
}

export function readTicketRef(reader: Reader): TicketRef {
  return { ticket: reader.u32(), generation: reader.u32() };
}

export function writeLoad(sink: Sink, load: StreamLoad): void {
  sink.id(load.stream);
  sink.varint(load.free);
  sink.varint(load.interior);
  sink.varint(load.depth);
  writeCoordinate(sink, load.at);
}

export function readLoad(reader: Reader): StreamLoad {
  return {
    stream: reader.id(),
    free: reader.u32(),
    interior: reader.u32(),
    depth: reader.u32(),
    at: readCoordinate(reader),
  };
}

/** A shift makes positions that may be negative fit a varint; 0 stands for none. */
export function writeCoordinate(sink: Sink, at: Coordinate | null): void {
  if (at === null) return sink.varint(0);
  sink.varint(at.x + FARTHEST + 1);
  sink.varint(at.y + FARTHEST);
  sink.varint(at.height);
  sink.varint(at.error);
}

export function readCoordinate(reader: Reader): Coordinate | null {
  const x = reader.varint(2 * FARTHEST + 1);
  if (x === 0) return null;
  const y = reader.varint(2 * FARTHEST) - FARTHEST;
  return { x: x - FARTHEST - 1, y, height: reader.varint(FARTHEST), error: reader.varint(100) };
}

export function writeContact(sink: Sink, contact: Contact): void {
  sink.id(contact.node);
  sink.text(contact.address);
}

export function readContact(reader: Reader): Contact {
  return { node: reader.idOrNull(), address: reader.text() };
}

export function writeCandidate(sink: Sink, candidate: Candidate): void {
  writeContact(sink, candidate.contact);
  writeFlag(sink, candidate.load !== null);
  if (candidate.load !== null) writeLoad(sink, candidate.load);
}

export function readCandidate(reader: Reader): Candidate {
  return { contact: readContact(reader), load: reader.flag() ? readLoad(reader) : null };
}

export function writeCandidates(sink: Sink, candidates: readonly Candidate[]): void {
  writeList(sink, candidates, LIMITS.referral, writeCandidate);
}

export function readCandidates(reader: Reader): Candidate[] {
  return reader.list(LIMITS.referral, readCandidate);
}

/** All of a record that its node signs. */
export function writeRecordBody(sink: Sink, record: Omit<NodeRecord, 'signature'>): void {
  sink.id(record.node);
  sink.raw(record.publicKey, KEY_BYTES);
  writeList(sink, record.endpoints, LIMITS.endpoints, writeText);
  writeList(sink, record.streams, LIMITS.streams, writeLoad);
  sink.varint(record.seq);
  sink.varint(record.ttl);
}

export function readRecordBody(reader: Reader): Omit<NodeRecord, 'signature'> {
  return {
    node: reader.id(),
    publicKey: reader.raw(KEY_BYTES),
    endpoints: reader.list(LIMITS.endpoints, readText),
    streams: reader.list(LIMITS.streams, readLoad),
    seq: reader.varint(),
    ttl: reader.varint(),
  };
}

/** All of a supernode's record that it signs. */
export function writeSupernodeBody(sink: Sink, record: Omit<SupernodeRecord, 'signature'>): void {
  sink.id(record.node);
  sink.raw(record.publicKey, KEY_BYTES);
  sink.text(record.address);
  sink.varint(record.children);
  sink.varint(record.room);
  sink.varint(record.seq);
  sink.varint(record.ttl);
}

export function readSupernodeBody(reader: Reader): Omit<SupernodeRecord, 'signature'> {
  return {
    node: reader.id(),
    publicKey: reader.raw(KEY_BYTES),
    address: reader.text(),
    children: reader.u32(),
    room: reader.u32(),
    seq: reader.varint(),
    ttl: reader.varint(),
  };
}

/** All of a manifest that the publisher signs. */
export function writeManifestBody(sink: Sink, manifest: Omit<Manifest, 'signature'>): void {
  assert(manifest.substreams >= 1 && manifest.substreams < LIMITS.substreams, 'substreams is out of range');
  sink.id(manifest.stream);
  sink.raw(manifest.publicKey, KEY_BYTES);
  sink.varint(manifest.epoch);
  sink.text(manifest.name);
  sink.text(manifest.description);
  sink.text(manifest.mime);
  sink.varint(manifest.substreams);
  sink.varint(manifest.chunkTime);
  sink.varint(manifest.bitrate);
  sink.bytes(manifest.init, LIMITS.initBytes);
}

export function readManifestBody(reader: Reader): Omit<Manifest, 'signature'> {
  const stream = reader.id();
  const publicKey = reader.raw(KEY_BYTES);
  const epoch = reader.count();
  const name = reader.text();
  const description = reader.text();
  const mime = reader.text();
  const substreams = reader.varint(LIMITS.substreams - 1);
  const chunkTime = reader.varint();
  const bitrate = reader.varint();
  reader.demand(substreams >= 1 && chunkTime >= 1 && bitrate >= 1, 'value');
  const init = reader.bytes(LIMITS.initBytes);
  return { stream, publicKey, epoch, name, description, mime, substreams, chunkTime, bitrate, init };
}
