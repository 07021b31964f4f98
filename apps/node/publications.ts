import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Host } from '../../core/host.js';
import { LIMITS } from '../../core/limits.js';
import type { CommandResult, Crypto } from '../../core/machine.js';
import type { Command, Message } from '../../core/message.js';
import type { Time } from '../../core/units.js';
import type { View } from '../../core/view.js';
import { generateKeyPair } from '../../transports/crypto.js';
import type { NotCreated, PushOutcome } from './control/node-port.js';
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
  /** The sample that is being loaded and announced: whoever asks for it meanwhile waits for the same. */
  starting: Promise<boolean> | null;
  /** Stops the media that come. */
  stop: (() => void) | null;
  /** Whether the machine has begun to publish it. */
  begun: boolean;
  /** Media that come are let go. */
  paused: boolean;
}

/** How making a stream went. */
export type Made = { readonly ok: true; readonly id: string } | { readonly ok: false; readonly why: NotCreated };

/** A stream that is kept on disk, made now or before. */
type Kept =
  | { readonly ok: true; readonly publication: Publication; readonly fresh: boolean }
  | { readonly ok: false; readonly why: Exclude<NotCreated, 'failed'> };

/** Takes the media of one epoch. */
type Emit = (bytes: Uint8Array, keyframe: boolean) => void;

/** The streams of this node: the bundled sample, and what encoders and the publish page push. */
export class Publications {
  readonly #ports: PublicationPorts;
  readonly #byId = new Map<string, Publication>();
  #stopped = false;

  constructor(ports: PublicationPorts) {
    this.#ports = ports;
  }

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /**
   * Knows again the streams that this node published before. To be called before anybody can make or change a stream,
   * since the file that holds their keys is always written whole.
   */
  restore(): void {
    for (const stream of this.#ports.store.ownStreams()) this.#add(stream);
  }

  /** Publishes again what was restored; a stream that was pushed waits for its encoder. */
  async resume(): Promise<void> {
    for (const publication of [...this.#byId.values()])
      if (publication.stream.media === 'sample') await this.#playSample(publication);
  }

  /** Publishes the bundled sample; a stream that this node has under the name goes on as it is. */
  async publishSample(name: string, description: string): Promise<Made> {
    const made = this.#create({ name, description, media: 'sample' });
    if (!made.ok) return made;
    const { publication, fresh } = made;
    if (publication.stream.media !== 'sample' || (await this.#playSample(publication)))
      return { ok: true, id: publication.id };
    // What an earlier run published stays: nobody has its key but this node.
    if (fresh) this.#drop(publication);
    return { ok: false, why: 'failed' };
  }

  /** Makes a stream that media can be pushed to; one that this node has under the name is left as it is. */
  createPush(name: string, description: string): Made {
    const made = this.#create({ name, description, media: 'push' });
    return made.ok ? { ok: true, id: made.publication.id } : made;
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
      publication = this.#find(slug);
    }
    if (publication === null) {
      const made = this.#create({ name: slug, description: '', media: 'push' });
      if (!made.ok) return made;
      ({ publication } = made);
    }
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
    this.#stopped = true;
    for (const publication of this.#byId.values()) publication.stop?.();
  }

  #find(slugOrId: string): Publication | null {
    const known = [...this.#byId.values()];
    const named = known.find(({ id }) => id === slugOrId || this.#ports.streams.slugOf(id) === slugOrId);
    return named ?? known.find(({ stream }) => slugify(stream.name) === slugOrId) ?? null;
  }

  /** One that is there under the name is left as it is; one whose key cannot be kept would be lost at the next start. */
  #create(wanted: Omit<OwnStream, 'key' | 'paused'>): Kept {
    const before = [...this.#byId.values()].find(({ stream }) => stream.name === wanted.name);
    if (before !== undefined) return { ok: true, publication: before, fresh: false };
    if (this.#byId.size >= LIMITS.streams) return { ok: false, why: 'limit' };
    const publication = this.#add({ ...wanted, paused: false, key: generateKeyPair() });
    if (this.#keep()) return { ok: true, publication, fresh: true };
    this.#drop(publication);
    return { ok: false, why: 'disk' };
  }

  /** Forgets a stream that was never published. */
  #drop(publication: Publication): void {
    if (!this.#byId.delete(publication.id)) return;
    this.#keep();
    this.#ports.streams.close(publication.id);
  }

  #add(stream: OwnStream): Publication {
    const id = this.#ports.crypto.idOf(stream.key.publicKey);
    const { paused } = stream;
    const publication: Publication = { id, stream, starting: null, stop: null, begun: false, paused };
    this.#byId.set(id, publication);
    const { name, description } = stream;
    this.#ports.streams.open(id, { name, description, source: this.#ports.host.id, own: true }, 0);
    this.#ports.streams.pause(id, paused);
    return publication;
  }

  /** Plays the sample into the stream, once however many ask; false if that cannot be, or if it was removed meanwhile. */
  async #playSample(publication: Publication): Promise<boolean> {
    return await (publication.starting ??= this.#startSample(publication).finally(() => (publication.starting = null)));
  }

  async #startSample(publication: Publication): Promise<boolean> {
    if (publication.stop !== null) return true;
    const loop = await loadSampleLoop();
    if (!this.#wanted(publication)) return false;
    const emit = await this.#begin(publication, loop.init, { bitrate: loop.bitrate, chunkTime: CHUNK_TIME });
    if (emit === null) return false;
    if (!this.#wanted(publication)) {
      await this.#run({ type: 'unwatch', stream: publication.id });
      return false;
    }
    publication.stop = playSample(loop, this.#ports.now, ({ bytes, keyframe }) => emit(bytes, keyframe));
    return true;
  }

  #wanted({ id }: Publication): boolean {
    return !this.#stopped && this.#byId.has(id);
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
    if ([name, description].some((text) => Buffer.byteLength(text) > LIMITS.stringBytes)) {
      log.error({ stream: id, why: 'its name or description is too long; remove it' }, 'publishing failed');
      return null;
    }
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

  #keep(): boolean {
    return this.#ports.store.keepStreams([...this.#byId.values()].map(({ stream, paused }) => ({ ...stream, paused })));
  }

  #run(command: Command): Promise<CommandResult> {
    return new Promise((resolve) => this.#ports.host.command(command, resolve));
  }
}
