import type { TicketEvent } from '../../core/trace.js';
import type { NodeId, Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';
import { ticketKey } from './ticket-key.js';

const PROVIDER_SIDE = 1;
const CONSUMER_SIDE = 2;

interface Ends {
  readonly key: string;
  readonly provider: NodeId;
  readonly consumer: NodeId;
  readonly place: string;
  sides: number;
}

/**
 * S1: for each stream and sub-stream the edges that are active at both ends form no cycle. An edge is checked when its
 * second end becomes active: a walk up from the provider must not meet the consumer.
 */
export function acyclic(report: Report): Checker {
  const ends = new Map<string, Ends>();
  const byNode = new Map<NodeId, Set<Ends>>();
  /** Parents by sub-stream and consumer; more than one during make-before-break. */
  const parents = new Map<string, Map<NodeId, Ends[]>>();

  const forget = (node: NodeId, each: Ends): void => {
    const all = byNode.get(node);
    all?.delete(each);
    if (all?.size === 0) byNode.delete(node);
  };
  const unlink = (each: Ends): void => {
    const here = parents.get(each.place);
    const left = (here?.get(each.consumer) ?? []).filter((other) => other !== each);
    if (left.length > 0) here?.set(each.consumer, left);
    else here?.delete(each.consumer);
  };
  const deactivate = (each: Ends, side: number): void => {
    if (each.sides === (PROVIDER_SIDE | CONSUMER_SIDE)) unlink(each);
    each.sides &= ~side;
    if (each.sides !== 0) return;
    ends.delete(each.key);
    forget(each.provider, each);
    forget(each.consumer, each);
  };
  const remember = (node: NodeId, each: Ends): void => {
    const all = byNode.get(node);
    if (all === undefined) byNode.set(node, new Set([each]));
    else all.add(each);
  };
  const activate = (at: Time, event: TicketEvent, side: number): void => {
    const key = ticketKey(event);
    let each = ends.get(key);
    if (each === undefined) {
      const { provider, consumer } = event;
      each = { key, provider, consumer, place: `${event.stream}/${event.sub}`, sides: 0 };
      ends.set(key, each);
      remember(provider, each);
      remember(consumer, each);
    }
    if ((each.sides & side) !== 0) return;
    each.sides |= side;
    if (each.sides !== (PROVIDER_SIDE | CONSUMER_SIDE)) return;
    const here = parents.get(each.place) ?? new Map<NodeId, Ends[]>();
    parents.set(each.place, here);
    const loop = pathUp(here, each.provider, each.consumer);
    if (loop !== null) report(at, loop, `cycle on ${each.place} closed by ticket ${key}: ${loop.join(' <- ')}`);
    here.set(each.consumer, [...(here.get(each.consumer) ?? []), each]);
  };

  return {
    invariant: 'S1',
    needs: ['ticket'],
    observe(at, node, event) {
      if (event.type !== 'ticket' || event.from === event.to) return;
      const side = node === event.provider ? PROVIDER_SIDE : CONSUMER_SIDE;
      if (event.to === 'active') activate(at, event, side);
      else if (event.from === 'active') {
        const each = ends.get(ticketKey(event));
        if (each !== undefined) deactivate(each, side);
      }
    },
    nodeDown(_at, node) {
      for (const each of byNode.get(node) ?? [])
        deactivate(each, node === each.provider ? PROVIDER_SIDE : CONSUMER_SIDE);
    },
  };
}

/** The way from `from` up to `target` along active edges, or null. */
function pathUp(parents: ReadonlyMap<NodeId, readonly Ends[]>, from: NodeId, target: NodeId): NodeId[] | null {
  const cameFrom = new Map<NodeId, NodeId | null>([[from, null]]);
  const open = [from];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node === target) {
      const path: NodeId[] = [];
      for (let each: NodeId | null = node; each !== null; each = cameFrom.get(each) ?? null) path.push(each);
      return path.reverse();
    }
    for (const edge of parents.get(node) ?? []) {
      if (cameFrom.has(edge.provider)) continue;
      cameFrom.set(edge.provider, node);
      open.push(edge.provider);
    }
  }
  return null;
}
