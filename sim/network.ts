import { assert } from '../core/assert.js';
import type { ByeCode, DialTarget, Input, Network, PeerReason } from '../core/machine.js';
import { SECOND, type NodeId, type Time } from '../core/units.js';
import { hashString, mix } from './digest.js';
import { AccessLinks, type AccessLink } from './network-access.js';
import { addressOf, Dials } from './network-dials.js';
import { LINK, LINK_STRIDE, Links, CONGESTED, OWN_END, PEER_END, SEVERED, SILENT, STALLED } from './network-links.js';
import { Congestion } from './network-congestion.js';
import { HeldMessages } from './network-held.js';
import { Impairments } from './network-impairments.js';
import { Pauses } from './network-pauses.js';
import { Stations } from './network-stations.js';
import { Transit } from './network-transit.js';
import {
  ignore,
  payloadOf,
  type Dial,
  type Exchange,
  type NetworkOptions,
  type NetworkPorts,
  type Path,
  type Station,
} from './network-types.js';
import { KIND } from './queue-types.js';
import { Rules, type Verdict } from './rules.js';

const GIVE_UP = 20 * SECOND;
const HELLO_BYTES = 256;
const BYE_BYTES = 32;
/** What a rule holds back is tried again this often. */
const RETRY = SECOND / 5;

/**
 * Ordered, reliable connections between named nodes, as TCP carries them. A message costs one event: the arrival of
 * its last bit is computed when it is sent; only a busy downlink takes a second one.
 */
export class SimNetwork<M, C> implements Network<M, C>, Exchange<M, C> {
  readonly access = new AccessLinks();
  readonly links = new Links();
  readonly rules = new Rules();
  readonly pauses = new Pauses();
  readonly impairments: Impairments<M, C>;
  /** Bytes of the message being delivered, for digests; 0 outside of a delivery. */
  deliveredBytes = 0;
  /** Number of the node that the message goes to; -1 outside of a delivery. */
  deliveredTo = -1;
  readonly #ports: NetworkPorts;
  readonly #options: NetworkOptions<M>;
  readonly #transit: Transit;
  readonly #dials: Dials<M, C>;
  readonly #giveUp: Time;
  readonly #stations = new Stations<M, C>();
  readonly #held: HeldMessages<M>;
  readonly #congestion: Congestion;
  /** Stamps of the give-up timers of links that are or were stalled. */
  readonly #stalls = new Map<number, number>();
  #connections = 0;

