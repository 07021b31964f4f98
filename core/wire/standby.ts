import type { Message, MessageType } from '../message.js';
import type { BodyCodec } from './body.js';
import * as fields from './fields.js';

type Types = 'ask-standby' | 'standby' | 'refuse-standby' | 'activate' | 'activated';

/** What is said about slots that are kept for the case that a provider fails. */
export const STANDBY: { readonly [T in Types & MessageType]: BodyCodec<Extract<Message, { type: T }>> } = {
  'ask-standby': {
    tag: 26,
    write(sink, message) {
      sink.id(message.stream);
      sink.varint(message.sub);
      sink.id(message.via);
    },
    read: (reader) => ({ type: 'ask-standby', stream: reader.id(), sub: fields.readSub(reader), via: reader.id() }),
  },
  standby: {
    tag: 27,
    write(sink, message) {
      sink.id(message.stream);
      sink.varint(message.sub);
      fields.writeTicketRef(sink, message);
      sink.varint(message.incarnation);
    },
    read: (reader) => ({
      type: 'standby',
      stream: reader.id(),
      sub: fields.readSub(reader),
      ...fields.readTicketRef(reader),
      incarnation: reader.varint(),
    }),
  },
  'refuse-standby': {
    tag: 28,
    write(sink, message) {
      sink.id(message.stream);
      sink.varint(message.sub);
    },
    read: (reader) => ({ type: 'refuse-standby', stream: reader.id(), sub: fields.readSub(reader) }),
  },
  activate: {
    tag: 29,
    write(sink, message) {
      fields.writeTicketRef(sink, message);
      fields.writeSeq(sink, message.from);
      sink.varint(message.stamp);
    },
    read: (reader) => ({
      type: 'activate',
      ...fields.readTicketRef(reader),
      from: fields.readSeq(reader),
      stamp: reader.varint(),
    }),
  },
  activated: {
    tag: 30,
    write(sink, message) {
      sink.id(message.stream);
      fields.writeTicketRef(sink, message);
      sink.varint(message.stamp);
      fields.writeBeat(sink, message.beat);
    },
    read: (reader) => ({
      type: 'activated',
      stream: reader.id(),
      ...fields.readTicketRef(reader),
      stamp: reader.varint(),
      beat: fields.readBeat(reader),
    }),
  },
};
