import type { Checker, Report } from './checker.js';
import type { Leases } from './leases.js';
import { ticketKey } from './ticket-key.js';

/** S7: nothing is served after the lease at the provider, and the consumer's lease never outlasts the provider's. */
export function leaseHeld(report: Report, leases: Leases): Checker {
  return {
    invariant: 'S7',
    needs: ['ticket'],
    sees: ['chunk', 'ticket'],
    observe(at, node, event) {
      if (event.type === 'chunk') {
        if (event.change !== 'forwarded' || event.peer === null) return;
        const lease = leases.serving(node, event.peer, event.sub);
        if (lease !== null && lease.expires < at) {
          const late = (at - lease.expires) / 1000;
          report(at, [node, event.peer], `chunk ${event.seq} served ${late} ms after the lease of ${ticketKey(lease)}`);
        }
      } else if (event.type === 'ticket' && node === event.consumer && event.to === 'active') {
        const lease = leases.find(event);
        if (lease === null || !lease.serving || event.expires <= lease.expires) return;
        const longer = (event.expires - lease.expires) / 1000;
        report(
          at,
          [event.provider, node],
          `the consumer holds ticket ${ticketKey(lease)} ${longer} ms longer than its provider`,
        );
      }
    },
  };
}
