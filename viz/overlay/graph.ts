import type { NodeId, StreamId } from '../../core/units.js';
import type { EdgeState, NodeState, OverlayState } from './state.js';

/** What the viewer of the picture wants to see. */
export interface Filter {
  /** Bit s is set for a sub-stream that is shown. */
  readonly substreams: number;
  readonly standby: boolean;
  /** Null shows the tickets of all streams. */
  readonly stream: StreamId | null;
}

export type LinkStatus = 'active' | 'suspect' | 'standby';

/** An edge that is drawn; ends are positions in `nodes`. */
export interface GraphLink {
  readonly edge: EdgeState;
  readonly from: number;
  readonly to: number;
  readonly status: LinkStatus;
  /** The one link into its consumer that gives that node its place in the picture. */
  readonly primary: boolean;
}

/** The part of the overlay that is drawn, with what follows from it. */
export interface Graph {
  readonly nodes: readonly NodeState[];
  readonly index: ReadonlyMap<NodeId, number>;
  readonly links: readonly GraphLink[];
  /** Hops from the nearest publisher along what flows, least over the sub-streams shown; null for the unreached. */
  readonly depth: readonly (number | null)[];
  /** Consumers of each node, as tickets that flow. */
  readonly consumers: readonly number[];
  /** The sub-stream that each node forwards most; null for a leaf. */
  readonly forwards: readonly (number | null)[];
  /** Sub-streams that occur anywhere. */
  readonly substreams: number;
}

/** How long a node that is gone stays in the picture. */
const GHOST = 2_000_000;

/** What the edge is good for: the consumer's word counts, the provider's only where the consumer says nothing at all. */
export function statusOf(state: OverlayState, edge: EdgeState): LinkStatus | null {
  const silent = state.header === null && state.nodes.get(edge.consumer)?.seen === null;
  const word = edge.atConsumer ?? (silent ? edge.atProvider : null);
  return word === 'active' || word === 'suspect' || word === 'standby' ? word : null;
}

/** Picks what is drawn. */
export function graphOf(state: OverlayState, filter: Filter): Graph {
  const nodes: NodeState[] = [];
  const index = new Map<NodeId, number>();
  const include = (node: NodeState): number => {
    index.set(node.id, nodes.length);
    return nodes.push(node) - 1;
  };
  for (const node of state.nodes.values()) if (node.up || state.at - node.since < GHOST) include(node);
  const links: Omit<GraphLink, 'primary'>[] = [];
  let substreams = state.header?.substreams ?? 1;
  for (const edge of state.edges.values()) {
    substreams = Math.max(substreams, edge.sub + 1);
    const status = statusOf(state, edge);
    if (status === null || (filter.substreams & (1 << edge.sub)) === 0) continue;
    if ((status === 'standby' && !filter.standby) || (filter.stream ?? edge.stream) !== edge.stream) continue;
    const [provider, consumer] = [state.nodes.get(edge.provider), state.nodes.get(edge.consumer)];
    if (provider === undefined || consumer === undefined) continue;
    const from = index.get(edge.provider) ?? include(provider);
    const to = index.get(edge.consumer) ?? include(consumer);
    links.push({ edge, from, to, status });
  }
  const consumers = new Array<number>(nodes.length).fill(0);
  for (const { from, status } of links) if (status !== 'standby') consumers[from] = (consumers[from] ?? 0) + 1;
  const forwards = forwardedMost(nodes.length, links, substreams);
  const first = primaries(nodes, links, forwards);
  return {
    nodes,
    index,
    links: links.map((link, at) => ({ ...link, primary: first.has(at) })),
    depth: depths(nodes, links, substreams),
    consumers,
    forwards,
    substreams,
  };
}

type Flowing = Omit<GraphLink, 'primary'>;

