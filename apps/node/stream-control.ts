import type { Logger } from 'pino';
import type { Chunk, Manifest } from '../../core/chunk.js';
import type { Host } from '../../core/host.js';
import { LIMITS } from '../../core/limits.js';
import type { CommandResult } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import type { View } from '../../core/view.js';
import { generateKeyPair } from '../../transports/crypto.js';
import type { Catalog } from './catalog.js';
import type { Outcome, StreamEntry } from './control/node-port.js';
import type { LiveFeed } from './live-feed.js';
import { loadSampleLoop } from './media/sample.js';
import { CHUNK_TIME, SUBSTREAMS, playSample } from './publisher.js';
import { Reassembler } from './reassembly.js';
import type { OwnStream, Store } from './store.js';
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

/** A stream that this process feeds. */
interface Publication {
  readonly stream: OwnStream;
  readonly stop: () => void;
}

const RETRY_MS = 2_000;

/** What people do with streams on a live node, turned into commands; and the media that come of it. */
export class StreamControl {
  readonly #ports: StreamControlPorts;
  readonly #streams: Streams;
  readonly #publications = new Map<string, Publication>();
  readonly #reassemblers = new Map<string, Reassembler>();
  #closed = false;

  constructor(ports: StreamControlPorts) {
    this.#ports = ports;
    this.#streams = new Streams(ports.catalog, ports.now);
  }

  list(): Promise<StreamEntry[]> {
    return this.#streams.list();
  }

  find(slug: string): Promise<StreamEntry | null> {
    return this.#streams.find(slug);
  }

  feed(id: string): LiveFeed | null {
    return this.#streams.feed(id);
  }

  slugOf(id: string): string {
    return this.#streams.slugOf(id);
  }

  /** Publishes again what this node published before. */
  async resume(): Promise<void> {
    for (const stream of this.#ports.store.ownStreams()) await this.#publish(stream);
  }

  /** Publishes the bundled sample; a stream that this node has under the name goes on with its key. */
  async publishSample(name: string, description: string): Promise<StreamEntry | null> {
    const before = [...this.#publications].find(([, { stream }]) => stream.name === name);
    if (before !== undefined) return await this.#streams.find(before[0]);
    if (this.#publications.size >= LIMITS.streams) return null;
    const stream: OwnStream = { name, description, media: 'sample', key: generateKeyPair() };
    const id = await this.#publish(stream);
    if (id === null) return null;
    this.#keep();
    return await this.#streams.find(id);
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
      if (!told) this.#ports.log.warn({ stream: slugOrId }, 'no directory lists the stream yet');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async unwatch(id: string): Promise<Outcome> {
    const outcome = await this.#command({ type: 'unwatch', stream: id });
    if (outcome.ok) this.#forget(id);
    return outcome;
  }

  /** Ends a stream of this node and forgets its key; stops watching any other. */
  async remove(id: string): Promise<Outcome> {
    const publication = this.#publications.get(id);
    if (publication === undefined) return await this.unwatch(id);
    publication.stop();
    this.#publications.delete(id);
    this.#keep();
    const outcome = await this.#command({ type: 'unwatch', stream: id });
    this.#forget(id);
    return outcome;
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
    this.#streams.check();
  }

  /** Feeds no more media and sends the players away. */
  close(): void {
    this.#closed = true;
    for (const { stop } of this.#publications.values()) stop();
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

  #forget(id: string): void {
    this.#reassemblers.delete(id);
    this.#streams.close(id);
  }

  async #publish(stream: OwnStream): Promise<string | null> {
    const { host, log, now } = this.#ports;
    const loop = await loadSampleLoop();
    const { name, description, key } = stream;
    const result = await this.#run({
      type: 'publish',
      key,
      name,
      description,
      mime: loop.init.mime,
      init: loop.init.bytes,
      substreams: SUBSTREAMS,
      chunkTime: CHUNK_TIME,
      bitrate: loop.bitrate,
      epochFloor: Math.floor(Date.now() / 1_000),
    });
    if (!result.ok) {
      log.error({ name, why: result.why }, 'publishing failed');
      return null;
    }
    const { stream: id, epoch } = result.data as { stream: string; epoch: number };
    const opening = { name, mime: loop.init.mime, epoch, init: loop.init.bytes };
    this.#streams.open(id, { name, description, source: host.id, own: true }, 0);
    const began = now();
    let fragment = 0;
    const stop = playSample(loop, now, ({ bytes, keyframe }) => {
      host.command({ type: 'media', stream: id, keyframe, payload: bytes, size: bytes.length });
      this.#streams.push(id, opening, { epoch, fragment, keyframe, sourceTime: now() - began, bytes });
      fragment += 1;
    });
    this.#publications.set(id, { stream, stop });
    log.info({ stream: id, name, epoch }, 'publishing');
    return id;
  }

  #keep(): void {
    this.#ports.store.keepStreams([...this.#publications.values()].map(({ stream }) => stream));
  }

  async #command(command: Command): Promise<Outcome> {
    const result = await this.#run(command);
    return result.ok ? { ok: true } : { ok: false, why: result.why };
  }

  #run(command: Command): Promise<CommandResult> {
    return new Promise((resolve) => this.#ports.host.command(command, resolve));
  }
}

/** Ids are unpadded base32 of a SHA-256 hash. */
const STREAM_ID = /^[a-z2-7]{52}$/;
