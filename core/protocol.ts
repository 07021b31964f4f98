import type { Config, Identity } from './config.js';
import type { Crypto, Machine, Rng } from './machine.js';

/** A protocol as worlds know it: how to make a node of it and what its messages weigh. */
export interface Protocol<M, C, V> {
  readonly name: string;
  create(identity: Identity, config: Config, rng: Rng, crypto: Crypto): Machine<M, C, V>;
  /** Bytes of the message as one frame, headers included. */
  encodedBytes(message: M): number;
  /** Whether the message is media, which control messages may overtake. */
  carriesChunk(message: M): boolean;
}
