import type { TicketEvent } from '../../core/trace.js';
import { NEVER, SECOND, type NodeId, type Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';

/** Make-before-break may hold two active tickets for this long. */
const OVERLAP: Time = 2 * SECOND;

interface Place {
  active: number;
  standby: number;
  /** Since when there are two active ones. */
  twoSince: Time;
}

/** S5: a consumer has, per sub-stream, at most one active and one standby ticket, two active for a moment. */
export function atMostOne(report: Report): Checker {
  const places = new Map<NodeId, Map<string, Place>>();

  const judge = (at: Time, node: NodeId, name: string, place: Place): void => {
    if (place.active > 2) report(at, [node], `${place.active} active tickets on ${name}`);
    if (place.standby > 1) report(at, [node], `${place.standby} standby tickets on ${name}`);
    if (at - place.twoSince > OVERLAP) {
      report(at, [node], `two active tickets on ${name} for ${Math.round((at - place.twoSince) / 1000)} ms`);
    }
  };
  const placeOf = (event: TicketEvent): Place => {
    const here = places.get(event.consumer) ?? new Map<string, Place>();
    places.set(event.consumer, here);
    const name = `${event.stream}/${event.sub}`;
    const place = here.get(name) ?? { active: 0, standby: 0, twoSince: NEVER };
    here.set(name, place);
    return place;
  };
  const end = (at: Time, node: NodeId): void => {
    for (const [name, place] of places.get(node) ?? []) judge(at, node, name, place);
    places.delete(node);
  };

  return {
    invariant: 'S5',
    needs: ['ticket'],
    sees: ['ticket'],
    observe(at, node, event) {
      if (event.type !== 'ticket' || node !== event.consumer || event.from === event.to) return;
      const place = placeOf(event);
      if (event.from === 'active') place.active--;
      if (event.from === 'standby') place.standby--;
      if (event.to === 'active') place.active++;
      if (event.to === 'standby') place.standby++;
      judge(at, node, `${event.stream}/${event.sub}`, place);
      if (place.active < 2) place.twoSince = NEVER;
      else if (place.twoSince === NEVER) place.twoSince = at;
    },
    nodeDown: end,
    finish(at) {
      for (const node of places.keys()) end(at, node);
    },
  };
}