  constructor(ports: NetworkPorts, options: NetworkOptions<M>) {
    this.#ports = ports;
    this.#options = options;
    this.#transit = new Transit(this.links, options.loss ?? 0);
    this.#giveUp = options.giveUp ?? GIVE_UP;
    this.#dials = new Dials(this, options);
    const { access, links, pauses } = this;
    this.impairments = new Impairments({ access, links, pauses, stations: this.#stations, transit: this.#transit });
    this.#congestion = new Congestion(
      links,
      (link, at, change, why) => this.#report(link, at, change, why),
      (link) => this.#schedule(ports.now(), KIND.reset, link, 0, 'slow'),
    );
    this.#held = new HeldMessages<M>({
      judge: (link, message) => this.#judge(link, message),
      transmit: (link, message, extra) => this.#transmit(link, message, extra),
      fill: (link, message, sign) => this.#fill(link, sign * options.sizes.encodedBytes(message)),
      stall: (link) => this.#stall(link),
      flow: (link) => this.links.unmark(link, STALLED),
      retryLater: (link) => this.#schedule(ports.now() + RETRY, KIND.retry, link, 0, null),
    });
  }

  /** Makes a node known, with its access line, before it is attached; returns its number. */
  register(name: NodeId, link: AccessLink): number {
    const index = this.#stations.add(name);
    this.access.set(index, link);
    return index;
  }

  station(name: NodeId): Station<M, C> | undefined {
    return this.#stations.find(name);
  }

  /** Puts a node behind address translation, for good. */
  hide(node: NodeId): void {
    this.#stations.get(node).hidden = true;
  }

  attach(node: NodeId, receive: (input: Input<M, C>) => void): void {
    const station = this.#stations.get(node);
    station.receive = receive;
    station.state = 'up';
    station.life++;
    this.access.clear(station.index);
  }

  /** As a crash does: peers are not told. After `stop` there is nobody left to tell. */
  detach(node: NodeId): void {
    const station = this.#stations.get(node);
    for (const link of station.links.values()) {
      this.links.close(link);
      this.links.mark(link, SILENT);
      this.#held.forget(link);
      this.links.settle(link);
    }
    station.links.clear();
    station.receive = ignore;
    station.life++;
    this.impairments.resume(node, true);
    if (station.state !== 'up') return;
    station.state = 'crashed';
    this.access.silence(station.index, this.#ports.now());
  }

  /** As the end of a process does: every connection is closed, later dials are refused. `detach` follows. */
  stop(node: NodeId): void {
    const station = this.#stations.get(node);
    for (const link of station.links.values()) this.#hangUp(station, link, 'closed');
    station.state = 'stopped';
  }

  send(from: NodeId, to: NodeId, message: M): void {
    const station = this.#stations.get(from);
    const link = station.links.get(to);
    if (link === undefined) return;
    const carried = this.#options.transform === undefined ? message : this.#options.transform(message);
    if (this.rules.active || this.#held.any || this.impairments.severed) this.#held.send(link, carried);
    else this.#transmit(link, carried, 0);
  }

  connect(from: NodeId, to: DialTarget): void {
    this.#dials.begin(this.#stations.get(from), to, this.#ports.now());
  }

  disconnect(from: NodeId, to: NodeId, code: ByeCode, _detail: string): void {
    const station = this.#stations.get(from);
    const link = station.links.get(to);
    if (link !== undefined) this.#hangUp(station, link, code);
  }

  /** Carries out an event of one of the network's kinds. */
  handle(kind: number, target: number, argument: number, payload: unknown): void {
    switch (kind) {
      case KIND.arrive:
        this.#arrive(target, argument, payload as M);
        return;
      case KIND.deliver:
        this.#deliver(target, argument, payload as M);
        return;
      case KIND.input:
        this.#receive(target, argument, payload as Input<M, C>);
        return;
      case KIND.dial:
        this.#dials.arrive(payload as Dial<M, C>, this.#ports.now());
        return;
      default:
        this.#handleLink(kind, target, argument, payload);
    }
  }

  blocked(from: NodeId, to: NodeId): boolean {
    return this.rules.active && this.rules.judge(from, to, null, this.#ports.now()) === 'drop';
  }

  paired(link: number): boolean {
    return this.links.is(link, PEER_END) && !this.links.is(link, SEVERED);
  }

  closeEnd(link: number, why: PeerReason): void {
    const station = this.#stations.at(this.links.get(link, LINK.from));
    const peer = this.#nameAt(link, LINK.to);
    this.#release(station, peer, link);
    const tell = (): void => station.receive({ type: 'peer', peer, change: 'down', why });
    if (station.paused) this.pauses.hold(station.index, tell);
    else tell();
  }

  inform(station: Station<M, C>, at: Time, input: Input<M, C>): void {
    this.#ports.queue.push(at, KIND.input, station.index, station.life, input);
  }

  scheduleDial(at: Time, dial: Dial<M, C>): void {
    this.#ports.queue.push(at, KIND.dial, 0, 0, dial);
  }

  establish(dial: Dial<M, C>): void {
    const { from, to, there, back } = dial;
    const known = Math.ceil(this.#ports.now() + back.base + back.spread);
    const link = this.links.add(from.index, to.index);
    const reverse = this.links.get(link, LINK.reverse);
    const luck = mix(
      mix(hashString(from.name), hashString(to.name)),
      mix(this.#options.seed ?? 0, this.#connections++),
    );
    this.#lay(link, from, there, back, luck);
    this.#lay(reverse, to, back, there, ~luck);
    this.links.set(reverse, LINK.lastControl, known);
    this.links.set(reverse, LINK.lastMedia, known);
    from.links.set(to.name, link);
    to.links.set(from.name, reverse);
    const hello = this.#options.helloBytes ?? HELLO_BYTES;
    this.access.countHellos(from.index, to.index, hello);
    if (dial.contact.node === null) {
      this.inform(from, known, { type: 'dial', contact: dial.contact, outcome: { ok: true, peer: to.name } });
    }
    const address = addressOf(to.name);
    this.inform(from, known, { type: 'peer', peer: to.name, change: 'up', why: 'dialled', address });
    const named = dial.contact.nameless === true ? {} : { address: addressOf(from.name) };
    to.receive({ type: 'peer', peer: from.name, change: 'up', why: 'accepted', ...named });
  }

  #lay(link: number, from: Station<M, C>, there: Path, back: Path, luck: number): void {
    this.links.set(link, LINK.base, there.base);
    this.links.set(link, LINK.spread, there.spread);
    this.links.set(link, LINK.roundTrip, there.base + there.spread + back.base + back.spread);
    this.links.set(link, LINK.upPerByte, this.access.upPerByte(from.index));
    this.links.set(link, LINK.luck, luck);
  }

  #transmit(link: number, message: M, extra: Time): void {
    const sizes = this.#options.sizes;
    const bytes = sizes.encodedBytes(message);
    const media = sizes.carriesChunk(message);
    const now = this.#ports.now();
    const cells = this.links.cells;
    const row = link * LINK_STRIDE;
    const node = cells[row + LINK.from] as number;
    const departs = this.access.departure(node, now, bytes, media);
    this.access.countSent(node, bytes, media ? payloadOf(this.#options.sizes, message) : 0, media);
    const arrival = this.#transit.arrival(link, bytes, media, departs, extra);
    cells[row + LINK.pending]!++;
    this.#ports.queue.push(Math.ceil(arrival), KIND.arrive, link, bytes * 2 + (media ? 1 : 0), message);
    const outstanding = (cells[row + LINK.outstanding] as number) + bytes;
    cells[row + LINK.outstanding] = outstanding;
    const free = cells[row + LINK.pathFree] as number;
    this.#congestion.filled(link, outstanding, (free > departs ? free : departs) - now, now);
  }

  #arrive(link: number, packed: number, message: M): void {
    const cells = this.links.cells;
    const row = link * LINK_STRIDE;
    const now = this.#ports.now();
    if (
      ((cells[row + LINK.state] as number) & SILENT) !== 0 &&
      this.access.wasSilent(this.links.get(link, LINK.from), now - this.links.get(link, LINK.base))
    ) {
      cells[row + LINK.pending]!--;
      this.links.settle(link);
      return;
    }
    const bytes = packed >>> 1;
    const first = now - bytes * (cells[row + LINK.upPerByte] as number);
    const through = this.access.reception(cells[row + LINK.to] as number, first, now, bytes);
    if (through < 0) this.#deliver(link, packed, message);
    else this.#ports.queue.push(through, KIND.deliver, link, packed, message);
  }

  #deliver(link: number, packed: number, message: M): void {
    const cells = this.links.cells;
    const row = link * LINK_STRIDE;
    const receiver = this.#stations.at(cells[row + LINK.to] as number);
    if (receiver.paused) {
      this.pauses.hold(receiver.index, () => this.#deliver(link, packed, message));
      return;
    }
    cells[row + LINK.pending]!--;
    const state = cells[row + LINK.state] as number;
    if ((state & PEER_END) === 0) {
      if ((state & OWN_END) === 0) this.links.settle(link);
      else this.#unanswered(link, receiver);
      return;
    }
    const bytes = packed >>> 1;
    const media = (packed & 1) === 1;
    const outstanding = (cells[row + LINK.outstanding] as number) - bytes;
    cells[row + LINK.outstanding] = outstanding;
    if ((state & STALLED) !== 0) this.links.unmark(link, STALLED);
    if ((state & CONGESTED) !== 0) this.#congestion.drained(link, outstanding, this.#ports.now());
    this.access.countReceived(receiver.index, bytes, media ? payloadOf(this.#options.sizes, message) : 0, media);
    const from = this.#stations.names[cells[row + LINK.from] as number] as NodeId;
    this.deliveredBytes = bytes;
    this.deliveredTo = receiver.index;
    this.#stations.expect(receiver);
    receiver.receive({ type: 'message', from, message });
    this.deliveredBytes = 0;
    this.deliveredTo = -1;
  }

  /** The receiver has no such connection: a live one answers with a reset, unless its own close is still under way. */
  #unanswered(link: number, receiver: Station<M, C>): void {
    const reverse = this.links.get(link, LINK.reverse);
    if (receiver.state === 'crashed' || this.links.get(reverse, LINK.pending) > 0) this.#stall(link);
    else {
      const heard = this.#ports.now() + Math.ceil(this.links.get(reverse, LINK.base));
      this.#schedule(heard, KIND.reset, link, 0, 'reset');
    }
  }

  /** Starts the give-up timer, unless it runs. */
  #stall(link: number): void {
    if (this.links.is(link, STALLED)) return;
    const stamp = (Math.floor(this.#ports.now() / 1_000) % 0x3fffffff) + 1;
    this.links.mark(link, STALLED);
    this.#stalls.set(link, stamp);
    this.#schedule(this.#ports.now() + this.#giveUp, KIND.expire, link, stamp, null);
  }

  #handleLink(kind: number, link: number, argument: number, payload: unknown): void {
    if (kind === KIND.bye && this.pauses.any) {
      const told = this.links.get(link, LINK.to);
      if (this.pauses.holds(told)) {
        this.pauses.hold(told, () => this.#handleLink(kind, link, argument, payload));
        return;
      }
    }
    this.links.set(link, LINK.pending, this.links.get(link, LINK.pending) - 1);
    const open = this.links.is(link, OWN_END);
    const reverse = this.links.get(link, LINK.reverse);
    if (kind === KIND.bye) {
      if (this.links.is(link, PEER_END)) this.closeEnd(reverse, payload as PeerReason);
    } else if (!open) {
      this.links.settle(link);
      return;
    } else if (kind === KIND.reset) this.closeEnd(link, payload as PeerReason);
    else if (kind === KIND.retry) this.#held.retry(link);
    else {
      assert(kind === KIND.expire, 'an event of the network');
      if (this.links.is(link, STALLED) && this.#stalls.get(link) === argument) this.closeEnd(link, 'timeout');
    }
    this.links.settle(link);
  }

  #judge(link: number, message: M): Verdict {
    if (this.links.is(link, SEVERED)) return 'drop';
    return this.rules.judge(this.#nameAt(link, LINK.from), this.#nameAt(link, LINK.to), message, this.#ports.now());
  }

  /** More, or less, waits in the sender's socket. */
  #fill(link: number, bytes: number): void {
    const outstanding = this.links.get(link, LINK.outstanding) + bytes;
    this.links.set(link, LINK.outstanding, outstanding);
    if (bytes > 0) this.#congestion.filled(link, outstanding, 0, this.#ports.now());
  }

  #report(link: number, at: Time, change: 'congested' | 'writable', why: PeerReason): void {
    const peer = this.#nameAt(link, LINK.to);
    this.inform(this.#stations.at(this.links.get(link, LINK.from)), at, { type: 'peer', peer, change, why });
  }

  /** Closes the own end at once; the peer hears of it behind all that was sent. */
  #hangUp(station: Station<M, C>, link: number, why: PeerReason): void {
    const peer = this.#nameAt(link, LINK.to);
    const departs = this.access.departure(station.index, this.#ports.now(), BYE_BYTES, false);
    const arrival = Math.max(
      departs + this.links.get(link, LINK.base) + this.links.get(link, LINK.spread),
      this.links.get(link, LINK.lastControl),
      this.links.get(link, LINK.lastMedia),
    );
    const cut = this.#held.has(link) || this.links.is(link, SEVERED) || this.blocked(station.name, peer);
    if (!cut) this.#schedule(Math.ceil(arrival), KIND.bye, link, 0, why);
    this.#release(station, peer, link);
  }

  #release(station: Station<M, C>, peer: NodeId, link: number): void {
    if (station.links.get(peer) === link) station.links.delete(peer);
    this.links.close(link);
    this.#held.forget(link);
    this.links.settle(link);
  }

  #schedule(at: Time, kind: number, link: number, argument: number, payload: unknown): void {
    this.links.set(link, LINK.pending, this.links.get(link, LINK.pending) + 1);
    this.#ports.queue.push(at, kind, link, argument, payload);
  }

  #nameAt(link: number, end: number): NodeId {
    return this.#stations.names[this.links.get(link, end)] as NodeId;
  }

  #receive(node: number, life: number, input: Input<M, C>): void {
    const station = this.#stations.at(node);
    if (station.life !== life) return;
    if (station.paused) this.pauses.hold(node, () => this.#receive(node, life, input));
    else station.receive(input);
  }
}
