import type { TicketEvent } from '../../core/trace.js';

/** Names a ticket in the whole network: equal at both ends when id, incarnation and generation are. */
export function ticketKey(event: TicketEvent): string {
  return `${event.provider}>${event.consumer}/${event.incarnation}/${event.ticket}/${event.generation}/${event.sub}`;
}
