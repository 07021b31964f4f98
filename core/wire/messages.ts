import { assert } from '../assert.js';
import type { Chunk } from '../chunk.js';
import { LIMITS } from '../limits.js';
import type { Ask, ChunkMessage, Message, MessageType, Refuse, TickBeat } from '../message.js';
import type { TicketReason } from '../trace.js';
import { type BodyCodec, numbered } from './body.js';
import { BROKERING } from './brokering.js';
import * as fields from './fields.js';
import { ENVELOPE_BYTES, readHeader, SIGNATURE_BYTES } from './header.js';
import { REACH } from './reach.js';
import { Reader } from './reader.js';
import { STANDBY } from './standby.js';
import type { Sink } from './writer.js';

const MODES = numbered<ChunkMessage['mode']>({ push: 0, pull: 1 });
const SIDES = numbered<'provider' | 'consumer'>({ provider: 0, consumer: 1 });
const SLOTS = numbered<Ask['slot']>({ fitting: 0, any: 1, reserved: 2 });
const REFUSALS = numbered<Refuse['why']>({ full: 0, starving: 1, depth: 2, unknown: 3, leaving: 4 });
const TICKET_REASONS = numbered<TicketReason>({
  join: 0,
  renewed: 1,
  confirmed: 2,
  silent: 3,
  heard: 4,
  replaced: 5,
  expired: 6,
  starving: 7,
  leaving: 8,
  displaced: 9,
  improved: 10,
  shed: 11,
  unknown: 12,
  infeasible: 13,
  surplus: 14,
  lost: 15,
  epoch: 16,
  unwatch: 17,
  cancelled: 18,
});

function writeTickBeat(sink: Sink, beat: TickBeat): void {
  assert(beat.sub < LIMITS.substreams, 'a sub-stream is out of range');
  sink.u8(beat.sub * 2 + (beat.starving ? 1 : 0));
  fields.writeBeat(sink, beat);
}

function readTickBeat(reader: Reader): TickBeat {
  const head = reader.u8();
  reader.demand(head < LIMITS.substreams * 2, 'limit');
  const { epoch, seq, depth } = fields.readBeat(reader);
  return { sub: head >> 1, starving: (head & 1) === 1, epoch, seq, depth };
}

function writeChunk(sink: Sink, message: ChunkMessage): void {
  const { chunk } = message;
  fields.writeChoice(sink, MODES, message.mode);
  fields.writeSeq(sink, message.beatSeq);
  sink.varint(message.depth);
  sink.bytes(chunk.envelope, ENVELOPE_BYTES);
  sink.raw(chunk.signature, SIGNATURE_BYTES);
  sink.raw(chunk.payload, chunk.size);
}

