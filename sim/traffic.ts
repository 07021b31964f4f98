import type { Traffic } from './metrics/summary.js';
import { COUNTER } from './network-access.js';
import type { World } from './world.js';

/** What the network of a world has counted. */
export function trafficOf<M extends { readonly type: string }, C extends { readonly type: string }, V>(
  world: World<M, C, V>,
): Traffic {
  const { access } = world.network;
  return {
    of: (node) => {
      const { index } = world.node(node);
      return {
        controlBytes: access.counter(index, COUNTER.receivedControl),
        headerBytes: access.counter(index, COUNTER.receivedMediaHeader),
        payloadBytes: access.counter(index, COUNTER.receivedMediaPayload),
        messages: access.counter(index, COUNTER.receivedMessages),
      };
    },
    uplinkWait: (share) => (access.mediaWaits.total === 0 ? null : access.mediaWaits.quantile(share)),
  };
}
