import type { NodeId, StreamId } from '../../../core/units.js';
import { byRoundTrip, STREAM_BITRATE, type NodeRow, type TicketRow } from './database.js';
import type { Response } from './messages.js';
import { askNode, askWeb, queueTunnel, updateRoundTrip, type Process } from './process.js';
import { HttpError, type Thread } from './threads.js';

/**
 * A ticket of the stream for the destination: the one there is, one of this very node, or one that others gave.
 * Throws `HttpError` when there is none.
 */
export function* requestTicket(process: Process, stream: StreamId, destination: NodeId): Thread<TicketRow> {
  const { db } = process;
  const known = db.ticket(stream, destination);
  if (known !== undefined) {
    // PB18: asking again adds a second row beside the known one.
    const again = known.source === db.me.uuid ? known : yield* requestFrom(process, known.source, known, null);
    if (again !== null) {
      queueTunnel(process, again);
      return again;
    }
  }
  const source = db.streams.get(stream)?.source;
  if (source === db.me.uuid) {
    // PB6: the source refuses nobody, whatever its uplink.
    const ticket = { stream, source, sourcePort: process.tunnels.streamPort, destination, hops: 0 };
    return db.insert(process.now, ticket, process.fx);
  }
  const offer = offerOurselves(process, stream, destination);
  if (offer !== null) return offer;
  if (!db.me.supernode && destination !== db.me.uuid) throw new HttpError(412);
  return yield* requestFromOthers(process, stream, destination);
}

/** A ticket from this node, if it receives the stream itself. */
function offerOurselves(process: Process, stream: StreamId, destination: NodeId): TicketRow | null {
  const { db, outgoingLimit, upstream } = process;
  const load = db.outgoing().length;
  // PB3: this comes first even where the ticket is for the node itself, so who forwards cannot fail over.
  // PB5: what is promised already is compared with the upstream, and not what will be.
  const full = load >= outgoingLimit || (upstream !== null && load * STREAM_BITRATE > upstream);
  if (full) throw new HttpError(412);
  const own = db.ticket(stream, db.me.uuid);
  if (own === undefined) return null;
  // PB7: names the port of the node above instead of its own. PB8: the destination may be above this node.
  const { sourcePort, hops } = own;
  const ticket = { stream, source: db.me.uuid, sourcePort, destination, hops: hops + 1 };
  return db.insert(process.now, ticket, process.fx);
}

/**
 * Asks a node for a ticket; the row that was made for its answer, or null. With `existing` only whether there is one:
 * that row then.
 */
export function* requestFrom(
  process: Process,
  uuid: NodeId,
  { stream, destination }: Pick<TicketRow, 'stream' | 'destination'>,
  existing: TicketRow | null,
): Thread<TicketRow | null> {
  const { db } = process;
  if (!db.nodes.has(uuid) || uuid === destination) return null;
  const created = yield* askNode(process, uuid, { call: 'create-ticket', stream, destination });
  if (created?.status === 404) return existing;
  if (created !== null && created.status !== 302) return null;
  const got = created === null ? null : yield* askNode(process, uuid, { call: 'get-ticket', stream, destination });
  if (got === null) {
    // PB11: one request that took 3 s, and the node is struck off.
    db.forget(uuid, db.me.uuid, process.fx);
    return null;
  }
  if (got.status !== 200) return null;
  if (got.ticket === undefined) throw new HttpError(500);
  if (existing !== null) return existing;
  const { source, sourcePort, hops } = got.ticket;
  if (source !== db.me.uuid && !db.nodes.has(source)) throw new HttpError(500);
  return db.insert(process.now, { stream, source, sourcePort, destination, hops: hops + 1 }, process.fx);
}

/** Selective multicast: source, supernodes and known watchers are asked in turn, and the nearest offer is taken. */
function* requestFromOthers(process: Process, stream: StreamId, destination: NodeId): Thread<TicketRow> {
  const { db } = process;
  const offers = new Set<TicketRow>();
  const place = { stream, destination };
  const source = db.streams.get(stream)?.source;
  const first = source === undefined ? null : yield* requestFrom(process, source, place, null);
  if (first !== null) offers.add(first);
  // PB9: no word about who was asked already travels along; two supernodes may wait for each other.
  for (const { uuid } of db.supernodes()) {
    const offer = yield* requestFrom(process, uuid, place, null);
    if (offer !== null) offers.add(offer);
  }
  yield* requestFromWatchers(process, place, offers);
  if (offers.size === 0) throw new HttpError(412);
  return yield* choose(process, offers);
}

/** Whoever a known ticket of the stream is for may pass it on. */
function* requestFromWatchers(
  process: Process,
  place: Pick<TicketRow, 'stream' | 'destination'>,
  offers: Set<TicketRow>,
): Thread {
  const { db } = process;
  for (const row of db.tickets.filter((each) => each.stream === place.stream)) {
    if (row.destination === db.me.uuid) {
      offers.add(row);
      return;
    }
    const offer = yield* requestFrom(process, row.destination, place, null);
    if (offer !== null) offers.add(offer);
  }
}

/** Takes the nearest of the offers up, and returns the others. */
function* choose(process: Process, offers: Set<TicketRow>): Thread<TicketRow> {
  const { db } = process;
  const byDistance: { readonly row: TicketRow; readonly source: NodeRow }[] = [];
  for (const row of offers) {
    const source = row.source === db.me.uuid ? db.me : db.nodes.get(row.source);
    if (source === undefined) throw new HttpError(500);
    // PB16: a supernode measures its own way to the source, and not that of the destination.
    yield* updateRoundTrip(process, source);
    if (db.me.supernode && source.rtt === null) {
      yield* askWeb(process, { call: 'unregister', uuid: source.uuid });
      // PB13: the list of bad offers has no such method.
      throw new HttpError(500);
    }
    byDistance.push({ row, source });
  }
  byDistance.sort((a, b) => byRoundTrip(a.source, b.source));
  const [closest, ...others] = byDistance.map(({ row }) => row) as [TicketRow, ...TicketRow[]];
  const { stream, destination } = closest;
  // PB15: nobody looks at the answer.
  yield* askNode(process, closest.source, { call: 'confirm-ticket', stream, destination });
  db.confirm(closest, process.fx);
  queueTunnel(process, closest);
  for (const other of others) {
    // PB17: of two offers of the same source this ends the one that was just confirmed.
    yield* askNode(process, other.source, { call: 'cancel-ticket', stream, destination });
    db.remove(other, 'surplus', process.fx);
  }
  return closest;
}

/** What follows when a ticket was deleted by `from`; null is the viewer itself. A thread of its own. */
export function* propagateDeletion(process: Process, row: TicketRow, from: NodeId | null): Thread {
  const { db } = process;
  const { source, destination, stream } = row;
  if (!row.confirmed || source === db.me.uuid) return;
  const cancel = { call: 'cancel-ticket', stream, destination } as const;
  if (destination !== db.me.uuid) {
    // PB19: a ticket of others that this supernode has kept is given back only if one of its ends asks here.
    if (from === source) yield* askNode(process, destination, cancel);
    else if (from === destination) yield* askNode(process, source, cancel);
  } else if (from === null) yield* askNode(process, source, cancel);
  else {
    try {
      yield* requestTicket(process, stream, destination);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
    }
  }
}

/** The answer that names a ticket. */
export function ticketAnswer({ source, sourcePort, destination, hops }: TicketRow): Response {
  return { status: 200, ticket: { source, sourcePort, destination, hops } };
}
