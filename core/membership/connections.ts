import { LIMITS } from '../limits.js';
import type { ByeCode, Input, PeerReason } from '../machine.js';
import type { Command, Message } from '../message.js';
import type { Parts } from '../parts.js';
import { SECOND, type NodeId } from '../units.js';
import type { Peer } from './peers.js';

type PeerInput = Extract<Input<Message, Command>, { type: 'peer' }>;
type DialInput = Extract<Input<Message, Command>, { type: 'dial' }>;

/** Connections that serve no purpose are closed after this while there are many. */
const IDLE = 20 * SECOND;
const RETRY = 2 * SECOND;

export function onPeer(parts: Parts, input: PeerInput): void {
  const peer = parts.ctx.peers.get(input.peer);
  if (input.change === 'up') {
    // Up again without a down: the peer has started anew, and nothing agreed with its earlier life holds.
    if (peer !== undefined) onDown(parts, peer, 'replaced');
    onUp(parts, input.peer, input.address ?? null, input.why);
  } else if (peer === undefined) {
    return;
  } else if (input.change === 'down') {
    onDown(parts, peer, input.why);
  } else {
    peer.congested = input.change === 'congested';
  }
}

function onUp({ ctx, bootstrap, brokering, reach }: Parts, id: NodeId, address: string | null, why: PeerReason): void {
  if (why === 'accepted') reach.prove();
  const kind = bootstrap.isDirectory({ node: id, address: address ?? '' }) ? 'directory' : 'node';
  const full = ctx.leaving || ctx.peers.size >= ctx.maxPeers;
  const unwanted = full || ctx.forgers.against(id, ctx.now);
  const peer = unwanted ? null : ctx.peers.add(id, kind, address, ctx.now);
  if (peer === null) {
    ctx.fx.disconnect(id, ctx.leaving ? 'leaving' : 'busy', '');
    return;
  }
  ctx.fx.trace?.({ type: 'peer', peer: id, change: 'up', why });
  if (kind === 'directory') ctx.deadlines.setEarlier('announce', ctx.now);
  reach.greet(peer);
  for (const stream of ctx.streams.values()) {
    stream.dials.delete(id);
    if (!stream.watching) continue;
    const find = { type: 'find', stream: stream.id, subs: ~0 >>> 0, count: LIMITS.referral } as const;
    if (kind === 'directory') ctx.send(peer, find);
    else stream.candidates.learn({ contact: { node: id, address: address ?? '' }, load: null }, ctx.now, null);
    ctx.deadlines.setEarlier('seek', ctx.now);
  }
  brokering.onUp(peer);
}

/** The connection is gone, and with it all tickets held with this peer. */
function onDown(
  { ctx, relay, repair, provider, consumer, bootstrap, standby, brokering, leave }: Parts,
  peer: Peer,
  why: PeerReason,
): void {
  for (const stream of ctx.streams.values()) {
    for (const ticket of [...stream.inbound]) {
      if (ticket?.peer !== peer) continue;
      consumer.lose(stream, ticket, 'down', 'lost', false);
      relay.tickStarving(stream, ticket.sub);
    }
    for (const list of stream.outbound) {
      for (const ticket of list.filter((held) => held.peer === peer)) provider.drop(stream, ticket, 'lost');
    }
    standby.drop(stream, peer, 'lost');
    for (const ticket of stream.spares.filter((held) => held.peer === peer)) provider.drop(stream, ticket, 'lost');
    stream.asks.delete(peer.id);
    stream.candidates.postpone(peer.id, ctx.now, RETRY);
    repair.onPeerDown(stream, peer);
  }
  ctx.uplink.forget(peer.id);
  ctx.peers.remove(peer);
  ctx.fx.trace?.({ type: 'peer', peer: peer.id, change: 'down', why });
  brokering.onDown(peer.id);
  if ((peer.kind === 'directory' || ctx.peers.size === 0) && !ctx.leaving) bootstrap.retryLater();
  leave.check();
}

export function onDial({ ctx, bootstrap, brokering }: Parts, { contact, outcome }: DialInput): void {
  if (outcome.ok) {
    if (bootstrap.isWay(contact)) bootstrap.learn(contact, outcome.peer);
    return;
  }
  const whom = contact.node ?? contact.address;
  ctx.traceRefused('dial', whom, 'unreachable');
  brokering.onDialFailed(whom);
  for (const stream of ctx.streams.values()) {
    if (!stream.dials.delete(whom)) continue;
    // The dead are no help either: else those that are dialled in turn would keep a search from becoming urgent.
    stream.refusals++;
    if (outcome.why === 'busy') stream.candidates.postpone(whom, ctx.now, RETRY);
    else stream.candidates.forget(whom);
    ctx.deadlines.setEarlier('seek', ctx.now);
  }
}

/** Ends a connection of our own accord; the network does not report what we ended ourselves. */
export function drop(parts: Parts, peer: Peer, code: ByeCode, detail: string): void {
  parts.ctx.fx.disconnect(peer.id, code, detail);
  onDown(parts, peer, code);
}

/** Closes connections over which nothing comes back, so that their peers can be dialled anew. */
export function closeDeaf(parts: Parts): void {
  const { peers } = parts.ctx;
  for (const peer of [...peers.all()]) if (peers.isDeaf(peer)) drop(parts, peer, 'idle', 'no answer');
}

/** Closes what has not been used for a while, once half of the room for peers is taken. */
export function closeIdle(parts: Parts): void {
  const { ctx } = parts;
  if (ctx.peers.size <= ctx.maxPeers / 2) return;
  for (const peer of [...ctx.peers.all()]) {
    const idle = ctx.peers.tickets(peer) === 0 && ctx.now > ctx.peers.lastUsed(peer) + IDLE;
    if (!idle || peer.kind !== 'node') continue;
    drop(parts, peer, 'idle', '');
  }
}
