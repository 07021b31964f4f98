import type { Manifest } from './chunk.js';
import { receive } from './commands.js';
import type { NodeContext } from './context.js';
import { GATHER } from './membership/candidates.js';
import { drop } from './membership/connections.js';
import type { Peer } from './membership/peers.js';
import type { Message, MessageType } from './message.js';
import type { Parts } from './parts.js';
import type { Stream } from './stream.js';
import { verifyManifest } from './trust/statements.js';
import { SECOND } from './units.js';

type Of<T extends MessageType> = Extract<Message, { type: T }>;
type Handlers = { readonly [T in MessageType]: (parts: Parts, peer: Peer, message: Of<T>) => void };

/** Whoever passed on a forged chunk is not spoken with for this long. */
const FORGED = 600 * SECOND;

/** One handler for every message a neighbour can send; what concerns a stream this node does not know is dropped. */
const HANDLERS: Handlers = {
  announce: ({ ctx }, peer) => ctx.traceRefused('message', peer.id, 'unknown'),
  announced: () => {},
  unreached: ({ reach }, peer) => reach.doubt(peer),
  'reachable-at': ({ reach }, peer, message) => reach.onReachableAt(peer, message),
  'want-call': ({ reach }, peer, message) => reach.onWantCall(peer, message),
  call: ({ reach }, peer, message) => reach.onCall(peer, message),
  find({ bootstrap, brokering }, peer, message) {
    bootstrap.onFind(peer, message, brokering.broker.referrals);
  },
  contacts({ ctx }, peer, message) {
    const stream = ctx.streams.get(message.stream);
    if (stream === undefined) return;
    for (const candidate of message.candidates) stream.candidates.learn(candidate, ctx.now, peer.id);
    ctx.deadlines.setEarlier('seek', ctx.now + GATHER, GATHER);
  },
  'want-manifest'({ ctx }, peer, message) {
    const manifest = ctx.streams.get(message.stream)?.manifest ?? null;
    if (manifest !== null) ctx.send(peer, { type: 'manifest', manifest });
  },
  manifest: ({ ctx }, peer, message) => onManifest(ctx, peer, message.manifest),
  ask: ({ ctx, provider }, peer, message) => provider.onAsk(peer, ctx.streams.get(message.stream), message),
  offer({ ctx, consumer }, peer, message) {
    const stream = knownStream(ctx, peer, message.stream);
    if (stream !== null) consumer.onOffer(peer, stream, message);
  },
  refuse({ ctx, consumer }, peer, message) {
    const stream = ctx.streams.get(message.stream);
    if (stream !== undefined) consumer.onRefuse(peer, stream, message);
  },
  confirm({ provider, relay }, peer, message) {
    const started = provider.onConfirm(peer, message);
    if (started !== null) relay.catchUp(started.stream, started.ticket, message.from);
  },
  renew: ({ provider }, peer, message) => provider.onRenew(peer, message),
  renewed({ ctx, consumer }, peer, message) {
    const stream = knownStream(ctx, peer, message.stream);
    if (stream !== null) consumer.onRenewed(peer, stream, message);
  },
  cancel(parts, peer, message) {
    if (message.side === 'consumer') onConsumerCancel(parts, peer, message);
    else onProviderCancel(parts, peer, message);
  },
  tick({ ctx, relay }, peer, message) {
    const stream = knownStream(ctx, peer, message.stream);
    if (stream !== null) relay.onTick(peer, stream, message);
  },
  chunk(parts, peer, message) {
    const stream = knownStream(parts.ctx, peer, message.chunk.stream);
    if (stream === null || parts.relay.onChunk(peer, stream, message)) return;
    parts.ctx.forgers.bear(peer.id, parts.ctx.now + FORGED);
    drop(parts, peer, 'protocol', 'chunk fails its signature');
  },
  pull: ({ ctx, relay }, peer, message) => relay.onPull(peer, ctx.streams.get(message.stream), message),
  lacking({ ctx, repair }, peer, message) {
    const stream = knownStream(ctx, peer, message.stream);
    if (stream !== null && message.epoch === stream.epoch) repair.onLacking(stream, peer, message.seqs);
  },
  leaving({ ctx, consumer, standby }, peer, message) {
    const stream = knownStream(ctx, peer, message.stream);
    if (stream === null) return;
    for (const candidate of message.candidates) stream.candidates.learn(candidate, ctx.now, peer.id);
    consumer.onLeaving(peer, stream);
    // One that is being woken would be taken up now, and lost when the peer goes.
    standby.drop(stream, peer, 'leaving');
  },
  seed(parts, peer, message) {
    const { ctx } = parts;
    const stream = ctx.streams.get(message.stream);
    if (stream !== undefined && (stream.watching || stream.publishing !== null)) return;
    if (!ctx.config.acceptSeeds) ctx.traceRefused('message', peer.id, 'not-watching');
    else if (!receive(parts, message.stream).ok) ctx.traceRefused('message', peer.id, 'limit');
  },
  enlist: ({ ctx }, peer) => ctx.traceRefused('message', peer.id, 'unknown'),
  'want-supernodes': ({ brokering }, peer, message) => brokering.onWantSupernodes(peer, message),
  supernodes: ({ brokering }, peer, message) => brokering.onSupernodes(peer, message),
  register: ({ brokering }, peer, message) => brokering.onRegister(peer, message),
  registered: ({ brokering }, peer, message) => brokering.onRegistered(peer, message),
  deregister: ({ brokering }, peer) => brokering.onDeregister(peer),
  'ask-standby': ({ ctx, spares }, peer, message) => spares.onAsk(peer, ctx.streams.get(message.stream), message),
  standby({ ctx, standby }, peer, message) {
    const stream = knownStream(ctx, peer, message.stream);
    if (stream !== null) standby.onStandby(peer, stream, message);
  },
  'refuse-standby'({ ctx, standby }, peer, message) {
    const stream = knownStream(ctx, peer, message.stream);
    if (stream !== null) standby.onRefused(peer, stream, message.sub);
  },
  activate({ spares, relay }, peer, message) {
    const woken = spares.onActivate(peer, message);
    if (woken !== null) relay.catchUp(woken.stream, woken.ticket, message.from);
  },
  activated({ ctx, standby }, peer, message) {
    const stream = knownStream(ctx, peer, message.stream);
    if (stream !== null) standby.onActivated(peer, stream, message);
  },
  gossip: ({ brokering }, peer, message) => brokering.onGossip(peer, message),
};

