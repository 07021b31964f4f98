import { assert } from '../core/assert.js';
import type { ByeCode, Contact, Input, Network, PeerReason } from '../core/machine.js';
import { SECOND, type NodeId, type Time } from '../core/units.js';
import { hashString, mix } from './digest.js';
import { AccessLinks, type AccessLink } from './network-access.js';
import { Dials } from './network-dials.js';
import { LINK, LINK_STRIDE, Links, OWN_END, PEER_END } from './network-links.js';
import { HeldMessages } from './network-held.js';
import { Transit } from './network-transit.js';
import {
  createStation,
  ignore,
  payloadOf,
  type Dial,
  type Exchange,
  type NetworkOptions,
  type NetworkPorts,
  type Station,
} from './network-types.js';
import { KIND } from './queue-types.js';
import { Rules } from './rules.js';

/** A connection is congested above this many undelivered bytes or this wait, and writable again below half. */
const CONGESTED_BYTES = 256 * 1024;
const CONGESTED_WAIT = 1 * SECOND;
/** A socket takes no more than this; its connection is closed as slow. */
const SOCKET_BOUND = 4 * 1024 * 1024;
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
  /** Bytes of the message being delivered, for digests; 0 outside of a delivery. */
  deliveredBytes = 0;
  readonly #ports: NetworkPorts;
  readonly #options: NetworkOptions<M>;
  readonly #transit: Transit;
  readonly #dials: Dials<M, C>;
  readonly #giveUp: Time;
  readonly #stations: Station<M, C>[] = [];
  readonly #byName = new Map<NodeId, Station<M, C>>();
  readonly #held = new HeldMessages<M>();
  #acting: Station<M, C> | null = null;
  #connections = 0;

  constructor(ports: NetworkPorts, options: NetworkOptions<M>) {
    this.#ports = ports;
    this.#options = options;
    this.#transit = new Transit(this.links, this.access, options.loss ?? 0);
    this.#giveUp = options.giveUp ?? GIVE_UP;
    this.#dials = new Dials(this, options);
  }

  /** Makes a node known, with its access line, before it is attached; returns its number. */
  register(name: NodeId, link: AccessLink): number {
    if (this.#byName.has(name)) throw new RangeError(`node ${name} exists`);
    const index = this.#stations.length;
    const station = createStation<M, C>(index, name);
    this.#stations.push(station);
    this.#byName.set(name, station);
    this.access.set(index, link);
    return index;
  }

  station(name: NodeId): Station<M, C> | undefined {
    return this.#byName.get(name);
  }

  attach(node: NodeId, receive: (input: Input<M, C>) => void): void {
    const station = this.#known(node);
    station.receive = receive;
    station.state = 'up';
    station.life++;
    this.access.clear(station.index);
  }

  /** As a crash does: peers are not told. After `stop` there is nobody left to tell. */
  detach(node: NodeId): void {
    const station = this.#known(node);
    for (const link of station.links.values()) {
      this.links.close(link);
      this.#held.forget(link);
      this.links.settle(link);
    }
    station.links.clear();
    station.receive = ignore;
    station.life++;
    if (station.state !== 'up') return;
    station.state = 'crashed';
    this.access.silence(station.index, this.#ports.now());
  }

  /** As the end of a process does: every connection is closed, later dials are refused. `detach` follows. */
  stop(node: NodeId): void {
    const station = this.#known(node);
    for (const link of station.links.values()) this.#hangUp(station, link, 'closed');
    station.state = 'stopped';
  }

  send(from: NodeId, to: NodeId, message: M): void {
    const station = this.#known(from);
    const link = station.links.get(to);
    if (link === undefined) return;
    const carried = this.#options.transform === undefined ? message : this.#options.transform(message);
    if (this.rules.active || this.#held.any) this.#sendUnderRules(link, from, to, carried);
    else this.#transmit(link, carried, 0);
  }

  connect(from: NodeId, to: Contact): void {
    this.#dials.begin(this.#known(from), to, this.#ports.now());
  }

  disconnect(from: NodeId, to: NodeId, code: ByeCode, _detail: string): void {
    const station = this.#known(from);
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
    return this.links.isPeerOpen(link);
  }

  closeEnd(link: number, why: PeerReason): void {
    const station = this.#stations[this.links.get(link, LINK.from)] as Station<M, C>;
    const peer = (this.#stations[this.links.get(link, LINK.to)] as Station<M, C>).name;
    this.#release(station, peer, link);
    station.receive({ type: 'peer', peer, change: 'down', why });
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
    this.links.set(link, LINK.base, there.base);
    this.links.set(link, LINK.spread, there.spread);
    this.links.set(link, LINK.luck, luck);
    this.links.set(reverse, LINK.base, back.base);
    this.links.set(reverse, LINK.spread, back.spread);
    this.links.set(reverse, LINK.luck, ~luck);
    this.links.set(reverse, LINK.lastControl, known);
    this.links.set(reverse, LINK.lastMedia, known);
    from.links.set(to.name, link);
    to.links.set(from.name, reverse);
    const hello = this.#options.helloBytes ?? HELLO_BYTES;
    for (const station of [from, to]) {
      this.access.countSent(station.index, hello, 0, false);
      this.access.countReceived(station.index, hello, 0, false);
    }
    if (dial.contact.node === null) {
      this.inform(from, known, { type: 'dial', contact: dial.contact, outcome: { ok: true, peer: to.name } });
    }
    this.inform(from, known, { type: 'peer', peer: to.name, change: 'up', why: 'dialled' });
    to.receive({ type: 'peer', peer: from.name, change: 'up', why: 'accepted' });
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
    if (outstanding > CONGESTED_BYTES || departs - now > CONGESTED_WAIT) this.#congest(link, outstanding);
  }

  #arrive(link: number, packed: number, message: M): void {
    const cells = this.links.cells;
    const row = link * LINK_STRIDE;
    const now = this.#ports.now();
    const from = cells[row + LINK.from] as number;
    if (this.access.wasSilent(from, now - (cells[row + LINK.base] as number))) {
      cells[row + LINK.pending]!--;
      this.links.settle(link);
      return;
    }
    const bytes = packed >>> 1;
    const first = now - this.access.upTime(from, bytes);
    const through = this.access.reception(cells[row + LINK.to] as number, first, now, bytes);
    if (through < 0) this.#deliver(link, packed, message);
    else this.#ports.queue.push(through, KIND.deliver, link, packed, message);
  }

  #deliver(link: number, packed: number, message: M): void {
    const cells = this.links.cells;
    const row = link * LINK_STRIDE;
    cells[row + LINK.pending]!--;
    const ends = cells[row + LINK.open] as number;
    const receiver = this.#stations[cells[row + LINK.to] as number] as Station<M, C>;
    if ((ends & PEER_END) === 0) {
      if ((ends & OWN_END) === 0) this.links.settle(link);
      else this.#unanswered(link, receiver);
      return;
    }
    const bytes = packed >>> 1;
    const media = (packed & 1) === 1;
    const outstanding = (cells[row + LINK.outstanding] as number) - bytes;
    cells[row + LINK.outstanding] = outstanding;
    cells[row + LINK.stalled] = 0;
    if (cells[row + LINK.congested] === 1 && outstanding < CONGESTED_BYTES / 2) this.#relieve(link);
    this.access.countReceived(receiver.index, bytes, media ? payloadOf(this.#options.sizes, message) : 0, media);
    const from = (this.#stations[cells[row + LINK.from] as number] as Station<M, C>).name;
    this.deliveredBytes = bytes;
    this.#acting = receiver;
    receiver.receive({ type: 'message', from, message });
    this.deliveredBytes = 0;
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
    if (this.links.get(link, LINK.stalled) !== 0) return;
    const stamp = (Math.floor(this.#ports.now() / 1_000) % 0x3fffffff) + 1;
    this.links.set(link, LINK.stalled, stamp);
    this.#schedule(this.#ports.now() + this.#giveUp, KIND.expire, link, stamp, null);
  }

  #handleLink(kind: number, link: number, argument: number, payload: unknown): void {
    this.links.set(link, LINK.pending, this.links.get(link, LINK.pending) - 1);
    const open = this.links.isOpen(link);
    const reverse = this.links.get(link, LINK.reverse);
    if (kind === KIND.bye) {
      if (this.links.isPeerOpen(link)) this.closeEnd(reverse, payload as PeerReason);
    } else if (!open) {
      this.links.settle(link);
      return;
    } else if (kind === KIND.reset) this.closeEnd(link, payload as PeerReason);
    else if (kind === KIND.retry) this.#retry(link);
    else {
      assert(kind === KIND.expire, 'an event of the network');
      if (this.links.get(link, LINK.stalled) === argument) this.closeEnd(link, 'timeout');
    }
    this.links.settle(link);
  }

  #sendUnderRules(link: number, from: NodeId, to: NodeId, message: M): void {
    const verdict = this.#held.has(link) ? 'drop' : this.rules.judge(from, to, message, this.#ports.now());
    if (verdict !== 'drop') {
      this.#transmit(link, message, verdict === 'pass' ? 0 : verdict.delay);
      return;
    }
    const outstanding = this.links.get(link, LINK.outstanding) + this.#options.sizes.encodedBytes(message);
    this.links.set(link, LINK.outstanding, outstanding);
    if (this.#held.add(link, message)) {
      this.#stall(link);
      this.#schedule(this.#ports.now() + RETRY, KIND.retry, link, 0, null);
    }
    if (outstanding > CONGESTED_BYTES) this.#congest(link, outstanding);
  }

  /** Sends what is held as far as the rules let it pass. */
  #retry(link: number): void {
    const from = (this.#stations[this.links.get(link, LINK.from)] as Station<M, C>).name;
    const to = (this.#stations[this.links.get(link, LINK.to)] as Station<M, C>).name;
    const now = this.#ports.now();
    const done = this.#held.release(
      link,
      (message) => this.rules.judge(from, to, message, now),
      (message, delay) => {
        const bytes = this.#options.sizes.encodedBytes(message);
        this.links.set(link, LINK.outstanding, this.links.get(link, LINK.outstanding) - bytes);
        this.links.set(link, LINK.stalled, 0);
        this.#transmit(link, message, delay);
      },
    );
    if (!done) this.#schedule(now + RETRY, KIND.retry, link, 0, null);
  }

  /** Reports congestion once; beyond what a socket takes the connection ends. */
  #congest(link: number, outstanding: number): void {
    if (outstanding > SOCKET_BOUND) {
      this.#schedule(this.#ports.now(), KIND.reset, link, 0, 'slow');
      return;
    }
    if (this.links.get(link, LINK.congested) === 1) return;
    this.links.set(link, LINK.congested, 1);
    this.#report(link, this.#ports.now(), 'congested', 'full');
  }

  #relieve(link: number): void {
    this.links.set(link, LINK.congested, 0);
    const acknowledged = Math.ceil(this.#ports.now() + this.links.get(this.links.get(link, LINK.reverse), LINK.base));
    this.#report(link, acknowledged, 'writable', 'drained');
  }

  #report(link: number, at: Time, change: 'congested' | 'writable', why: PeerReason): void {
    const peer = (this.#stations[this.links.get(link, LINK.to)] as Station<M, C>).name;
    this.inform(this.#stations[this.links.get(link, LINK.from)] as Station<M, C>, at, {
      type: 'peer',
      peer,
      change,
      why,
    });
  }

  /** Closes the own end at once; the peer hears of it behind all that was sent. */
  #hangUp(station: Station<M, C>, link: number, why: PeerReason): void {
    const peer = (this.#stations[this.links.get(link, LINK.to)] as Station<M, C>).name;
    const departs = this.access.departure(station.index, this.#ports.now(), BYE_BYTES, false);
    const arrival = Math.max(
      departs + this.links.get(link, LINK.base) + this.links.get(link, LINK.spread),
      this.links.get(link, LINK.lastControl),
      this.links.get(link, LINK.lastMedia),
    );
    const cut = this.#held.has(link) || this.blocked(station.name, peer);
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

  #receive(node: number, life: number, input: Input<M, C>): void {
    const station = this.#stations[node] as Station<M, C>;
    if (station.life === life) station.receive(input);
  }

  /** The node that acts is nearly always the one that acted last. */
  #known(name: NodeId): Station<M, C> {
    const last = this.#acting;
    if (last !== null && last.name === name) return last;
    const station = this.#byName.get(name);
    if (station === undefined) throw new RangeError(`no node ${name}`);
    this.#acting = station;
    return station;
  }
}
