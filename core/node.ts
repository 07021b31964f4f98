import type { Manifest } from './chunk.js';
import type { Config, Identity } from './config.js';
import { NodeContext, type Timer } from './context.js';
import { Relay } from './delivery/relay.js';
import { Repair } from './delivery/repair.js';
import { LIMITS } from './limits.js';
import type { CommandResult, Crypto, Effects, Input, Machine, Rng } from './machine.js';
import { Bootstrap } from './membership/bootstrap.js';
import type { Peer } from './membership/peers.js';
import { Seek } from './membership/seek.js';
import type { Command, Message, MessageType } from './message.js';
import { tracePlayer } from './playback/trace.js';
import { Publisher } from './publisher.js';
import { Stream } from './stream.js';
import { Consumer } from './tickets/consumer.js';
import { Leave } from './tickets/leave.js';
import { Provider } from './tickets/provider.js';
import { verifyManifest } from './trust/statements.js';
import { MS, SECOND, type StreamId, type Time } from './units.js';
import type { View } from './view.js';
import { viewOf } from './view-of.js';

/** Period of everything that is done regularly: playing, ticking, judging silence, repairing. */
const PULSE = 100 * MS;
const HOUSEKEEPING = 2 * SECOND;
/** Between two looks for a better place there is this time to twice this time. */
const IMPROVE = 10 * SECOND;
/** A pulse this late means that this node itself was paused: silence proves nothing then. */
const PAUSED = 150 * MS;
/** Connections that serve no purpose are closed after this while there are many. */
const IDLE = 20 * SECOND;

type Handlers = { readonly [T in MessageType]: (peer: Peer, message: Extract<Message, { type: T }>) => void };
type CommandHandlers = {
  readonly [T in Command['type']]: (id: number, command: Extract<Command, { type: T }>) => void;
};

/** A peer of the overlay: composition of the parts and the way of each input to the part that knows what to do. */
export class AstralNode implements Machine<Message, Command, View> {
  readonly #ctx: NodeContext;
  readonly #relay: Relay;
  readonly #repair: Repair;
  readonly #provider: Provider;
  readonly #consumer: Consumer;
  readonly #seek: Seek;
  readonly #bootstrap: Bootstrap;
  readonly #publisher: Publisher;
  readonly #leave: Leave;
  #excusedUntil = 0;
  #nextPulse = Infinity;
  #nextRenew = 0;

  constructor(identity: Identity, config: Config, rng: Rng, crypto: Crypto) {
    this.#ctx = new NodeContext(identity, config, rng, crypto);
    this.#relay = new Relay(this.#ctx);
    this.#repair = new Repair(this.#ctx);
    this.#provider = new Provider(this.#ctx);
    this.#consumer = new Consumer(this.#ctx);
    this.#seek = new Seek(this.#ctx, this.#consumer);
    this.#bootstrap = new Bootstrap(this.#ctx);
    this.#publisher = new Publisher(this.#ctx, this.#relay);
    this.#leave = new Leave(this.#ctx, this.#consumer, this.#provider, this.#bootstrap);
    this.#ctx.deadlines.set('bootstrap', 0);
    this.#ctx.deadlines.set('housekeeping', 0);
  }

  handle(now: number, input: Input<Message, Command>, effects: Effects<Message>): void {
    const ctx = this.#ctx;
    ctx.now = now;
    ctx.fx = effects;
    switch (input.type) {
      case 'message':
        this.#onMessage(input.from, input.message);
        break;
      case 'wake':
        break;
      case 'peer':
        this.#onPeer(input);
        break;
      case 'dial':
        this.#onDial(input);
        break;
      case 'command': {
        const handler = this.#commands[input.command.type] as (id: number, command: Command) => void;
        handler(input.id, input.command);
        break;
      }
    }
    for (let due = ctx.deadlines.take(now); due !== null; due = ctx.deadlines.take(now)) this.#timers[due]();
  }

