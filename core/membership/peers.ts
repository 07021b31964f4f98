import { Columns } from '../columns.js';
import type { Coordinate } from './coordinate.js';
import { SECOND, type NodeId, type Time } from '../units.js';

/** A neighbour with whom a session stands. */
export interface Peer {
  readonly id: NodeId;
  /** Row in the columns below. */
  readonly row: number;
  readonly kind: 'node' | 'directory';
  /** Where it can be dialled; null when unknown. */
  address: string | null;
  /** Its connection takes no more media for now. */
  congested: boolean;
  /** Free slots, relayed sub-streams and place, as last told in a renewal. */
  free: number;
  interior: number;
  at: Coordinate | null;
  /** Questions in a row that were not answered, and when the last one was put. */
  questions: number;
  askedAt: Time;
  /** When a refusal last named others that it may ask. */
  referredAt: Time;
  /** Until when the calls that were passed on for it are paid for. */
  calls: Time;
}

/** A peer is deaf after this many questions in a row without an answer, and after a silence as long as a lease. */
const UNANSWERED = 3;
const SILENCE = 8 * SECOND;

/** Fields of a row. */
const AT = { lastHeard: 0, lastSent: 1, rtt: 2, used: 3, tickets: 4 } as const;
const STRIDE = 5;

/** All neighbours; the numbers touched with every message stand in columns. */
export class PeerTable {
  readonly #peers = new Map<NodeId, Peer>();
  readonly #columns: Columns;

  constructor(bound: number) {
    this.#columns = new Columns(STRIDE, bound, 8);
  }

  /** Null when the table is full. */
  add(id: NodeId, kind: Peer['kind'], address: string | null, now: Time): Peer | null {
    const row = this.#columns.add();
    if (row < 0) return null;
    const peer: Peer = {
      id,
      row,
      kind,
      address,
      congested: false,
      free: 0,
      interior: 0,
      at: null,
      questions: 0,
      askedAt: 0,
      referredAt: -Infinity,
      calls: 0,
    };
    this.#peers.set(id, peer);
    this.heard(peer, now);
    this.use(peer, now);
    return peer;
  }

  remove(peer: Peer): void {
    this.#peers.delete(peer.id);
    this.#columns.remove(peer.row);
  }

  get(id: NodeId): Peer | undefined {
    return this.#peers.get(id);
  }

  all(): IterableIterator<Peer> {
    return this.#peers.values();
  }

  get size(): number {
    return this.#peers.size;
  }

  heard(peer: Peer, now: Time): void {
    this.#columns.set(peer.row, AT.lastHeard, now);
  }

  lastHeard(peer: Peer): Time {
    return this.#columns.get(peer.row, AT.lastHeard);
  }

  /** A question goes to the peer that it must answer; one a second counts. Returns whether it answers none any more. */
  asked(peer: Peer, now: Time): boolean {
    const answered = this.lastHeard(peer) >= peer.askedAt;
    if (answered || now >= peer.askedAt + SECOND) {
      peer.questions = answered ? 1 : peer.questions + 1;
      peer.askedAt = now;
    }
    return this.isDeaf(peer);
  }

  /** Whether questions were not answered for so long that the connection must be dead. */
  isDeaf(peer: Peer): boolean {
    return peer.questions >= UNANSWERED && peer.askedAt - this.lastHeard(peer) >= SILENCE;
  }

  sent(peer: Peer, now: Time): void {
    this.#columns.set(peer.row, AT.lastSent, now);
  }

  lastSent(peer: Peer): Time {
    return this.#columns.get(peer.row, AT.lastSent);
  }

  /** When the connection last served a purpose. */
  use(peer: Peer, now: Time): void {
    this.#columns.set(peer.row, AT.used, now);
  }

  lastUsed(peer: Peer): Time {
    return this.#columns.get(peer.row, AT.used);
  }

  /** Moving average of the round trip with step 0.2; null until measured. */
  rtt(peer: Peer): Time | null {
    return this.#columns.get(peer.row, AT.rtt) || null;
  }

  measured(peer: Peer, roundTrip: Time): void {
    const before = this.rtt(peer);
    const next = before === null ? roundTrip : before + 0.2 * (roundTrip - before);
    this.#columns.set(peer.row, AT.rtt, Math.max(1, Math.round(next)));
  }

  /** Tickets held with this peer, on either side. */
  tickets(peer: Peer): number {
    return this.#columns.get(peer.row, AT.tickets);
  }

  addTickets(peer: Peer, change: number): void {
    this.#columns.set(peer.row, AT.tickets, this.tickets(peer) + change);
  }
}
