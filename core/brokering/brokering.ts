import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Peer } from '../membership/peers.js';
import type { Gossip, Register, Registered, SupernodesMessage, WantSupernodes } from '../message.js';
import type { NodeId } from '../units.js';
import { Broker } from './broker.js';
import { Member } from './member.js';
import { Promotion } from './promotion.js';

/** A node among supernodes: a child of one, or one itself. */
export class Brokering {
  readonly broker: Broker;
  readonly #ctx: NodeContext;
  readonly #member: Member;
  readonly #promotion: Promotion;

  constructor(ctx: NodeContext) {
    this.#ctx = ctx;
    this.#promotion = new Promotion(ctx);
    this.#member = new Member(ctx, this.#promotion);
    this.broker = new Broker(ctx);
    this.#promotion.promote = (why) => this.#promote(why);
  }

  /** One step in the present role; sets the next. */
  step(): void {
    const { standing, config, leaving, address } = this.#ctx;
    if (leaving) return;
    if (standing.role === 'ordinary' && config.supernode === 'always' && address !== null) {
      this.#promote('operator');
    }
    if (standing.role === 'ordinary') this.#member.step();
    else if (this.broker.step()) this.stepDown('surplus');
  }

  /** Back to an ordinary node, if it is a supernode. */
  stepDown(why: 'surplus' | 'unreachable'): void {
    if (this.#ctx.standing.role !== 'supernode') return;
    this.broker.end(why);
    this.#promotion.reset();
    this.#member.wake();
  }

  onUp(peer: Peer): void {
    if (this.#ctx.standing.role === 'supernode') this.broker.onUp(peer);
    else this.#member.onUp(peer);
  }

  onDown(id: NodeId): void {
    this.broker.onDown(id);
    if (this.#ctx.standing.role === 'ordinary') this.#member.onDown(id);
  }

  onDialFailed(id: NodeId): void {
    this.#ctx.standing.known.fail(id, this.#ctx.now, 'silent');
    this.#member.onDialFailed(id);
  }

  onWantSupernodes(peer: Peer, message: WantSupernodes): void {
    const ctx = this.#ctx;
    const { standing } = ctx;
    const supernode = standing.role === 'supernode' && !ctx.leaving;
    const all = standing.known.entries(ctx.now, LIMITS.supernodeList);
    const entries = all.filter(({ contact }) => contact.node !== peer.id);
    ctx.send(peer, { type: 'supernodes', stamp: message.stamp, supernode, room: this.broker.room, entries });
  }

  onSupernodes(peer: Peer, message: SupernodesMessage): void {
    this.#member.onSupernodes(peer, message);
  }

  onRegister(peer: Peer, message: Register): void {
    this.broker.onRegister(peer, message);
  }

  onRegistered(peer: Peer, message: Registered): void {
    this.#member.onRegistered(peer, message);
  }

  onDeregister(peer: Peer): void {
    this.#ctx.standing.children.delete(peer.id);
  }

  onGossip(peer: Peer, message: Gossip): void {
    this.broker.onGossip(peer, message);
  }

  /** The node goes: its children look for another supernode at once. */
  leave(): void {
    this.broker.end('leaving');
    this.#member.end();
    this.#ctx.deadlines.clear('brokering');
  }

  #promote(why: 'no-supernode' | 'capacity' | 'operator'): void {
    this.#member.end();
    this.#promotion.reset();
    this.broker.begin(why);
  }
}
