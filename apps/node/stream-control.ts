import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Chunk, Manifest } from '../../core/chunk.js';
import type { Host } from '../../core/host.js';
import type { Command, Message } from '../../core/message.js';
import type { View } from '../../core/view.js';
import { createCrypto } from '../../transports/crypto.js';
import type { Catalog } from './catalog.js';
import type { Created, Outcome, PushOutcome, StreamEntry } from './control/node-port.js';
import type { LiveFeed } from './live-feed.js';
import type { HlsFeed } from './media/hls-feed.js';
import { Publications, type Made } from './publications.js';
import { Reassembler } from './reassembly.js';
import type { Store } from './store.js';
import { Streams } from './streams.js';

export interface StreamControlPorts {
  readonly host: Host<Message, Command, View>;
  readonly store: Store;
  readonly log: Logger;
  readonly catalog: Catalog;
  /** The node's clock, microseconds. */
  readonly now: () => number;
  /** What the node knows of the stream's current epoch. */
  readonly manifest: (stream: string) => Manifest | null;
  /** Microseconds. */
  readonly targetLag: number;
}

const RETRY_MS = 2_000;

/** What people do with streams on a live node, turned into commands; and the media that come of it. */
export class StreamControl {
  readonly #ports: StreamControlPorts;
  readonly #streams: Streams;
  readonly #publications: Publications;
  readonly #reassemblers = new Map<string, Reassembler>();
  #closed = false;

  constructor(ports: StreamControlPorts) {
    this.#ports = ports;
    this.#streams = new Streams(ports.catalog, ports.now);
    this.#publications = new Publications({ ...ports, streams: this.#streams, crypto: createCrypto() });
  }

  list(): Promise<StreamEntry[]> {
    return this.#streams.list();
  }

  /** What is known without asking anybody. */
  known(): StreamEntry[] {
    return this.#streams.known();
  }

  find(slug: string): Promise<StreamEntry | null> {
    return this.#streams.find(slug);
  }

  feed(id: string): LiveFeed | null {
    return this.#streams.feed(id);
  }

  hls(id: string): HlsFeed | null {
    return this.#streams.hls(id);
  }

  slugOf(id: string): string {
    return this.#streams.slugOf(id);
  }

  /** Knows again what this node published before; to be called before anybody asks it for anything. */
  restore(): void {
    this.#publications.restore();
  }

  /** Publishes again what was restored. */
  async resume(): Promise<void> {
    await this.#publications.resume();
  }

  /** Publishes the bundled sample; a stream that this node has under the name goes on with its key. */
  async publishSample(name: string, description: string): Promise<Created> {
    return await this.#created(await this.#publications.publishSample(name, description));
  }

  /** Makes a stream that media can be pushed to. */
  async createPush(name: string, description: string): Promise<Created> {
    return await this.#created(this.#publications.createPush(name, description));
  }

  /** Reads media into a stream of this node until they end. */
  push(slug: string, source: Readable, floor: number): Promise<PushOutcome> {
    return this.#publications.push(slug, source, floor);
  }

  async watch(id: string): Promise<Outcome> {
    if (this.#publications.has(id)) return { ok: false, why: 'this node publishes the stream' };
    const known = await this.#streams.find(id);
    const outcome = await this.#command({ type: 'watch', stream: id });
    if (outcome.ok) this.#openWatched(id, known);
    return outcome;
  }

  /** Watches a stream by slug or id as soon as it is known; an id is known without asking anybody. */
  async watchSoon(slugOrId: string): Promise<void> {
    for (let told = false; !this.#closed; told = true) {
      const known = await this.#streams.find(slugOrId);
      const id = known?.id ?? (STREAM_ID.test(slugOrId) ? slugOrId : null);
      if (id !== null) {
        const outcome = await this.watch(id);
        this.#ports.log.info({ stream: id, outcome }, 'watch');
        return;
      }
      if (!told)
        this.#ports.log.warn(
          { stream: slugOrId },
          'no directory that answers lists this stream; look at --directory, or give the id of the stream; trying on',
        );
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async unwatch(id: string): Promise<Outcome> {
    const outcome = await this.#command({ type: 'unwatch', stream: id });
    if (outcome.ok) this.#forget(id);
    return outcome;
  }

  pause(id: string, paused: boolean): Outcome {
    return this.#publications.pause(id, paused)
      ? { ok: true }
      : { ok: false, why: 'only its publisher pauses a stream' };
  }

  /** Ends a stream of this node and forgets its key; stops watching any other. */
  async remove(id: string): Promise<Outcome> {
    if (!this.#publications.has(id)) return await this.unwatch(id);
    const result = await this.#publications.remove(id);
    this.#forget(id);
    return result.ok ? { ok: true } : { ok: false, why: result.why };
  }

  /** Takes a chunk that the node plays. */
  play(chunk: Chunk): void {
    const manifest = this.#ports.manifest(chunk.stream);
    const reassembler = this.#reassemblers.get(chunk.stream);
    const fragment = reassembler?.push(chunk) ?? null;
    if (fragment !== null && manifest !== null) this.#streams.push(chunk.stream, manifest, fragment);
  }

  /** To be called now and then. */
  check(): void {
    this.#adopt();
    this.#streams.check();
  }

  /** Shows what this node receives because another one asked it to. */
  #adopt(): void {
    for (const { stream, watching } of this.#ports.host.machine.view().streams) {
      if (!watching || this.#reassemblers.has(stream) || this.#publications.has(stream)) continue;
      this.#openWatched(stream, this.#streams.known().find(({ id }) => id === stream) ?? null);
    }
  }

  /** Feeds no more media and sends the players away. */
  close(): void {
    this.#closed = true;
    this.#publications.stop();
    this.#streams.closeAll();
  }

  #openWatched(id: string, known: StreamEntry | null): void {
    const details = {
      name: known?.name ?? '',
      description: known?.description ?? '',
      source: known?.source ?? null,
      own: false,
    };
    this.#streams.open(id, details, this.#ports.targetLag);
    if (!this.#reassemblers.has(id)) this.#reassemblers.set(id, new Reassembler());
  }

  async #created(made: Made): Promise<Created> {
    if (!made.ok) return made;
    const stream = await this.#streams.find(made.id);
    return stream === null ? { ok: false, why: 'failed' } : { ok: true, stream };
  }

  #forget(id: string): void {
    this.#reassemblers.delete(id);
    this.#streams.close(id);
  }

  async #command(command: Command): Promise<Outcome> {
    return await new Promise((resolve) => {
      this.#ports.host.command(command, (result) => resolve(result.ok ? { ok: true } : { ok: false, why: result.why }));
    });
  }
}

/** Ids are unpadded base32 of a SHA-256 hash. */
const STREAM_ID = /^[a-z2-7]{52}$/;
