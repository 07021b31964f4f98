import type { ChunkEvent, TicketEvent, TraceEvent } from '../../core/trace.js';
import { SECOND } from '../../core/units.js';
import type { StreamView, View } from '../../core/view.js';
import { Panel } from '../../sim/checkers/panel.js';

/** What a node tells at a time, or that it ends. */
export type Step = readonly [at: number, node: string, event: TraceEvent | 'down'];

/** One end of a ticket changes its state. */
export function ticket(
  id: number,
  provider: string,
  consumer: string,
  from: TicketEvent['from'],
  to: TicketEvent['to'],
  more: Partial<TicketEvent> = {},
): TicketEvent {
  return {
    type: 'ticket',
    ticket: id,
    stream: 's',
    sub: 0,
    provider,
    consumer,
    incarnation: 1,
    generation: 1,
    from,
    to,
    why: 'confirmed',
    expires: 10 * SECOND,
    bitrate: 100,
    ...more,
  };
}

/** What happens to a chunk of 10 bytes. */
export function chunk(change: ChunkEvent['change'], seq: number, more: Partial<ChunkEvent> = {}): ChunkEvent {
  return {
    type: 'chunk',
    change,
    stream: 's',
    epoch: 1,
    seq,
    sub: 0,
    peer: null,
    depth: 0,
    size: 10,
    keyframe: false,
    sourceTime: 0,
    why: 'push',
    ...more,
  };
}

/** Both ends of a ticket become active. */
export function edge(at: number, id: number, provider: string, consumer: string): Step[] {
  return [
    [at, provider, ticket(id, provider, consumer, 'offered', 'active', { expires: at + 10 * SECOND })],
    [at, consumer, ticket(id, provider, consumer, null, 'active', { expires: at + 8 * SECOND })],
  ];
}

/** Shows the steps to all checkers; four viewers are up from the start. */
export function run(steps: readonly Step[], uplink = 1000): Panel {
  const panel = new Panel('all');
  for (const id of ['a', 'b', 'c', 'd']) panel.nodeUp(0, { id, kind: 'viewer', uplink, region: 0 });
  for (const [at, node, event] of steps) {
    if (event === 'down') panel.nodeDown(at, node);
    else panel.observe(at, node, event);
  }
  panel.finish(steps.at(-1)?.[0] ?? 0);
  return panel;
}

/** The invariants that the steps break. */
export function broken(steps: readonly Step[], uplink?: number): string[] {
  return [...new Set(run(steps, uplink).violations.map(({ invariant }) => invariant))];
}

/** A viewer (the publisher if it is `a`) with one sub-stream and perhaps a provider. */
export function view(node: string, provider: string | null, capacity: number): View {
  const ticketOf = {
    side: 'consumer',
    ticket: 1,
    generation: 1,
    incarnation: 1,
    sub: 0,
    state: 'active',
    expires: 0,
    bitrate: 100,
  } as const;
  const stream: StreamView = {
    stream: 's',
    epoch: 1,
    publisher: node === 'a',
    watching: node !== 'a',
    interior: 1,
    substreams: 1,
    tickets: provider === null ? [] : [{ ...ticketOf, peer: provider }],
    paths: [{ sub: 0, seq: 5, depth: 1, via: provider, starving: false }],
    window: { first: 0, next: 0, held: 0 },
    player: null,
  };
  return {
    node,
    incarnation: 1,
    role: 'ordinary',
    uplink: { capacity, promised: 0 },
    peers: [],
    streams: [stream],
    timers: [],
  };
}

/** A viewer as checkers are told of it. */
export const VIEWER = (id: string) => ({ id, kind: 'viewer', uplink: 1000, region: 0 }) as const;

/** A panel of all checkers that has seen a publisher `a`, viewers `b` to `e`, and the steps. */
export function panelOf(steps: readonly Step[]): Panel {
  const panel = new Panel('all');
  panel.nodeUp(0, { id: 'a', kind: 'publisher', uplink: 1000, region: 0 });
  for (const id of 'bcde') panel.nodeUp(0, VIEWER(id));
  show(panel, steps);
  return panel;
}

export function show(panel: Panel, steps: readonly Step[]): void {
  for (const [at, node, event] of steps) {
    if (event === 'down') panel.nodeDown(at, node);
    else panel.observe(at, node, event);
  }
}

/** A quiet network; the viewers are all but `a`. */
export function snapshotOf(views: readonly View[]) {
  const viewers = views.map(({ node }) => node).filter((node) => node !== 'a');
  return { viewers, views: new Map(views.map((each) => [each.node, each])) };
}

/** How often the invariant was broken, up to the end. */
export function found(panel: Panel, invariant: string): number {
  panel.finish(1000 * SECOND);
  return panel.violations.filter((each) => each.invariant === invariant).length;
}
