import { LIMITS } from '../../core/limits.js';
import type { TicketEvent } from '../../core/trace.js';
import { SECOND, type NodeId, type StreamId, type Time } from '../../core/units.js';
import type { PathView, StreamView, View } from '../../core/view.js';
import type { Checker, Report, Snapshot } from './checker.js';

/** A consumer may be without an active ticket for this long. */
const PATIENCE: Time = 3 * SECOND;

/**
 * L1: once all is quiet, a consumer that has been without an active ticket on a sub-stream for 3 s is one for which
 * there is no feasible provider: alive, with a free slot, fed, not too deep, not below the consumer itself, and one that
 * it can be connected to.
 */
export function reattached(report: Report): Checker {
  const bornAt = new Map<NodeId, Time>();
  /** Number of active tickets of a consumer on a sub-stream, and since when it is what it is. */
  const held = new Map<NodeId, Map<string, { active: number; since: Time }>>();

  const count = (at: Time, node: NodeId, event: TicketEvent): void => {
    const change = Number(event.to === 'active') - Number(event.from === 'active');
    if (change === 0) return;
    const places = held.get(node) ?? new Map<string, { active: number; since: Time }>();
    held.set(node, places);
    const place = `${event.stream}/${event.sub}`;
    places.set(place, { active: (places.get(place)?.active ?? 0) + change, since: at });
  };
  const orphanSince = (node: NodeId, place: string): Time => held.get(node)?.get(place)?.since ?? bornAt.get(node) ?? 0;

  return {
    invariant: 'L1',
    needs: ['ticket', 'view'],
    nodeUp: (at, info) => void bornAt.set(info.id, at),
    nodeDown: (_at, node) => void held.delete(node),
    observe(at, node, event) {
      if (event.type === 'ticket' && node === event.consumer) count(at, node, event);
    },
    quiet(at, snapshot) {
      for (const node of snapshot.viewers) {
        for (const stream of snapshot.views.get(node)?.streams ?? []) {
          if (!stream.watching || stream.publisher) continue;
          for (let sub = 0; sub < stream.substreams; sub++) {
            if (providerOf(stream, sub) !== null) continue;
            const orphan = at - orphanSince(node, `${stream.stream}/${sub}`);
            if (orphan <= PATIENCE) continue;
            const provider = feasible(snapshot, node, stream.stream, sub);
            if (provider === null) continue;
            const time = `${(orphan / SECOND).toFixed(1)} s`;
            report(
              at,
              [node, provider],
              `no active ticket on sub-stream ${sub} for ${time} although ${provider} has room`,
            );
          }
        }
      }
    },
  };
}

/** The provider of the consumer's active ticket, or null. */
export function providerOf(stream: StreamView, sub: number): NodeId | null {
  const ticket = stream.tickets.find((each) => each.side === 'consumer' && each.sub === sub && each.state === 'active');
  return ticket?.peer ?? null;
}

/**
 * A provider that could take the consumer: alive, with room, fed, not too deep and not below it; or null. Who hangs on
 * `leaver` looks for a provider itself.
 */
export function feasible(
  snapshot: Snapshot,
  consumer: NodeId,
  name: StreamId,
  sub: number,
  leaver: NodeId | null = null,
): NodeId | null {
  for (const [node, view] of snapshot.views) {
    const stream = streamOf(view, name);
    if (node === consumer || stream === undefined || !connectable(snapshot, node, consumer)) continue;
    const slot = slotOf(snapshot, name, sub);
    if (slot === null || view.uplink.capacity - view.uplink.promised < slot) continue;
    if (!fed(stream, sub) || above(snapshot, node, consumer, name, sub)) continue;
    if (leaver !== null && above(snapshot, node, leaver, name, sub)) continue;
    return node;
  }
  return null;
}

/** Not when nobody can dial either of the two. */
function connectable({ unreachable }: Snapshot, a: NodeId, b: NodeId): boolean {
  return unreachable === undefined || !unreachable.has(a) || !unreachable.has(b);
}

function fed(stream: StreamView, sub: number): boolean {
  if (stream.publisher) return true;
  const path: PathView | undefined = stream.paths.find((each) => each.sub === sub);
  return path !== undefined && path.via !== null && path.seq >= 0 && !path.starving && path.depth + 1 < LIMITS.depth;
}

/** Whether `ancestor` is met on the way up from `node`; a way that never ends counts as one that does. */
function above(snapshot: Snapshot, node: NodeId, ancestor: NodeId, name: StreamId, sub: number): boolean {
  let each: NodeId | null = node;
  for (let hops = 0; each !== null && hops <= snapshot.views.size; hops++) {
    if (each === ancestor) return true;
    const stream = streamOf(snapshot.views.get(each), name);
    if (stream === undefined || stream.publisher) return false;
    each = providerOf(stream, sub);
  }
  return each !== null;
}

/** Bits per second that one slot of the sub-stream takes, as the tickets of the network show it. */
function slotOf(snapshot: Snapshot, name: StreamId, sub: number): number | null {
  for (const view of snapshot.views.values()) {
    const ticket = streamOf(view, name)?.tickets.find((each) => each.sub === sub && each.bitrate > 0);
    if (ticket !== undefined) return ticket.bitrate;
  }
  return null;
}

function streamOf(view: View | undefined, name: StreamId): StreamView | undefined {
  return view?.streams.find((each) => each.stream === name);
}
