import type { Catalog } from './catalog.js';
import type { StreamEntry } from './control/node-port.js';
import { LiveFeed, type Opening } from './live-feed.js';
import { HlsFeed } from './media/hls-feed.js';
import type { PlayedFragment } from './reassembly.js';
import { SlugTable } from './slugs.js';

interface Known {
  readonly id: string;
  name: string;
  description: string;
  source: string | null;
  /** This node publishes it. */
  own: boolean;
  /** Its publisher, who is this node, lets nothing out for now. */
  paused: boolean;
  /** Null for a stream that is only listed somewhere. */
  feed: LiveFeed | null;
  /** The same for players that speak HLS. */
  hls: HlsFeed | null;
}

/** Streams remembered; one that is only listed makes room for a new one. */
const MAX_KNOWN = 2_000;

/** The streams that this node knows: its own, those it watches, and those that a directory lists. */
export class Streams {
  readonly #known = new Map<string, Known>();
  readonly #slugs = new SlugTable();
  readonly #catalog: Catalog;
  readonly #now: () => number;

  constructor(catalog: Catalog, now: () => number) {
    this.#catalog = catalog;
    this.#now = now;
  }

  async list(): Promise<StreamEntry[]> {
    await this.refresh();
    return this.known();
  }

  /** What is known without asking anybody. */
  known(): StreamEntry[] {
    return [...this.#known.values()].map((known) => this.#entry(known));
  }

  /** By slug or id; asks the directories when it is not known yet. */
  async find(slugOrId: string): Promise<StreamEntry | null> {
    const here = this.#slugs.resolve(slugOrId);
    if (here === null) await this.refresh();
    const known = this.#known.get(here ?? this.#slugs.resolve(slugOrId) ?? '');
    return known === undefined ? null : this.#entry(known);
  }

  async refresh(): Promise<void> {
    for (const { id, name, description, source } of await this.#catalog.streams()) {
      const known = this.#known.get(id);
      if (known === undefined) this.#learn(id, name, description, source);
      else if (!known.own) known.source = source ?? known.source;
      if (known?.name === '') this.#rename(known, name);
    }
  }

  /** Makes the stream one of this node's, or one it watches, and gives it a feed for players. */
  open(
    id: string,
    details: { name: string; description: string; source: string | null; own: boolean },
    lag: number,
  ): LiveFeed {
    const known = this.#known.get(id) ?? this.#learn(id, details.name, details.description, details.source);
    known.own = details.own;
    known.source = details.source ?? known.source;
    known.feed ??= new LiveFeed(this.#slugs.of(known), lag, this.#now);
    known.hls ??= new HlsFeed(Math.floor(Date.now() / 1_000));
    return known.feed;
  }

  /** Hands a fragment to the players of the stream; `opening` says what they must know of its epoch. */
  push(id: string, opening: Opening, fragment: PlayedFragment): void {
    const known = this.#known.get(id);
    if (known?.feed == null) return;
    if (known.name === '') this.#rename(known, opening.name);
    known.feed.open(opening);
    known.feed.push(fragment);
    known.hls?.open(opening);
    known.hls?.push(fragment);
  }

  /** The stream is neither published nor watched any more. */
  close(id: string): void {
    const known = this.#known.get(id);
    if (known === undefined) return;
    known.feed?.close('ended');
    known.feed = null;
    known.hls?.close();
    known.hls = null;
    if (known.own) this.#forget(known);
  }

  pause(id: string, paused: boolean): void {
    const known = this.#known.get(id);
    if (known !== undefined) known.paused = paused;
  }

  feed(id: string): LiveFeed | null {
    return this.#known.get(id)?.feed ?? null;
  }

  hls(id: string): HlsFeed | null {
    return this.#known.get(id)?.hls ?? null;
  }

  slugOf(id: string): string {
    const known = this.#known.get(id);
    return known === undefined ? id : this.#slugs.of(known);
  }

  /** To be called now and then. */
  check(): void {
    for (const known of this.#known.values()) known.feed?.check();
  }

  closeAll(): void {
    for (const known of this.#known.values()) {
      known.feed?.close('ended');
      known.hls?.close();
    }
  }

  #learn(id: string, name: string, description: string, source: string | null): Known {
    if (this.#known.size >= MAX_KNOWN) {
      const spare = [...this.#known.values()].find((known) => known.feed === null);
      if (spare !== undefined) this.#forget(spare);
    }
    const known: Known = { id, name, description, source, own: false, paused: false, feed: null, hls: null };
    this.#known.set(id, known);
    this.#slugs.of(known);
    return known;
  }

  /** A stream that was asked for by its id gets its name from its publisher. */
  #rename(known: Known, name: string): void {
    this.#slugs.delete(known.id);
    known.name = name;
    this.#slugs.of(known);
  }

  #forget(known: Known): void {
    this.#known.delete(known.id);
    this.#slugs.delete(known.id);
  }

  #entry(known: Known): StreamEntry {
    const { id, name, description, source, own, paused, feed } = known;
    const slug = this.#slugs.of(known);
    return {
      name,
      slug,
      description,
      source,
      id,
      own,
      watching: feed !== null && !own,
      streaming: !paused && (feed?.live ?? false),
      paused,
    };
  }
}
