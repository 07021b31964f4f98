import type { Config, Identity } from '../../../core/config.js';
import { Deadlines } from '../../../core/deadlines.js';
import { LIMITS } from '../../../core/limits.js';
import type { CommandResult, Contact, Crypto, Deadline, Effects, Input, Machine } from '../../../core/machine.js';
import type { Command } from '../../../core/message.js';
import { Player } from '../../../core/playback/player.js';
import { SECOND, type NodeId, type StreamId, type Time } from '../../../core/units.js';
import type { View } from '../../../core/view.js';
import { Studio } from '../studio.js';
import { playerSink } from '../telling.js';
import { Carrier } from './carrier.js';
import type { Accepted, Message } from './messages.js';
import { Upstream } from './upstream.js';

/** What a node is for. */
export type Duty =
  | { readonly kind: 'end' }
  /** Takes the stream from the first of some nodes that can be had and gives it to those who ask; an edge tells the router its site. */
  | {
      readonly kind: 'relay';
      readonly sources: readonly Contact[];
      readonly room: number;
      readonly site: number | null;
    };

const REPORT: Time = SECOND;

/** A publisher, a relay or a viewer of a delivery network: media flows down from relay to relay, never between viewers. */
export class EdgeNode implements Machine<Message, Command, View> {
  readonly #identity: Identity;
  readonly #config: Config;
  readonly #duty: Duty;
  readonly #carrier: Carrier;
  readonly #upstream: Upstream;
  readonly #player: Player;
  readonly #deadlines = new Deadlines(['upstream', 'play', 'report']);
  readonly #connected = new Set<NodeId>();
  readonly #studio: Studio;
  #stream: StreamId = '';
  #watching = false;

  constructor(identity: Identity, config: Config, duty: Duty, crypto: Crypto) {
    this.#identity = identity;
    this.#config = config;
    this.#duty = duty;
    this.#studio = new Studio(identity, crypto);
    const relay = duty.kind === 'relay';
    this.#carrier = new Carrier(crypto, relay ? duty.room : config.maxPeers);
    this.#upstream = new Upstream(relay ? duty.sources : [], relay ? null : (config.directory[0] ?? null));
    this.#player = new Player(this.#carrier.window, this.#carrier.clock, config.targetLag);
    if (relay) this.#deadlines.set('upstream', 0);
    if (relay && duty.site !== null) this.#deadlines.set('report', 0);
  }

  handle(now: Time, input: Input<Message, Command>, effects: Effects<Message>): void {
    this.#studio.keep(effects);
    if (input.type === 'message') this.#onMessage(now, input.from, input.message, effects);
    else if (input.type === 'command') effects.reply(input.id, this.#onCommand(now, input.command, effects));
    else if (input.type === 'dial' && !input.outcome.ok) this.#upstream.down(input.contact.node ?? '', effects);
    else if (input.type === 'peer' && input.change === 'up') this.#onUp(now, input.peer, effects);
    else if (input.type === 'peer' && input.change === 'down') this.#onDown(now, input.peer, effects);
    for (let why = this.#deadlines.take(now); why !== null; why = this.#deadlines.take(now)) {
      if (why === 'upstream') this.#step(now, effects);
      else if (why === 'report') this.#report(now, effects);
      else this.#play(now, effects);
    }
    this.#deadlines.set('play', this.#player.due());
  }

  nextDeadline(): Deadline | null {
    return this.#deadlines.first;
  }

  view(): View {
    const { manifest, window } = this.#carrier;
    const { state, next, played, missed } = this.#player;
    const stream =
      manifest === null
        ? []
        : [
            {
              stream: manifest.stream,
              epoch: manifest.epoch,
              publisher: this.#studio.source !== null,
              watching: this.#watching,
              interior: 0,
              substreams: 1,
              tickets: [],
              paths: [
                { sub: 0, seq: window.newest, depth: this.#carrier.hops, via: this.#upstream.node, starving: false },
              ],
              window: { first: window.floor, next: window.newest + 1, held: window.held },
              player: this.#watching ? { state, nextSeq: next, played, missed } : null,
            },
          ];
    return {
      node: this.#identity.id,
      incarnation: this.#studio.incarnation,
      role: 'ordinary',
      uplink: {
        capacity: this.#config.uplink,
        promised: this.#carrier.clients * (manifest?.bitrate ?? 0),
      },
      peers: [],
      streams: stream,
      timers: this.#deadlines.list(),
    };
  }

  /** A relay keeps nothing that a new start would not fetch again. */
  restore(view: View): void {
    const [stream] = view.streams;
    if (stream?.watching === true) this.#watch(0, stream.stream);
  }

  #onMessage(now: Time, from: NodeId, message: Message, effects: Effects<Message>): void {
    this.#upstream.heard(now, from);
    const ours = from === this.#upstream.node;
    switch (message.type) {
      case 'subscribe':
        return this.#carrier.subscribe(now, from, message, effects);
      case 'fetch':
        return this.#carrier.fetch(from, message, effects);
      case 'routed':
        return this.#upstream.dial(message.edges, effects);
      case 'refused':
        if (ours) this.#changeUpstream(now, effects);
        return;
      case 'accepted':
        if (ours) this.#onAccepted(now, message, effects);
        return;
      case 'manifest':
        if (ours && this.#carrier.adopt(message.manifest, effects)) this.#player.restart();
        return;
      case 'chunk':
        if (ours && !this.#carrier.receive(from, message.chunk, message.hops, effects))
          this.#changeUpstream(now, effects);
        return;
      default:
        effects.trace?.({ type: 'refused', what: 'message', whom: from, why: 'unknown' });
    }
  }

  #onCommand(now: Time, command: Command, effects: Effects<Message>): CommandResult {
    switch (command.type) {
      case 'publish':
        return this.#studio.publish(now, command, effects, (manifest) => {
          this.#carrier.adopt(manifest, effects);
          this.#carrier.clock.setExact(now, 0);
        });
      case 'media':
        return this.#studio.media(now, command, (chunk) => {
          this.#carrier.window.put(chunk);
          this.#carrier.trace(effects, 'published', chunk, null);
          this.#carrier.push(chunk, effects);
        });
      case 'watch':
        this.#watch(now, command.stream);
        return { ok: true };
      case 'unwatch':
      case 'leave':
        this.#watching = false;
        this.#deadlines.set('upstream', Infinity);
        for (const peer of [...this.#connected]) effects.disconnect(peer, 'leaving', '');
        this.#connected.clear();
        effects.trace?.({ type: 'left', why: command.type === 'leave' ? 'command' : 'unwatch' });
        return { ok: true };
      default:
        return { ok: false, why: 'invalid' };
    }
  }

