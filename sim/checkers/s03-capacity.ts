import { LIMITS } from '../../core/limits.js';
import type { TicketEvent } from '../../core/trace.js';
import type { NodeId, Time } from '../../core/units.js';
import type { NodeInfo } from '../metrics/session.js';
import type { Checker, Report } from './checker.js';

interface Provider {
  readonly info: NodeInfo;
  /** Bits per second promised to active tickets. */
  active: number;
  readonly ticketsOf: Map<NodeId, number>;
}

/** S3: no new confirmation takes the sum of active bitrates above the uplink, nor the consumers above their bound. */
export function capacity(report: Report): Checker {
  const providers = new Map<NodeId, Provider>();

  const add = (at: Time, provider: Provider, event: TicketEvent): void => {
    const { info, ticketsOf } = provider;
    provider.active += event.bitrate;
    ticketsOf.set(event.consumer, (ticketsOf.get(event.consumer) ?? 0) + 1);
    if (provider.active > info.uplink * (1 + 1e-9)) {
      report(
        at,
        [info.id],
        `promised ${Math.round(provider.active)} bit/s of ${Math.round(info.uplink)} with ticket ${event.ticket} to ${event.consumer}`,
      );
    }
    const most = info.kind === 'publisher' ? LIMITS.peersPublisher : LIMITS.peersSupernode;
    if (ticketsOf.size > most) report(at, [info.id], `serves ${ticketsOf.size} consumers, the bound is ${most}`);
  };
  const remove = (provider: Provider, event: TicketEvent): void => {
    provider.active -= event.bitrate;
    const left = (provider.ticketsOf.get(event.consumer) ?? 0) - 1;
    if (left > 0) provider.ticketsOf.set(event.consumer, left);
    else provider.ticketsOf.delete(event.consumer);
  };

  return {
    invariant: 'S3',
    needs: ['ticket'],
    sees: ['ticket'],
    nodeUp: (_at, info) => void providers.set(info.id, { info, active: 0, ticketsOf: new Map() }),
    nodeDown: (_at, node) => void providers.delete(node),
    observe(at, node, event) {
      if (event.type !== 'ticket' || node !== event.provider || event.from === event.to) return;
      const provider = providers.get(node);
      if (provider === undefined) return;
      if (event.to === 'active') add(at, provider, event);
      else if (event.from === 'active') remove(provider, event);
    },
  };
}
