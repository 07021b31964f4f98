import { LIMITS } from '../limits.js';
import type { ChunkMessage } from '../message.js';
import type { Ticket } from '../tickets/ticket.js';
import { MS, NEVER, SECOND, type NodeId, type StreamId, type Time } from '../units.js';

/** Bytes of headers and signature that a chunk message adds to its payload, for pacing. */
const HEADERS = 160;
/** What TCP, IP and TLS add on the link: 52 bytes to a segment of 1,448, 22 and a header to a record. */
const TRANSPORT = 1.05;
/** Burst the bucket allows: chunks wait here, where they can still be dropped, not in a socket. */
const BURST: Time = 100 * MS;
/** An empty bucket gathers this much before the next chunks leave, several at a time. */
const REFILL: Time = 30 * MS;

interface Waiting {
  readonly to: NodeId;
  /** The ticket it is sent under; null for the answer to a pull. */
  readonly ticket: Ticket | null;
  readonly message: ChunkMessage;
  /** End of the lease or of the patience with a full uplink, or when the chunk is due: then nobody wants it any more. */
  readonly expires: Time;
}

/**
 * Token bucket over the uplink lent. Chunks on their first way down the tree go before those that make up for
 * something, which also share a smaller bucket; within a class the order is that of arrival. What can no longer arrive
 * in time is dropped whole. The bucket may go into debt by one chunk.
 */
export class Uplink {
  readonly #rate: number;
  /** Share of the rate that chunks which make up for something may take. */
  repairShare: number;
  readonly #live = new Queue();
  readonly #repair = new Queue();
  #tokens: number;
  #repairTokens: number;
  #filled: Time = 0;

  constructor(bitsPerSecond: number, repairShare: number) {
    this.#rate = bitsPerSecond / 8 / SECOND;
    this.repairShare = repairShare;
    this.#tokens = this.#rate * BURST;
    this.#repairTokens = this.#tokens;
  }

  /** Whether the chunk may leave now, waits, or is lost because too much waits already. */
  offer(
    now: Time,
    to: NodeId,
    message: ChunkMessage,
    expires: Time,
    ticket: Ticket | null,
    repair: boolean,
  ): 'send' | 'wait' | 'full' {
    this.#fill(now);
    const queue = repair ? this.#repair : this.#live;
    const idle = this.#live.length === 0 && (!repair || this.#repair.length === 0);
    if (idle && this.#tokens > 0 && (!repair || this.#mayRepair())) {
      this.#spend(message, repair);
      return 'send';
    }
    if (queue.length >= LIMITS.uplinkQueue) return 'full';
    queue.push({ to, ticket, message, expires });
    return 'wait';
  }

  /** Whether another chunk that makes up for something can leave within `patience`. */
  hasRepairRoom(now: Time, patience: Time): boolean {
    this.#fill(now);
    if (this.#repair.length >= LIMITS.repairQueue) return false;
    return this.#mayRepair() || this.#repairTokens > -patience * this.#rate * this.repairShare;
  }

  /** When the next waiting chunk may leave, NEVER when none waits. */
  due(now: Time): Time {
    this.#fill(now);
    if (this.#live.length > 0) return this.#when(now, this.#tokens, this.#rate);
    if (this.#repair.length === 0) return NEVER;
    const share = this.#when(now, this.#repairTokens, this.#rate * this.repairShare);
    const idle = this.#when(now, this.#tokens - (this.#rate * BURST) / 2, this.#rate);
    return Math.max(this.#when(now, this.#tokens, this.#rate), Math.min(share, idle));
  }

  /** Sends what the tokens allow; reports what was dropped because it had expired. */
  drain(
    now: Time,
    send: (to: NodeId, message: ChunkMessage) => void,
    drop: (to: NodeId, message: ChunkMessage) => void,
  ): void {
    this.#fill(now);
    while (this.#tokens > 0) {
      const next = this.#live.shift(now, drop);
      if (next === undefined) break;
      this.#spend(next.message, false);
      send(next.to, next.message);
    }
    while (this.#live.length === 0 && this.#tokens > 0 && this.#mayRepair()) {
      const next = this.#repair.shift(now, drop);
      if (next === undefined) break;
      this.#spend(next.message, true);
      send(next.to, next.message);
    }
  }

  /** Forgets what waits for a peer that is gone. */
  forget(peer: NodeId): void {
    this.#live.forget((waiting) => waiting.to === peer);
    this.#repair.forget((waiting) => waiting.to === peer);
  }

  /** Forgets the chunks of an epoch that is over. */
  forgetStream(stream: StreamId): void {
    this.#live.forget((waiting) => waiting.message.chunk.stream === stream);
    this.#repair.forget((waiting) => waiting.message.chunk.stream === stream);
  }

  /** Forgets what waits under a ticket that has ended: nothing may be sent without one. */
  forgetTicket(ticket: Ticket): void {
    this.#live.forget((waiting) => waiting.ticket === ticket);
    this.#repair.forget((waiting) => waiting.ticket === ticket);
  }

  /** Repair has a share of its own, and takes what an idle uplink leaves. */
  #mayRepair(): boolean {
    return this.#repairTokens > 0 || this.#tokens > (this.#rate * BURST) / 2;
  }

  #spend(message: ChunkMessage, repair: boolean): void {
    const bytes = (message.chunk.size + HEADERS) * TRANSPORT;
    this.#tokens -= bytes;
    if (repair) this.#repairTokens = Math.max(-this.#rate * BURST, this.#repairTokens - bytes);
  }

  #when(now: Time, tokens: number, rate: number): Time {
    return tokens > 0 ? now : now + Math.ceil((this.#rate * REFILL - tokens) / rate);
  }

  #fill(now: Time): void {
    const gained = (now - this.#filled) * this.#rate;
    if (gained <= 0) return;
    this.#filled = now;
    const most = this.#rate * BURST;
    this.#tokens = Math.min(most, this.#tokens + gained);
    this.#repairTokens = Math.min(most, this.#repairTokens + gained * this.repairShare);
  }
}

/** First in, first out on an array whose spent head is cut off now and then. */
class Queue {
  #items: Waiting[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: Waiting): void {
    this.#items.push(item);
  }

  /** The first that has not expired; those before it are dropped. */
  shift(now: Time, drop: (to: NodeId, message: ChunkMessage) => void): Waiting | undefined {
    for (let item = this.#items[this.#head]; item !== undefined; item = this.#items[this.#head]) {
      this.#head++;
      if (this.#head === this.#items.length || this.#head > 256) {
        this.#items = this.#items.slice(this.#head);
        this.#head = 0;
      }
      if (item.expires > now) return item;
      drop(item.to, item.message);
    }
    return undefined;
  }

  forget(which: (waiting: Waiting) => boolean): void {
    if (this.length === 0) return;
    this.#items = this.#items.slice(this.#head).filter((waiting) => !which(waiting));
    this.#head = 0;
  }
}