  #watch(now: Time, stream: StreamId): void {
    this.#stream = stream;
    this.#watching = true;
    this.#deadlines.setEarlier('upstream', now);
  }

  #step(now: Time, effects: Effects<Message>): void {
    if (this.#duty.kind === 'end' && !this.#watching) return;
    const { epoch } = this.#carrier;
    this.#deadlines.set('upstream', this.#upstream.step(now, this.#stream, epoch, this.#connected, effects));
  }

  #changeUpstream(now: Time, effects: Effects<Message>): void {
    const { node } = this.#upstream;
    if (node !== null) this.#connected.delete(node);
    this.#upstream.lose(effects);
    this.#deadlines.setEarlier('upstream', now);
  }

  /** The first answer of a relay says where to start; what lies before what it pushes is fetched. */
  #onAccepted(now: Time, message: Accepted, effects: Effects<Message>): void {
    const { clock, window } = this.#carrier;
    const first = this.#upstream.joining;
    if (message.source !== null) clock.sample(now, message.source, now - message.stamp);
    if (this.#watching && first) {
      if (clock.known) this.#player.start(now, message.keyframes, message.next);
      effects.trace?.({ type: 'joined', stream: this.#stream, why: 'first-ticket' });
    }
    const known = message.source !== null && this.#carrier.manifest !== null;
    this.#deadlines.set('upstream', this.#upstream.accepted(now, message));
    const from = Math.max(window.newest + 1, this.#watching ? this.#player.next : message.next);
    if (!known || !first || from >= message.next || this.#upstream.node === null) return;
    effects.send(this.#upstream.node, { type: 'fetch', stream: this.#stream, from, to: message.next });
  }

  #play(now: Time, effects: Effects<Message>): void {
    const { epoch, hops } = this.#carrier;
    this.#player.step(now, playerSink(effects, this.#stream, epoch, hops));
  }

  #onUp(now: Time, peer: NodeId, effects: Effects<Message>): void {
    this.#connected.add(peer);
    if (this.#upstream.up(now, peer, effects)) this.#deadlines.setEarlier('upstream', now);
  }

  #onDown(now: Time, peer: NodeId, effects: Effects<Message>): void {
    this.#connected.delete(peer);
    this.#carrier.forget(peer);
    if (this.#upstream.down(peer, effects)) this.#deadlines.setEarlier('upstream', now);
  }

  #report(now: Time, effects: Effects<Message>): void {
    this.#deadlines.set('report', now + REPORT);
    const [router] = this.#config.directory;
    const [address] = this.#config.endpoints;
    const site = this.#duty.kind === 'relay' ? this.#duty.site : null;
    if (router?.node == null || address === undefined || site === null) return;
    const { clients, room } = this.#carrier;
    if (!this.#connected.has(router.node)) effects.connect(router);
    else if (this.#upstream.node !== null) effects.send(router.node, { type: 'load', address, site, clients, room });
  }
}

/** Room of a relay that feeds other relays. */
export const ORIGIN_ROOM = LIMITS.peersPublisher;
