import { WebSocket, type ClientOptions } from 'ws';
import { LIMITS } from '../core/limits.js';
import type { ByeCode } from '../core/machine.js';
import { closeCode, closeDetail, closeStatus } from './close-codes.js';
import { isNearby } from './local-addresses.js';
import {
  DIAL_TIMEOUT_MS,
  type Connection,
  type ConnectionEvents,
  type DialFailure,
  type DialResult,
  type Listener,
  type Transport,
} from './transport.js';
import { distrust } from './untrusted.js';
import { listenWebSocket, type WebSocketListenOptions } from './websocket-listener.js';
import { SOCKET_OPTIONS, SUBPROTOCOL } from './websocket-settings.js';

const PINGS_A_SECOND = 10;

export interface WebSocketOptions extends WebSocketListenOptions {
  /** Dials addresses with TLS alone, so that nobody can talk a node out of it. */
  readonly tlsOnly?: boolean;
  /** On this machine and in its own network, dials without TLS too, and takes any certificate. */
  readonly insecureLan?: boolean;
  /** Told of whom was dialled and is not believed. */
  readonly onDistrust?: (address: string, why: string) => void;
}

/** WebSocket connections of `ws`, dialled and accepted. Certificates are those that Node trusts. */
export class WebSocketTransport implements Transport {
  readonly #options: WebSocketOptions;

  constructor(options: WebSocketOptions = {}) {
    this.#options = options;
  }

  takes(address: string): boolean {
    if (address.length > LIMITS.stringBytes || !URL.canParse(address)) return false;
    const url = new URL(address);
    if (url.username !== '' || url.hash !== '') return false;
    if (url.protocol === 'ws:') return this.#options.tlsOnly !== true || this.#mayTrust(url.hostname);
    return url.protocol === 'wss:';
  }

  listen(accept: (connection: Connection) => void): Promise<Listener> {
    return listenWebSocket(this.#options, (socket, remote) => accept(new WebSocketConnection(socket, remote, false)));
  }

  dial(address: string, done: (result: DialResult) => void): () => void {
    let pending = true;
    const settle = (result: DialResult): void => {
      clearTimeout(timer);
      if (pending) done(result);
      else if (result.ok) result.connection.destroy();
      pending = false;
    };
    const fail = (why: DialFailure, detail: string): void => settle({ ok: false, why, detail });
    const socket = createSocket(address, !URL.canParse(address) || !this.#mayTrust(new URL(address).hostname));
    if (socket === null) {
      const attempt = setImmediate(() => done({ ok: false, why: 'unreachable', detail: 'no such address' }));
      return () => clearImmediate(attempt);
    }
    // The library's own time-out counts silence, which a server that trickles bytes never reaches.
    const timer = setTimeout(() => {
      fail('timeout', 'no answer to the WebSocket handshake');
      socket.terminate();
    }, DIAL_TIMEOUT_MS);
    const onError = (error: Error): void => {
      const why = distrust(error);
      if (why !== null && pending) this.#options.onDistrust?.(address, why);
      fail(failure(error), error.message);
    };
    socket.on('error', onError);
    socket.on('unexpected-response', (request, response) => {
      fail(response.statusCode === 503 ? 'busy' : 'refused', `HTTP status ${response.statusCode}`);
      request.destroy();
    });
    socket.once('open', () => {
      socket.off('error', onError);
      settle({ ok: true, connection: new WebSocketConnection(socket, address, true) });
    });
    return () => {
      pending = false;
      clearTimeout(timer);
      socket.terminate();
    };
  }

  #mayTrust(host: string): boolean {
    return this.#options.insecureLan === true && isNearby(host);
  }
}

/** null for an address that the library throws at; peers give addresses, so nothing may come of a bad one. */
function createSocket(address: string, rejectUnauthorized: boolean): WebSocket | null {
  const options: ClientOptions = { ...SOCKET_OPTIONS, followRedirects: false, rejectUnauthorized };
  try {
    return new WebSocket(address, [SUBPROTOCOL], options);
  } catch {
    return null;
  }
}

function failure(error: Error): DialFailure {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') return 'refused';
  return code === 'ETIMEDOUT' ? 'timeout' : 'unreachable';
}

class WebSocketConnection implements Connection {
  readonly remote: string;
  readonly dialled: boolean;
  readonly #socket: WebSocket;
  #events: ConnectionEvents | null = null;
  #closing: { readonly code: ByeCode; readonly detail: string } | null = null;
  /** Set by the library when the other end broke the WebSocket protocol or a bound. */
  #fault: string | null = null;
  #pings = 0;
  #pingsSince = 0;

  constructor(socket: WebSocket, remote: string, dialled: boolean) {
    this.#socket = socket;
    this.remote = remote;
    this.dialled = dialled;
    socket.binaryType = 'nodebuffer';
    socket.on('error', (error) => {
      this.#fault = 'code' in error && String(error.code).startsWith('WS_ERR_') ? String(error.code) : null;
    });
    socket.on('message', (data, binary) => this.#message(data, binary));
    socket.on('ping', (data) => this.#ping(data));
    socket.on('pong', () => this.#countPing());
    socket.on('close', (status, reason) => this.#closed(status, reason));
  }

  get queuedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  open(events: ConnectionEvents): void {
    this.#events = events;
  }

  send(frame: Uint8Array): void {
    if (frame.length > LIMITS.pieceBytes) throw new RangeError(`a frame of ${frame.length} bytes cannot be sent`);
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(frame, (error) => {
      if (error === undefined || error === null) this.#events?.drain();
    });
  }

  close(code: ByeCode, detail: string): void {
    if (this.#closing !== null) return;
    this.#closing = { code, detail };
    this.#socket.close(closeStatus(code), closeDetail(detail));
  }

  destroy(): void {
    this.#events = null;
    this.#socket.terminate();
  }

  #message(data: WebSocket.RawData, binary: boolean): void {
    if (!binary || !Buffer.isBuffer(data)) this.close('protocol', 'text message');
    else this.#events?.frame(new Uint8Array(data.buffer, data.byteOffset, data.length));
  }

  #ping(data: Buffer): void {
    if (this.#countPing() && this.#socket.bufferedAmount === 0 && this.#closing === null) this.#socket.pong(data);
  }

  /** Whether this ping is within the rate; ends the connection when it is not. */
  #countPing(): boolean {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.#pingsSince) this.#pings = 0;
    this.#pingsSince = second;
    if (++this.#pings <= PINGS_A_SECOND) return true;
    this.close('protocol', 'ping flood');
    return false;
  }

  #closed(status: number, reason: Buffer): void {
    if (this.#closing !== null) this.#events?.close(this.#closing.code, this.#closing.detail, true);
    else if (this.#fault !== null) this.#events?.close('protocol', this.#fault, true);
    else this.#events?.close(closeCode(status), closeDetail(reason.toString()), false);
    this.#events = null;
  }
}
