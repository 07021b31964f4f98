import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Peer } from '../membership/peers.js';
import type { Registered, StreamLoad, SupernodesMessage } from '../message.js';
import { MS, type NodeId, type Time } from '../units.js';
import type { Promotion } from './promotion.js';

/** Supernodes whose round trip is compared at once. */
const PROBES = 3;
/** A probe without an answer, dial included, has failed after this; so has a registration. */
const PROBE_TIMEOUT = 2_500 * MS;
const REGISTER_TIMEOUT = 1_500 * MS;
/** Once one has answered the others have this long. */
const COMPARE = 150 * MS;
const STEP = 250 * MS;
/** Renewals ride along with other messages. */
const SLACK = 100 * MS;

interface Probe {
  readonly at: Time;
  /** Round trip and room, once it has answered. */
  rtt: Time;
  room: number;
}

/**
 * The way of an ordinary node to its primary supernode: compares a few by round trip, registers with the nearest that
 * has room, renews, and looks for another one when it is lost.
 */
export class Member {
  readonly #ctx: NodeContext;
  readonly #promotion: Promotion;
  readonly #probes = new Map<NodeId, Probe>();
  #firstAnswer = 0;
  #pending: { readonly id: NodeId; readonly at: Time } | null = null;
  /** The last one that took too long to answer a registration: a late answer is better than none. */
  #slow: NodeId | null = null;

  constructor(ctx: NodeContext, promotion: Promotion) {
    this.#ctx = ctx;
    this.#promotion = promotion;
  }

  /** One step of an ordinary node; sets its next. */
  step(): void {
    const ctx = this.#ctx;
    const { standing } = ctx;
    const { primary } = standing;
    if (primary !== null && ctx.now > standing.acknowledged + ctx.config.registerLease) this.#lost();
    if (standing.primary === null) {
      this.#search();
      ctx.deadlines.set('brokering', ctx.now + STEP, SLACK);
    } else {
      this.#register(standing.primary);
      ctx.deadlines.set('brokering', ctx.now + ctx.config.registerEvery, SLACK);
    }
  }

