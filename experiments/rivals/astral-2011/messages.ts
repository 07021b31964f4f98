import type { NodeId, StreamId } from '../../../core/units.js';
import { encodedBytes as bytesOfMedia, type Carried, type Subscribe } from '../origin-edge/messages.js';

/** A node as its row travels in JSON. */
export interface NodeData {
  readonly uuid: NodeId;
  readonly address: string;
  readonly supernode: boolean;
  readonly primary: NodeId | null;
}

export interface StreamData {
  readonly stream: StreamId;
  readonly source: NodeId;
}

/** A ticket as its row travels in JSON: named by stream and destination alone. */
export interface TicketData {
  readonly source: NodeId;
  readonly sourcePort: number;
  readonly destination: NodeId;
  readonly hops: number;
}

/** The calls of the HTTP API of nodes and web app. */
export type Request =
  /** GET /ping, and POST /ping with so many bytes. */
  | { readonly call: 'ping'; readonly bytes: number }
  | { readonly call: 'list-nodes' }
  | { readonly call: 'find-node'; readonly uuid: NodeId }
  | { readonly call: 'register'; readonly node: NodeData }
  | { readonly call: 'unregister'; readonly uuid: NodeId }
  | { readonly call: 'list-streams' }
  | { readonly call: 'find-stream'; readonly stream: StreamId }
  | { readonly call: 'create-stream'; readonly stream: StreamData }
  | TicketRequest;

/** About the ticket of one destination; null is the node that is asked. */
export interface TicketRequest {
  readonly call: 'create-ticket' | 'get-ticket' | 'confirm-ticket' | 'cancel-ticket';
  readonly stream: StreamId;
  readonly destination: NodeId | null;
}

/** What an HTTP server answers; of the bodies the one that was asked for. */
export interface Response {
  readonly status: 200 | 302 | 404 | 412 | 500 | 503;
  readonly nodes?: readonly NodeData[];
  readonly streams?: readonly StreamData[];
  readonly ticket?: TicketData;
}

/** What a player says to the port that its ticket names, and hears from there. */
type Tunnelled =
  | { readonly type: 'open'; readonly port: number; readonly subscribe: Subscribe }
  /** Nothing listens at that port. */
  | { readonly type: 'closed' }
  | Carried;

export type Message =
  | { readonly type: 'request'; readonly id: number; readonly request: Request }
  | { readonly type: 'response'; readonly id: number; readonly response: Response }
  | Tunnelled;

/** Request line, status line and headers of HTTP/1.1, and one record of JSON in a body. */
const HEADERS = 200;
const RECORD = 120;
const FRAME = 2;
const PORT = 2;

/** Bytes of the message: HTTP and JSON as text; media weighs what it weighs in astral. */
export function encodedBytes(message: Message): number {
  switch (message.type) {
    case 'request':
      return HEADERS + bodyOf(message.request);
    case 'response': {
      const { nodes, streams, ticket } = message.response;
      return HEADERS + RECORD * ((nodes?.length ?? 0) + (streams?.length ?? 0) + (ticket === undefined ? 0 : 1));
    }
    case 'open':
      return PORT + bytesOfMedia(message.subscribe);
    case 'closed':
      return FRAME;
    default:
      return bytesOfMedia(message);
  }
}

function bodyOf(request: Request): number {
  switch (request.call) {
    case 'ping':
      return request.bytes;
    case 'register':
    case 'create-stream':
    case 'create-ticket':
    case 'confirm-ticket':
      return RECORD;
    default:
      return 0;
  }
}
