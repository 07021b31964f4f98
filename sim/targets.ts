import type { NodeId } from '../core/units.js';
import type { StreamView, View } from '../core/view.js';

/** Words of a fault plan that name nodes by their kind. */
export const GROUPS = {
  viewer: 'every viewer, or the share of them that `share` says (partition: `param`)',
  publisher: 'the node that publishes',
  directory: 'the directory',
  helper: 'every node that is run for the publisher and not watched',
  all: 'every node',
} as const;

/** Words of a fault plan that name one viewer by its place in the overlay, as the views show it. */
export const SELECTIONS = {
  interior: 'one viewer that relays to another, drawn anew for each strike',
  'most-descendants':
    'the viewer with most viewers below it, summed over the sub-streams; in a mesh the one that sends most',
} as const;

export type Selection = keyof typeof SELECTIONS;

export function isSelection(word: string): word is Selection {
  return Object.hasOwn(SELECTIONS, word);
}

/** The node that the word names among the viewers, or null; `below` draws from 0 to n - 1. */
export function select(
  word: Selection,
  viewers: readonly NodeId[],
  views: ReadonlyMap<NodeId, View>,
  below: (n: number) => number,
): NodeId | null {
  const burdens = hasTickets(views) ? countDescendants(views) : uploads(views);
  const relays = viewers.filter((node) => (burdens.get(node) ?? 0) > 0);
  if (relays.length === 0) return null;
  if (word === 'interior') return relays[below(relays.length)] ?? null;
  return relays.reduce((best, node) => (burdens.get(node)! > burdens.get(best)! ? node : best));
}

function hasTickets(views: ReadonlyMap<NodeId, View>): boolean {
  for (const { streams } of views.values()) if (streams.some(({ tickets }) => tickets.length > 0)) return true;
  return false;
}

/** Where there are no trees, everybody who sends to others stands between them and the publisher. */
function uploads(views: ReadonlyMap<NodeId, View>): Map<NodeId, number> {
  return new Map([...views].map(([node, { uplink }]) => [node, uplink.promised]));
}

/** How many nodes are below each one, a node counting once for each sub-stream on which it is. */
export function countDescendants(views: ReadonlyMap<NodeId, View>): Map<NodeId, number> {
  const counts = new Map<NodeId, number>();
  for (const [node, view] of views) {
    for (const stream of view.streams) {
      for (const { side, state, sub, peer } of stream.tickets) {
        if (side === 'consumer' && (state === 'active' || state === 'suspect')) {
          climb(views, stream.stream, sub, node, peer, counts);
        }
      }
    }
  }
  return counts;
}

/** Adds one to everybody above `node`; what goes round in a circle is left after one turn. */
function climb(
  views: ReadonlyMap<NodeId, View>,
  stream: string,
  sub: number,
  node: NodeId,
  provider: NodeId,
  counts: Map<NodeId, number>,
): void {
  const met = new Set([node]);
  for (let above: NodeId | undefined = provider; above !== undefined && !met.has(above);) {
    met.add(above);
    counts.set(above, (counts.get(above) ?? 0) + 1);
    const here: StreamView | undefined = views.get(above)?.streams.find((each) => each.stream === stream);
    above = here?.tickets.find((each) => each.side === 'consumer' && each.sub === sub)?.peer;
  }
}
