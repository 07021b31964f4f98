import type { TicketEvent } from '../../core/trace.js';
import { SECOND, type NodeId, type Time } from '../../core/units.js';
import type { StreamView, TicketView } from '../../core/view.js';
import type { Checker, Report, Snapshot } from './checker.js';
import { ticketKey } from './ticket-key.js';

/** The longest round trip, and a pulse. */
const ROUND_TRIP: Time = 1 * SECOND;

/**
 * S6: a ticket never changes whom it serves and with what; and once all is quiet, what a consumer takes for confirmed its
 * provider has confirmed, too, unless it restarted, or ended it within the last round trip.
 */
export function agreement(report: Report): Checker {
  /** What each ticket is for, by provider and then by incarnation and id. */
  const purposes = new Map<NodeId, Map<string, string>>();
  /** When tickets were taken up by their consumer, or ended by their provider and not yet by it; by consumer. */
  const changed = new Map<NodeId, Map<string, Time>>();

  const purpose = (at: Time, node: NodeId, event: TicketEvent): void => {
    const tickets = purposes.get(event.provider) ?? new Map<string, string>();
    purposes.set(event.provider, tickets);
    const name = `${event.incarnation}/${event.ticket}`;
    const is = `${event.consumer}/${event.stream}/${event.sub}`;
    const was = tickets.get(name);
    if (was !== undefined && was !== is) {
      report(at, [event.provider, event.consumer], `ticket ${name} was for ${was} and is for ${is}`);
    }
    if (event.to === null && node === event.consumer) tickets.delete(name);
    else if (was === undefined) tickets.set(name, is);
  };
  const note = (at: Time, node: NodeId, event: TicketEvent): void => {
    const tickets = changed.get(event.consumer) ?? new Map<string, Time>();
    changed.set(event.consumer, tickets);
    if (event.to !== null || node === event.provider) tickets.set(ticketKey(event), at);
    else tickets.delete(ticketKey(event));
  };
  const judge = (at: Time, consumer: NodeId, stream: StreamView, ticket: TicketView, snapshot: Snapshot): void => {
    const provider = snapshot.views.get(ticket.peer);
    if (provider === undefined || provider.incarnation !== ticket.incarnation) return;
    const theirs = provider.streams
      .find((each) => each.stream === stream.stream)
      ?.tickets.find(
        ({ side, ticket: id, generation, peer }) =>
          side === 'provider' && id === ticket.ticket && generation === ticket.generation && peer === consumer,
      );
    if (theirs?.state === 'active') return;
    const { peer, incarnation, ticket: id, generation, sub } = ticket;
    const changedAt = changed.get(consumer)?.get(`${peer}>${consumer}/${incarnation}/${id}/${generation}/${sub}`);
    if (changedAt !== undefined && at - changedAt <= ROUND_TRIP) return;
    report(at, [consumer, peer], `ticket ${id} is active at the consumer and ${theirs?.state ?? 'unknown'} at ${peer}`);
  };

  return {
    invariant: 'S6',
    needs: ['ticket', 'view'],
    nodeDown(_at, node) {
      purposes.delete(node);
      changed.delete(node);
    },
    observe(at, node, event) {
      if (event.type !== 'ticket' || event.from === event.to) return;
      purpose(at, node, event);
      const begins = event.to === 'active' && node === event.consumer;
      if (begins || (event.to === null && event.from !== 'offered')) note(at, node, event);
    },
    quiet(at, snapshot) {
      for (const node of snapshot.viewers) {
        for (const stream of snapshot.views.get(node)?.streams ?? []) {
          for (const ticket of stream.tickets) {
            if (ticket.side === 'consumer' && ticket.state === 'active') judge(at, node, stream, ticket, snapshot);
          }
        }
      }
    },
  };
}
