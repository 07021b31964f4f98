import type { Peer } from '../membership/peers.js';
import type { TicketState } from '../trace.js';
import type { TicketId, Time } from '../units.js';

/** One end of a promise to forward one sub-stream. */
export interface Ticket {
  readonly side: 'provider' | 'consumer';
  readonly id: TicketId;
  generation: number;
  /** Incarnation of the provider. */
  readonly incarnation: number;
  readonly sub: number;
  /** The other end. */
  readonly peer: Peer;
  state: TicketState;
  /** End of the lease, or of the offer, on this side. */
  expires: Time;
  /** Bits per second set aside. */
  readonly bitrate: number;
  /** Consumer side: the provider has been silent for so long that it is as good as lost. */
  hopeless: boolean;
  /** Provider side: slots the consumer relays this sub-stream with; 0 is a leaf. */
  readonly rank: number;
  /** Provider side, while offered: the ticket whose place this one takes. */
  displaces: Ticket | null;
}
