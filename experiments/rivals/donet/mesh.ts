import type { Config } from '../../../core/config.js';
import type { ByeCode, Contact, Effects, PeerReason, Rng } from '../../../core/machine.js';
import { MS, SECOND, type NodeId, type StreamId, type Time } from '../../../core/units.js';
import { Members } from './members.js';
import type { Member, Message, Propose } from './messages.js';
import { Partner, type Partners } from './partners.js';

/** A partner of whom nothing was heard for this long is dead: maps come several times a second. */
const SILENT: Time = 2 * SECOND;
/** A dialled node that has not accepted by now will not. */
const UNANSWERED: Time = 6 * SECOND;
/** Members tried at once, beyond the partners that are missing. */
const EXTRA = 2;
/** Nodes that gossip is passed on to, one after the other, after the partners of whom it is about. */
const WALK = 4;
const GOSSIP: Time = 10 * SECOND;
/** Between two comparisons of clocks. */
const COMPARE: Time = 4 * SECOND;
/** Between two reviews of the partners, and half as much at most by chance. */
const REVIEW: Time = 12 * SECOND;
const REVIEW_OF_PUBLISHER: Time = 4 * SECOND;
/** How long a partnership lasts before it is judged. */
const SETTLED: Time = 2 * SECOND;
const LOOK: Time = 500 * MS;

/** Whom a node knows and with whom it exchanges the stream: gossip, partnerships made, reviewed and ended. */
export class Mesh {
  readonly #self: NodeId;
  readonly #config: Config;
  readonly #rng: Rng;
  readonly #partners: Partners;
  readonly #members: Members;
  readonly #ended: (node: NodeId) => void;
  readonly #tracker: Contact | null;
  readonly #connected = new Set<NodeId>();
  readonly #dialled = new Map<NodeId, Time>();
  #version: number;
  #gossipAt: Time = 0;
  #compareAt: Time = 0;
  #reviewAt: Time = 0;
  /** The stream that is watched or published; empty while there is none. */
  stream: StreamId = '';

  /** @param ended called with each partner that is one no longer */
  constructor(
    node: { readonly id: NodeId; readonly config: Config; readonly incarnation: number; readonly rng: Rng },
    partners: Partners,
    ended: (node: NodeId) => void,
  ) {
    this.#self = node.id;
    this.#config = node.config;
    this.#rng = node.rng;
    this.#version = node.incarnation * 1_000_000;
    this.#partners = partners;
    this.#members = new Members(node.id);
    this.#ended = ended;
    this.#tracker = node.config.directory[0] ?? null;
    for (const contact of node.config.bootstrap) this.#members.hear(0, contact);
  }

