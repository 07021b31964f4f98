import type { Config, Identity } from './config.js';
import { Brokering } from './brokering/brokering.js';
import { NodeContext } from './context.js';
import { Relay } from './delivery/relay.js';
import { Repair } from './delivery/repair.js';
import type { Crypto, Rng } from './machine.js';
import { Bootstrap } from './membership/bootstrap.js';
import { Reach } from './membership/reach.js';
import { Seek } from './membership/seek.js';
import { Publisher } from './publisher.js';
import { Pulse } from './pulse.js';
import { Consumer } from './tickets/consumer.js';
import { Leave } from './tickets/leave.js';
import { Provider } from './tickets/provider.js';
import { Spares } from './tickets/spares.js';
import { Standby } from './tickets/standby.js';

/** The parts of a node, each with one subject; handlers and timers find the one that knows what to do. */
export interface Parts {
  readonly ctx: NodeContext;
  readonly relay: Relay;
  readonly repair: Repair;
  readonly provider: Provider;
  readonly consumer: Consumer;
  readonly standby: Standby;
  readonly spares: Spares;
  readonly seek: Seek;
  readonly reach: Reach;
  readonly bootstrap: Bootstrap;
  readonly brokering: Brokering;
  readonly publisher: Publisher;
  readonly leave: Leave;
  readonly pulse: Pulse;
}

export function createParts(identity: Identity, config: Config, rng: Rng, crypto: Crypto): Parts {
  const ctx = new NodeContext(identity, config, rng, crypto);
  const consumer = new Consumer(ctx);
  const relay = new Relay(ctx, consumer);
  const repair = new Repair(ctx);
  const provider = new Provider(ctx);
  const standby = new Standby(ctx, consumer);
  const spares = new Spares(ctx, provider);
  const seek = new Seek(ctx, consumer);
  const bootstrap = new Bootstrap(ctx);
  const brokering = new Brokering(ctx);
  const reach = new Reach(ctx, brokering);
  const publisher = new Publisher(ctx, relay);
  const leave = new Leave(ctx, { consumer, standby, provider, bootstrap, brokering });
  const pulse = new Pulse({ ctx, relay, repair, provider, consumer, standby });
  return {
    ctx,
    relay,
    repair,
    provider,
    consumer,
    standby,
    spares,
    seek,
    reach,
    bootstrap,
    brokering,
    publisher,
    leave,
    pulse,
  };
}
