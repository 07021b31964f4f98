import type { Chunk, Manifest } from '../../../core/chunk.js';
import { ChunkWindow } from '../../../core/delivery/window.js';
import { LIMITS } from '../../../core/limits.js';
import type { Crypto, Effects } from '../../../core/machine.js';
import { Player } from '../../../core/playback/player.js';
import { SourceClock } from '../../../core/playback/source-clock.js';
import type { ChunkChange, ChunkReason } from '../../../core/trace.js';
import { verifyChunk } from '../../../core/trust/chunks.js';
import { verifyManifest } from '../../../core/trust/statements.js';
import { MS, NEVER, SECOND, type NodeId, type Time } from '../../../core/units.js';
import { tellOfChunk } from '../telling.js';
import { isSet, mapOf, newestOf, seqsOf, SPAN } from './buffer-map.js';
import { encodedBytes, type MapMessage, type Message } from './messages.js';
import type { Partner, Partners } from './partners.js';
import { schedule, type Supplier, type Wanted } from './scheduler.js';
import { Serving } from './serving.js';

/** Nothing is asked of a partner that its uplink would send later than this: another may have the chunk by then. */
const HORIZON: Time = 120 * MS;
/** How much later than reckoned a chunk may come before it is asked for elsewhere. */
const LATE: Time = 400 * MS;

interface Pending {
  readonly node: NodeId;
  readonly until: Time;
}

/** The stream at one node: what it holds of it, what it tells partners of that, asks of them and sends them. */
export class Exchange {
  manifest: Manifest | null = null;
  readonly window = new ChunkWindow();
  readonly clock = new SourceClock();
  readonly player: Player;
  readonly serving: Serving;
  readonly #crypto: Crypto;
  readonly #partners: Partners;
  readonly #targetLag: Time;
  /** Hops from the publisher of each chunk held, by its place in the window. */
  readonly #hops = new Uint8Array(LIMITS.windowChunks);
  /** Chunks asked for: whom last, and until when they are waited for. */
  readonly #pending = new Map<number, Pending>();

  constructor(crypto: Crypto, partners: Partners, node: { readonly uplink: number; readonly targetLag: Time }) {
    this.#crypto = crypto;
    this.#partners = partners;
    this.#targetLag = node.targetLag;
    this.serving = new Serving(node.uplink);
    this.player = new Player(this.window, this.clock, node.targetLag);
  }

  get epoch(): number {
    return this.manifest?.epoch ?? -1;
  }

  /** Hops of the newest chunk held. */
  get hops(): number {
    return this.window.newest < 0 ? 0 : this.#hopsOf(this.window.newest);
  }

