import { LIMITS } from '../limits.js';
import type { Message, MessageType, Registered, StreamNews, SupernodeEntry } from '../message.js';
import { type BodyCodec, numbered } from './body.js';
import * as fields from './fields.js';
import { SIGNATURE_BYTES } from './header.js';
import type { Reader } from './reader.js';
import type { Sink } from './writer.js';

const VERDICTS = numbered<Registered['verdict']>({ accepted: 0, full: 1, ordinary: 2, leaving: 3 });

function writeEntry(sink: Sink, entry: SupernodeEntry): void {
  fields.writeContact(sink, entry.contact);
  sink.varint(entry.room);
  sink.varint(entry.children);
  sink.varint(entry.age);
}

function readEntry(reader: Reader): SupernodeEntry {
  return { contact: fields.readContact(reader), room: reader.u32(), children: reader.u32(), age: reader.ordinal() };
}

function writeEntries(sink: Sink, entries: readonly SupernodeEntry[]): void {
  fields.writeList(sink, entries, LIMITS.supernodeList, writeEntry);
}

function readEntries(reader: Reader): SupernodeEntry[] {
  return reader.list(LIMITS.supernodeList, readEntry);
}

function writeNews(sink: Sink, news: StreamNews): void {
  sink.id(news.stream);
  sink.varint(news.age);
  fields.writeList(sink, news.candidates, LIMITS.gossipHolders, fields.writeCandidate);
}

function readNews(reader: Reader): StreamNews {
  return {
    stream: reader.id(),
    age: reader.ordinal(),
    candidates: reader.list(LIMITS.gossipHolders, fields.readCandidate),
  };
}

type Types = 'enlist' | 'want-supernodes' | 'supernodes' | 'register' | 'registered' | 'deregister' | 'gossip';

/** What nodes say to their supernodes, and those to each other and to the directory. */
export const BROKERING: { readonly [T in Types & MessageType]: BodyCodec<Extract<Message, { type: T }>> } = {
  enlist: {
    tag: 19,
    write(sink, { record }) {
      fields.writeSupernodeBody(sink, record);
      sink.raw(record.signature, SIGNATURE_BYTES);
    },
    read: (reader) => ({
      type: 'enlist',
      record: { ...fields.readSupernodeBody(reader), signature: reader.raw(SIGNATURE_BYTES) },
    }),
  },
  'want-supernodes': {
    tag: 20,
    write: (sink, message) => sink.varint(message.stamp),
    read: (reader) => ({ type: 'want-supernodes', stamp: reader.ordinal() }),
  },
  supernodes: {
    tag: 21,
    write(sink, message) {
      sink.varint(message.stamp);
      fields.writeFlag(sink, message.supernode);
      sink.varint(message.room);
      writeEntries(sink, message.entries);
    },
    read: (reader) => ({
      type: 'supernodes',
      stamp: reader.ordinal(),
      supernode: reader.flag(),
      room: reader.u32(),
      entries: readEntries(reader),
    }),
  },
  register: {
    tag: 22,
    write(sink, message) {
      sink.varint(message.stamp);
      fields.writeList(sink, message.loads, LIMITS.streams, fields.writeLoad);
    },
    read: (reader) => ({
      type: 'register',
      stamp: reader.ordinal(),
      loads: reader.list(LIMITS.streams, fields.readLoad),
    }),
  },
  registered: {
    tag: 23,
    write(sink, message) {
      sink.varint(message.stamp);
      fields.writeChoice(sink, VERDICTS, message.verdict);
      fields.writeSeq(sink, message.place);
      writeEntries(sink, message.entries);
    },
    read: (reader) => ({
      type: 'registered',
      stamp: reader.ordinal(),
      verdict: reader.choice(VERDICTS),
      place: fields.readSeq(reader),
      entries: readEntries(reader),
    }),
  },
  deregister: { tag: 24, write: () => {}, read: () => ({ type: 'deregister' }) },
  gossip: {
    tag: 25,
    write(sink, message) {
      sink.varint(message.room);
      sink.varint(message.children);
      writeEntries(sink, message.entries);
      fields.writeList(sink, message.streams, LIMITS.gossipStreams, writeNews);
    },
    read: (reader) => ({
      type: 'gossip',
      room: reader.u32(),
      children: reader.u32(),
      entries: readEntries(reader),
      streams: reader.list(LIMITS.gossipStreams, readNews),
    }),
  },
};
