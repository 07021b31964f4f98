import type { ByeCode } from '../core/machine.js';
import { LIMITS } from '../core/limits.js';
import {
  CLOSE_TIMEOUT_MS,
  type CloseCode,
  type Connection,
  type ConnectionEvents,
  type DialResult,
  type Listener,
  type Transport,
} from './transport.js';

/** What one end has on its way to the other. */
type Item =
  | { readonly type: 'frame'; readonly bytes: Uint8Array }
  | { readonly type: 'close'; readonly code: CloseCode; readonly detail: string };

/**
 * Connections inside one process: ordered, and delivered in a later turn of the event loop, as sockets do. All that
 * is to meet shares one instance.
 */
export class Loopback implements Transport {
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  #names = 0;

  takes(address: string): boolean {
    return address.startsWith('loop:');
  }

  listen(accept: (connection: Connection) => void): Promise<Listener> {
    const address = `loop:${++this.#names}`;
    this.#listeners.set(address, accept);
    return Promise.resolve({
      address,
      close: () => {
        this.#listeners.delete(address);
        return Promise.resolve();
      },
    });
  }

  dial(address: string, done: (result: DialResult) => void): () => void {
    const attempt = setImmediate(() => {
      const accept = this.#listeners.get(address);
      if (accept === undefined) {
        done({ ok: false, why: 'refused', detail: 'nobody listens' });
        return;
      }
      const near = new LoopbackEnd(address, true);
      const far = new LoopbackEnd('loop', false);
      near.pair(far);
      far.pair(near);
      accept(far);
      done({ ok: true, connection: near });
    });
    return () => clearImmediate(attempt);
  }
}

class LoopbackEnd implements Connection {
  readonly remote: string;
  readonly dialled: boolean;
  #other: LoopbackEnd | null = null;
  #events: ConnectionEvents | null = null;
  /** Set once nothing more may be sent; the other end answers with a close of its own. */
  #closing: { readonly code: CloseCode; readonly detail: string } | null = null;
  #items: Item[] = [];
  #queued = 0;

  constructor(remote: string, dialled: boolean) {
    this.remote = remote;
    this.dialled = dialled;
  }

  pair(other: LoopbackEnd): void {
    this.#other = other;
  }

  get queuedBytes(): number {
    return this.#queued;
  }

  open(events: ConnectionEvents): void {
    this.#events = events;
  }

  send(frame: Uint8Array): void {
    if (frame.length > LIMITS.pieceBytes) throw new RangeError(`a frame of ${frame.length} bytes cannot be sent`);
    this.#queued += frame.length;
    this.#give({ type: 'frame', bytes: frame });
  }

  close(code: ByeCode, detail: string): void {
    if (this.#closing !== null) return;
    this.#give({ type: 'close', code, detail });
    this.#closing = { code, detail };
    setTimeout(() => this.#ended(code, detail, true), CLOSE_TIMEOUT_MS).unref();
  }

  destroy(): void {
    this.#give({ type: 'close', code: 'reset', detail: '' });
    this.#closing = { code: 'reset', detail: '' };
    this.#events = null;
  }

  #give(item: Item): void {
    if (this.#closing !== null) return;
    if (this.#items.length === 0) setImmediate(() => this.#flush());
    this.#items.push(item);
  }

  #flush(): void {
    const items = this.#items;
    this.#items = [];
    this.#queued = 0;
    for (const item of items) this.#other?.take(item);
    if (this.#closing === null) this.#events?.drain();
  }

  take(item: Item): void {
    if (item.type === 'frame') this.#events?.frame(item.bytes);
    else if (this.#closing !== null) this.#ended(this.#closing.code, this.#closing.detail, true);
    else {
      this.#give(item);
      this.#closing = item;
      this.#ended(item.code, item.detail, false);
    }
  }

  #ended(code: CloseCode, detail: string, local: boolean): void {
    this.#events?.close(code, detail, local);
    this.#events = null;
  }
}
