import type { Contact, Effects } from '../../../core/machine.js';
import type { TicketReason, TicketState } from '../../../core/trace.js';
import { SECOND, type NodeId, type StreamId, type TicketId, type Time } from '../../../core/units.js';
import type { TicketView } from '../../../core/view.js';
import type { Message, NodeData, StreamData } from './messages.js';

/**
 * PB1, PB2: the age at which a ticket that nobody confirmed is to end, counted by each end from its own row. It ends none:
 * what the thread that looks for old tickets deletes is not committed, and it passes over those that were confirmed.
 */
const EXPIRATION: Time = 24 * 3600 * SECOND;
/** What a stream is taken to need: 75 KB/s, in bits per second. */
export const STREAM_BITRATE = 600_000;
/** Weight of a new sample of a round trip. */
const STEP = 0.2;
/** Nothing tells the lives of a node apart, nor one ticket from the next for the same destination; one sub-stream. */
const TIMELESS = { incarnation: 0, generation: 0, sub: 0 } as const;

export interface NodeRow {
  readonly uuid: NodeId;
  readonly address: string;
  supernode: boolean;
  primary: NodeId | null;
  /** Weighted average of round trips; null until measured. */
  rtt: Time | null;
}

export interface TicketRow {
  readonly id: number;
  readonly stream: StreamId;
  readonly source: NodeId;
  readonly sourcePort: number;
  readonly destination: NodeId;
  /** Where the player of this very node finds the stream; null before there is a tunnel. */
  destinationPort: number | null;
  readonly hops: number;
  readonly created: Time;
  confirmed: boolean;
}

/** The tables of one node. They begin empty: the shipped settings keep them in memory. */
export class Database {
  readonly me: NodeRow;
  readonly nodes = new Map<NodeId, NodeRow>();
  readonly streams = new Map<StreamId, StreamData>();
  tickets: TicketRow[] = [];
  #joined = false;

  constructor(uuid: NodeId, address: string) {
    this.me = { uuid, address, supernode: false, primary: null, rtt: null };
  }

  /** Takes over what a list of nodes tells. */
  store(data: NodeData): void {
    if (data.uuid === this.me.uuid) return;
    const known = this.nodes.get(data.uuid);
    if (known === undefined) this.nodes.set(data.uuid, { ...data, rtt: null });
    else Object.assign(known, { supernode: data.supernode, primary: data.primary });
  }

  /** PB30: a stream whose source is not known is not kept. */
  storeStream(data: StreamData): void {
    const known = data.source === this.me.uuid || this.nodes.has(data.source);
    if (known && !this.streams.has(data.stream)) this.streams.set(data.stream, data);
  }

  /** The other supernodes, nearest first. PB14: who was never measured sorts before everybody. */
  supernodes(): NodeRow[] {
    return [...this.nodes.values()].filter(({ supernode }) => supernode).sort(byRoundTrip);
  }

  children(): NodeId[] {
    return [...this.nodes.values()].filter(({ primary }) => primary === this.me.uuid).map(({ uuid }) => uuid);
  }

  /** Everybody this node knows of, itself included. */
  list(): NodeData[] {
    return [this.me, ...this.nodes.values()].map(dataOf);
  }

  measured(node: NodeRow, sample: Time): void {
    node.rtt = node.rtt === null ? sample : (1 - STEP) * node.rtt + STEP * sample;
  }

  /** Strikes a node off. `on` is who said that it is gone. */
  forget(uuid: NodeId, on: NodeId, fx: Effects<Message>): void {
    if (this.nodes.delete(uuid)) fx.trace?.({ type: 'forgotten', whom: uuid, on });
  }

  /** PB17: the first row of this stream and destination, whoever is its source. */
  ticket(stream: StreamId, destination: NodeId): TicketRow | undefined {
    return this.tickets.find((row) => row.stream === stream && row.destination === destination);
  }

  /** PB4: whatever this node is the source of counts as load, confirmed or not. */
  outgoing(): TicketRow[] {
    return this.tickets.filter(({ source }) => source === this.me.uuid);
  }

  /** PB20: the number of a deleted row is given out again. */
  insert(
    now: Time,
    ticket: Omit<TicketRow, 'id' | 'created' | 'confirmed' | 'destinationPort'>,
    fx: Effects<Message>,
  ): TicketRow {
    const id = Math.max(0, ...this.tickets.map((row) => row.id)) + 1;
    const row: TicketRow = { ...ticket, id, created: now, confirmed: false, destinationPort: null };
    this.tickets.push(row);
    this.#tell(row, null, 'offered', 'join', fx);
    return row;
  }

  confirm(row: TicketRow, fx: Effects<Message>): void {
    if (row.confirmed || !this.tickets.includes(row)) return;
    row.confirmed = true;
    this.#tell(row, 'offered', 'active', 'confirmed', fx);
    if (row.destination !== this.me.uuid || this.#joined) return;
    this.#joined = true;
    fx.trace?.({ type: 'joined', stream: row.stream, why: 'first-ticket' });
  }

  remove(row: TicketRow, why: TicketReason, fx: Effects<Message>): void {
    if (!this.tickets.includes(row)) return;
    this.tickets = this.tickets.filter((each) => each !== row);
    this.#tell(row, row.confirmed ? 'active' : 'offered', null, why, fx);
  }

  /** The tickets of the stream in which this node is an end. */
  view(stream: StreamId): TicketView[] {
    return this.tickets.filter((row) => row.stream === stream && this.#isOurs(row)).map((row) => this.#viewOf(row));
  }

  #viewOf(row: TicketRow): TicketView {
    const side = row.source === this.me.uuid ? 'provider' : 'consumer';
    const peer = side === 'provider' ? row.destination : row.source;
    const state = row.confirmed ? 'active' : 'offered';
    return {
      ...TIMELESS,
      ticket: numberOf(row.destination),
      side,
      peer,
      state,
      expires: row.created + EXPIRATION,
      bitrate: STREAM_BITRATE,
    };
  }

  /** PB19: a supernode also keeps the tickets of others that it has passed on; a trace speaks of the two ends alone. */
  #isOurs({ source, destination }: TicketRow): boolean {
    return source !== destination && (source === this.me.uuid || destination === this.me.uuid);
  }

  #tell(row: TicketRow, from: TicketState | null, to: TicketState | null, why: TicketReason, fx: Effects<Message>) {
    if (!this.#isOurs(row)) return;
    const { stream, source: provider, destination: consumer, created } = row;
    const lease = { expires: created + EXPIRATION, bitrate: STREAM_BITRATE };
    fx.trace?.({
      type: 'ticket',
      ...TIMELESS,
      ticket: numberOf(consumer),
      stream,
      provider,
      consumer,
      from,
      to,
      why,
      ...lease,
    });
  }
}

export function contactOf({ uuid, address }: Pick<NodeRow, 'uuid' | 'address'>): Contact {
  return { node: uuid, address };
}

/** PB14: a round trip that is not known comes before all that are. */
export function byRoundTrip(a: NodeRow, b: NodeRow): number {
  return (a.rtt ?? -1) - (b.rtt ?? -1);
}

/** PB17: a ticket of a stream is named by the number of its destination, whoever provides it. */
function numberOf(destination: NodeId): TicketId {
  let number = 0;
  for (const letter of destination) number = (Math.imul(number, 31) + letter.charCodeAt(0)) >>> 0;
  return number;
}

function dataOf({ uuid, address, supernode, primary }: NodeRow): NodeData {
  return { uuid, address, supernode, primary };
}
