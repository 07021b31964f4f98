import type { TicketEvent } from '../../core/trace.js';
import { MS, type NodeId, type Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';
import type { Leases } from './leases.js';
import { ticketKey } from './ticket-key.js';

/** What nodes of the run are told about leases. */
export interface LeaseTerms {
  readonly leaseConsumer: Time;
  readonly renewEvery: Time;
}

/** Renewals may be this many times further apart than they should be: less than two of them. */
const PATIENCE = 1.5;

/**
 * S26: a consumer renews each ticket it lives off in time. Connections lose nothing, so the sending times of two
 * acknowledged renewals, which the consumer's lease tells, are no further apart than renewals are to be, however late
 * the acknowledgements come; unless the consumer itself stood still.
 */
export function renewedInTime(report: Report, _leases: Leases, terms: LeaseTerms): Checker {
  const longest = PATIENCE * terms.renewEvery;
  /** By consumer and ticket: when the last renewal that was acknowledged was sent. */
  const sent = new Map<NodeId, Map<string, { readonly provider: NodeId; readonly at: Time }>>();
  const resumedAt = new Map<NodeId, Time>();

  const judge = (at: Time, node: NodeId, provider: NodeId, key: string, from: Time, to: Time): void => {
    if (to - from <= longest || (resumedAt.get(node) ?? -1) >= from) return;
    const [gap, due] = [to - from, terms.renewEvery].map((time) => Math.round(time / MS));
    report(at, [node, provider], `ticket ${key} not renewed for ${gap} ms, which is due every ${due} ms`);
  };
  const note = (at: Time, node: NodeId, event: TicketEvent): void => {
    const tickets = sent.get(node) ?? new Map<string, { provider: NodeId; at: Time }>();
    sent.set(node, tickets);
    const key = ticketKey(event);
    if (event.to !== 'active' && event.to !== 'suspect') {
      tickets.delete(key);
      return;
    }
    const stamp = event.expires - terms.leaseConsumer;
    const before = tickets.get(key);
    if (before !== undefined) judge(at, node, event.provider, key, before.at, stamp);
    tickets.set(key, { provider: event.provider, at: stamp });
  };

  return {
    invariant: 'S26',
    needs: ['ticket'],
    sees: ['ticket'],
    nodeDown(_at, node) {
      sent.delete(node);
      resumedAt.delete(node);
    },
    resumed: (at, node) => void resumedAt.set(node, at),
    observe(at, node, event) {
      if (event.type === 'ticket' && node === event.consumer) note(at, node, event);
    },
  };
}
