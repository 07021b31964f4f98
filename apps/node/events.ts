import type { TraceEvent } from '../../core/trace.js';
import type { View } from '../../core/view.js';
import type { NodeEntry, StreamEntry } from './control/node-port.js';
import type { TicketEntry } from './control/tickets.js';

/** What the hub needs of a listener's socket. */
export interface EventSocket {
  send(data: string): void;
  /** Bytes handed over and not yet taken by the listener. */
  readonly bufferedAmount: number;
  close(code: number, reason: string): void;
  terminate(): void;
}

/** Where the hub reads what it announces. */
export interface EventSource {
  readonly id: string;
  /** The node's clock, microseconds. */
  now(): number;
  view(): View;
  nodes(): NodeEntry[];
  streams(): readonly StreamEntry[];
  tickets(): TicketEntry[];
}

const MAX_LISTENERS = 16;
const MAX_UNREAD_BYTES = 1024 * 1024;
/** Announcements remembered, so that each is made once; the oldest go when there are more. */
const MAX_ANNOUNCED = 8_192;

/**
 * Tells listeners what happens on a node, one JSON text a message: every trace event, the view now and then, and each
 * node, stream and ticket once when it is new. A listener that does not keep up is dropped; nothing waits for it.
 */
export class EventHub {
  readonly #source: EventSource;
  readonly #listeners = new Set<EventSocket>();
  readonly #announced = new Set<string>();

  constructor(source: EventSource) {
    this.#source = source;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** Adds a listener, who is told the view at once. The returned function removes it; null when there are too many. */
  subscribe(socket: EventSocket): (() => void) | null {
    if (this.#listeners.size >= MAX_LISTENERS) return null;
    if (this.#listeners.size === 0) this.#news();
    this.#listeners.add(socket);
    this.#tell(socket, this.#viewText());
    return () => this.#listeners.delete(socket);
  }

  trace(at: number, event: TraceEvent): void {
    if (this.#listeners.size > 0) this.#tellAll(JSON.stringify({ type: 'trace', at, node: this.#source.id, event }));
  }

  /** To be called every second. */
  step(): void {
    if (this.#listeners.size === 0) return;
    for (const text of this.#news()) this.#tellAll(text);
    this.#tellAll(this.#viewText());
  }

  close(): void {
    for (const socket of this.#listeners) socket.close(1001, 'going away');
    this.#listeners.clear();
  }

  #viewText(): string {
    return JSON.stringify({ type: 'view', at: this.#source.now(), node: this.#source.id, view: this.#source.view() });
  }

  /** Announcements of what has not been announced before. */
  #news(): string[] {
    const { id } = this.#source;
    const at = this.#source.now();
    const news: string[] = [];
    const announce = (key: string, what: object): void => {
      if (this.#announced.has(key)) return;
      this.#announced.add(key);
      news.push(JSON.stringify({ ...what, at, by: id }));
    };
    for (const node of this.#source.nodes()) announce(`node ${node.uuid}`, { type: 'node', node });
    for (const stream of this.#source.streams()) announce(`stream ${stream.id}`, { type: 'stream', stream });
    for (const ticket of this.#source.tickets())
      announce(`ticket ${ticket.source} ${ticket.ticket}`, { type: 'ticket', ticket });
    for (const oldest of this.#announced) {
      if (this.#announced.size <= MAX_ANNOUNCED) break;
      this.#announced.delete(oldest);
    }
    return news;
  }

  #tellAll(text: string): void {
    for (const socket of this.#listeners) this.#tell(socket, text);
  }

  #tell(socket: EventSocket, text: string): void {
    if (socket.bufferedAmount > MAX_UNREAD_BYTES) {
      this.#listeners.delete(socket);
      socket.terminate();
      return;
    }
    socket.send(text);
  }
}
