import type { TicketEvent } from '../../core/trace.js';
import type { NodeId, Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';
import { ticketKey } from './ticket-key.js';

interface Provider {
  /** Active tickets given, by key: to whom. */
  readonly consumers: Map<string, NodeId>;
  /** Consumers that were told of the leave, with the number of alternatives they were named. */
  readonly told: Map<NodeId, number>;
  /** From whom it has active tickets, by key. */
  readonly held: Map<string, NodeId>;
  stopped: boolean;
}

/**
 * S24: a node that leaves tells each consumer, with alternatives where it has neighbours that the consumer can be connected
 * to, before it ends their tickets; once it has stopped it does nothing any more.
 */
export function shutdown(report: Report): Checker {
  const nodes = new Map<NodeId, Provider>();
  const unreachable = new Set<NodeId>();

  const gives = (at: Time, node: NodeId, provider: Provider, event: TicketEvent): void => {
    const key = ticketKey(event);
    if (event.to === 'active') provider.consumers.set(key, event.consumer);
    else if (event.from === 'active') {
      provider.consumers.delete(key);
      if (event.why === 'leaving') judge(at, node, provider, event.consumer);
    }
  };
  const judge = (at: Time, node: NodeId, provider: Provider, consumer: NodeId): void => {
    const alternatives = provider.told.get(consumer);
    if (alternatives === undefined) report(at, [node, consumer], 'the consumer was not told that its provider leaves');
  };
  const tell = (at: Time, node: NodeId, provider: Provider, consumer: NodeId, alternatives: number): void => {
    provider.told.set(consumer, alternatives);
    const others = [...provider.held.values(), ...provider.consumers.values()].filter(
      (other) => other !== consumer && !(unreachable.has(other) && unreachable.has(consumer)),
    );
    if (alternatives > 0 || others.length === 0) return;
    report(at, [node, consumer], 'the consumer was told that its provider leaves and named no alternative');
  };

  return {
    invariant: 'S24',
    needs: ['ticket'],
    nodeUp: (_at, { id, reachable }) => {
      nodes.set(id, { consumers: new Map(), told: new Map(), held: new Map(), stopped: false });
      if (reachable === false) unreachable.add(id);
    },
    nodeDown: (_at, node) => void nodes.delete(node),
    observe(at, node, event) {
      const provider = nodes.get(node);
      if (provider === undefined) return;
      if (provider.stopped) report(at, [node], `${event.type} after it had stopped`);
      if (event.type === 'leaving') tell(at, node, provider, event.consumer, event.alternatives);
      else if (event.type === 'left' && event.why === 'command') {
        for (const consumer of provider.consumers.values()) judge(at, node, provider, consumer);
        provider.stopped = true;
      } else if (event.type === 'ticket' && event.from !== event.to) {
        if (node === event.provider) gives(at, node, provider, event);
        else if (event.to === 'active') provider.held.set(ticketKey(event), event.provider);
        else if (event.from === 'active') provider.held.delete(ticketKey(event));
      }
    },
  };
}
