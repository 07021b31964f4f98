import type { Contact, DialTarget } from '../core/machine.js';
import { MS, SECOND, type NodeId, type Time } from '../core/units.js';
import type { Dial, DialFailure, Exchange, NetworkOptions, Station } from './network-types.js';

const ROUND_TRIPS = 4;
const TIMEOUT = 5 * SECOND;
const KNOCK_AGAIN = 1 * SECOND;
/** A handshake waits for a node that stands still, and looks this often whether it goes on. */
const PAUSED_RETRY = 50 * MS;
const SCHEME = 'sim:';

/** The address under which a simulated node is dialled. */
export function addressOf(node: NodeId): string {
  return SCHEME + node;
}

/** How connections come about: resolve, knock, shake hands, keep one of two simultaneous ones. */
export class Dials<M, C> {
  readonly #exchange: Exchange<M, C>;
  readonly #options: NetworkOptions<M>;
  readonly #roundTrips: number;
  readonly #timeout: Time;

  constructor(exchange: Exchange<M, C>, options: NetworkOptions<M>) {
    this.#exchange = exchange;
    this.#options = options;
    this.#roundTrips = options.dialRoundTrips ?? ROUND_TRIPS;
    this.#timeout = options.dialTimeout ?? TIMEOUT;
  }

  begin(from: Station<M, C>, contact: DialTarget, now: Time): void {
    const name = contact.address.startsWith(SCHEME) ? contact.address.slice(SCHEME.length) : contact.node;
    const to = name === null ? undefined : this.#exchange.station(name);
    if (to === undefined) {
      this.#fail(from, contact, now + MS, 'unreachable');
      return;
    }
    const standing = from.links.get(to.name);
    if (standing !== undefined) {
      if (contact.node === null) this.#succeed(from, contact, to.name, now);
      if (contact.node === null || this.#exchange.paired(standing)) return;
    }
    const there = this.#options.paths.path(from.name, to.name);
    const back = this.#options.paths.path(to.name, from.name);
    this.#knock({ from, life: from.life, contact, to, startedAt: now, there, back, knocks: 1 }, now);
  }

  /** Whoever is silent is knocked at again after 1, 2 and 4 s, as TCP does (RFC 6298), until the dial is given up. */
  #knock(dial: Dial<M, C>, now: Time): void {
    const { from, to, contact, there, back, knocks } = dial;
    const givesUp = dial.startedAt + this.#timeout;
    const roundTrip = there.base + there.spread + back.base + back.spread;
    const accepted = Math.ceil(now + (this.#roundTrips - 1) * roundTrip + there.base + there.spread);
    const again = now + KNOCK_AGAIN * 2 ** (knocks - 1);
    if (this.#unanswered(dial)) {
      if (again >= givesUp) this.#fail(from, contact, givesUp, 'timeout');
      else this.#exchange.scheduleDial(again, { ...dial, knocks: knocks + 1 });
    } else if (to.state === 'stopped') this.#fail(from, contact, Math.ceil(now + roundTrip), 'refused');
    else if (to === from) this.#fail(from, contact, accepted, 'identity');
    else if (knocks > 1 && accepted >= givesUp) this.#fail(from, contact, givesUp, 'timeout');
    else this.#exchange.scheduleDial(accepted, { ...dial, knocks: 0 });
  }

  /** A dial has come as far as its next step: another knock, or the last flight of the handshake. */
  arrive(dial: Dial<M, C>, now: Time): void {
    const { from, to, contact } = dial;
    if (from.life !== dial.life) return;
    if (dial.knocks > 0) {
      this.#knock(dial, now);
      return;
    }
    const heard = Math.ceil(now + dial.back.base + dial.back.spread);
    if (this.#unanswered(dial)) {
      this.#fail(from, contact, Math.max(heard, dial.startedAt + this.#timeout), 'timeout');
      return;
    }
    if (to.paused) {
      const givesUp = dial.startedAt + this.#timeout;
      if (now >= givesUp) this.#fail(from, contact, heard, 'timeout');
      else this.#exchange.scheduleDial(Math.min(now + PAUSED_RETRY, givesUp), dial);
      return;
    }
    const verdict = this.#verdict(dial);
    if (verdict !== 'ok') this.#fail(from, contact, heard, verdict);
    else if (this.#clear(dial)) this.#exchange.establish(dial);
    else if (contact.node === null) this.#succeed(from, contact, to.name, heard);
  }

  #verdict(dial: Dial<M, C>): 'ok' | DialFailure {
    if (dial.to.state === 'stopped') return 'refused';
    if (dial.contact.node !== null && dial.contact.node !== dial.to.name) return 'identity';
    return this.#options.handshake?.(dial.from.name, dial.to.name) ?? 'ok';
  }

  #unanswered(dial: Dial<M, C>): boolean {
    const { from, to } = dial;
    return (
      to.state === 'crashed' ||
      to.hidden ||
      this.#exchange.blocked(from.name, to.name) ||
      this.#exchange.blocked(to.name, from.name)
    );
  }

  /** False when a connection already stands; what is left of a dead one makes room. */
  #clear(dial: Dial<M, C>): boolean {
    const { from, to } = dial;
    const theirs = to.links.get(from.name);
    if (theirs !== undefined) {
      if (this.#exchange.paired(theirs)) return false;
      this.#exchange.closeEnd(theirs, 'replaced');
    }
    const ours = from.links.get(to.name);
    if (ours !== undefined) this.#exchange.closeEnd(ours, 'replaced');
    return from.state === 'up' && to.state === 'up';
  }

  #succeed(from: Station<M, C>, contact: Contact, peer: NodeId, at: Time): void {
    this.#exchange.inform(from, at, { type: 'dial', contact, outcome: { ok: true, peer } });
  }

  #fail(from: Station<M, C>, contact: Contact, at: Time, why: DialFailure): void {
    this.#exchange.inform(from, at, { type: 'dial', contact, outcome: { ok: false, why } });
  }
}