function readChunk(reader: Reader): ChunkMessage {
  const mode = reader.choice(MODES);
  const beatSeq = fields.readReached(reader);
  const depth = reader.u32();
  const envelope = reader.bytes(ENVELOPE_BYTES);
  const signature = reader.raw(SIGNATURE_BYTES);
  const inside = new Reader(envelope);
  const { stream, epoch, seq, fragment, part, parts, keyframe, sourceTime, size, digest } = readHeader(inside);
  if (inside.fault !== null) reader.fail(inside.fault);
  const payload = reader.raw(size);
  // Spelt out because a spread costs more here than the rest of the function.
  const chunk: Chunk = {
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
  return { type: 'chunk', mode, chunk, beatSeq, depth };
}

/** Every message there is; one that is missing here does not compile. */
export const CODECS: { readonly [T in MessageType]: BodyCodec<Extract<Message, { type: T }>> } = {
  announce: {
    tag: 1,
    write(sink, { record }) {
      fields.writeRecordBody(sink, record);
      sink.raw(record.signature, SIGNATURE_BYTES);
    },
    read: (reader) => ({
      type: 'announce',
      record: { ...fields.readRecordBody(reader), signature: reader.raw(SIGNATURE_BYTES) },
    }),
  },
  announced: {
    tag: 2,
    write(sink, message) {
      sink.varint(message.seq);
      sink.varint(message.refresh);
    },
    read: (reader) => ({ type: 'announced', seq: reader.varint(), refresh: reader.varint() }),
  },
  find: {
    tag: 3,
    write(sink, message) {
      sink.id(message.stream);
      sink.varint(message.subs);
      sink.varint(message.count);
    },
    read: (reader) => ({ type: 'find', stream: reader.id(), subs: reader.u32(), count: reader.u32() }),
  },
  contacts: {
    tag: 4,
    write(sink, message) {
      sink.id(message.stream);
      fields.writeCandidates(sink, message.candidates);
    },
    read: (reader) => ({ type: 'contacts', stream: reader.id(), candidates: fields.readCandidates(reader) }),
  },
  seed: {
    tag: 31,
    write: (sink, message) => sink.id(message.stream),
    read: (reader) => ({ type: 'seed', stream: reader.id() }),
  },
  'want-manifest': {
    tag: 5,
    write(sink, message) {
      sink.id(message.stream);
    },
    read: (reader) => ({ type: 'want-manifest', stream: reader.id() }),
  },
  manifest: {
    tag: 6,
    write(sink, { manifest }) {
      fields.writeManifestBody(sink, manifest);
      sink.raw(manifest.signature, SIGNATURE_BYTES);
    },
    read: (reader) => ({
      type: 'manifest',
      manifest: { ...fields.readManifestBody(reader), signature: reader.raw(SIGNATURE_BYTES) },
    }),
  },
  ask: {
    tag: 7,
    write(sink, message) {
      sink.id(message.stream);
      sink.varint(message.subs);
      sink.varint(message.slots);
      sink.varint(message.interior);
      fields.writeChoice(sink, SLOTS, message.slot);
      fields.writeSeq(sink, message.epoch);
    },
    read: (reader) => ({
      type: 'ask',
      stream: reader.id(),
      subs: reader.u32(),
      slots: reader.u32(),
      interior: reader.u32(),
      slot: reader.choice(SLOTS),
      epoch: fields.readSeq(reader),
    }),
  },
  offer: {
    tag: 8,
    write(sink, message) {
      sink.id(message.stream);
      sink.varint(message.sub);
      fields.writeTicketRef(sink, message);
      sink.varint(message.incarnation);
      sink.varint(message.ttl);
      fields.writeBeat(sink, message.beat);
      fields.writeClock(sink, message.source);
      fields.writeList(sink, message.keyframes, LIMITS.keyframes, fields.writeKeyframe);
      fields.writeCoordinate(sink, message.at);
    },
    read: (reader) => ({
      type: 'offer',
      stream: reader.id(),
      sub: fields.readSub(reader),
      ...fields.readTicketRef(reader),
      incarnation: reader.varint(),
      ttl: reader.varint(),
      beat: fields.readBeat(reader),
      source: fields.readClock(reader),
      keyframes: reader.list(LIMITS.keyframes, fields.readKeyframe),
      at: fields.readCoordinate(reader),
    }),
  },
  refuse: {
    tag: 9,
    write(sink, message) {
      sink.id(message.stream);
      sink.varint(message.subs);
      fields.writeChoice(sink, REFUSALS, message.why);
      fields.writeCandidates(sink, message.candidates);
    },
    read: (reader) => ({
      type: 'refuse',
      stream: reader.id(),
      subs: reader.u32(),
      why: reader.choice(REFUSALS),
      candidates: fields.readCandidates(reader),
    }),
  },
  confirm: {
    tag: 10,
    write(sink, message) {
      fields.writeTicketRef(sink, message);
      fields.writeSeq(sink, message.from);
      sink.varint(message.stamp);
    },
    read: (reader) => ({
      type: 'confirm',
      ...fields.readTicketRef(reader),
      from: fields.readSeq(reader),
      stamp: reader.varint(),
    }),
  },
  renew: {
    tag: 11,
    write(sink, message) {
      sink.varint(message.stamp);
      fields.writeList(sink, message.tickets, LIMITS.listItems, fields.writeTicketRef);
      sink.varint(message.free);
      sink.varint(message.interior);
      fields.writeCoordinate(sink, message.at);
    },
    read: (reader) => ({
      type: 'renew',
      stamp: reader.varint(),
      tickets: reader.list(LIMITS.listItems, fields.readTicketRef),
      free: reader.u32(),
      interior: reader.u32(),
      at: fields.readCoordinate(reader),
    }),
  },
  renewed: {
    tag: 12,
    write(sink, message) {
      sink.varint(message.stamp);
      fields.writeList(sink, message.tickets, LIMITS.listItems, fields.writeTicketRef);
      sink.id(message.stream);
      fields.writeClock(sink, message.source);
      fields.writeCoordinate(sink, message.at);
    },
    read: (reader) => ({
      type: 'renewed',
      stamp: reader.varint(),
      tickets: reader.list(LIMITS.listItems, fields.readTicketRef),
      stream: reader.id(),
      source: fields.readClock(reader),
      at: fields.readCoordinate(reader),
    }),
  },
  cancel: {
    tag: 13,
    write(sink, message) {
      fields.writeChoice(sink, SIDES, message.side);
      fields.writeTicketRef(sink, message);
      fields.writeChoice(sink, TICKET_REASONS, message.why);
      fields.writeCandidates(sink, message.candidates);
    },
    read: (reader) => ({
      type: 'cancel',
      side: reader.choice(SIDES),
      ...fields.readTicketRef(reader),
      why: reader.choice(TICKET_REASONS),
      candidates: fields.readCandidates(reader),
    }),
  },
  tick: {
    tag: 14,
    write(sink, message) {
      sink.id(message.stream);
      fields.writeList(sink, message.beats, LIMITS.substreams, writeTickBeat);
    },
    read: (reader) => ({ type: 'tick', stream: reader.id(), beats: reader.list(LIMITS.substreams, readTickBeat) }),
  },
  chunk: { tag: 15, write: writeChunk, read: readChunk },
  pull: {
    tag: 16,
    write(sink, message) {
      sink.id(message.stream);
      sink.varint(message.epoch);
      fields.writeList(sink, message.seqs, LIMITS.seqsPerPull, fields.writeOrdinal);
    },
    read: (reader) => ({
      type: 'pull',
      stream: reader.id(),
      epoch: reader.varint(),
      seqs: reader.list(LIMITS.seqsPerPull, fields.readOrdinal),
    }),
  },
  lacking: {
    tag: 17,
    write(sink, message) {
      sink.id(message.stream);
      sink.varint(message.epoch);
      fields.writeList(sink, message.seqs, LIMITS.seqsPerPull, fields.writeOrdinal);
    },
    read: (reader) => ({
      type: 'lacking',
      stream: reader.id(),
      epoch: reader.varint(),
      seqs: reader.list(LIMITS.seqsPerPull, fields.readOrdinal),
    }),
  },
  leaving: {
    tag: 18,
    write(sink, message) {
      sink.id(message.stream);
      fields.writeCandidates(sink, message.candidates);
    },
    read: (reader) => ({ type: 'leaving', stream: reader.id(), candidates: fields.readCandidates(reader) }),
  },
  ...BROKERING,
  ...STANDBY,
  ...REACH,
};
