import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Peer } from '../membership/peers.js';
import type { Gossip, Register, Registered } from '../message.js';
import { signSupernode } from '../trust/statements.js';
import { SECOND, type NodeId, type Time } from '../units.js';
import { Referrals } from './referrals.js';
import { Ring } from './ring.js';
import type { Child } from './standing.js';
import { StreamNewsBoard } from './news.js';

const GOSSIP_EVERY = 2 * SECOND;
const SLACK = 100_000;
/** A supernode is surplus below this share of the children it could have; it is looked at from this age on. */
const FILLED = 0.7;
const SETTLED = 10 * SECOND;
/** Looks in a row that must find it surplus. */
const SURPLUS_ROUNDS = 3;

/** What a supernode does: takes children, gossips with other supernodes, and steps down when there are too many. */
export class Broker {
  readonly #ctx: NodeContext;
  readonly #ring: Ring;
  readonly news: StreamNewsBoard;
  readonly referrals: Referrals;
  #since: Time = 0;
  #nextGossip: Time = 0;
  #nextEnlist: Time = 0;
  #hadRoom = true;
  #enlisted = 0;
  #surplus = 0;

  constructor(ctx: NodeContext) {
    this.#ctx = ctx;
    this.#ring = new Ring(ctx);
    this.news = new StreamNewsBoard(ctx);
    this.referrals = new Referrals(ctx, this.news);
  }

  get room(): number {
    const { standing, config } = this.#ctx;
    return standing.role === 'supernode' ? Math.max(0, config.maxChildren - standing.children.size) : 0;
  }

  begin(why: 'no-supernode' | 'capacity' | 'operator'): void {
    const ctx = this.#ctx;
    ctx.standing.role = 'supernode';
    this.#since = ctx.now;
    this.#nextGossip = ctx.now;
    this.#nextEnlist = ctx.now;
    this.#surplus = 0;
    ctx.fx.trace?.({ type: 'role', role: 'supernode', why });
    ctx.deadlines.setEarlier('brokering', ctx.now);
  }

