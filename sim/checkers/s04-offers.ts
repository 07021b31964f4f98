import type { TicketEvent } from '../../core/trace.js';
import { MS, type NodeId, type Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';
import { ticketKey } from './ticket-key.js';

/** Offers that one provider may hold out to one requester for one sub-stream. */
const MOST = 2;
/** Regular work is done in pulses; an offer may outlive its time by one of them. */
const SLACK: Time = 250 * MS;

/**
 * S4: few offers to the same requester, none held beyond its time to live, and none that takes the place of a confirmed
 * ticket before it is confirmed itself. A node that stood still is judged from its next step on.
 */
export function offersBounded(report: Report): Checker {
  const open = new Map<NodeId, Map<string, { readonly place: string; readonly expires: Time }>>();
  const resumedAt = new Map<NodeId, Time>();
  /** A displaced ticket whose successor has yet to be confirmed in the same instant. */
  const displaced = new Map<NodeId, { readonly at: Time; readonly sub: number }>();

  const offered = (at: Time, event: TicketEvent): void => {
    const offers = open.get(event.provider) ?? new Map<string, { place: string; expires: Time }>();
    open.set(event.provider, offers);
    const place = `${event.consumer}/${event.stream}/${event.sub}`;
    offers.set(ticketKey(event), { place, expires: event.expires });
    let count = 0;
    for (const each of offers.values()) if (each.place === place) count++;
    if (count > MOST) {
      report(at, [event.provider, event.consumer], `${count} offers for sub-stream ${event.sub} at the same time`);
    }
  };
  const judge = (at: Time, node: NodeId, key: string, expires: Time): void => {
    const due = Math.max(expires, resumedAt.get(node) ?? 0) + SLACK;
    if (at <= due) return;
    report(at, [node], `offer ${key} held ${Math.round((at - expires) / MS)} ms beyond its time to live`);
  };
  const settled = (at: Time, event: TicketEvent): void => {
    const offers = open.get(event.provider);
    const key = ticketKey(event);
    const offer = offers?.get(key);
    if (offers === undefined || offer === undefined) return;
    offers.delete(key);
    judge(at, event.provider, key, offer.expires);
  };
  const succeeded = (at: Time, event: TicketEvent): void => {
    const pending = displaced.get(event.provider);
    if (pending === undefined) return;
    displaced.delete(event.provider);
    if (pending.at === at && pending.sub === event.sub && event.to === 'active') return;
    report(pending.at, [event.provider], `a confirmed ticket of sub-stream ${pending.sub} was displaced for nobody`);
  };

  return {
    invariant: 'S4',
    needs: ['ticket'],
    nodeDown(_at, node) {
      open.delete(node);
      displaced.delete(node);
      resumedAt.delete(node);
    },
    resumed: (at, node) => void resumedAt.set(node, at),
    observe(at, node, event) {
      if (event.type !== 'ticket' || node !== event.provider || event.from === event.to) return;
      succeeded(at, event);
      if (event.to === 'offered') offered(at, event);
      else if (event.from === 'offered') settled(at, event);
      if (event.to === null && event.why === 'displaced') displaced.set(node, { at, sub: event.sub });
    },
    finish(at) {
      for (const [node, offers] of open) for (const [key, { expires }] of offers) judge(at, node, key, expires);
    },
  };
}
