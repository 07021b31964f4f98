import type { ChunkEvent } from '../../core/trace.js';
import { SECOND, type NodeId, type Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';
import { providerOf } from './l01-reattach.js';

/** How far the newest chunk of a consumer may be behind the publisher's. */
const BEHIND: Time = 3 * SECOND;

/** L2: once all is quiet, the newest chunk of every attached consumer is at most 3 s older than the publisher's. */
export function delivered(report: Report): Checker {
  const publishedAt = new Map<string, Time>();
  const newestAt = new Map<string, Time>();
  /** When the newest chunk that a node has was published, by stream. */
  const newestOf = new Map<NodeId, Map<string, Time>>();

  const arrived = (node: NodeId, event: ChunkEvent): void => {
    const at = publishedAt.get(nameOf(event));
    if (at === undefined) return;
    const streams = newestOf.get(node) ?? new Map<string, Time>();
    newestOf.set(node, streams);
    if (at > (streams.get(event.stream) ?? -1)) streams.set(event.stream, at);
  };

  return {
    invariant: 'L2',
    needs: ['ticket', 'chunk', 'view'],
    nodeDown: (_at, node) => void newestOf.delete(node),
    observe(at, node, event) {
      if (event.type !== 'chunk') return;
      if (event.change === 'published') {
        publishedAt.set(nameOf(event), at);
        newestAt.set(event.stream, at);
      } else if (event.change === 'received' || event.change === 'repaired') arrived(node, event);
    },
    quiet(at, snapshot) {
      for (const node of snapshot.viewers) {
        for (const stream of snapshot.views.get(node)?.streams ?? []) {
          const subs = Array.from({ length: stream.substreams }, (_, sub) => sub);
          if (!stream.watching || subs.length === 0 || !subs.every((sub) => providerOf(stream, sub) !== null)) continue;
          const newest = newestAt.get(stream.stream);
          const own = newestOf.get(node)?.get(stream.stream);
          if (newest === undefined || (own !== undefined && newest - own <= BEHIND)) continue;
          const lag = own === undefined ? 'has no chunk' : `is ${(newest - own) / 1000} ms behind the publisher`;
          report(at, [node], `attached on every sub-stream, but ${lag}`);
        }
      }
    },
  };
}

function nameOf(event: ChunkEvent): string {
  return `${event.stream}/${event.epoch}/${event.seq}`;
}
