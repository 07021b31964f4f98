import type { Config, Identity } from '../../../core/config.js';
import { Deadlines } from '../../../core/deadlines.js';
import type { CommandResult, Crypto, Deadline, Effects, Input, Machine, Rng } from '../../../core/machine.js';
import type { Command } from '../../../core/message.js';
import { MS, type NodeId, type Time } from '../../../core/units.js';
import type { View } from '../../../core/view.js';
import { Studio } from '../studio.js';
import { playerSink } from '../telling.js';
import { Exchange } from './exchange.js';
import { Mesh } from './mesh.js';
import type { Accept, Message, Propose } from './messages.js';
import { Partners, type Partner } from './partners.js';

/** Between two maps. */
const TICK: Time = 100 * MS;
/** Keyframes named to a new partner; older ones are due. */
const KEYFRAMES = 4;

/** A publisher or a viewer of a mesh: partners tell each other what they have, and each asks for what it lacks. */
export class DonetNode implements Machine<Message, Command, View> {
  readonly #identity: Identity;
  readonly #config: Config;
  readonly #studio: Studio;
  readonly #partners: Partners;
  readonly #exchange: Exchange;
  readonly #mesh: Mesh;
  readonly #deadlines = new Deadlines(['mesh', 'tick', 'serve', 'play']);
  #watching = false;
  #joined = false;

