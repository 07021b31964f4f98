import type { Chunk, Manifest } from '../../../core/chunk.js';
import { ChunkWindow } from '../../../core/delivery/window.js';
import { LIMITS } from '../../../core/limits.js';
import type { Crypto, Effects } from '../../../core/machine.js';
import { SourceClock } from '../../../core/playback/source-clock.js';
import type { ChunkChange } from '../../../core/trace.js';
import { verifyChunk } from '../../../core/trust/chunks.js';
import { verifyManifest } from '../../../core/trust/statements.js';
import type { NodeId, Time } from '../../../core/units.js';
import { tellOfChunk } from '../telling.js';
import type { Carried, Fetch, Subscribe } from './messages.js';

/** One stream at one node: what of it is held, and who wants it pushed. */
export class Carrier {
  manifest: Manifest | null = null;
  readonly window = new ChunkWindow();
  readonly clock = new SourceClock();
  /** Hops from the publisher, 0 there. */
  hops = 0;
  readonly #crypto: Crypto;
  readonly #room: number;
  readonly #clients = new Set<NodeId>();

  /** @param room clients that are served at most */
  constructor(crypto: Crypto, room: number) {
    this.#crypto = crypto;
    this.#room = room;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get room(): number {
    return this.#room - this.#clients.size;
  }

  get epoch(): number {
    return this.manifest?.epoch ?? -1;
  }

  /** Takes a newer epoch over and tells the clients; false when it is not newer or not signed by its publisher. */
  adopt(manifest: Manifest, effects: Effects<Carried>): boolean {
    if (manifest.epoch <= this.epoch || !verifyManifest(this.#crypto, manifest)) return false;
    this.manifest = manifest;
    this.window.clear();
    this.clock.reset();
    for (const client of this.#clients) effects.send(client, { type: 'manifest', manifest });
    return true;
  }

  subscribe(now: Time, from: NodeId, message: Subscribe, effects: Effects<Carried>): void {
    if (!this.#clients.has(from) && this.room <= 0) return effects.send(from, { type: 'refused' });
    this.#clients.add(from);
    const { manifest, window } = this;
    if (manifest !== null && manifest.epoch > message.epoch) effects.send(from, { type: 'manifest', manifest });
    const found = message.joining ? window.keyframes(LIMITS.keyframes) : [];
    effects.send(from, {
      type: 'accepted',
      stream: message.stream,
      stamp: message.stamp,
      source: this.clock.reading(now),
      keyframes: found.map(({ seq, sourceTime }) => ({ seq, sourceTime })),
      next: window.newest + 1,
    });
  }

  forget(client: NodeId): void {
    this.#clients.delete(client);
  }

  /** Sends what is held of a range once more. */
  fetch(from: NodeId, message: Fetch, effects: Effects<Carried>): void {
    if (!this.#clients.has(from)) return;
    const { floor, newest } = this.window;
    for (let seq = Math.max(message.from, floor); seq < message.to && seq <= newest; seq++) {
      const chunk = this.window.get(seq);
      if (chunk !== undefined) this.#send(from, chunk, effects);
    }
  }

  /** A chunk from the next relay towards the publisher: kept and pushed on. False when it is not the publisher's. */
  receive(from: NodeId, chunk: Chunk, hops: number, effects: Effects<Carried>): boolean {
    const { manifest } = this;
    if (manifest === null || chunk.stream !== manifest.stream || chunk.epoch !== manifest.epoch) return true;
    if (!verifyChunk(this.#crypto, manifest.publicKey, chunk)) return false;
    this.hops = hops + 1;
    const fresh = this.window.put(chunk);
    this.trace(effects, fresh ? 'received' : 'duplicate', chunk, from);
    if (fresh) this.push(chunk, effects);
    return true;
  }

  push(chunk: Chunk, effects: Effects<Carried>): void {
    for (const client of this.#clients) this.#send(client, chunk, effects);
  }

  trace(effects: Effects<Carried>, change: ChunkChange, chunk: Chunk, peer: NodeId | null): void {
    const why = change === 'published' ? 'source' : change === 'played' ? 'due' : 'push';
    tellOfChunk(effects, chunk, { change, peer, depth: this.hops, why });
  }

  #send(to: NodeId, chunk: Chunk, effects: Effects<Carried>): void {
    effects.send(to, { type: 'chunk', chunk, hops: this.hops });
    this.trace(effects, 'forwarded', chunk, to);
  }
}
