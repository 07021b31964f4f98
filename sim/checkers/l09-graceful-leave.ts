import type { ChunkEvent, TicketEvent } from '../../core/trace.js';
import { NEVER, SECOND, type NodeId, type Time } from '../../core/units.js';
import type { Checker, Report, Snapshot } from './checker.js';
import { feasible } from './l01-reattach.js';
import { ticketKey } from './ticket-key.js';

/** Consumers move before the leaver goes, which waits no longer than this. */
const GRACE: Time = 5 * SECOND;
/** The usual player shows a chunk, or misses it, this long after its publication. */
const SHOWN: Time = 2.5 * SECOND;
/** What a new provider sends is complete by then. */
const SETTLED: Time = 1 * SECOND;
/** Only who had missed nothing for so long is judged by what it misses. */
const HEALTHY: Time = 10 * SECOND;
/** Deeper consumers may miss something, and those to whom everything comes so late that a pull cannot mend it. */
const SHALLOW = 4;
const TIMELY: Time = 1.2 * SECOND;

interface Child {
  readonly consumer: NodeId;
  readonly stream: string;
  readonly sub: number;
  /** When somebody else first provided it after the leave began; NEVER before. */
  movedAt: Time;
  missed: number;
  /** Who could have taken it half-way through the leave; null for nobody. */
  other: NodeId | null;
  /** Near enough to the publisher, and served in good time, when the leave began. */
  healthy: boolean;
}

interface Leave {
  readonly node: NodeId;
  readonly at: Time;
  readonly children: readonly Child[];
}

/**
 * L9: once all is quiet, a node that leaves by command has handed each consumer over within 5 s, where there is a
 * provider that is feasible from half of that time on, and no consumer that is handed over at depth 4 or less misses
 * chunks of that sub-stream by it; a single one may be lost for a reason of its own.
 */
export function gracefulLeave(report: Report): Checker {
  const served = new Map<NodeId, Map<string, Child>>();
  const standings = new Standings();
  let isQuiet = false;
  let leave: Leave | null = null;

  const serve = (event: TicketEvent): void => {
    const tickets = served.get(event.provider) ?? new Map<string, Child>();
    served.set(event.provider, tickets);
    const { consumer, stream, sub } = event;
    if (event.to === 'active')
      tickets.set(ticketKey(event), { consumer, stream, sub, movedAt: NEVER, missed: 0, other: null, healthy: false });
    else tickets.delete(ticketKey(event));
  };
  const move = (at: Time, event: TicketEvent): void => {
    for (const child of leave?.children ?? []) {
      const same = child.consumer === event.consumer && child.stream === event.stream && child.sub === event.sub;
      if (same && event.provider !== leave?.node) child.movedAt = Math.min(child.movedAt, at);
    }
  };
  const miss = (at: Time, node: NodeId, sub: number): void => {
    standings.missed(node, at);
    if (leave === null) return;
    const { children, node: leaver } = leave;
    const child = children.find((each) => each.consumer === node && each.sub === sub);
    if (child === undefined || !child.healthy || at > Math.min(child.movedAt, leave.at + GRACE) + SETTLED + SHOWN)
      return;
    // Whether somebody who was not handed over could have been is for `left` to say.
    if (child.movedAt > leave.at + GRACE || ++child.missed < 2) return;
    report(
      at,
      [leaver, node],
      `missed ${child.missed} chunks of sub-stream ${sub} because its provider left by command`,
    );
  };

  return {
    invariant: 'L9',
    needs: ['ticket', 'view'],
    nodeDown(_at, node) {
      served.delete(node);
      standings.forget(node);
    },
    leaving(at, node) {
      if (!isQuiet) return;
      leave = { node, at, children: [...(served.get(node)?.values() ?? [])] };
      for (const child of leave.children) child.healthy = standings.areGood(child.consumer, at);
    },
    observe(at, node, event) {
      if (event.type === 'ticket' && node === event.provider && event.from !== event.to) serve(event);
      else if (event.type === 'ticket' && event.to === 'active' && node === event.consumer) move(at, event);
      else if (event.type === 'chunk') {
        if (event.change === 'received') standings.received(node, at, event);
        else if (event.change === 'published') standings.published(at, event);
        else if (event.change === 'missed') miss(at, node, event.sub);
      }
    },
    quiet: () => void (isQuiet = true),
    halfLeft(_at, snapshot) {
      for (const child of leave?.children ?? []) {
        child.other = feasible(snapshot, child.consumer, child.stream, child.sub, leave?.node);
      }
    },
    left(at, snapshot) {
      if (leave !== null) judgeHandOver(report, at, snapshot, leave);
    },
  };
}

/** Reports every consumer that was not handed over although one and the same node had room for half of the time. */
function judgeHandOver(report: Report, at: Time, snapshot: Snapshot, { node, children }: Leave): void {
  for (const { consumer, stream, sub, movedAt, other: earlier } of children) {
    const view = snapshot.views.get(consumer)?.streams.find((each) => each.stream === stream);
    if (view === undefined || !view.watching || movedAt !== NEVER) continue;
    const other = feasible(snapshot, consumer, stream, sub, node);
    if (other === null || earlier !== other) continue;
    report(at, [node, consumer], `not handed over on sub-stream ${sub} within 5 s although ${other} has room`);
  }
}

/** How well each node was served lately. */
class Standings {
  /** Depth, a slowly falling peak of how late chunks came, and when the last one was missed. */
  readonly #nodes = new Map<NodeId, { depth: number; lag: Time; missedAt: Time }>();
  /** Source times plus this are times of the world. */
  #began: Time = 0;

  published(at: Time, { sourceTime }: ChunkEvent): void {
    this.#began = at - sourceTime;
  }

  received(node: NodeId, at: Time, { depth, sourceTime }: ChunkEvent): void {
    const standing = this.#of(node);
    standing.depth = depth;
    standing.lag = Math.max(at - this.#began - sourceTime, 0.95 * standing.lag);
  }

  missed(node: NodeId, at: Time): void {
    this.#of(node).missedAt = at;
  }

  areGood(node: NodeId, now: Time): boolean {
    const { depth, lag, missedAt } = this.#of(node);
    return depth <= SHALLOW && lag <= TIMELY && missedAt < now - HEALTHY;
  }

  forget(node: NodeId): void {
    this.#nodes.delete(node);
  }

  #of(node: NodeId): { depth: number; lag: Time; missedAt: Time } {
    let standing = this.#nodes.get(node);
    if (standing === undefined) this.#nodes.set(node, (standing = { depth: 0, lag: 0, missedAt: -NEVER }));
    return standing;
  }
}
