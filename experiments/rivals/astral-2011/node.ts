import type { Config, Identity } from '../../../core/config.js';
import { Deadlines } from '../../../core/deadlines.js';
import type { CommandResult, Crypto, Deadline, Effects, Input, Machine, Rng } from '../../../core/machine.js';
import type { Command } from '../../../core/message.js';
import { SECOND, type NodeId, type StreamId, type Time } from '../../../core/units.js';
import type { View } from '../../../core/view.js';
import { MediaSource } from '../media-source.js';
import { Carrier } from '../origin-edge/carrier.js';
import { bootstrap } from './bootstrap.js';
import { Database, STREAM_BITRATE } from './database.js';
import { FlashPlayer } from './flash-player.js';
import type { Message, Response } from './messages.js';
import { Process } from './process.js';
import { Server } from './server.js';
import { shutdown } from './shutdown.js';
import { sleep, type Thread, type Threads } from './threads.js';
import { Tunnels } from './tunnels.js';

/** Between asking for a ticket and looking for its tunnel, and between two looks. */
const LOOK_EVERY: Time = SECOND;

type Publish = Extract<Command, { type: 'publish' }>;

/** A node of 2011: publisher or viewer, and a supernode if it found none that took it. */
export class Node2011 implements Machine<Message, Command, View> {
  readonly #identity: Identity;
  readonly #config: Config;
  readonly #crypto: Crypto;
  readonly #carrier: Carrier;
  readonly #threads: Threads;
  readonly #process: Process;
  readonly #server: Server;
  readonly #flash: FlashPlayer;
  readonly #deadlines = new Deadlines(['threads', 'play', 'retry']);
  readonly #epochs: Record<string, number>;
  #source: MediaSource | null = null;
  #watching: StreamId | null = null;
  #started = false;
  #ready = false;
  #stopped = false;

  constructor(identity: Identity, config: Config, rng: Rng, crypto: Crypto, outgoingLimit: number) {
    this.#identity = identity;
    this.#config = config;
    this.#crypto = crypto;
    this.#epochs = { ...identity.durable?.epochs };
    // PB23: whatever is to be sent to whomever is kept until it is sent.
    this.#carrier = new Carrier(crypto, Infinity);
    const db = new Database(identity.id, config.endpoints[0] ?? '');
    const tunnels = new Tunnels(rng.fork('ports'));
    this.#process = new Process(db, tunnels, config.directory[0] ?? null, outgoingLimit);
    this.#threads = this.#process.threads;
    for (const { node: uuid, address } of config.bootstrap) {
      if (uuid !== null) db.store({ uuid, address, supernode: true, primary: null });
    }
    this.#server = new Server(this.#process);
    this.#flash = new FlashPlayer(this.#process, this.#carrier, config.targetLag);
  }