  /** One step of a supernode; sets its next. Returns true when it is surplus and is to step down. */
  step(): boolean {
    const ctx = this.#ctx;
    for (const [id, { expires }] of ctx.standing.children) if (expires <= ctx.now) ctx.standing.children.delete(id);
    if (this.#hadRoom !== this.room > 0) this.#nextEnlist = ctx.now;
    if (ctx.now >= this.#nextEnlist) this.enlist(ctx.config.recordTtl);
    if (ctx.now >= this.#nextGossip) {
      this.#nextGossip = ctx.now + GOSSIP_EVERY;
      ctx.standing.known.sweep(ctx.now);
      for (const peer of this.#ring.links()) this.gossip(peer);
      this.#ring.lookAround();
      this.#surplus = this.#isSurplus() ? this.#surplus + 1 : 0;
    }
    ctx.deadlines.set('brokering', Math.min(this.#nextGossip, this.#nextEnlist), SLACK);
    return this.#surplus >= SURPLUS_ROUNDS;
  }

  /** Back to an ordinary node; the children are told where else to go. */
  end(why: 'surplus' | 'unreachable' | 'leaving'): void {
    const ctx = this.#ctx;
    const { standing } = ctx;
    if (standing.role !== 'supernode') return;
    standing.role = 'ordinary';
    for (const { peer } of standing.children.values()) this.#decline(peer, 0, 'leaving');
    for (const peer of this.#ring.connected()) this.#decline(peer, 0, 'leaving');
    standing.children.clear();
    this.enlist(0);
    if (why !== 'leaving') ctx.fx.trace?.({ type: 'role', role: 'ordinary', why });
  }

  onUp(peer: Peer): void {
    const ctx = this.#ctx;
    if (ctx.standing.role !== 'supernode') return;
    if (peer.kind === 'directory') this.enlist(ctx.config.recordTtl);
    else if (ctx.standing.known.get(peer.id) !== undefined) this.gossip(peer);
  }

  onDown(id: NodeId): void {
    const { standing, now } = this.#ctx;
    standing.children.delete(id);
    if (standing.role === 'supernode') standing.known.fail(id, now, 'silent');
  }

  onRegister(peer: Peer, message: Register): void {
    const ctx = this.#ctx;
    const { standing, config } = ctx;
    if (standing.role !== 'supernode' || ctx.leaving) {
      this.#decline(peer, message.stamp, ctx.leaving ? 'leaving' : 'ordinary');
      return;
    }
    ctx.peers.use(peer, ctx.now);
    const child = standing.children.get(peer.id) ?? this.#admit(peer);
    if (child === null) {
      this.#decline(peer, message.stamp, 'full');
      return;
    }
    child.expires = ctx.now + config.registerLease + config.registerEvery;
    child.loads = message.loads;
    const entries = standing.known.entries(ctx.now, LIMITS.supernodeList);
    const told = entries.map(({ contact }) => contact.node).join();
    const news = told !== child.told;
    child.told = told;
    const place = this.#placeOf(child);
    const { stamp } = message;
    ctx.send(peer, { type: 'registered', stamp, verdict: 'accepted', place, entries: news ? entries : [] });
  }

  onGossip(peer: Peer, message: Gossip): void {
    const ctx = this.#ctx;
    const { known } = ctx.standing;
    if (ctx.standing.role !== 'supernode') {
      this.#decline(peer, 0, 'ordinary');
      return;
    }
    ctx.peers.use(peer, ctx.now);
    const { room, children } = message;
    if (peer.address !== null) {
      known.learn({ contact: { node: peer.id, address: peer.address }, room, children, age: 0 }, ctx.now);
    }
    for (const entry of message.entries) known.learn(entry, ctx.now);
    for (const news of message.streams) this.news.learn(news);
  }

  gossip(peer: Peer): void {
    const ctx = this.#ctx;
    const { standing } = ctx;
    ctx.peers.use(peer, ctx.now);
    ctx.send(peer, {
      type: 'gossip',
      room: this.room,
      children: standing.children.size,
      entries: standing.known.entries(ctx.now, LIMITS.supernodeList),
      streams: this.news.toTell(),
    });
  }

  /** Tells the directories that nodes may register here; `ttl` 0 takes it back. */
  enlist(ttl: Time): void {
    const ctx = this.#ctx;
    const address = ctx.config.endpoints[0];
    this.#nextEnlist = ctx.now + Math.ceil(ctx.config.announceEvery * (0.9 + 0.2 * ctx.standing.rng.next()));
    this.#hadRoom = this.room > 0;
    if (address === undefined) return;
    const directories = [...ctx.peers.all()].filter((peer) => peer.kind === 'directory');
    if (directories.length === 0) return;
    const record = signSupernode(ctx.crypto, ctx.identity.key, {
      node: ctx.id,
      publicKey: ctx.identity.key.publicKey,
      address,
      children: ctx.standing.children.size,
      room: this.room,
      seq: ctx.incarnation * 1_000_000 + ++this.#enlisted,
      ttl,
    });
    for (const peer of directories) ctx.send(peer, { type: 'enlist', record });
  }

  #decline(peer: Peer, stamp: Time, verdict: Exclude<Registered['verdict'], 'accepted'>): void {
    const { standing, now } = this.#ctx;
    const entries = standing.known.entries(now, LIMITS.supernodeList);
    this.#ctx.send(peer, { type: 'registered', stamp, verdict, place: -1, entries });
  }

  #admit(peer: Peer): Child | null {
    const { standing, now } = this.#ctx;
    if (this.room === 0) return null;
    const child: Child = { peer, since: now, expires: now, loads: [], reserved: 0, reservedUntil: 0, told: '' };
    standing.children.set(peer.id, child);
    return child;
  }

  /** Children that can be dialled come first, the strongest and oldest of them before the others. */
  #placeOf(child: Child): number {
    const worth = ({ peer, loads }: Child): number =>
      peer.address === null ? -1 : loads.reduce((sum, { free }) => sum + free, 0);
    const own = worth(child);
    let place = 0;
    for (const other of this.#ctx.standing.children.values()) {
      const theirs = worth(other);
      if (theirs > own || (theirs === own && other.since < child.since)) place++;
    }
    return place;
  }

  /**
   * Whether this one is of the emptier half of those that are too many, and those that stay could take their children
   * with room to spare. Half of them at a time: all see much the same, and who stays learns of it before the next look.
   */
  #isSurplus(): boolean {
    const ctx = this.#ctx;
    const { standing, config } = ctx;
    if (config.supernode === 'always' || ctx.now < this.#since + SETTLED) return false;
    const self = { id: ctx.id, room: this.room, children: standing.children.size };
    const all = [self, ...standing.known.fresh(ctx.now)].sort(
      (a, b) => a.children - b.children || (a.id < b.id ? 1 : -1),
    );
    const members = all.reduce((sum, { children }) => sum + children, all.length);
    const surplus = all.length - Math.max(1, Math.ceil(members / (FILLED * config.maxChildren)));
    const going = Math.ceil(surplus / 2);
    if (going <= 0 || all.indexOf(self) >= going) return false;
    const homeless = all.slice(0, going).reduce((sum, { children }) => sum + children, going);
    return all.slice(going).reduce((sum, { room }) => sum + room, 0) >= 1.2 * homeless;
  }
}
