import type { Readable } from 'node:stream';
import type { Host } from '../../core/host.js';
import type { Command, Message } from '../../core/message.js';
import type { View } from '../../core/view.js';
import { hostAndPort } from './addresses.js';
import type { NodeEntry, NodePort, Outcome, PushOutcome, StreamEntry } from './control/node-port.js';
import type { LiveFeed } from './live-feed.js';
import type { StreamControl } from './stream-control.js';

export interface ControlledNodeParts {
  readonly host: Host<Message, Command, View>;
  readonly streams: StreamControl;
  /** What peers dial. */
  readonly address: string;
  readonly stop: () => Promise<void>;
}

/** A live node as its control API sees it. */
export class ControlledNode implements NodePort {
  readonly id: string;
  readonly #parts: ControlledNodeParts;

  constructor(parts: ControlledNodeParts) {
    this.id = parts.host.id;
    this.#parts = parts;
  }

  me(): NodeEntry {
    return entryOf(this.id, this.#parts.address, this.view().role === 'supernode');
  }

  view(): View {
    return this.#parts.host.machine.view();
  }

  nodes(): NodeEntry[] {
    return this.view().peers.map(({ peer, address }) => entryOf(peer, address, false));
  }

  streams(): Promise<StreamEntry[]> {
    return this.#parts.streams.list();
  }

  stream(slug: string): Promise<StreamEntry | null> {
    return this.#parts.streams.find(slug);
  }

  publishSample(name: string, description: string): Promise<StreamEntry | null> {
    return this.#parts.streams.publishSample(name, description);
  }

  createPush(name: string, description: string): Promise<StreamEntry | null> {
    return this.#parts.streams.createPush(name, description);
  }

  push(slug: string, source: Readable, floor: number): Promise<PushOutcome> {
    return this.#parts.streams.push(slug, source, floor);
  }

  watch(id: string): Promise<Outcome> {
    return this.#parts.streams.watch(id);
  }

  unwatch(id: string): Promise<Outcome> {
    return this.#parts.streams.unwatch(id);
  }

  remove(id: string): Promise<Outcome> {
    return this.#parts.streams.remove(id);
  }

  feed(id: string): LiveFeed | null {
    return this.#parts.streams.feed(id);
  }

  slugOf(id: string): string {
    return this.#parts.streams.slugOf(id);
  }

  shutDown(): void {
    // In a later turn, so that the answer to whoever asked is on its way.
    setTimeout(() => void this.#parts.stop(), 50);
  }
}

function entryOf(uuid: string, address: string | null, supernode: boolean): NodeEntry {
  const { host, port } = hostAndPort(address);
  return { uuid, ip_address: host, port, supernode };
}
