import type { Command, Message } from './message.js';
import { AstralNode } from './node.js';
import type { Protocol } from './protocol.js';
import type { View } from './view.js';
import { encodedBytes } from './wire/codec.js';

/** The protocol this project is about, as both worlds host it. */
export const astral: Protocol<Message, Command, View> = {
  name: 'astral',
  create: (identity, config, rng, crypto) => new AstralNode(identity, config, rng, crypto),
  encodedBytes,
  carriesChunk: (message) => message.type === 'chunk',
};
