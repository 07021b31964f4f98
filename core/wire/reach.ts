import type { Message, MessageType } from '../message.js';
import type { BodyCodec } from './body.js';
import * as fields from './fields.js';

type Types = 'unreached' | 'reachable-at' | 'want-call' | 'call';

/** What is said about nodes that cannot be dialled. */
export const REACH: { readonly [T in Types & MessageType]: BodyCodec<Extract<Message, { type: T }>> } = {
  unreached: {
    tag: 32,
    write: (sink, message) => sink.varint(message.seq),
    read: (reader) => ({ type: 'unreached', seq: reader.varint() }),
  },
  'reachable-at': {
    tag: 33,
    write: (sink, message) => sink.text(message.address),
    read: (reader) => ({ type: 'reachable-at', address: reader.text() }),
  },
  'want-call': {
    tag: 34,
    write: (sink, message) => sink.id(message.node),
    read: (reader) => ({ type: 'want-call', node: reader.id() }),
  },
  call: {
    tag: 35,
    write: (sink, message) => fields.writeContact(sink, message.contact),
    read: (reader) => ({ type: 'call', contact: fields.readContact(reader) }),
  },
};
