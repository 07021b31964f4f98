import type { Readable } from 'node:stream';
import type { View } from '../../../core/view.js';
import type { EventHub } from '../events.js';
import type { LiveFeed } from '../live-feed.js';
import type { HlsFeed } from '../media/hls-feed.js';
import type { PushEnd } from '../media/pump.js';
import type { Traffic } from '../meter.js';
import type { Telemetry } from '../telemetry.js';

/** A stream as the control API shows it: the keys of 2011, and what is new. */
export interface StreamEntry {
  readonly name: string;
  readonly slug: string;
  readonly description: string;
  /** Node id of the publisher, null where it is not known. */
  readonly source: string | null;
  /** The canonical name of the stream: the hash of its key. */
  readonly id: string;
  /** This node publishes it; it holds the key. */
  readonly own: boolean;
  /** This node receives it, and forwards it as far as its uplink goes. */
  readonly watching: boolean;
  readonly streaming: boolean;
  /** This node publishes it and lets nothing out for now. */
  readonly paused: boolean;
}

/** A node as the control API shows it. */
export interface NodeEntry {
  readonly uuid: string;
  readonly ip_address: string | null;
  readonly port: number | null;
  readonly supernode: boolean;
  /** The supernode that it is registered with, as far as this node knows. */
  readonly primary_supernode_uuid?: string;
}

/** What a node was told at its start, as far as it helps people and players. */
export interface NodeSettings {
  /** Bits per second lent to the overlay. */
  readonly uplink: number;
  readonly directories: readonly string[];
  readonly name: string | null;
}

export type Outcome = { readonly ok: true } | { readonly ok: false; readonly why: string };

/** Why no stream was made. `disk`: its key cannot be kept. `failed`: it cannot be published, or was removed meanwhile. */
export type NotCreated = 'limit' | 'disk' | 'failed';
export type Created =
  | { readonly ok: true; readonly stream: StreamEntry }
  | { readonly ok: false; readonly why: NotCreated };

/** How pushing media into a stream went; refused before anything was read, or the end of what was read. */
export type PushOutcome =
  | { readonly ok: false; readonly why: 'slug' | 'foreign' | 'sample' | 'busy' | 'limit' | 'disk' }
  | {
      readonly ok: true;
      readonly end: PushEnd;
      /** Of the stream. */
      readonly id: string;
      readonly epochs: number;
      readonly fragments: number;
      readonly bytes: number;
    };

/** What the control API needs of the node that it controls. */
export interface NodePort {
  readonly id: string;
  me(): NodeEntry;
  /** This node's state and that of its place in the overlay. */
  view(): View;
  nodes(): NodeEntry[];
  streams(): Promise<StreamEntry[]>;
  /** By slug or id. */
  stream(slug: string): Promise<StreamEntry | null>;
  /** Publishes the bundled sample under this name. */
  publishSample(name: string, description: string): Promise<Created>;
  /** Makes a stream that media can be pushed to. */
  createPush(name: string, description: string): Promise<Created>;
  /** Reads fragmented MP4 into a stream of this node, which is made if nobody has the slug; `floor` is a bitrate. */
  push(slug: string, source: Readable, floor: number): Promise<PushOutcome>;
  watch(id: string): Promise<Outcome>;
  unwatch(id: string): Promise<Outcome>;
  /** Ends a stream of this node for good, key included; stops watching any other. */
  remove(id: string): Promise<Outcome>;
  feed(id: string): LiveFeed | null;
  /** Null for a stream that this node neither publishes nor watches. */
  hls(id: string): HlsFeed | null;
  slugOf(id: string): string;
  /** Lets no media of an own stream out for now, or goes on; its viewers wait meanwhile. */
  pause(id: string, paused: boolean): Outcome;
  /** Ends the tickets that a consumer holds here, or one of them. */
  revoke(id: string, consumer: string, ticket: number | null): Promise<Outcome>;
  /** Asks a peer to receive a stream and pass it on; it does if its owner agreed to be asked. */
  seed(id: string, uuid: string): Promise<Outcome>;
  /** Dials a peer. */
  meet(hostPort: string): Promise<Outcome>;
  /** Ends the connection with a node and forgets it. */
  forget(uuid: string): Promise<Outcome>;
  readonly hub: EventHub;
  readonly telemetry: Telemetry;
  /** What is wrong with this process; null for nothing. */
  health(): string | null;
  traffic(): Traffic;
  readonly settings: NodeSettings;
  /** Leaves the overlay and ends; the answer to the caller goes out first. */
  shutDown(): void;
}