  /** Takes a newer epoch over and tells the partners; false when it is not newer or not signed by its publisher. */
  adopt(manifest: Manifest, effects: Effects<Message>): boolean {
    if (manifest.epoch <= this.epoch || !verifyManifest(this.#crypto, manifest)) return false;
    this.manifest = manifest;
    this.window.clear();
    this.clock.reset();
    this.player.restart();
    this.serving.clear();
    this.#pending.clear();
    this.#partners.fit(manifest.bitrate);
    for (const partner of this.#partners) {
      partner.map = null;
      partner.newest = -1;
      effects.send(partner.node, { type: 'manifest', manifest });
    }
    return true;
  }

  /** A chunk of our own. */
  publish(chunk: Chunk, effects: Effects<Message>): void {
    this.#keep(chunk, 0);
    this.#tell(effects, 'published', chunk, null, 'source');
  }

  /** What this node has, for one partner or all. */
  sendMap(now: Time, effects: Effects<Message>, only: NodeId | null = null): void {
    if (this.manifest === null) return;
    const { newest, floor } = this.window;
    const map = mapOf(Math.max(floor, newest - SPAN + 1), newest, (seq) => this.window.has(seq));
    const message: Message = { type: 'map', epoch: this.epoch, map, backlog: this.serving.backlog(now) };
    if (only !== null) effects.send(only, message);
    else for (const { node } of this.#partners) effects.send(node, message);
  }

  onMap(now: Time, partner: Partner, { epoch, map, backlog }: MapMessage): void {
    if (epoch !== this.epoch) return;
    partner.map = map;
    partner.newest = newestOf(map);
    partner.told(now, backlog);
  }

  onRequest(now: Time, partner: Partner, message: Extract<Message, { type: 'request' }>): void {
    if (message.epoch !== this.epoch) return;
    for (const seq of seqsOf(message.wanted)) {
      const chunk = this.window.get(seq);
      if (chunk === undefined) continue;
      const bytes = encodedBytes({ type: 'chunk', chunk, hops: this.#hopsOf(seq) });
      this.serving.add(now, partner.node, seq, bytes);
    }
  }

  /** Sends the next chunk that was asked for, unless it is due by now. */
  serve(now: Time, effects: Effects<Message>): void {
    this.serving.next(now, (to, seq) => {
      const chunk = this.window.get(seq);
      if (chunk === undefined || this.#dueOf(chunk) <= now) return false;
      effects.send(to, { type: 'chunk', chunk, hops: this.#hopsOf(seq) });
      const partner = this.#partners.get(to);
      if (partner !== undefined) partner.sent += chunk.size;
      this.#tell(effects, 'answered', chunk, to, 'pull');
      return true;
    });
  }

  /** False when it is not the publisher's. */
  onChunk(partner: Partner, chunk: Chunk, hops: number, effects: Effects<Message>): boolean {
    const { manifest } = this;
    if (manifest === null || chunk.stream !== manifest.stream || chunk.epoch !== manifest.epoch) return true;
    if (!verifyChunk(this.#crypto, manifest.publicKey, chunk)) {
      tellOfChunk(effects, chunk, { change: 'dropped', peer: partner.node, depth: hops + 1, why: 'invalid' });
      return false;
    }
    this.#pending.delete(chunk.seq);
    partner.received += chunk.size;
    const fresh = this.#keep(chunk, hops + 1);
    this.#tell(effects, fresh ? 'repaired' : 'duplicate', chunk, partner.node, 'pull');
    return true;
  }

  /** Asks for what is missing: one request a partner. */
  request(now: Time, effects: Effects<Message>): void {
    const { manifest } = this;
    if (manifest === null || this.player.state === 'idle') return;
    const partners = [...this.#partners].filter(({ map }) => map !== null);
    const bytes = (manifest.bitrate / 8) * (manifest.chunkTime / SECOND);
    const suppliers = partners.map((partner): Supplier => {
      const perChunk = partner.timeFor(bytes);
      const latest = now + partner.rtt + Math.max(HORIZON, perChunk);
      return { freeAt: partner.freeAt(now), perChunk, latest };
    });
    const asked = schedule(this.#wanted(now, partners), suppliers);
    for (const [index, seqs] of asked.entries()) {
      const partner = partners[index] as Partner;
      const { freeAt, perChunk } = suppliers[index] as Supplier;
      if (seqs.length === 0) continue;
      const wanted = mapOf(seqs[0] as number, seqs.at(-1) as number, (seq) => seqs.includes(seq));
      effects.send(partner.node, { type: 'request', epoch: manifest.epoch, wanted });
      partner.asked(now, seqs.length * perChunk);
      const until = freeAt + seqs.length * perChunk + LATE;
      for (const seq of seqs) this.#pending.set(seq, { node: partner.node, until });
    }
  }

  /** A partner is gone: what it was to send is wanted again, what it wanted is not sent. */
  forget(node: NodeId): void {
    this.serving.forget(node);
    for (const [seq, pending] of this.#pending) if (pending.node === node) this.#pending.delete(seq);
  }

  /** What is missing and not on its way, with those who have it; whoever kept us waiting for it is asked last. */
  #wanted(now: Time, partners: readonly Partner[]): Wanted[] {
    const wanted: Wanted[] = [];
    const newest = partners.reduce((most, partner) => Math.max(most, partner.newest), -1);
    const from = Math.max(this.player.next, newest - SPAN + 1, 0);
    for (const seq of this.#pending.keys()) if (seq < from) this.#pending.delete(seq);
    for (let seq = from; seq <= newest; seq++) {
      const pending = this.#pending.get(seq);
      if (this.window.has(seq) || (pending !== undefined && pending.until > now)) continue;
      const holders = partners.flatMap(({ map }, index) => (map !== null && isSet(map, seq) ? [index] : []));
      const others = holders.filter((index) => partners[index]?.node !== pending?.node);
      if (holders.length === 0) continue;
      const next = this.window.nextFrom(seq);
      const due = next === undefined ? NEVER : this.#dueOf(next);
      wanted.push({ seq, due, holders: others.length > 0 ? others : holders });
    }
    return wanted;
  }

  #dueOf(chunk: Chunk): Time {
    return this.clock.known ? this.clock.localTime(chunk.sourceTime) + this.#targetLag : NEVER;
  }

  #hopsOf(seq: number): number {
    return this.#hops[seq % this.#hops.length] as number;
  }

  #keep(chunk: Chunk, hops: number): boolean {
    const fresh = this.window.put(chunk);
    if (!fresh) return false;
    this.#hops[chunk.seq % this.#hops.length] = hops;
    this.serving.begin(chunk.seq);
    return true;
  }

  #tell(effects: Effects<Message>, change: ChunkChange, chunk: Chunk, peer: NodeId | null, why: ChunkReason): void {
    tellOfChunk(effects, chunk, { change, peer, depth: this.#hopsOf(chunk.seq), why });
  }
}
