import type { ChunkEvent } from '../../core/trace.js';
import type { NodeId, Time } from '../../core/units.js';
import type { Checker, Report } from './checker.js';

interface Position {
  epoch: number;
  seq: number;
}

/**
 * S16: a player shows or skips every chunk of an epoch in order and once, from where it began, and shows only what the
 * publisher published.
 */
export function playerInOrder(report: Report): Checker {
  const positions = new Map<string, Map<NodeId, Position>>();
  /** Per stream and epoch the sizes published, by seq. */
  const published = new Map<string, Map<number, number[]>>();
  /** The stream that was spoken of last, since most runs have but one. */
  let stream = '';
  let here = new Map<NodeId, Position>();

  const genuine = (event: ChunkEvent): boolean =>
    published.get(event.stream)?.get(event.epoch)?.[event.seq] === event.size;
  const publish = (event: ChunkEvent): void => {
    const epochs = published.get(event.stream) ?? new Map<number, number[]>();
    published.set(event.stream, epochs);
    const sizes = epochs.get(event.epoch) ?? [];
    epochs.set(event.epoch, sizes);
    sizes[event.seq] = event.size;
  };
  const turnTo = (name: string): void => {
    stream = name;
    here = positions.get(name) ?? new Map<NodeId, Position>();
    positions.set(name, here);
  };
  const forget = (node: NodeId): void => positions.forEach((nodes) => nodes.delete(node));
  const step = (at: Time, node: NodeId, event: ChunkEvent): void => {
    if (event.stream !== stream) turnTo(event.stream);
    const last = here.get(node);
    if (last === undefined) {
      here.set(node, { epoch: event.epoch, seq: event.seq });
      return;
    }
    const next = event.epoch === last.epoch ? event.seq === last.seq + 1 : event.epoch > last.epoch;
    if (!next) report(at, [node], `${event.change} ${event.epoch}/${event.seq} after ${last.epoch}/${last.seq}`);
    last.epoch = event.epoch;
    last.seq = event.seq;
  };

  return {
    invariant: 'S16',
    needs: ['player'],
    sees: ['chunk', 'left'],
    nodeDown: (_at, node) => forget(node),
    observe(at, node, event) {
      if (event.type === 'left' && event.why === 'unwatch') forget(node);
      if (event.type !== 'chunk') return;
      if (event.change === 'published') publish(event);
      else if (event.change === 'played') {
        if (!genuine(event))
          report(at, [node], `played ${event.epoch}/${event.seq}, which was not published like this`);
        step(at, node, event);
      } else if (event.change === 'missed') step(at, node, event);
    },
  };
}
