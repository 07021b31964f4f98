import { astral } from '../core/astral.js';
import { Directory, DIRECTORY_DEFAULTS } from '../core/directory.js';
import type { Message } from '../core/message.js';
import type { Contender } from '../sim/simulate.js';

/** Protocols that a scenario can name. */
export const PROTOCOLS: ReadonlyMap<string, Contender<Message>> = new Map([
  ['astral', { protocol: astral, createDirectory: (rng, crypto) => new Directory(DIRECTORY_DEFAULTS, rng, crypto) }],
]);
