import type { Contender } from '../../../sim/simulate.js';
import { encodedBytes, type Message } from './messages.js';
import { DonetNode } from './node.js';
import { Tracker } from './tracker.js';

/** A mesh in which partners tell each other what they have and each asks for what it lacks, as DONet (Zhang et al. 2005). */
export const donet: Contender<Message> = {
  protocol: {
    name: 'donet',
    create: (identity, config, rng, crypto) => new DonetNode(identity, config, rng, crypto),
    encodedBytes,
    carriesChunk: (message) => message.type === 'chunk',
  },
  createDirectory: (rng) => new Tracker(rng),
  lacks: ['ticket', 'supernode'],
};
