import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Host } from '../../core/host.js';
import { LIMITS } from '../../core/limits.js';
import type { CommandResult, Crypto } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import type { Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import { generateKeyPair } from '../../transports/crypto.js';
import type { PushOutcome } from './control/node-port.js';
import type { Declared } from './media/declared.js';
import type { InitSegment } from './media/init-segment.js';
import { MediaPump, type MediaSink } from './media/pump.js';
import { loadSampleLoop } from './media/sample.js';
import { CHUNK_TIME, SUBSTREAMS, playSample } from './publisher.js';
import { slugify } from './slugs.js';
import type { OwnStream, Store } from './store.js';
import type { Streams } from './streams.js';

export interface PublicationPorts {
  readonly host: Host<Message, Command, View>;
  readonly store: Store;
  readonly crypto: Crypto;
  readonly log: Logger;
  /** The node's clock, microseconds. */
  readonly now: () => Time;
  readonly streams: Streams;
}

/** A stream of this node, whether media come or not. */
interface Publication {
  readonly id: string;
  readonly stream: OwnStream;
  /** Stops the media that come. */
  stop: (() => void) | null;
  /** Whether the machine has begun to publish it. */
  begun: boolean;
  /** Media that come are let go. */
  paused: boolean;
}

/** Takes the media of one epoch. */
type Emit = (bytes: Uint8Array, keyframe: boolean) => void;

/** The streams of this node: the bundled sample, and what encoders and the publish page push. */
export class Publications {
  readonly #ports: PublicationPorts;
  readonly #byId = new Map<string, Publication>();

  constructor(ports: PublicationPorts) {
    this.#ports = ports;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** Publishes again what this node published before; a stream that was pushed waits for its encoder. */
  async resume(): Promise<void> {
    for (const stream of this.#ports.store.ownStreams()) {
      const publication = this.#add(stream);
      if (stream.media === 'sample') await this.#playSample(publication);
    }
  }

  /** Publishes the bundled sample; a stream that this node has under the name goes on with its key. The id, null if there are too many. */
  async publishSample(name: string, description: string): Promise<string | null> {
    const publication = this.#create({ name, description, media: 'sample' });
    if (publication === null || publication.begun) return publication?.id ?? null;
    if (await this.#playSample(publication)) return publication.id;
    this.#byId.delete(publication.id);
    this.#keep();
    return null;
  }

  /** Makes a stream that media can be pushed to; one that this node has under the name is left as it is. */
  createPush(name: string, description: string): string | null {
    return this.#create({ name, description, media: 'push' })?.id ?? null;
  }

  /**
   * Reads media into the stream of this slug or id until they end. Makes the stream when nobody has that slug. Refuses at
   * once, without reading, what may not be pushed to. `floor`: bits per second to declare at least.
   */
  async push(slug: string, source: Readable, floor: number): Promise<PushOutcome> {
    let publication = this.#find(slug);
    const before = publication;
    if (publication === null) {
      if (slugify(slug) !== slug || slug === '') return { ok: false, why: 'slug' };
      if ((await this.#ports.streams.find(slug)) !== null) return { ok: false, why: 'foreign' };
      publication = this.#find(slug) ?? this.#create({ name: slug, description: '', media: 'push' });
    }
    if (publication === null) return { ok: false, why: 'limit' };
    if (publication.stream.media !== 'push') return { ok: false, why: 'sample' };
    if (publication.stop !== null) return { ok: false, why: 'busy' };
    const outcome = await this.#read(publication, source, floor);
    if (before === null && outcome.ok && outcome.epochs === 0) {
      await this.remove(publication.id);
      this.#ports.streams.close(publication.id);
    }
    return outcome;
  }

  /** Lets the media go that come from now on, or takes them again; false if the stream is not one of this node. */
  pause(id: string, paused: boolean): boolean {
    const publication = this.#byId.get(id);
    if (publication === undefined) return false;
    publication.paused = paused;
    this.#ports.streams.pause(id, paused);
    this.#keep();
    return true;
  }

  /** Ends a stream of this node and forgets its key. */
  async remove(id: string): Promise<CommandResult> {
    const publication = this.#byId.get(id);
    if (publication === undefined) return { ok: false, why: 'not-publisher' };
    publication.stop?.();
    this.#byId.delete(id);
    this.#keep();
    return publication.begun ? await this.#run({ type: 'unwatch', stream: id }) : { ok: true };
  }

  /** No more media. */
  stop(): void {
    for (const publication of this.#byId.values()) publication.stop?.();
  }

  #find(slugOrId: string): Publication | null {
    const known = [...this.#byId.values()];
    const named = known.find(({ id }) => id === slugOrId || this.#ports.streams.slugOf(id) === slugOrId);
    return named ?? known.find(({ stream }) => slugify(stream.name) === slugOrId) ?? null;
  }

  #create(wanted: Omit<OwnStream, 'key' | 'paused'>): Publication | null {
    const before = [...this.#byId.values()].find(({ stream }) => stream.name === wanted.name);
    if (before !== undefined) return before;
    if (this.#byId.size >= LIMITS.streams) return null;
    const publication = this.#add({ ...wanted, paused: false, key: generateKeyPair() });
    this.#keep();
    return publication;
  }

  #add(stream: OwnStream): Publication {
    const id = this.#ports.crypto.idOf(stream.key.publicKey);
    const publication: Publication = { id, stream, stop: null, begun: false, paused: stream.paused };
    this.#byId.set(id, publication);
    const { name, description } = stream;
    this.#ports.streams.open(id, { name, description, source: this.#ports.host.id, own: true }, 0);
    this.#ports.streams.pause(id, stream.paused);
    return publication;
  }

  async #playSample(publication: Publication): Promise<boolean> {
    const loop = await loadSampleLoop();
    const emit = await this.#begin(publication, loop.init, { bitrate: loop.bitrate, chunkTime: CHUNK_TIME });
    if (emit === null) return false;
    publication.stop = playSample(loop, this.#ports.now, ({ bytes, keyframe }) => emit(bytes, keyframe));
    return true;
  }

  async #read(publication: Publication, source: Readable, floor: number): Promise<PushOutcome> {
    const { id, stream } = publication;
    const tally = { epochs: 0, fragments: 0, bytes: 0 };
    let emit: Emit | null = null;
    const sink: MediaSink = {
      open: async ({ init, declared }) => {
        emit = await this.#begin(publication, init, declared);
        tally.epochs += 1;
        return emit !== null;
      },
      fragment: ({ fragment: { bytes, keyframe } }) => {
        emit?.(bytes, keyframe);
        tally.fragments += 1;
        tally.bytes += bytes.length;
      },
    };
    const pump = new MediaPump(source, sink, this.#ports.now);
    publication.stop = () => pump.stop();
    const end = await pump.run(floor);
    publication.stop = null;
    this.#ports.log.info({ stream: id, name: stream.name, end, ...tally }, 'push ended');
    return { ok: true, end, id, ...tally };
  }

  /** Begins an epoch; what is emitted then goes to the overlay and to the players on this machine. */
  async #begin(publication: Publication, init: InitSegment, declared: Declared): Promise<Emit | null> {
    const { host, log, now, streams } = this.#ports;
    const { id, stream } = publication;
    const { name, description, key } = stream;
    const epochFloor = Math.floor(Date.now() / 1_000);
    const media = { mime: init.mime, init: init.bytes, substreams: SUBSTREAMS, ...declared };
    const result = await this.#run({ type: 'publish', key, name, description, ...media, epochFloor });
    if (!result.ok) {
      log.error({ name, why: result.why }, 'publishing failed');
      return null;
    }
    publication.begun = true;
    const { epoch } = result.data as { epoch: number };
    const opening = { name, mime: init.mime, epoch, init: init.bytes };
    const began = now();
    let fragment = 0;
    let skipping = false;
    log.info({ stream: id, name, epoch, mime: init.mime, ...declared }, 'publishing');
    return (bytes, keyframe) => {
      // After a pause, viewers can only start at a keyframe.
      skipping = publication.paused || (skipping && !keyframe);
      if (skipping) return;
      host.command({ type: 'media', stream: id, keyframe, payload: bytes, size: bytes.length });
      streams.push(id, opening, { epoch, fragment, keyframe, sourceTime: now() - began, bytes });
      fragment += 1;
    };
  }

  #keep(): void {
    this.#ports.store.keepStreams([...this.#byId.values()].map(({ stream, paused }) => ({ ...stream, paused })));
  }

  #run(command: Command): Promise<CommandResult> {
    return new Promise((resolve) => this.#ports.host.command(command, resolve));
  }
}
