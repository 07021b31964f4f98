import type { Readable } from 'node:stream';
import type { Host } from '../../core/host.js';
import type { Command, Message } from '../../core/message.js';
import type { View } from '../../core/view.js';
import { peerUrl } from './addresses.js';
import type {
  Created,
  NodeEntry,
  NodePort,
  NodeSettings,
  Outcome,
  PushOutcome,
  StreamEntry,
} from './control/node-port.js';
import type { EventHub } from './events.js';
import type { LiveFeed } from './live-feed.js';
import type { Traffic } from './meter.js';
import { meIn, nodesIn } from './node-entries.js';
import type { Observation } from './observation.js';
import type { HlsFeed } from './media/hls-feed.js';
import type { StreamControl } from './stream-control.js';
import type { Telemetry } from './telemetry.js';

export interface ControlledNodeParts {
  readonly host: Host<Message, Command, View>;
  readonly streams: StreamControl;
  readonly observation: Observation;
  readonly settings: NodeSettings;
  /** What peers dial; null when they cannot. */
  readonly address: string | null;
  /** Whether peers without a scheme in their address are dialled with TLS. */
  readonly tls: boolean;
  /** What is wrong with this process; null for nothing. */
  readonly health: () => string | null;
  readonly stop: () => Promise<void>;
}

/** A live node as its control API sees it. */
export class ControlledNode implements NodePort {
  readonly id: string;
  readonly settings: NodeSettings;
  readonly hub: EventHub;
  readonly telemetry: Telemetry;
  readonly #parts: ControlledNodeParts;

  constructor(parts: ControlledNodeParts) {
    this.id = parts.host.id;
    this.#parts = parts;
    this.settings = parts.settings;
    this.hub = parts.observation.hub;
    this.telemetry = parts.observation.telemetry;
  }

  me(): NodeEntry {
    return meIn(this.view(), this.#parts.address);
  }

  view(): View {
    return this.#parts.host.machine.view();
  }

  nodes(): NodeEntry[] {
    return nodesIn(this.view());
  }

  streams(): Promise<StreamEntry[]> {
    return this.#parts.streams.list();
  }

  stream(slug: string): Promise<StreamEntry | null> {
    return this.#parts.streams.find(slug);
  }

  publishSample(name: string, description: string): Promise<Created> {
    return this.#parts.streams.publishSample(name, description);
  }

  createPush(name: string, description: string): Promise<Created> {
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

  pause(id: string, paused: boolean): Outcome {
    return this.#parts.streams.pause(id, paused);
  }

  remove(id: string): Promise<Outcome> {
    return this.#parts.streams.remove(id);
  }

  feed(id: string): LiveFeed | null {
    return this.#parts.streams.feed(id);
  }

  hls(id: string): HlsFeed | null {
    return this.#parts.streams.hls(id);
  }

  slugOf(id: string): string {
    return this.#parts.streams.slugOf(id);
  }

  revoke(id: string, consumer: string, ticket: number | null): Promise<Outcome> {
    return this.#command({ type: 'revoke', stream: id, consumer, ticket });
  }

  seed(id: string, uuid: string): Promise<Outcome> {
    return this.#command({ type: 'seed', stream: id, node: uuid });
  }

  meet(hostPort: string): Promise<Outcome> {
    return this.#command({ type: 'meet', address: peerUrl(hostPort, this.#parts.tls) });
  }

  forget(uuid: string): Promise<Outcome> {
    return this.#command({ type: 'forget', node: uuid });
  }

  health(): string | null {
    return this.#parts.health();
  }

  traffic(): Traffic {
    return this.#parts.observation.meter.traffic;
  }

  shutDown(): void {
    // In a later turn, so that the answer to whoever asked is on its way.
    setTimeout(() => void this.#parts.stop(), 50);
  }

  #command(command: Command): Promise<Outcome> {
    return new Promise((resolve) => this.#parts.host.command(command, resolve));
  }
}
