import type { TicketReason, TicketState } from '../../core/trace.js';
import type { NodeId, StreamId, Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import type { EventLine, FlowLine, NodeLine } from '../../sim/recording.js';
import type { PictureLine, PictureView } from './lines.js';
import { edgeKey, newNode, type EdgeState, type NodeState, type OverlayState } from './state.js';

/** Events kept of a node for its panel. */
export const EVENTS_KEPT = 12;
/** Nodes and tickets that a picture holds; what exceeds them is not drawn. */
const MAX_NODES = 20_000;
const MAX_EDGES = 200_000;

/** Takes one line into the state. Lines come in the order of time; a line about nothing known changes nothing. */
export function applyLine(state: OverlayState, line: PictureLine): void {
  state.at = Math.max(state.at, line.at);
  switch (line.type) {
    case 'recording':
      state.header = line;
      break;
    case 'node':
      applyNode(state, line);
      break;
    case 'view':
      applyView(state, line);
      break;
    case 'flow':
      applyFlow(state, line);
      break;
    case 'summary':
      break;
    default:
      applyEvent(state, line);
  }
}

function applyNode(state: OverlayState, line: NodeLine): void {
  const before = state.nodes.get(line.node) ?? newNode(line.node, line.at);
  if (line.change === 'up') {
    const { kind, region, uplink } = line;
    const player = kind === 'viewer' ? 'starting' : 'idle';
    put(state, { ...before, kind, region, uplink, player, up: true, since: line.at, ending: null });
    return;
  }
  put(state, { ...before, up: false, since: line.at, ending: line.why, player: 'idle', flow: null });
  for (const edge of state.edges.values()) {
    if (edge.consumer === line.node) side(state, edge, 'consumer', null, edge.why, line.at);
    else if (edge.provider === line.node) side(state, edge, 'provider', null, edge.why, line.at);
  }
}

function applyView(state: OverlayState, { node: id, at, view, clock, name }: PictureView): void {
  const before = state.nodes.get(id) ?? newNode(id, at);
  const watched = view.streams.find((stream) => stream.player !== null)?.player ?? null;
  const publishes = view.streams.some((stream) => stream.publisher);
  put(state, {
    ...before,
    name: name ?? before.name,
    kind: publishes ? 'publisher' : before.kind,
    role: view.role,
    uplink: view.uplink.capacity,
    up: true,
    since: before.up ? before.since : at,
    ending: null,
    player: watched?.state ?? (publishes ? 'idle' : before.player),
    seen: { at, offset: at - (clock ?? at), view },
  });
  if (state.header === null) applyTickets(state, id, at, view);
}

/** What the node says of its tickets replaces what was known of its side of them. */
function applyTickets(state: OverlayState, id: NodeId, at: Time, view: View): void {
  const named = new Set<string>();
  for (const { stream, tickets } of view.streams) {
    for (const { side: end, sub, peer, state: to } of tickets) {
      const [provider, consumer] = end === 'provider' ? [id, peer] : [peer, id];
      const edge = edgeOf(state, stream, sub, provider, consumer, at);
      if (edge === null) continue;
      named.add(`${end}/${edge.key}`);
      side(state, edge, end, to, edge.why, at);
    }
  }
  for (const edge of state.edges.values()) {
    for (const end of ['provider', 'consumer'] as const) {
      if (edge[end] === id && !named.has(`${end}/${edge.key}`)) side(state, edge, end, null, edge.why, at);
    }
  }
}

function applyFlow(state: OverlayState, { nodes }: FlowLine): void {
  for (const node of state.nodes.values()) {
    const flow = nodes[node.id] ?? null;
    if (flow === null && node.flow === null) continue;
    const begins = node.player === 'starting' && flow !== null && flow[1] > 0;
    put(state, { ...node, flow, player: begins ? 'playing' : node.player });
  }
}

function applyEvent(state: OverlayState, line: EventLine): void {
  if (line.type === 'chunk') return;
  const before = state.nodes.get(line.node) ?? newNode(line.node, line.at);
  const events = [...before.events.slice(1 - EVENTS_KEPT), line];
  let { role, player, kind } = before;
  if (line.type === 'role') role = line.role;
  if (line.type === 'stall') player = line.change === 'begin' ? 'stalled' : 'playing';
  if (line.type === 'joined' && line.why === 'publish') kind = 'publisher';
  put(state, { ...before, events, role, player, kind });
  if (line.type !== 'ticket') return;
  const { stream, sub, provider, consumer, to, why, at } = line;
  const edge = edgeOf(state, stream, sub, provider, consumer, at);
  if (edge !== null) side(state, edge, line.node === provider ? 'provider' : 'consumer', to, why, at);
}

function edgeOf(
  state: OverlayState,
  stream: StreamId,
  sub: number,
  provider: NodeId,
  consumer: NodeId,
  since: Time,
): EdgeState | null {
  const key = edgeKey(stream, sub, provider, consumer);
  const known = state.edges.get(key);
  if (known !== undefined) return known;
  if (state.edges.size >= MAX_EDGES) return null;
  for (const id of [provider, consumer]) if (!state.nodes.has(id)) put(state, newNode(id, since));
  return { key, stream, sub, provider, consumer, atProvider: null, atConsumer: null, why: null, since };
}

/** Sets what one end believes; a ticket of which neither end knows is gone. */
function side(
  state: OverlayState,
  edge: EdgeState,
  end: 'provider' | 'consumer',
  to: TicketState | null,
  why: TicketReason | null,
  at: Time,
): void {
  // The other end may have changed it since the caller read it.
  const now = state.edges.get(edge.key) ?? edge;
  const next = end === 'provider' ? { ...now, atProvider: to } : { ...now, atConsumer: to };
  if (next.atProvider === null && next.atConsumer === null) state.edges.delete(edge.key);
  else if (now.atProvider === next.atProvider && now.atConsumer === next.atConsumer) state.edges.set(edge.key, now);
  else state.edges.set(edge.key, { ...next, why, since: at });
}

function put(state: OverlayState, node: NodeState): void {
  if (state.nodes.has(node.id) || state.nodes.size < MAX_NODES) state.nodes.set(node.id, node);
}
