import { decodeLive, LIVE_MAX_BINARY, parseLiveText } from './live-protocol.js';
import type { LiveBinary, LiveText } from './live-protocol.js';

/** What a connection reports. */
export interface ConnectionEvents {
  text(message: LiveText): void;
  binary(message: LiveBinary & { readonly bytes: Uint8Array<ArrayBuffer> }): void;
  connected(is: boolean): void;
}

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 5_000;
/** Silence after which the socket is taken for dead, as after a sleep of the machine. */
const SILENCE_MS = 20_000;

/** Milliseconds before attempt `n` (from 0), spread by `luck` in [0, 1) so that players do not return in step. */
export function retryDelay(attempt: number, luck: number): number {
  return Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempt) * (0.5 + luck / 2);
}

/** A socket to the node that comes back by itself. */
export class Connection {
  readonly #url: string;
  readonly #events: ConnectionEvents;
  #socket: WebSocket | null = null;
  #attempt = 0;
  #heardAt = performance.now();
  reconnects = 0;

  constructor(url: string, events: ConnectionEvents) {
    this.#url = url;
    this.#events = events;
    this.#open();
    setInterval(() => this.#watch(), 1_000);
  }

  /** Drops the socket and takes a new one, for a fresh start at a keyframe. */
  renew(): void {
    this.#socket?.close();
  }

  #watch(): void {
    if (this.#socket?.readyState === WebSocket.OPEN && performance.now() - this.#heardAt > SILENCE_MS) this.renew();
  }

  #open(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      this.#heardAt = performance.now();
      this.#events.connected(true);
    });
    socket.addEventListener('message', (event: MessageEvent<unknown>) => this.#receive(event.data));
    socket.addEventListener('close', () => {
      this.#events.connected(false);
      this.reconnects++;
      setTimeout(() => this.#open(), retryDelay(this.#attempt++, Math.random()));
    });
  }

  #receive(data: unknown): void {
    this.#heardAt = performance.now();
    this.#attempt = 0;
    if (typeof data === 'string') {
      const message = parseLiveText(data);
      if (message !== null) this.#events.text(message);
    } else if (data instanceof ArrayBuffer && data.byteLength <= LIVE_MAX_BINARY) {
      const message = decodeLive(new Uint8Array(data));
      if (message !== null) this.#events.binary(message);
    }
  }
}