export function handleMessage(parts: Parts, peer: Peer, message: Message): void {
  const handler = HANDLERS[message.type] as (parts: Parts, peer: Peer, message: Message) => void;
  handler(parts, peer, message);
}

/** The stream, once its manifest is known. */
function knownStream(ctx: NodeContext, peer: Peer, id: string): Stream | null {
  const stream = ctx.streams.get(id);
  if (stream !== undefined && stream.manifest !== null) return stream;
  ctx.traceRefused('message', peer.id, 'unknown');
  return null;
}

function onManifest(ctx: NodeContext, peer: Peer, manifest: Manifest): void {
  const stream = ctx.streams.get(manifest.stream);
  if (stream === undefined || stream.publishing !== null || manifest.epoch <= stream.epoch) return;
  const known = stream.manifest;
  if (!verifyManifest(ctx.crypto, manifest) || (known !== null && known.substreams !== manifest.substreams)) {
    ctx.traceRefused('message', peer.id, 'invalid');
    return;
  }
  ctx.uplink.forgetStream(stream.id);
  stream.adopt(manifest);
  if (known === null) stream.interior = drawInterior(ctx, stream);
  else passOn(ctx, stream, manifest, peer);
}

/**
 * The few trees in which this node is interior: one, or more when its fan-out would be wide; those first for which the
 * candidates known so far have least room.
 */
function drawInterior(ctx: NodeContext, stream: Stream): number {
  const count = stream.substreams;
  const relays = Math.max(1, Math.min(count, Math.floor(ctx.slots(stream) / (2 * count))));
  const rooms = stream.candidates.roomBySub(count);
  let first = ctx.rng.below(count);
  const drawn = first;
  for (let i = 1; i < count; i++) {
    const sub = (drawn + i) % count;
    if ((rooms[sub] ?? 0) < (rooms[first] ?? 0)) first = sub;
  }
  let interior = 0;
  for (let i = 0; i < relays; i++) interior |= 1 << ((first + i) % count);
  return interior;
}

/** A new epoch travels down the trees ahead of its first chunk. */
function passOn(ctx: NodeContext, stream: Stream, manifest: Manifest, from: Peer): void {
  const told = new Set<Peer>([from]);
  for (const { peer } of stream.outbound.flat()) {
    if (told.has(peer)) continue;
    told.add(peer);
    ctx.send(peer, { type: 'manifest', manifest });
  }
}

function onConsumerCancel({ ctx, provider, leave }: Parts, peer: Peer, message: Of<'cancel'>): void {
  const entry = ctx.provided.get(message.ticket);
  if (entry === undefined || entry.ticket.peer !== peer || entry.ticket.generation !== message.generation) return;
  provider.drop(entry.stream, entry.ticket, 'cancelled');
  leave.check();
}

function onProviderCancel({ ctx, consumer, standby, relay }: Parts, peer: Peer, message: Of<'cancel'>): void {
  for (const stream of ctx.streams.values()) {
    if (standby.onCancel(peer, stream, message.ticket, message.generation)) return;
    const sub = consumer.onCancel(peer, stream, message);
    if (sub === null) continue;
    relay.tickStarving(stream, sub);
    return;
  }
}
