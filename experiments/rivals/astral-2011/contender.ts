import type { Contender } from '../../../sim/simulate.js';
import { encodedBytes, type Message } from './messages.js';
import { Node2011 } from './node.js';
import { WebApp } from './web-app.js';

/** OUTGOING_STREAM_LIMIT as it was shipped. */
const SHIPPED_LIMIT = 1;

/**
 * The astral of 2011 with its defects: one web app, supernodes, tickets without leases, one tunnel a viewer.
 * @param outgoingLimit streams that a node forwards at most, a line of its settings file
 */
export function createAstral2011(outgoingLimit: number): Contender<Message> {
  return {
    protocol: {
      name: 'astral-2011',
      create: (identity, config, rng, crypto) => new Node2011(identity, config, rng, crypto, outgoingLimit),
      encodedBytes,
      carriesChunk: (message) => message.type === 'chunk',
    },
    createDirectory: () => new WebApp(),
  };
}

export const astral2011: Contender<Message> = createAstral2011(SHIPPED_LIMIT);
