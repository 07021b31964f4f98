import { LIMITS } from '../../../core/limits.js';
import { MS, SECOND, transmissionTime, type NodeId, type Time } from '../../../core/units.js';
import type { BufferMap } from './buffer-map.js';

/** Partners of a node, as published; who has uplink for more streams has more, so that it is used. */
const FEWEST = 4;
const MOST = 16;
const PER_STREAM = 4;
/** Partners beyond these that are taken while better ones are looked for. */
const SPARE = 2;
/** Partners of a publisher: each takes a part of the stream from it, another one each, and the rest from others. */
const PUBLISHED_PER_STREAM = 3;
/** Round trip until one was measured. */
const UNKNOWN_RTT: Time = 200 * MS;

/** The other end of a partnership. */
export class Partner {
  readonly node: NodeId;
  readonly since: Time;
  /** Bits per second that it lends. */
  readonly uplink: number;
  heardAt: Time;
  rtt: Time = UNKNOWN_RTT;
  /** What it has, by its last map, and the newest of that; null and -1 before. */
  map: BufferMap | null = null;
  newest = -1;
  /** Payload since the last review. */
  received = 0;
  sent = 0;
  /** When its uplink will have sent what it is known to have been asked for. */
  #freeAt: Time = 0;
  #askedAt: Time = 0;

  constructor(node: NodeId, now: Time, uplink: number) {
    this.node = node;
    this.since = now;
    this.heardAt = now;
    this.uplink = uplink;
  }

  /** When the answer to another request would begin to arrive. */
  freeAt(now: Time): Time {
    return Math.max(now, this.#freeAt) + this.rtt;
  }

  /** How long its uplink takes for so many bytes. */
  timeFor(bytes: number): Time {
    return transmissionTime(bytes, Math.max(1, this.uplink));
  }

  /** It was asked for what takes it so long. */
  asked(now: Time, time: Time): void {
    this.#freeAt = Math.max(now, this.#freeAt) + time;
    this.#askedAt = now;
  }

  /** Its queue by its own word, which does not know yet what is on the way to it. */
  told(now: Time, backlog: Time): void {
    const known = now + backlog;
    this.#freeAt = now < this.#askedAt + this.rtt ? Math.max(this.#freeAt, known) : known;
  }

  /** The use of a partnership is that of its better direction, as published. */
  get score(): number {
    return Math.max(this.received, this.sent);
  }
}

/** The partners of a node. */
export class Partners {
  readonly #uplink: number;
  readonly #all = new Map<NodeId, Partner>();
  /** A publisher takes nothing: it judges partners by what they can pass on. */
  publishing = false;
  /** How many are sought. */
  wanted = FEWEST;
  /** Bits per second that partners took of this node between the last two reviews. */
  lent = 0;
  #countingSince: Time = 0;

  /** @param uplink bits per second */
  constructor(uplink: number) {
    this.#uplink = uplink;
  }

  get size(): number {
    return this.#all.size;
  }

  get hasRoom(): boolean {
    return this.#all.size < this.wanted + (this.publishing ? 0 : SPARE);
  }

  [Symbol.iterator](): IterableIterator<Partner> {
    return this.#all.values();
  }

  get(node: NodeId): Partner | undefined {
    return this.#all.get(node);
  }

  add(partner: Partner): void {
    this.#all.set(partner.node, partner);
  }

  delete(node: NodeId): boolean {
    return this.#all.delete(node);
  }

  /** @param bitrate of the stream, bits per second */
  fit(bitrate: number): void {
    const streams = this.#uplink / bitrate;
    const some = this.publishing ? PUBLISHED_PER_STREAM : PER_STREAM;
    const most = this.publishing ? LIMITS.peersOrdinary : MOST;
    this.wanted = Math.min(most, Math.max(FEWEST, Math.floor(streams * some)));
  }

  /** Who of a full publisher's partners has to make room for a node that lends so much; null for nobody. */
  weaker(uplink: number): Partner | null {
    if (!this.publishing || this.hasRoom) return null;
    let weakest: Partner | null = null;
    for (const partner of this.#all.values()) if (partner.uplink < (weakest?.uplink ?? uplink)) weakest = partner;
    return weakest;
  }

  /** Those to part with, beyond the number sought: the worst of those that have been partners for `settled`. */
  surplus(now: Time, settled: Time): Partner[] {
    const worth = (partner: Partner): number => (this.publishing ? partner.uplink : partner.score);
    return [...this.#all.values()]
      .filter(({ since }) => now - since >= settled)
      .sort((a, b) => worth(a) - worth(b) || a.since - b.since || (a.node < b.node ? -1 : 1))
      .slice(0, Math.max(0, this.#all.size - this.wanted));
  }

  /** A review is over: scores begin anew. */
  startCounting(now: Time): void {
    const sent = [...this.#all.values()].reduce((sum, partner) => sum + partner.sent, 0);
    this.lent = now > this.#countingSince ? (sent * 8 * SECOND) / (now - this.#countingSince) : 0;
    this.#countingSince = now;
    for (const partner of this.#all.values()) partner.received = partner.sent = 0;
  }
}