  /** The regular work; returns when to come again. `epoch` is the one known. */
  step(now: Time, epoch: number, effects: Effects<Message>): Time {
    for (const { node, heardAt } of [...this.#partners]) {
      if (now - heardAt < SILENT) continue;
      this.#reportGone(now, node, effects);
      this.part(node, 'idle', effects);
    }
    for (const [node, since] of [...this.#dialled]) if (now - since >= UNANSWERED) this.#giveUp(now, node, effects);
    if (now >= this.#reviewAt) this.#review(now, effects);
    if (now >= this.#gossipAt) this.#gossip(now, effects);
    if (now >= this.#compareAt) this.compareClocks(now, epoch, effects);
    this.#seek(now, effects);
    return now + LOOK;
  }

  compareClocks(now: Time, epoch: number, effects: Effects<Message>): void {
    this.#compareAt = now + COMPARE;
    for (const { node } of this.#partners) effects.send(node, this.proposal(now, epoch));
  }

  proposal(now: Time, epoch: number): Propose {
    const { uplink } = this.#config;
    return { type: 'propose', stream: this.stream, address: this.#address, stamp: now, epoch, uplink };
  }

  /** Whether the connection was dialled for a partnership, which is to be proposed now. */
  up(peer: NodeId, effects: Effects<Message>): boolean {
    this.#connected.add(peer);
    if (peer === this.#tracker?.node) this.#enter(effects);
    return this.#dialled.has(peer);
  }

  down(now: Time, peer: NodeId, why: PeerReason, effects: Effects<Message>): void {
    this.#connected.delete(peer);
    this.#dialled.delete(peer);
    if (this.#partners.get(peer) === undefined) return;
    if (why !== 'idle' && why !== 'leaving') this.#reportGone(now, peer, effects);
    this.#forget(peer, why, effects);
  }

  unreachable(now: Time, { node }: Contact): void {
    if (node === null || node === this.#tracker?.node) return;
    this.#dialled.delete(node);
    this.#members.missed(now, node);
  }

  /** A node wants to be a partner: the partner that it is now, null where there is no room for it. */
  proposed(now: Time, from: NodeId, { address, stream, uplink }: Propose, effects: Effects<Message>): Partner | null {
    this.#members.hear(now, { node: from, address });
    const known = this.#partners.get(from);
    if (known !== undefined) return known;
    if (stream === this.stream && this.#hasRoomFor(uplink, effects))
      return this.#add(now, from, uplink, 'accepted', effects);
    const members = this.#members.sample(now, this.#rng, 8, (node) => node === from);
    effects.send(from, { type: 'members', members });
    return null;
  }

  /** A node that was asked to be a partner is one now; null when it was not asked, or too many have accepted. */
  accepted(now: Time, from: NodeId, uplink: number, effects: Effects<Message>): Partner | null {
    const known = this.#partners.get(from);
    const asked = this.#dialled.delete(from);
    if (known !== undefined) return known;
    if (asked && this.#hasRoomFor(uplink, effects)) return this.#add(now, from, uplink, 'dialled', effects);
    this.#close(from, 'busy', effects);
    return null;
  }

  /** From the tracker, or from a node that has no room. */
  heard(now: Time, from: NodeId, members: readonly Contact[], effects: Effects<Message>): void {
    for (const contact of members) this.#members.hear(now, contact);
    if (this.#dialled.delete(from)) this.#close(from, 'busy', effects);
    this.#seek(now, effects);
  }

  gossiped(now: Time, from: NodeId, message: Member, effects: Effects<Message>): void {
    if (!this.#members.learn(now, message.node, message) || message.hops <= 0) return;
    const others = [...this.#partners].filter(({ node }) => node !== from && node !== message.node);
    const next = others[this.#rng.below(others.length)];
    if (next !== undefined) effects.send(next.node, { ...message, hops: message.hops - 1 });
  }

  /** Ends a partnership. */
  part(node: NodeId, code: ByeCode, effects: Effects<Message>): void {
    this.#forget(node, code, effects);
    this.#close(node, code, effects);
  }

  leave(effects: Effects<Message>): void {
    for (const { node } of this.#partners) effects.send(node, this.#news(true));
    for (const { node } of [...this.#partners]) this.#forget(node, 'leaving', effects);
    for (const node of [...this.#connected]) this.#close(node, 'leaving', effects);
    this.#dialled.clear();
  }

  get #address(): string {
    return this.#config.endpoints[0] ?? '';
  }

  #hasRoomFor(uplink: number, effects: Effects<Message>): boolean {
    const weaker = this.#partners.weaker(uplink);
    if (weaker !== null) this.part(weaker.node, 'idle', effects);
    return this.#partners.hasRoom;
  }

  #add(now: Time, node: NodeId, uplink: number, why: PeerReason, effects: Effects<Message>): Partner {
    const partner = new Partner(node, now, uplink);
    this.#partners.add(partner);
    effects.trace?.({ type: 'peer', peer: node, change: 'up', why });
    return partner;
  }

  #forget(node: NodeId, why: PeerReason, effects: Effects<Message>): void {
    if (!this.#partners.delete(node)) return;
    this.#ended(node);
    effects.trace?.({ type: 'peer', peer: node, change: 'down', why });
  }

  #giveUp(now: Time, node: NodeId, effects: Effects<Message>): void {
    this.#dialled.delete(node);
    this.#members.missed(now, node);
    this.#close(node, 'idle', effects);
  }

  #close(node: NodeId, code: ByeCode, effects: Effects<Message>): void {
    if (this.#connected.delete(node)) effects.disconnect(node, code, '');
  }

  /** Dials as many members as there are partners missing, and asks the tracker where too few are known. */
  #seek(now: Time, effects: Effects<Message>): void {
    const missing = this.#partners.wanted - this.#partners.size;
    if (missing <= 0 || this.stream === '') return;
    const short = missing + EXTRA - this.#dialled.size - this.#dial(now, missing + EXTRA - this.#dialled.size, effects);
    if (short <= 0 || this.#tracker === null) return;
    if (this.#tracker.node !== null && this.#connected.has(this.#tracker.node)) this.#enter(effects);
    else effects.connect(this.#tracker);
  }

  /** Dials so many members; returns how many there were. */
  #dial(now: Time, count: number, effects: Effects<Message>): number {
    if (count <= 0) return 0;
    const found = this.#members.sample(
      now,
      this.#rng,
      count,
      (node) => this.#dialled.has(node) || this.#partners.get(node) !== undefined,
    );
    for (const contact of found) {
      if (contact.node === null) continue;
      this.#dialled.set(contact.node, now);
      effects.connect(contact);
    }
    return found.length;
  }

  /** The worst beyond the number sought have to go, and somebody new is tried: a publisher tries more, to find the strong. */
  #review(now: Time, effects: Effects<Message>): void {
    const { publishing } = this.#partners;
    const every = publishing ? REVIEW_OF_PUBLISHER : REVIEW;
    this.#reviewAt = now + every + this.#rng.below(every / 2);
    for (const { node } of this.#partners.surplus(now, SETTLED)) this.part(node, 'idle', effects);
    this.#partners.startCounting(now);
    if (publishing || this.#partners.hasRoom) this.#dial(now, publishing ? 2 : 1, effects);
  }

  #gossip(now: Time, effects: Effects<Message>): void {
    this.#gossipAt = now + GOSSIP;
    if (this.stream === '') return;
    const news = this.#news(false);
    for (const { node } of this.#partners) effects.send(node, news);
    if (this.#tracker?.node != null && this.#connected.has(this.#tracker.node)) this.#enter(effects);
    else if (this.#tracker !== null) effects.connect(this.#tracker);
  }

  #news(gone: boolean): Member {
    this.#version += 2;
    const version = this.#version;
    return { type: 'member', node: this.#self, address: this.#address, version, gone, hops: WALK };
  }

  /** Whoever notices that a partner is dead says so for it; if it lives after all, its own next word is newer. */
  #reportGone(now: Time, node: NodeId, effects: Effects<Message>): void {
    const version = this.#members.versionOf(node) + 1;
    const news: Member = { type: 'member', node, address: '', version, gone: true, hops: WALK };
    this.#members.learn(now, node, news);
    for (const partner of this.#partners) if (partner.node !== node) effects.send(partner.node, news);
  }

  #enter(effects: Effects<Message>): void {
    if (this.#tracker?.node == null || this.stream === '') return;
    const looking = this.#partners.size < this.#partners.wanted;
    effects.send(this.#tracker.node, { type: 'enter', stream: this.stream, address: this.#address, looking });
  }
}
