import type { NodeId, Time } from '../../core/units.js';
import type { StreamView } from '../../core/view.js';
import { el } from '../dom.js';
import type { Graph } from './graph.js';
import { labelOf, shortId } from './names.js';
import { HUES } from './palette.js';
import type { EdgeState, NodeState, OverlayState } from './state.js';
import { clockOf, inSeconds, rateOf, reasonOf, statusWords, wordsOf } from './wording.js';

interface PanelContext {
  /** The node behind the page. */
  readonly you: NodeId | null;
  readonly select: (id: NodeId | null) => void;
}

/** Shows one node: its place, tickets with leases and reasons, player, timers with their why, and what happened lately. */
export function fillPanel(
  panel: HTMLElement,
  state: OverlayState,
  graph: Graph,
  node: NodeState,
  { you, select }: PanelContext,
): void {
  const at = graph.index.get(node.id);
  const close = el('button', 'close', 'Close');
  close.addEventListener('click', () => select(null));
  const title = el('h2', '', node.id === you ? `${labelOf(node)} (you)` : labelOf(node));
  title.title = node.id;
  const parts: HTMLElement[] = [
    el('div', 'panel-head', title, close),
    el('p', 'quiet', statusWords(node, at === undefined ? null : (graph.depth[at] ?? null))),
    facts(node),
    tickets(state, node, select),
  ];
  for (const stream of node.seen?.view.streams ?? []) parts.push(playerOf(stream));
  parts.push(timers(state.at, node), events(node));
  panel.replaceChildren(...parts);
}

function facts({ region, uplink, seen, id, name }: NodeState): HTMLElement {
  const rows: [string, string][] = [];
  if (name !== null) rows.push(['Id', shortId(id)]);
  if (region !== null) rows.push(['Region', region]);
  if (uplink !== null) {
    const promised = seen === null ? '' : `, ${rateOf(seen.view.uplink.promised)} promised`;
    rows.push(['Uplink', `${rateOf(uplink)}${promised}`]);
  }
  if (seen !== null) rows.push(['Peers', String(seen.view.peers.length)]);
  return definitions(rows);
}

function definitions(rows: readonly (readonly [string, string])[]): HTMLElement {
  return el('dl', 'rows', ...rows.map(([term, value]) => el('div', '', el('dt', '', term), el('dd', '', value))));
}

function tickets(state: OverlayState, node: NodeState, select: (id: NodeId) => void): HTMLElement {
  const own = [...state.edges.values()].filter(
    ({ provider, consumer }) => provider === node.id || consumer === node.id,
  );
  own.sort((a, b) => a.sub - b.sub || (a.key < b.key ? -1 : 1));
  const list = (title: string, edges: readonly EdgeState[], end: 'provider' | 'consumer'): HTMLElement => {
    const rows = edges.map((edge) => ticketRow(state, node, edge, end, select));
    const none = el('p', 'quiet small', end === 'consumer' ? 'No provider' : 'Nobody');
    return el('section', '', el('h3', '', `${title} (${edges.length})`), ...(rows.length === 0 ? [none] : rows));
  };
  return el(
    'div',
    'tickets',
    list(
      'Receives from',
      own.filter(({ consumer }) => consumer === node.id),
      'consumer',
    ),
    list(
      'Forwards to',
      own.filter(({ provider }) => provider === node.id),
      'provider',
    ),
  );
}

function ticketRow(
  state: OverlayState,
  node: NodeState,
  edge: EdgeState,
  end: 'provider' | 'consumer',
  select: (id: NodeId) => void,
): HTMLElement {
  const other = end === 'consumer' ? edge.provider : edge.consumer;
  const word = end === 'consumer' ? edge.atConsumer : edge.atProvider;
  const seen = node.seen;
  const ticket = seen?.view.streams
    .find(({ stream }) => stream === edge.stream)
    ?.tickets.find((each) => each.side === end && each.sub === edge.sub && each.peer === other);
  const rest = ticket === undefined || seen === null ? null : ticket.expires + seen.offset - state.at;
  const peer = state.nodes.get(other);
  const link = el('button', 'link', peer === undefined ? shortId(other) : labelOf(peer));
  link.addEventListener('click', () => select(other));
  const lease = rest === null ? '' : rest > 0 ? `lease ${inSeconds(rest)}` : 'being renewed';
  const why = edge.why === null ? '' : reasonOf(edge.why);
  const words = [word ?? 'unknown here', why, lease].filter((text) => text !== '').join(' · ');
  return el(
    'div',
    `ticket sub-${edge.sub % HUES}`,
    el('span', 'chip', String(edge.sub + 1)),
    link,
    el('span', 'quiet small', words),
  );
}

function playerOf({ player, window, publisher }: StreamView): HTMLElement {
  const rows: [string, string][] = [['Window', `${window.held} chunks, next ${window.next}`]];
  if (player !== null) {
    rows.unshift(['Player', player.state]);
    rows.push(['Played, missed', `${player.played}, ${player.missed}`]);
  }
  return el('section', '', el('h3', '', publisher ? 'Publishes' : 'Plays'), definitions(rows));
}

function timers(now: Time, { seen }: NodeState): HTMLElement {
  const due = (seen?.view.timers ?? []).toSorted((a, b) => a.at - b.at).slice(0, 8);
  const rows = due.map(({ at, why }): [string, string] => {
    const rest = at + (seen?.offset ?? 0) - now;
    return [why, rest > 0 ? `in ${inSeconds(rest)}` : 'due'];
  });
  const age = seen === null ? '' : now - seen.at > 2e6 ? `, as told ${inSeconds(now - seen.at)} ago` : '';
  return el('section', '', el('h3', '', `Timers${age}`), definitions(rows));
}

function events({ events: all }: NodeState): HTMLElement {
  const rows = all.toReversed().map((event) => {
    const time = el('span', 'time', clockOf(event.at));
    return el('div', 'event', time, el('span', '', wordsOf(event)));
  });
  const none = el('p', 'quiet small', 'Nothing told yet');
  return el('section', '', el('h3', '', 'Lately'), ...(rows.length === 0 ? [none] : rows));
}
