import type { Contact, Effects } from '../../../core/machine.js';
import type { RoleEvent } from '../../../core/trace.js';
import type { NodeId, Time } from '../../../core/units.js';
import { contactOf, type Database, type NodeRow, type TicketRow } from './database.js';
import type { Message, Request, Response } from './messages.js';
import { ask, Threads, type Thread } from './threads.js';
import type { Tunnels } from './tunnels.js';

/** What the threads of one node share. */
export class Process {
  /** Time and effects of the input at hand. */
  now: Time = 0;
  fx!: Effects<Message>;
  readonly db: Database;
  readonly tunnels: Tunnels;
  readonly web: Contact | null;
  /** OUTGOING_STREAM_LIMIT of the settings. */
  readonly outgoingLimit: number;
  readonly threads: Threads;
  /** Bits per second that the check at the start found; null when it failed. */
  upstream: number | null = null;
  /** When the primary supernode became what it is. */
  primarySince: Time = 0;

  constructor(db: Database, tunnels: Tunnels, web: Contact | null, outgoingLimit: number) {
    this.db = db;
    this.tunnels = tunnels;
    this.web = web;
    this.outgoingLimit = outgoingLimit;
    this.threads = new Threads(db.me.uuid);
  }

  /** Starts a thread of its own. */
  spawn(thread: Thread): void {
    this.threads.start(this.now, thread, this.fx);
  }
}

export function* askNode({ db }: Process, uuid: NodeId, request: Request): Thread<Response | null> {
  const node = db.nodes.get(uuid);
  return node === undefined ? null : yield* ask(contactOf(node), request);
}

export function* askWeb({ web }: Process, request: Request): Thread<Response | null> {
  return web === null ? null : yield* ask(web, request);
}

/**
 * Measures the round trip; a node that does not answer keeps what it had. The connection is made first: all requests had
 * one of their own in 2011, so none was at an advantage.
 */
export function* updateRoundTrip(process: Process, node: NodeRow): Thread {
  const to = contactOf(node);
  const ping = { call: 'ping', bytes: 0 } as const;
  if (!process.threads.connected.has(node.uuid)) yield* ask(to, ping);
  const began = process.now;
  const answer = yield* ask(to, ping);
  if (answer !== null) process.db.measured(node, process.now - began);
}

export function follow(process: Process, primary: NodeId | null): void {
  const { me } = process.db;
  if (me.primary === primary) return;
  me.primary = primary;
  process.primarySince = process.now;
}

/** PB26: nobody ever steps down again. */
export function promote(process: Process, why: RoleEvent['why']): void {
  const { me } = process.db;
  if (me.supernode) return;
  me.supernode = true;
  process.primarySince = process.now;
  process.fx.trace?.({ type: 'role', role: 'supernode', why });
}

/** The tunnel of a confirmed ticket of this node, made once the row says so. */
export function queueTunnel({ db, tunnels }: Process, row: TicketRow): void {
  const source = db.nodes.get(row.source);
  if (row.confirmed && row.destination === db.me.uuid && source !== undefined) {
    tunnels.create(row, contactOf(source), db.tickets);
  }
}