  onUp(peer: Peer): void {
    if (this.#probes.has(peer.id)) this.#ask(peer);
    if (peer.kind === 'directory') this.#ask(peer);
  }

  onDown(id: NodeId): void {
    const { standing } = this.#ctx;
    if (this.#slow === id) this.#slow = null;
    if (standing.primary?.id === id) this.#lost();
    else if (this.#pending?.id === id || this.#probes.has(id)) this.#failed(id, 'silent');
  }

  onDialFailed(id: NodeId): void {
    if (this.#probes.has(id)) this.#failed(id, 'silent');
  }

  /** An answer to `want-supernodes`, from a directory, a neighbour, or a supernode that is compared. */
  onSupernodes(peer: Peer, message: SupernodesMessage): void {
    const ctx = this.#ctx;
    const { known } = ctx.standing;
    for (const entry of message.entries) known.learn(entry, ctx.now);
    this.#promotion.answered(peer);
    const probe = this.#probes.get(peer.id) ?? this.#volunteer(peer, message);
    if (message.supernode && peer.address !== null) {
      const contact = { node: peer.id, address: peer.address };
      const children = known.get(peer.id)?.children ?? 0;
      known.learn({ contact, room: message.room, children, age: 0 }, ctx.now);
    } else if (probe !== undefined) {
      known.retire(peer.id, ctx.now);
      this.#probes.delete(peer.id);
    }
    if (probe !== undefined && message.supernode && message.stamp <= ctx.now) {
      probe.rtt = Math.max(1, ctx.now - message.stamp);
      probe.room = message.room;
      ctx.peers.measured(peer, probe.rtt);
      this.#firstAnswer = this.#firstAnswer || ctx.now;
    }
    this.wake();
  }

  /** A supernode that was asked as a source of others has answered for itself, too: one round trip less. */
  #volunteer(peer: Peer, { supernode, stamp }: SupernodesMessage): Probe | undefined {
    const { standing } = this.#ctx;
    const searching = standing.role === 'ordinary' && standing.primary === null && this.#pending === null;
    if (!supernode || !searching || peer.address === null || this.#probes.size >= PROBES) return undefined;
    const probe: Probe = { at: stamp, rtt: 0, room: 0 };
    if (this.#probes.size === 0) this.#firstAnswer = 0;
    this.#probes.set(peer.id, probe);
    return probe;
  }

  onRegistered(peer: Peer, message: Registered): void {
    const ctx = this.#ctx;
    const { standing } = ctx;
    for (const entry of message.entries) standing.known.learn(entry, ctx.now);
    const current = standing.primary === peer;
    if (message.verdict === 'leaving' || message.verdict === 'ordinary') {
      if (current) this.#lost();
      else if (this.#pending?.id === peer.id) this.#failed(peer.id, 'silent');
      standing.known.retire(peer.id, ctx.now);
      return;
    }
    const late = standing.primary === null && this.#slow === peer.id;
    const asked = current || late || this.#pending?.id === peer.id;
    if (!asked || standing.role === 'supernode' || message.stamp > ctx.now) {
      if (message.verdict === 'accepted') ctx.send(peer, { type: 'deregister' });
      return;
    }
    if (message.verdict === 'full') {
      this.#failed(peer.id, 'full');
      if (current) standing.follow(null, ctx.now);
      return;
    }
    this.#pending = null;
    this.#slow = null;
    this.#probes.clear();
    this.#promotion.reset();
    standing.follow(peer, ctx.now);
    standing.known.heard(peer.id, ctx.now);
    standing.acknowledged = Math.max(standing.acknowledged, message.stamp);
    standing.place = message.place;
    ctx.peers.measured(peer, Math.max(1, ctx.now - message.stamp));
    ctx.deadlines.setEarlier('brokering', ctx.now + ctx.config.registerEvery, SLACK);
  }

  /** The primary is gone; another one is looked for at once. */
  #lost(): void {
    const ctx = this.#ctx;
    const { primary } = ctx.standing;
    ctx.standing.follow(null, ctx.now);
    if (primary !== null) this.#failed(primary.id, 'silent');
    this.wake();
  }

  wake(): void {
    this.#ctx.deadlines.setEarlier('brokering', this.#ctx.now);
  }

  /** Forgets all about being a child: this node is a supernode now, or goes. */
  end(): void {
    const ctx = this.#ctx;
    if (ctx.standing.primary !== null) ctx.send(ctx.standing.primary, { type: 'deregister' });
    ctx.standing.follow(null, ctx.now);
    this.#probes.clear();
    this.#pending = null;
    this.#slow = null;
  }

  #search(): void {
    const ctx = this.#ctx;
    for (const [id, { at, rtt }] of this.#probes) {
      if (rtt === 0 && ctx.now > at + PROBE_TIMEOUT) this.#failed(id, 'silent');
    }
    if (this.#pending !== null && ctx.now > this.#pending.at + REGISTER_TIMEOUT) {
      this.#slow = this.#pending.id;
      this.#failed(this.#pending.id, 'silent');
    }
    if (this.#pending !== null) return;
    this.#choose();
    if (this.#pending !== null) return;
    this.#compare();
    if (this.#probes.size === 0) this.#promotion.consider();
    else this.#promotion.defer();
  }

  /** Registers with the nearest of those that have answered, once the others had their chance. */
  #choose(): void {
    const ctx = this.#ctx;
    const answered = [...this.#probes].filter(([, { rtt }]) => rtt > 0);
    if (answered.length === 0) return;
    if (answered.length < this.#probes.size && ctx.now < this.#firstAnswer + COMPARE) return;
    for (const [id, { room }] of answered) if (room === 0) this.#failed(id, 'full');
    const withRoom = answered.filter(([, { room }]) => room > 0).sort(([, a], [, b]) => a.rtt - b.rtt);
    for (const [id] of withRoom) {
      const peer = ctx.peers.get(id);
      if (peer === undefined) continue;
      this.#pending = { id, at: ctx.now };
      this.#register(peer);
      return;
    }
  }

  /** Sets out to compare those not tried yet: those with room first, neighbours first among them. */
  #compare(): void {
    const ctx = this.#ctx;
    const room = (at: number): number => (at > 0 ? 0 : 1);
    const untried = ctx.standing.known
      .untried(ctx.now)
      .filter(({ id }) => !this.#probes.has(id))
      .map((known) => ({
        known,
        order: 2 * room(known.room) + (ctx.peers.get(known.id) ? 0 : 1) + ctx.standing.rng.next(),
      }))
      .sort((a, b) => a.order - b.order);
    for (const { known } of untried) {
      if (this.#probes.size >= PROBES) return;
      if (this.#probes.size === 0) this.#firstAnswer = 0;
      this.#probes.set(known.id, { at: ctx.now, rtt: 0, room: 0 });
      const peer = ctx.peers.get(known.id);
      if (peer !== undefined) this.#ask(peer);
      else ctx.dial({ node: known.id, address: known.address });
    }
  }

  #ask(peer: Peer): void {
    this.#ctx.send(peer, { type: 'want-supernodes', stamp: this.#ctx.now });
    this.#ctx.expectAnswer(peer);
  }

  #register(peer: Peer): void {
    const ctx = this.#ctx;
    ctx.peers.use(peer, ctx.now);
    ctx.send(peer, { type: 'register', stamp: ctx.now, loads: loadsOf(ctx) });
    ctx.expectAnswer(peer);
  }

  #failed(id: NodeId, why: 'silent' | 'full'): void {
    const ctx = this.#ctx;
    this.#probes.delete(id);
    if (this.#pending?.id === id) this.#pending = null;
    ctx.standing.known.fail(id, ctx.now, why);
    this.wake();
  }
}

/** This node's room on each of its streams. */
export function loadsOf(ctx: NodeContext): StreamLoad[] {
  const loads: StreamLoad[] = [];
  for (const stream of ctx.streams.values()) {
    const load = ctx.loadOf(stream);
    if (load !== null && loads.length < LIMITS.streams) loads.push(load);
  }
  return loads;
}
