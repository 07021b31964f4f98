import type { TicketEvent } from '../../core/trace.js';

type Named = Pick<TicketEvent, 'provider' | 'consumer' | 'incarnation' | 'ticket' | 'generation' | 'sub'>;

/** Names a ticket in the whole network: equal at both ends when id, incarnation and generation are. */
export function ticketKey(event: Named): string {
  return `${event.provider}>${event.consumer}/${event.incarnation}/${event.ticket}/${event.generation}/${event.sub}`;
}
