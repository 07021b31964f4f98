import type { Brokering } from '../brokering/brokering.js';
import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Call, ReachableAt, WantCall } from '../message.js';
import { MS, type Time } from '../units.js';
import type { Peer } from './peers.js';

/**
 * Calls that are passed on for one neighbour, and those that are followed: `LIMITS.calls` at once, then one in this time;
 * those of one neighbour half as often, so that none takes the turns of all.
 */
const PACE = 500 * MS;

/**
 * Nodes that cannot be dialled, such as those behind address translation. What one knows of itself: a directory dialled
 * back and was not answered, and nobody else was either. And how one is reached: whoever wants a connection has a
 * common neighbour ask it to dial. Two of them cannot connect.
 */
export class Reach {
  readonly #ctx: NodeContext;
  readonly #brokering: Brokering;
  /** Somebody dialled this node, so that it takes nobody's word for the contrary. */
  #proven = false;
  /** It once took itself for out of reach, and dialled without an address. */
  #doubted = false;
  #followed: Time = 0;

  constructor(ctx: NodeContext, brokering: Brokering) {
    this.#ctx = ctx;
    this.#brokering = brokering;
  }

  /** This node was dialled. */
  prove(): void {
    this.#proven = true;
    this.#believe(true);
  }

  /** A directory has found nobody at the address of this node, so far. */
  doubt(directory: Peer): void {
    if (directory.kind === 'directory' && !this.#proven) this.#believe(false);
  }

  /** What a neighbour heard in the handshake may be of before this node knew better, either way. */
  greet(peer: Peer): void {
    const { address } = this.#ctx;
    if (this.#doubted && peer.kind === 'node') this.#ctx.send(peer, { type: 'reachable-at', address: address ?? '' });
  }

  onReachableAt(peer: Peer, { address }: ReachableAt): void {
    const ctx = this.#ctx;
    if (peer.kind !== 'node') return;
    peer.address = address === '' ? null : address;
    for (const { watching, candidates } of ctx.streams.values()) {
      if (watching) candidates.learn({ contact: { node: peer.id, address }, load: null }, ctx.now, null);
    }
  }

  /** Passes a call on, under the address that the caller gives of itself; its pace bounds how often that is a stranger's. */
  onWantCall(peer: Peer, { node }: WantCall): void {
    const ctx = this.#ctx;
    const target = ctx.peers.get(node);
    if (target === undefined || target.kind !== 'node' || target.address !== null || peer.address === null) return;
    const paid = charge(peer.calls, ctx.now, PACE);
    if (paid === null) {
      ctx.traceRefused('message', peer.id, 'limit');
      return;
    }
    peer.calls = paid;
    ctx.send(target, { type: 'call', contact: { node: peer.id, address: peer.address } });
  }

  /** Dials who called, if this node cannot be dialled itself and was not sent to too many lately. */
  onCall(peer: Peer, { contact }: Call): void {
    const ctx = this.#ctx;
    const { node, address } = contact;
    if (node === null || node === ctx.id || address === '' || ctx.address !== null || ctx.leaving) return;
    if (ctx.peers.get(node) !== undefined || ctx.peers.size >= ctx.maxPeers || ctx.forgers.against(node, ctx.now))
      return;
    const paid = charge(this.#followed, ctx.now, PACE);
    const own = charge(peer.calls, ctx.now, 2 * PACE);
    if (paid === null || own === null) {
      ctx.traceRefused('message', peer.id, 'limit');
      return;
    }
    this.#followed = paid;
    peer.calls = own;
    ctx.dial(contact);
  }

  #believe(reachable: boolean): void {
    const ctx = this.#ctx;
    const [address] = ctx.config.endpoints;
    if (reachable === ctx.reachable || address === undefined) return;
    ctx.reachable = reachable;
    this.#doubted ||= !reachable;
    for (const peer of ctx.peers.all()) {
      if (peer.kind === 'node') ctx.send(peer, { type: 'reachable-at', address: ctx.address ?? '' });
    }
    if (!reachable) this.#brokering.stepDown('unreachable');
  }
}

/** Until when one more is paid for; null when that is too much at once. */
function charge(paidUntil: Time, now: Time, pace: Time): Time | null {
  const next = Math.max(paidUntil, now) + pace;
  return next > now + LIMITS.calls * pace ? null : next;
}