  nextDeadline(): { at: number; why: string } | null {
    const { next, nextWhy } = this.#ctx.deadlines;
    return next === Infinity ? null : { at: next, why: nextWhy };
  }

  /** The publisher's description of the stream's current epoch, verified; null before it came. */
  manifest(stream: StreamId): Manifest | null {
    return this.#ctx.streams.get(stream)?.manifest ?? null;
  }

  view(): View {
    return viewOf(this.#ctx);
  }

  /**
   * Takes over what outlives connections: the streams watched and the beats advertised, so that loop freedom holds
   * across a restart. Sessions and tickets are made anew.
   */
  restore(view: View): void {
    for (const seen of view.streams) {
      const stream = this.#stream(seen.stream);
      stream.watching = seen.watching;
      stream.remembered = seen.paths;
      stream.rememberedEpoch = seen.epoch;
    }
    this.#ctx.deadlines.setEarlier('seek', this.#ctx.now);
  }

  #onMessage(from: string, message: Message): void {
    const ctx = this.#ctx;
    const peer = ctx.peers.get(from);
    if (peer === undefined) return;
    ctx.peers.heard(peer, ctx.now);
    const handler = this.#handlers[message.type] as (peer: Peer, message: Message) => void;
    handler(peer, message);
  }

  #onPeer(input: Extract<Input<Message, Command>, { type: 'peer' }>): void {
    const ctx = this.#ctx;
    const peer = ctx.peers.get(input.peer);
    if (input.change === 'up') {
      if (peer === undefined) this.#onUp(input.peer, input.address ?? null, input.why);
    } else if (peer === undefined) {
      return;
    } else if (input.change === 'down') {
      this.#onDown(peer, input.why);
    } else {
      peer.congested = input.change === 'congested';
    }
  }

  #onUp(id: string, address: string | null, why: Extract<Input<Message, Command>, { type: 'peer' }>['why']): void {
    const ctx = this.#ctx;
    const kind = this.#bootstrap.isDirectory({ node: id, address: address ?? '' }) ? 'directory' : 'node';
    const peer = ctx.leaving ? null : ctx.peers.add(id, kind, address, ctx.now);
    if (peer === null) {
      ctx.fx.disconnect(id, ctx.leaving ? 'leaving' : 'busy', '');
      return;
    }
    ctx.fx.trace?.({ type: 'peer', peer: id, change: 'up', why });
    if (kind === 'directory') ctx.deadlines.setEarlier('announce', ctx.now);
    for (const stream of ctx.streams.values()) {
      stream.dials.delete(id);
      if (!stream.watching) continue;
      if (kind === 'directory')
        ctx.send(peer, { type: 'find', stream: stream.id, subs: ~0 >>> 0, count: LIMITS.referral });
      else if (address !== null) stream.candidates.learn({ contact: { node: id, address }, load: null });
      ctx.deadlines.setEarlier('seek', ctx.now);
    }
  }

  #onDown(peer: Peer, why: Extract<Input<Message, Command>, { type: 'peer' }>['why']): void {
    const ctx = this.#ctx;
    for (const stream of ctx.streams.values()) {
      for (const ticket of [...stream.inbound]) {
        if (ticket?.peer !== peer) continue;
        this.#consumer.lose(stream, ticket, 'down', 'lost', false);
        this.#relay.tickStarving(stream, ticket.sub);
      }
      for (const list of stream.outbound) {
        for (const ticket of list.filter((held) => held.peer === peer)) this.#provider.drop(stream, ticket, 'lost');
      }
      stream.asks.delete(peer.id);
      stream.candidates.postpone(peer.id, ctx.now, 2 * SECOND);
      this.#repair.onPeerDown(stream, peer);
    }
    ctx.uplink.forget(peer.id);
    ctx.peers.remove(peer);
    ctx.fx.trace?.({ type: 'peer', peer: peer.id, change: 'down', why });
    if (peer.kind === 'directory' && !ctx.leaving) this.#bootstrap.retryLater();
  }

  #onDial(input: Extract<Input<Message, Command>, { type: 'dial' }>): void {
    const ctx = this.#ctx;
    const { contact, outcome } = input;
    if (outcome.ok) {
      if (this.#bootstrap.isDirectory(contact)) this.#bootstrap.learnDirectory(outcome.peer);
      return;
    }
    const whom = contact.node ?? contact.address;
    ctx.traceRefused('dial', whom, 'unreachable');
    for (const stream of ctx.streams.values()) {
      if (!stream.dials.delete(whom)) continue;
      if (outcome.why === 'busy') stream.candidates.postpone(whom, ctx.now, 2 * SECOND);
      else stream.candidates.forget(whom);
      ctx.deadlines.setEarlier('seek', ctx.now);
    }
  }

  readonly #handlers: Handlers = {
    announce: (peer) => this.#ctx.traceRefused('message', peer.id, 'unknown'),
    announced: () => {},
    find: (peer, message) => this.#bootstrap.onFind(peer, message),
    contacts: (_peer, message) => {
      const stream = this.#ctx.streams.get(message.stream);
      if (stream === undefined) return;
      for (const candidate of message.candidates) stream.candidates.learn(candidate);
      this.#ctx.deadlines.setEarlier('seek', this.#ctx.now);
    },
    'want-manifest': (peer, message) => {
      const manifest = this.#ctx.streams.get(message.stream)?.manifest ?? null;
      if (manifest !== null) this.#ctx.send(peer, { type: 'manifest', manifest });
    },
    manifest: (peer, message) => this.#onManifest(peer, message.manifest),
    ask: (peer, message) => this.#provider.onAsk(peer, this.#ctx.streams.get(message.stream), message),
    offer: (peer, message) =>
      this.#withStream(message.stream, (stream) => this.#consumer.onOffer(peer, stream, message)),
    refuse: (peer, message) =>
      this.#withStream(message.stream, (stream) => this.#consumer.onRefuse(peer, stream, message)),
    confirm: (peer, message) => {
      const started = this.#provider.onConfirm(peer, message);
      if (started !== null) this.#relay.catchUp(started.stream, started.ticket, message.from);
    },
    renew: (peer, message) => this.#provider.onRenew(peer, message),
    renewed: (peer, message) =>
      this.#withStream(message.stream, (stream) => this.#consumer.onRenewed(peer, stream, message)),
    cancel: (peer, message) => this.#onCancel(peer, message),
    tick: (peer, message) => this.#withStream(message.stream, (stream) => this.#relay.onTick(peer, stream, message)),
    chunk: (peer, message) => this.#onChunk(peer, message),
    pull: (peer, message) => this.#relay.onPull(peer, this.#ctx.streams.get(message.stream), message),
    lacking: (peer, message) =>
      this.#withStream(message.stream, (stream) => this.#repair.onLacking(stream, peer, message.seqs)),
    leaving: (peer, message) =>
      this.#withStream(message.stream, (stream) => {
        for (const candidate of message.candidates) stream.candidates.learn(candidate);
        this.#consumer.onLeaving(peer, stream);
      }),
  };

  readonly #commands: CommandHandlers = {
    publish: (id, command) => {
      const result = this.#publisher.publish(command);
      if (result.ok) this.#persist();
      this.#reply(id, result);
      this.#startPulse();
      this.#ctx.deadlines.setEarlier('announce', this.#ctx.now);
    },
    media: (id, command) => this.#reply(id, this.#publisher.media(command)),
    watch: (id, command) => {
      const ctx = this.#ctx;
      if (ctx.leaving) return this.#reply(id, { ok: false, why: 'left' });
      if (!ctx.streams.has(command.stream) && ctx.streams.size >= LIMITS.streams)
        return this.#reply(id, { ok: false, why: 'limit' });
      const stream = this.#stream(command.stream);
      stream.watching = true;
      for (const peer of ctx.peers.all()) {
        if (peer.kind === 'node' && peer.address !== null) {
          stream.candidates.learn({ contact: { node: peer.id, address: peer.address }, load: null });
        }
      }
      this.#seek.find(stream);
      ctx.deadlines.setEarlier('seek', ctx.now);
      ctx.deadlines.setEarlier('bootstrap', ctx.now);
      this.#startPulse();
      this.#reply(id, { ok: true });
    },
    unwatch: (id, command) => {
      const stream = this.#ctx.streams.get(command.stream);
      if (stream === undefined || !stream.watching) return this.#reply(id, { ok: false, why: 'unknown-stream' });
      this.#leave.stream(stream, 'unwatch');
      this.#ctx.streams.delete(command.stream);
      this.#ctx.fx.trace?.({ type: 'left', why: 'unwatch' });
      this.#reply(id, { ok: true });
    },
    leave: (id) => this.#leave.begin((result) => this.#reply(id, result)),
  };

  readonly #timers: { readonly [T in Timer]: () => void } = {
    bootstrap: () => this.#bootstrap.step(),
    announce: () => this.#bootstrap.announce(this.#ctx.config.recordTtl),
    housekeeping: () => this.#housekeep(),
    pulse: () => this.#pulse(),
    seek: () => {
      let next = Infinity;
      for (const stream of this.#ctx.streams.values()) next = Math.min(next, this.#seek.step(stream));
      this.#ctx.deadlines.set('seek', next);
    },
    improve: () => {
      for (const stream of this.#ctx.streams.values()) this.#seek.improve(stream);
      this.#ctx.deadlines.set('improve', this.#ctx.now + this.#improveAfter());
    },
    uplink: () => this.#relay.drain(),
    leave: () => this.#leave.finish(),
  };

  #onChunk(peer: Peer, message: Extract<Message, { type: 'chunk' }>): void {
    const stream = this.#ctx.streams.get(message.chunk.stream);
    if (stream !== undefined) this.#relay.onChunk(peer, stream, message);
  }

  #onManifest(peer: Peer, manifest: Extract<Message, { type: 'manifest' }>['manifest']): void {
    const ctx = this.#ctx;
    const stream = ctx.streams.get(manifest.stream);
    if (stream === undefined || stream.publishing !== null || manifest.epoch <= stream.epoch) return;
    if (!verifyManifest(ctx.crypto, manifest)) {
      ctx.traceRefused('message', peer.id, 'invalid');
      return;
    }
    const known = stream.manifest;
    if (known !== null && known.substreams !== manifest.substreams) return;
    stream.adopt(manifest);
    const count = manifest.substreams;
    const relays = Math.max(1, Math.min(count, Math.floor(ctx.slots(stream) / (2 * count))));
    const first = ctx.rng.below(count);
    stream.interior = 0;
    for (let i = 0; i < relays; i++) stream.interior |= 1 << ((first + i) % count);
    if (known !== null) this.#passOn(stream, peer);
  }

  /** A new epoch travels down the trees ahead of its first chunk. */
  #passOn(stream: Stream, from: Peer): void {
    const told = new Set<Peer>([from]);
    for (const { peer } of stream.outbound.flat()) {
      if (told.has(peer) || stream.manifest === null) continue;
      told.add(peer);
      this.#ctx.send(peer, { type: 'manifest', manifest: stream.manifest });
    }
  }

  #onCancel(peer: Peer, message: Extract<Message, { type: 'cancel' }>): void {
    const ctx = this.#ctx;
    if (message.side === 'consumer') {
      const entry = ctx.provided.get(message.ticket);
      if (entry === undefined || entry.ticket.peer !== peer || entry.ticket.generation !== message.generation) return;
      this.#provider.drop(entry.stream, entry.ticket, 'cancelled');
      this.#leave.check();
      return;
    }
    for (const stream of ctx.streams.values()) {
      if (!this.#consumer.onCancel(peer, stream, message)) continue;
      for (let sub = 0; sub < stream.substreams; sub++) {
        if ((stream.inbound[sub] ?? null) === null) this.#relay.tickStarving(stream, sub);
      }
      return;
    }
  }

  #pulse(): void {
    const ctx = this.#ctx;
    if (ctx.now > this.#nextPulse + PAUSED) this.#excusedUntil = ctx.now + ctx.config.suspectAfter;
    const renews = ctx.now >= this.#nextRenew;
    let next = ctx.now + PULSE;
    for (const stream of ctx.streams.values()) {
      if (stream.manifest === null) continue;
      const changed = this.#consumer.watchProviders(stream, ctx.now < this.#excusedUntil);
      for (let sub = 0; changed >> sub !== 0; sub++) {
        if ((changed & (1 << sub)) !== 0) this.#relay.tickStarving(stream, sub);
      }
      if (renews) this.#consumer.renew(stream);
      this.#relay.tickSilent(stream);
      if (stream.watching) next = this.#playAndRepair(stream);
    }
    if (renews) {
      this.#provider.sweep();
      this.#nextRenew = ctx.now + ctx.config.renewEvery - PULSE / 2;
    }
    this.#nextPulse = next;
    ctx.deadlines.set('pulse', next);
  }

  /** Shows what is due and mends what is missing; returns when the next chunk is due, if that is about a pulse away. */
  #playAndRepair(stream: Stream): Time {
    const ctx = this.#ctx;
    stream.player.step(ctx.now, tracePlayer(ctx, stream));
    this.#repair.step(stream);
    if (this.#consumer.needs(stream) !== 0) ctx.deadlines.setEarlier('seek', ctx.now);
    const due = stream.player.due();
    return due > ctx.now + 0.5 * PULSE && due < ctx.now + 1.3 * PULSE ? due : ctx.now + PULSE;
  }

  #housekeep(): void {
    const ctx = this.#ctx;
    ctx.deadlines.set('housekeeping', ctx.now + HOUSEKEEPING);
    if (ctx.peers.size <= ctx.config.maxPeers / 2) return;
    for (const peer of [...ctx.peers.all()]) {
      const idle = ctx.peers.tickets(peer) === 0 && ctx.now > ctx.peers.lastUsed(peer) + IDLE;
      if (idle && peer.kind === 'node') {
        ctx.fx.disconnect(peer.id, 'idle', '');
        this.#onDown(peer, 'idle');
      }
    }
  }

  #improveAfter(): number {
    return IMPROVE + this.#ctx.rng.below(IMPROVE);
  }

  #startPulse(): void {
    const ctx = this.#ctx;
    ctx.deadlines.setEarlier('improve', ctx.now + Math.ceil(this.#improveAfter() / 3));
    ctx.deadlines.setEarlier('pulse', ctx.now + ctx.rng.below(PULSE));
  }

  #stream(id: StreamId): Stream {
    const known = this.#ctx.streams.get(id);
    if (known !== undefined) return known;
    const stream = new Stream(id, this.#ctx.id, this.#ctx.config.targetLag);
    this.#ctx.streams.set(id, stream);
    return stream;
  }

  #withStream(id: StreamId, use: (stream: Stream) => void): void {
    const stream = this.#ctx.streams.get(id);
    if (stream !== undefined && stream.manifest !== null) use(stream);
    else if (stream !== undefined) this.#ctx.traceRefused('message', id, 'unknown');
  }

  #persist(): void {
    const { incarnation, streams } = this.#ctx;
    const contacts = [...streams.values()].flatMap((stream) => stream.candidates.contacts(LIMITS.referral));
    this.#ctx.fx.persist({ incarnation, epochs: this.#publisher.epochs, contacts });
  }

  #reply(id: number, result: CommandResult): void {
    this.#ctx.fx.reply(id, result);
  }
}
