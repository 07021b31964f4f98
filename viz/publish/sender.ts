/** How sending ended, if the node or the connection ended it. */
export type SendEnd =
  /** The node is gone for the moment; trying again may help. */
  | { readonly why: 'lost' }
  /** The node does not want it; `text` says why. */
  | { readonly why: 'refused'; readonly text: string };

/** The node takes frames of 64 KiB. */
const FRAME_BYTES = 32 * 1024;
/** A node on the same machine that leaves this much unread is stuck. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** Close codes from here on are a status of HTTP plus 4000; those of `RETRY` pass. */
const STATUS = 4_000;
const RETRY: ReadonlySet<number> = new Set([408, 503]);

export function endOf(code: number, reason: string): SendEnd {
  if (code < STATUS || RETRY.has(code - STATUS)) return { why: 'lost' };
  return { why: 'refused', text: reason === '' ? `the node refused it (${code - STATUS})` : reason };
}

/** Sends the pieces of one recording to the node over a WebSocket. */
export class Sender {
  readonly #socket: WebSocket;
  #ended: ((end: SendEnd) => void) | null;
  #early: Uint8Array<ArrayBuffer>[] = [];
  /** Bytes handed over so far. */
  bytes = 0;

  /** @param ended called at most once, and not after `close`. */
  constructor(url: string, ended: (end: SendEnd) => void) {
    this.#ended = ended;
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener('open', () => {
      for (const piece of this.#early) this.#hand(piece);
      this.#early = [];
    });
    this.#socket.addEventListener('close', ({ code, reason }) => this.#end(endOf(code, reason)));
  }

  /** Bytes that the node has not taken yet. */
  get waiting(): number {
    return this.#socket.bufferedAmount;
  }

  get open(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(piece: Uint8Array<ArrayBuffer>): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#early.push(piece);
    else if (this.open) this.#hand(piece);
  }

  close(): void {
    this.#ended = null;
    this.#socket.close(1000);
  }

  #hand(piece: Uint8Array<ArrayBuffer>): void {
    for (let at = 0; at < piece.length; at += FRAME_BYTES) this.#socket.send(piece.subarray(at, at + FRAME_BYTES));
    this.bytes += piece.length;
    if (this.waiting <= MAX_WAITING_BYTES) return;
    this.#end({ why: 'lost' });
    this.#socket.close(1000);
  }

  #end(end: SendEnd): void {
    const ended = this.#ended;
    this.#ended = null;
    ended?.(end);
  }
}