/** A relay works in one tree, or few, and is a leaf in the others. */
function forwardedMost(count: number, links: readonly Flowing[], substreams: number): (number | null)[] {
  const served = new Uint32Array(count * substreams);
  for (const { edge, from, status } of links) {
    const at = from * substreams + edge.sub;
    if (status !== 'standby') served[at] = (served[at] ?? 0) + 1;
  }
  return Array.from({ length: count }, (_, node) => {
    const own = served.subarray(node * substreams, (node + 1) * substreams);
    const most = Math.max(...own);
    return most === 0 ? null : own.indexOf(most);
  });
}

/**
 * Of the links into each node the one that places it: a relay stands in the tree in which it works, a leaf in one that its
 * name picks, so that leaves spread over the trees. A picture of all links at once would be a ball of wool.
 */
function primaries(
  nodes: readonly NodeState[],
  links: readonly Flowing[],
  forwards: readonly (number | null)[],
): ReadonlySet<number> {
  const into = new Map<number, number[]>();
  links.forEach(({ to, status }, at) => {
    if (status !== 'standby') into.set(to, [...(into.get(to) ?? []), at]);
  });
  const chosen = new Set<number>();
  for (const [node, candidates] of into) {
    candidates.sort((a, b) => (links[a]?.edge.sub ?? 0) - (links[b]?.edge.sub ?? 0));
    const own = candidates.find((at) => links[at]?.edge.sub === forwards[node]);
    const pick = own ?? candidates[scatter(nodes[node]?.id ?? '') % candidates.length];
    if (pick !== undefined) chosen.add(pick);
  }
  return chosen;
}

/** A number from a name, the same in every picture (FNV-1a). */
function scatter(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Breadth first from the publishers, for each sub-stream on its own. */
function depths(nodes: readonly NodeState[], links: readonly Flowing[], substreams: number): (number | null)[] {
  const least = nodes.map(({ kind }): number | null => (kind === 'publisher' ? 0 : null));
  for (let sub = 0; sub < substreams; sub++) {
    const children = new Map<number, number[]>();
    for (const { edge, from, to, status } of links) {
      if (edge.sub !== sub || status === 'standby') continue;
      const known = children.get(from);
      if (known === undefined) children.set(from, [to]);
      else known.push(to);
    }
    const reached = new Set(nodes.flatMap(({ kind }, at) => (kind === 'publisher' ? [at] : [])));
    let ring = [...reached];
    for (let hops = 1; ring.length > 0; hops++) {
      ring = ring.flatMap((at) => children.get(at) ?? []).filter((at) => !reached.has(at) && reached.add(at));
      for (const at of ring) least[at] = Math.min(least[at] ?? hops, hops);
    }
  }
  return least;
}

/** Who feeds a node, hop by hop up to the publisher, and whom it feeds: positions in `links`. */
export interface Kin {
  readonly above: ReadonlySet<number>;
  readonly below: ReadonlySet<number>;
  readonly nodes: ReadonlySet<number>;
}

/** The provider chains of one node on every sub-stream shown, and its own consumers. */
export function kinOf(graph: Graph, node: number): Kin {
  const above = new Set<number>();
  const below = new Set<number>();
  const nodes = new Set([node]);
  const feeding = new Map<string, number[]>();
  graph.links.forEach(({ edge, from, to, status }, at) => {
    if (from === node) {
      below.add(at);
      nodes.add(to);
    }
    if (status === 'standby' && to !== node) return;
    const key = `${edge.sub}/${to}`;
    feeding.set(key, [...(feeding.get(key) ?? []), at]);
  });
  for (let sub = 0; sub < graph.substreams; sub++) {
    const queue = [node];
    const seen = new Set(queue);
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const link of feeding.get(`${sub}/${at}`) ?? []) {
        const from = graph.links[link]?.from;
        if (from === undefined) continue;
        above.add(link);
        nodes.add(from);
        if (!seen.has(from)) queue.push(from);
        seen.add(from);
      }
    }
  }
  return { above, below, nodes };
}