  handle(now: Time, input: Input<Message, Command>, effects: Effects<Message>): void {
    if (this.#stopped) return;
    this.#process.now = now;
    this.#process.fx = effects;
    if (!this.#started) this.#start();
    if (input.type === 'message') this.#onMessage(now, input.from, input.message, effects);
    else if (input.type === 'command') this.#onCommand(now, input.id, input.command, effects);
    else if (input.type === 'dial' && !input.outcome.ok) this.#onDown(now, input.contact.node ?? '', effects);
    else if (input.type === 'peer' && input.change === 'up') this.#onUp(input.peer, effects);
    else if (input.type === 'peer' && input.change === 'down') this.#onDown(now, input.peer, effects);
    for (let why = this.#deadlines.take(now); why !== null; why = this.#deadlines.take(now)) {
      if (why === 'threads') this.#threads.wake(now, effects);
      else if (why === 'play') this.#flash.step();
      else this.#flash.retry(this.#threads.connected);
    }
    this.#deadlines.set('threads', this.#threads.due);
    this.#deadlines.set('play', this.#flash.player.due());
    this.#deadlines.set('retry', this.#flash.retryAt);
  }

  nextDeadline(): Deadline | null {
    return this.#stopped ? null : this.#deadlines.first;
  }

  view(): View {
    const { db, primarySince } = this.#process;
    const { supernode, primary } = db.me;
    const promised = db.outgoing().filter(({ confirmed }) => confirmed).length * STREAM_BITRATE;
    const stream = this.#source?.manifest.stream ?? this.#watching;
    return {
      node: this.#identity.id,
      incarnation: 0,
      role: supernode ? 'supernode' : 'ordinary',
      primary: supernode ? null : primary,
      primarySince,
      children: db.children(),
      supernodes: db.supernodes().map(({ uuid }) => uuid),
      uplink: { capacity: this.#config.uplink, promised },
      peers: [],
      streams: stream === null ? [] : [this.#streamView(stream)],
      timers: this.#deadlines.list(),
    };
  }

  /** Nothing outlives a restart: the shipped settings keep the tables in memory. */
  restore(): void {}

  #streamView(stream: StreamId): View['streams'][number] {
    const { window, hops, epoch } = this.#carrier;
    const { state, next, played, missed } = this.#flash.player;
    return {
      stream,
      epoch,
      publisher: this.#source !== null,
      watching: this.#watching !== null,
      interior: 0,
      substreams: 1,
      tickets: this.#process.db.view(stream),
      paths: [{ sub: 0, seq: window.newest, depth: hops, via: this.#flash.source, starving: false }],
      window: { first: window.floor, next: window.newest + 1, held: window.held },
      player: this.#watching === null ? null : { state, nextSeq: next, played, missed },
    };
  }

  #start(): void {
    this.#started = true;
    this.#persist();
    this.#process.spawn(this.#run());
  }

  /** What a person does once the node runs: publishes, or opens the page of the stream. */
  *#run(): Thread {
    yield* bootstrap(this.#process);
    this.#ready = true;
    if (this.#source !== null) this.#announce(this.#source.manifest.stream);
    if (this.#watching !== null) this.#openPage(this.#watching);
  }

  #announce(stream: StreamId): void {
    const request = { call: 'create-stream', stream: { stream, source: this.#identity.id } } as const;
    this.#server.take({ from: null, request, reply: () => {} });
  }

  /** The page asks its node for a ticket, once, and then for the port of the tunnel until there is one. */
  #openPage(stream: StreamId): void {
    const request = { call: 'create-ticket', stream, destination: null } as const;
    this.#server.take({ from: null, request, reply: () => this.#process.spawn(this.#look(stream)) });
  }

  *#look(stream: StreamId): Thread {
    yield* sleep(LOOK_EVERY);
    const reply = (response: Response): void => this.#found(stream, response);
    this.#server.take({ from: null, request: { call: 'get-ticket', stream, destination: null }, reply });
  }

  #found(stream: StreamId, { ticket }: Response): void {
    const { db } = this.#process;
    if (this.#watching !== stream || ticket === undefined) return;
    const port = db.ticket(stream, db.me.uuid)?.destinationPort ?? null;
    if (port === null) this.#process.spawn(this.#look(stream));
    else this.#flash.play(stream, port, this.#threads.connected);
  }

  #onUp(peer: NodeId, fx: Effects<Message>): void {
    this.#threads.up(peer, fx);
    this.#flash.up(peer);
  }

  #onDown(now: Time, peer: NodeId, fx: Effects<Message>): void {
    this.#carrier.forget(peer);
    this.#threads.down(now, peer, fx);
    this.#flash.closed(peer);
  }

  #onMessage(now: Time, from: NodeId, message: Message, fx: Effects<Message>): void {
    const ours = from === this.#flash.source;
    switch (message.type) {
      case 'request': {
        const reply = (response: Response): void => {
          if (this.#threads.connected.has(from))
            this.#process.fx.send(from, { type: 'response', id: message.id, response });
        };
        return this.#server.take({ from, request: message.request, reply });
      }
      case 'response':
        return this.#threads.answered(now, from, message.id, message.response, fx);
      case 'open': {
        // PB22: who knows the port gets the stream, with a ticket or without.
        const open = this.#source !== null && message.port === this.#process.tunnels.streamPort;
        if (open) this.#carrier.subscribe(now, from, message.subscribe, fx);
        else fx.send(from, { type: 'closed' });
        return;
      }
      case 'closed':
        return this.#flash.closed(from);
      case 'accepted':
        if (ours) this.#flash.accepted(message);
        return;
      case 'manifest':
        if (ours && this.#carrier.adopt(message.manifest, fx)) this.#flash.player.restart();
        return;
      case 'chunk':
        if (ours) this.#carrier.receive(from, message.chunk, message.hops, fx);
        return;
      case 'refused':
    }
  }

  #onCommand(now: Time, id: number, command: Command, fx: Effects<Message>): void {
    if (command.type === 'leave') this.#leave(id);
    else fx.reply(id, this.#obey(now, command, fx));
  }

  #obey(now: Time, command: Command, fx: Effects<Message>): CommandResult {
    switch (command.type) {
      case 'publish':
        return this.#publish(now, command, fx);
      case 'media':
        return this.#media(now, command, fx);
      case 'watch':
        this.#watching = command.stream;
        if (this.#ready) this.#openPage(command.stream);
        return { ok: true };
      case 'unwatch': {
        const request = { call: 'cancel-ticket', stream: command.stream, destination: null } as const;
        this.#server.take({ from: null, request, reply: () => {} });
        this.#watching = null;
        this.#flash.stop();
        fx.trace?.({ type: 'left', why: 'unwatch' });
        return { ok: true };
      }
      default:
        return { ok: false, why: 'invalid' };
    }
  }

  #publish(now: Time, command: Publish, fx: Effects<Message>): CommandResult {
    if (this.#source !== null) return { ok: false, why: 'exists' };
    const stream = this.#crypto.idOf(command.key.publicKey);
    const source = new MediaSource(this.#crypto, command, this.#epochs[stream] ?? 0, now);
    this.#source = source;
    this.#epochs[stream] = source.manifest.epoch;
    this.#persist();
    this.#carrier.adopt(source.manifest, fx);
    this.#carrier.clock.setExact(now, 0);
    fx.trace?.({ type: 'joined', stream, why: 'publish' });
    if (this.#ready) this.#announce(stream);
    return { ok: true, data: { stream, epoch: source.manifest.epoch } };
  }

  #media(now: Time, command: Extract<Command, { type: 'media' }>, fx: Effects<Message>): CommandResult {
    if (this.#source === null || command.stream !== this.#source.manifest.stream)
      return { ok: false, why: 'not-publisher' };
    for (const chunk of this.#source.cut(command, now)) {
      this.#carrier.window.put(chunk);
      this.#carrier.trace(fx, 'published', chunk, null);
      // PB21: goes to everybody who ever opened the port, as long as the connection stands.
      this.#carrier.push(chunk, fx);
    }
    return { ok: true };
  }

  #leave(id: number): void {
    this.#server.stop();
    this.#flash.stop();
    this.#process.spawn(this.#end(id));
  }

  *#end(id: number): Thread {
    yield* shutdown(this.#process);
    const { fx } = this.#process;
    for (const peer of this.#threads.connected) fx.disconnect(peer, 'leaving', '');
    fx.trace?.({ type: 'left', why: 'command' });
    fx.reply(id, { ok: true });
    this.#stopped = true;
  }

  #persist(): void {
    const incarnation = (this.#identity.durable?.incarnation ?? 0) + 1;
    this.#process.fx.persist({ incarnation, epochs: this.#epochs, contacts: [] });
  }
}
