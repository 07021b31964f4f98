import type { Rng } from '../core/machine.js';
import type { Command } from '../core/message.js';
import type { Protocol } from '../core/protocol.js';
import type { View } from '../core/view.js';
import type { SimCrypto } from './crypto.js';
import { handshakeOf } from './handshake.js';
import { addressOf } from './network-dials.js';
import type { PathModel } from './network-types.js';
import type { Scenario } from './scenario/shape.js';
import { World } from './world.js';

/** What the world of a run is made of. */
export interface WorldParts<M> {
  readonly protocol: Protocol<M, Command, View>;
  readonly paths: PathModel;
  readonly crypto: SimCrypto;
  readonly rng: Rng;
}

/** The empty world of a run: the network of its scenario, with handshakes as the core has them. */
export function createWorld<M extends { readonly type: string }>(
  scenario: Scenario,
  { protocol, paths, crypto, rng }: WorldParts<M>,
): World<M, Command, unknown> {
  const world: World<M, Command, unknown> = new World<M, Command, unknown>({
    network: {
      sizes: { encodedBytes: (m) => protocol.encodedBytes(m), carriesChunk: (m) => protocol.carriesChunk(m) },
      paths,
      loss: scenario.network.loss,
      seed: rng.fork('network').below(0x7fffffff),
      handshake: handshakeOf({
        crypto,
        rng: rng.fork('handshakes'),
        key: (node) => crypto.keyPair(node),
        incarnation: (node) => world.node(node).durable?.incarnation ?? 1,
        endpoint: addressOf,
      }),
    },
  });
  return world;
}