  constructor(identity: Identity, config: Config, rng: Rng, crypto: Crypto) {
    this.#identity = identity;
    this.#config = config;
    this.#studio = new Studio(identity, crypto);
    this.#partners = new Partners(config.uplink);
    this.#exchange = new Exchange(crypto, this.#partners, config);
    const { incarnation } = this.#studio;
    this.#mesh = new Mesh({ id: identity.id, config, incarnation, rng }, this.#partners, (node) =>
      this.#exchange.forget(node),
    );
    this.#deadlines.set('tick', rng.below(TICK));
  }

  handle(now: Time, input: Input<Message, Command>, effects: Effects<Message>): void {
    this.#studio.keep(effects);
    if (input.type === 'message') this.#onMessage(now, input.from, input.message, effects);
    else if (input.type === 'command') effects.reply(input.id, this.#onCommand(now, input.command, effects));
    else if (input.type === 'dial' && !input.outcome.ok) this.#mesh.unreachable(now, input.contact);
    else if (input.type === 'peer' && input.change === 'up') {
      const proposal = this.#mesh.proposal(now, this.#exchange.epoch);
      if (this.#mesh.up(input.peer, effects)) effects.send(input.peer, proposal);
    } else if (input.type === 'peer' && input.change === 'down') {
      this.#mesh.down(now, input.peer, input.why, effects);
      this.#deadlines.setEarlier('mesh', now);
    }
    for (let why = this.#deadlines.take(now); why !== null; why = this.#deadlines.take(now))
      this.#wake(now, why, effects);
    this.#deadlines.set('play', this.#exchange.player.due());
    this.#deadlines.set('serve', this.#exchange.serving.due);
  }

  nextDeadline(): Deadline | null {
    return this.#deadlines.first;
  }

  view(): View {
    const { manifest, window, hops, player } = this.#exchange;
    const publisher = this.#studio.source !== null;
    return {
      node: this.#identity.id,
      incarnation: this.#studio.incarnation,
      role: 'ordinary',
      uplink: { capacity: this.#config.uplink, promised: this.#partners.lent },
      peers: [...this.#partners].map(({ node, rtt, heardAt }) => ({
        peer: node,
        address: null,
        rtt,
        lastHeard: heardAt,
      })),
      streams:
        manifest === null
          ? []
          : [
              {
                stream: manifest.stream,
                epoch: manifest.epoch,
                publisher,
                watching: this.#watching,
                interior: 0,
                substreams: 1,
                tickets: [],
                paths: [{ sub: 0, seq: window.newest, depth: hops, via: null, starving: false }],
                window: { first: window.floor, next: window.newest + 1, held: window.held },
                player: this.#watching
                  ? { state: player.state, nextSeq: player.next, played: player.played, missed: player.missed }
                  : null,
              },
            ],
      timers: this.#deadlines.list(),
    };
  }

  /** A node keeps nothing that a new start would not fetch again. */
  restore(view: View): void {
    const [stream] = view.streams;
    if (stream?.watching === true) this.#watch(0, stream.stream);
  }

  #wake(now: Time, why: 'mesh' | 'tick' | 'serve' | 'play', effects: Effects<Message>): void {
    const exchange = this.#exchange;
    switch (why) {
      case 'mesh':
        this.#deadlines.set('mesh', this.#mesh.step(now, exchange.epoch, effects));
        return;
      case 'tick':
        this.#deadlines.set('tick', now + TICK);
        return exchange.sendMap(now, effects);
      case 'serve':
        exchange.serve(now, effects);
        this.#deadlines.set('serve', exchange.serving.due);
        return;
      case 'play':
        exchange.player.step(now, playerSink(effects, this.#mesh.stream, exchange.epoch, exchange.hops));
    }
  }

  #onMessage(now: Time, from: NodeId, message: Message, effects: Effects<Message>): void {
    const partner = this.#partners.get(from);
    if (partner !== undefined) partner.heardAt = now;
    switch (message.type) {
      case 'members':
        return this.#mesh.heard(now, from, message.members, effects);
      case 'propose':
        return this.#onPropose(now, from, message, effects);
      case 'accept':
        return this.#onAccept(now, from, message, effects);
      default:
        if (partner === undefined || !this.#onPartner(now, partner, message, effects))
          effects.trace?.({ type: 'refused', what: 'message', whom: from, why: 'unknown' });
    }
  }

  /** What only partners say; false for anything else. */
  #onPartner(now: Time, partner: Partner, message: Message, effects: Effects<Message>): boolean {
    const exchange = this.#exchange;
    switch (message.type) {
      case 'member':
        this.#mesh.gossiped(now, partner.node, message, effects);
        return true;
      case 'manifest':
        if (message.manifest.stream === this.#mesh.stream && exchange.adopt(message.manifest, effects))
          this.#mesh.compareClocks(now, exchange.epoch, effects);
        return true;
      case 'map':
        exchange.onMap(now, partner, message);
        if (this.#watching) exchange.request(now, effects);
        return true;
      case 'request':
        exchange.onRequest(now, partner, message);
        return true;
      case 'chunk':
        if (!exchange.onChunk(partner, message.chunk, message.hops, effects))
          this.#mesh.part(partner.node, 'protocol', effects);
        return true;
      default:
        return false;
    }
  }

  #onPropose(now: Time, from: NodeId, message: Propose, effects: Effects<Message>): void {
    if (this.#mesh.proposed(now, from, message, effects) === null) return;
    const { manifest, epoch, clock, window } = this.#exchange;
    if (manifest !== null && epoch > message.epoch) effects.send(from, { type: 'manifest', manifest });
    const keyframes = window.keyframes(KEYFRAMES).map(({ seq, sourceTime }) => ({ seq, sourceTime }));
    const { uplink } = this.#config;
    effects.send(from, { type: 'accept', stamp: message.stamp, source: clock.reading(now), uplink, keyframes });
    this.#exchange.sendMap(now, effects, from);
  }

  #onAccept(now: Time, from: NodeId, { stamp, source, uplink, keyframes }: Accept, effects: Effects<Message>): void {
    const partner = this.#mesh.accepted(now, from, uplink, effects);
    if (partner === null) return;
    partner.rtt = now - stamp;
    const { clock, player, manifest, window } = this.#exchange;
    if (source !== null && this.#studio.source === null) clock.sample(now, source, now - stamp);
    if (!this.#watching) return;
    if (!this.#joined) effects.trace?.({ type: 'joined', stream: this.#mesh.stream, why: 'first-ticket' });
    this.#joined = true;
    if (manifest !== null && clock.known) player.start(now, keyframes, window.newest + 1);
  }

  #onCommand(now: Time, command: Command, effects: Effects<Message>): CommandResult {
    switch (command.type) {
      case 'publish':
        return this.#studio.publish(now, command, effects, (manifest) => {
          this.#mesh.stream = manifest.stream;
          this.#partners.publishing = true;
          this.#exchange.adopt(manifest, effects);
          this.#exchange.clock.setExact(now, 0);
          this.#deadlines.set('mesh', now);
        });
      case 'media':
        return this.#studio.media(now, command, (chunk) => this.#exchange.publish(chunk, effects));
      case 'watch':
        this.#watch(now, command.stream);
        return { ok: true };
      case 'unwatch':
      case 'leave':
        this.#watching = false;
        this.#mesh.leave(effects);
        this.#deadlines.clear('mesh');
        this.#deadlines.clear('tick');
        effects.trace?.({ type: 'left', why: command.type === 'leave' ? 'command' : 'unwatch' });
        return { ok: true };
      default:
        return { ok: false, why: 'invalid' };
    }
  }

  #watch(now: Time, stream: string): void {
    this.#mesh.stream = stream;
    this.#watching = true;
    this.#deadlines.setEarlier('mesh', now);
  }
}
