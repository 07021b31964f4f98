import { MS, type NodeId, type StreamId, type Time } from '../../../core/units.js';
import type { Request, Response, TicketRequest } from './messages.js';
import { bootstrap } from './bootstrap.js';
import type { TicketRow } from './database.js';
import { askNode, askWeb, queueTunnel, type Process } from './process.js';
import { HttpError, sleep, type Thread } from './threads.js';
import { propagateDeletion, requestFrom, requestTicket, ticketAnswer } from './tickets.js';

/** SUPERNODE_MAX_CHILDREN of the settings. */
const MOST_CHILDREN = 100;
/** PB12: slept in the one thread that answers, in the hope that the tunnel stands by then. */
const NAP: Time = 500 * MS;

/** A request and where its answer goes; `from` is null for the browser on this very machine. */
export interface Call {
  readonly from: NodeId | null;
  readonly request: Request;
  readonly reply: (response: Response) => void;
}

/**
 * The HTTP server of a node. PB9, PB10: one thread answers one request after the other and waits for others meanwhile,
 * so two nodes that ask each other both wait until they give up. Nothing bounds how many requests wait.
 */
export class Server {
  readonly #process: Process;
  readonly #calls: Call[] = [];
  #busy = false;
  #stopped = false;

  constructor(process: Process) {
    this.#process = process;
  }

  take(call: Call): void {
    this.#calls.push(call);
    if (!this.#busy) this.#next();
  }

  /** PB34: from now on nobody is answered, though the node has others to talk to yet. */
  stop(): void {
    this.#stopped = true;
  }

  #next(): void {
    const call = this.#stopped ? undefined : this.#calls.shift();
    this.#busy = call !== undefined;
    if (call !== undefined) this.#process.spawn(this.#serve(call));
  }

  *#serve(call: Call): Thread {
    let response: Response;
    try {
      response = yield* answer(this.#process, call);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      response = { status: error.status };
    }
    if (!this.#stopped) call.reply(response);
    this.#next();
  }
}

function* answer(process: Process, { from, request }: Call): Thread<Response> {
  const { db } = process;
  switch (request.call) {
    case 'ping':
      return { status: 200 };
    case 'list-nodes':
      return { status: 200, nodes: db.list() };
    case 'find-node': {
      const node = db.list().find(({ uuid }) => uuid === request.uuid);
      return node === undefined ? { status: 404 } : { status: 200, nodes: [node] };
    }
    case 'register':
      return register(process, request);
    case 'unregister':
      return unregister(process, request.uuid, from);
    case 'list-streams':
      return { status: 200, streams: [...db.streams.values()] };
    case 'find-stream': {
      const stream = db.streams.get(request.stream);
      return stream === undefined ? { status: 404 } : { status: 200, streams: [stream] };
    }
    case 'create-stream':
      db.storeStream(request.stream);
      yield* askWeb(process, request);
      return { status: 302 };
    default:
      return yield* answerTicket(process, from, request);
  }
}

/** PB31: only who names this node as its supernode is counted, one too many is let in, and nobody known is updated. */
function register({ db }: Process, { node }: Extract<Request, { call: 'register' }>): Response {
  const ours = db.me.supernode && node.primary === db.me.uuid;
  if (ours && db.children().length > MOST_CHILDREN) return { status: 503 };
  if (!db.nodes.has(node.uuid)) db.store(node);
  return { status: 200 };
}

function unregister(process: Process, uuid: NodeId, from: NodeId | null): Response {
  const { db } = process;
  if (!db.nodes.has(uuid)) return { status: 200 };
  const [closest] = db.supernodes();
  // PB32: the note to another supernode takes a path for an address and dies of it before the node is struck off.
  if (closest !== undefined && closest.uuid !== uuid) return { status: 500 };
  if (uuid === db.me.primary) process.spawn(bootstrap(process));
  db.forget(uuid, from ?? db.me.uuid, process.fx);
  return { status: 200 };
}

function* answerTicket(process: Process, from: NodeId | null, request: TicketRequest): Thread<Response> {
  const { db } = process;
  const { stream } = request;
  const row = db.ticket(stream, request.destination ?? db.me.uuid);
  switch (request.call) {
    case 'create-ticket':
      yield* createTicket(process, stream, request.destination);
      return { status: 302 };
    case 'get-ticket':
      return row === undefined ? { status: 200 } : yield* refresh(process, row);
    case 'confirm-ticket':
      if (row === undefined) return { status: 200 };
      db.confirm(row, process.fx);
      queueTunnel(process, row);
      return { status: 200 };
    case 'cancel-ticket':
      if (row === undefined) return { status: 404 };
      db.remove(row, 'cancelled', process.fx);
      process.spawn(propagateDeletion(process, row, from));
      return { status: 200 };
  }
}

function* createTicket(process: Process, stream: StreamId, uuid: NodeId | null): Thread {
  const { db } = process;
  if (!db.streams.has(stream)) {
    const found = yield* askWeb(process, { call: 'find-stream', stream });
    for (const each of found?.streams ?? []) db.storeStream(each);
    if (!db.streams.has(stream)) throw new HttpError(404);
  }
  const destination = uuid ?? db.me.uuid;
  if (destination !== db.me.uuid && !db.nodes.has(destination)) {
    // PB10: the supernode may be the one that waits for this very answer.
    const found =
      db.me.primary === null ? null : yield* askNode(process, db.me.primary, { call: 'find-node', uuid: destination });
    for (const node of found?.nodes ?? []) db.store(node);
    if (!db.nodes.has(destination)) throw new HttpError(404);
  }
  yield* requestTicket(process, stream, destination);
}

/** PB1: notes that the ticket was wanted again, which nobody ever reads, and asks its source once more. */
function* refresh(process: Process, row: TicketRow): Thread<Response> {
  const { db } = process;
  const { stream, destination, source } = row;
  const still = source === db.me.uuid ? row : yield* requestFrom(process, source, row, row);
  if (still !== null) {
    queueTunnel(process, still);
    yield* sleep(NAP);
  }
  const now = db.ticket(stream, destination);
  if (now === undefined) throw new HttpError(500);
  return ticketAnswer(now);
}
