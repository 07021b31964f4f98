/** This node's place in one stream, ready to draw. */
export interface Overlay {
  readonly me: string;
  readonly supernode: boolean;
  readonly publisher: boolean;
  readonly substreams: readonly Substream[];
  /** Neighbours in the order in which they first appear. */
  readonly providers: readonly string[];
  readonly consumers: readonly string[];
  readonly links: readonly Link[];
}

export interface Substream {
  readonly sub: number;
  /** Hops from the publisher, which has 0; null while unknown. */
  readonly depth: number | null;
  readonly provider: string | null;
  readonly consumers: number;
}

export interface Link {
  readonly sub: number;
  readonly side: 'in' | 'out';
  readonly peer: string;
  /** A standby carries nothing yet. */
  readonly active: boolean;
}

/** Neighbours drawn on each side at most. */
export const MAX_DRAWN = 12;
const MAX_SUBSTREAMS = 32;

type Json = Readonly<Record<string, unknown>>;

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record) : [];
}

/** Reads the answers of `GET /node` and `GET /tickets`; null if they do not describe this stream. Never throws. */
export function overlayOf(nodeAnswer: unknown, ticketsAnswer: unknown, slug: string): Overlay | null {
  const node = record(record(nodeAnswer)['node']);
  const me = node['uuid'];
  if (typeof me !== 'string') return null;
  const tickets = list(record(ticketsAnswer)['tickets']).filter(
    (ticket) => ticket['stream'] === slug || ticket['stream_id'] === slug,
  );
  const streams = list(node['streams']);
  const id = tickets[0]?.['stream_id'] ?? slug;
  const view = streams.find((stream) => stream['stream'] === id) ?? (streams.length === 1 ? streams[0] : undefined);
  const links = tickets.flatMap((ticket) => linkOf(ticket, me));
  if (view === undefined && links.length === 0) return null;
  const paths = list(view?.['paths']);
  const count = Math.max(Number(view?.['substreams'] ?? 0) || 0, ...links.map((link) => link.sub + 1));
  const drawn = (side: Link['side']): string[] =>
    [...new Set(links.filter((link) => link.side === side).map((link) => link.peer))].slice(0, MAX_DRAWN);
  return {
    me,
    supernode: node['supernode'] === true,
    publisher: view?.['publisher'] === true,
    substreams: Array.from({ length: Math.min(count, MAX_SUBSTREAMS) }, (_, sub) => substreamOf(sub, paths, links)),
    providers: drawn('in'),
    consumers: drawn('out'),
    links,
  };
}

function linkOf(ticket: Json, me: string): Link[] {
  const { source, destination, substream, state } = ticket;
  if (typeof source !== 'string' || typeof destination !== 'string' || (source !== me && destination !== me)) return [];
  const sub = typeof substream === 'number' && substream >= 0 && substream < MAX_SUBSTREAMS ? substream : 0;
  if (state === 'offered') return [];
  const side = source === me ? 'out' : 'in';
  return [{ sub, side, peer: side === 'out' ? destination : source, active: state !== 'standby' }];
}

function substreamOf(sub: number, paths: readonly Json[], links: readonly Link[]): Substream {
  const path = paths.find((candidate) => candidate['sub'] === sub);
  const { seq, depth, via } = path ?? {};
  const own = links.filter((link) => link.sub === sub && link.active);
  return {
    sub,
    depth: typeof depth === 'number' && (typeof seq !== 'number' || seq >= 0) ? depth : null,
    provider: typeof via === 'string' ? via : (own.find((link) => link.side === 'in')?.peer ?? null),
    consumers: own.filter((link) => link.side === 'out').length,
  };
}
