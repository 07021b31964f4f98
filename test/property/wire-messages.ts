import { fc } from '@fast-check/ava';
import type { ChunkHeader } from '../../core/chunk.js';
import { FARTHEST } from '../../core/membership/coordinate.js';
import { LIMITS } from '../../core/limits.js';
import type { Candidate, ChunkMessage, Message, MessageType, StreamLoad } from '../../core/message.js';
import type { TicketReason } from '../../core/trace.js';
import { toBase32 } from '../../core/wire/base32.js';
import { writeHeader } from '../../core/wire/header.js';
import { COUNT_MAX, ORDINAL_MAX } from '../../core/wire/reader.js';
import { Writer } from '../../core/wire/writer.js';

const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const upTo = (maxLength: number) => fc.uint8Array({ maxLength });

export const realId = exactly(32).map(toBase32);
export const label = fc
  .string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 64,
  })
  .filter((text) => text.length !== 52);

const whole = fc.oneof(fc.nat(300), fc.maxSafeNat());
/** Stream times, and numbers that are only told back. */
const ordinal = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat().map((value) => Math.floor(value / 2)),
  fc.constant(ORDINAL_MAX),
);
/** Epochs and sequence numbers. */
const count = ordinal.map((value) => Math.min(value, COUNT_MAX));
const u32 = fc.oneof(fc.nat(300), fc.nat(0xffff_ffff));
const seq = ordinal.map((value) => value - 1);
const reached = count.map((value) => value - 1);
const text = fc.string({ unit: 'binary', maxLength: 60 });
const sub = fc.nat(LIMITS.substreams - 1);
const ref = fc.record({ ticket: u32, generation: u32 });
const refs = fc.array(ref, { maxLength: LIMITS.listItems });
const beat = fc.record({ epoch: count, seq: reached, depth: u32 });
const source = fc.option(fc.record({ time: ordinal, error: ordinal }), { nil: null });
const keyframes = fc.array(fc.record({ seq: count, sourceTime: ordinal }), { maxLength: LIMITS.keyframes });
const seqs = fc.array(ordinal, { maxLength: LIMITS.seqsPerPull });
const reason = fc.constantFrom<TicketReason>(
  ...(['join', 'renewed', 'confirmed', 'silent', 'heard', 'replaced', 'expired', 'starving', 'leaving'] as const),
  ...(['displaced', 'improved', 'shed', 'unknown', 'infeasible', 'surplus', 'lost', 'epoch', 'unwatch'] as const),
  'cancelled',
);

/** A chunk message whose envelope and payload fit its header; signatures are arbitrary bytes. */
function chunkMessage(id: fc.Arbitrary<string>): fc.Arbitrary<ChunkMessage> {
  return fc
    .record({
      stream: id,
      epoch: count,
      seq: count,
      fragment: ordinal,
      parts: fc.integer({ min: 1, max: LIMITS.windowChunks }),
      partDraw: fc.nat(),
      keyframe: fc.boolean(),
      sourceTime: ordinal,
      digest: exactly(16),
      signature: exactly(64),
      payload: upTo(300),
      mode: fc.constantFrom<ChunkMessage['mode']>('push', 'pull'),
      beatSeq: reached,
      depth: u32,
    })
    .map(({ partDraw, signature, payload, mode, beatSeq, depth, ...rest }) => {
      const header: ChunkHeader = { ...rest, part: partDraw % rest.parts, size: payload.length };
      const writer = new Writer();
      writeHeader(writer, header);
      const chunk = { ...header, envelope: writer.finish(), signature, payload };
      return { type: 'chunk' as const, mode, chunk, beatSeq, depth };
    });
}

type Arbitraries = { readonly [T in MessageType]: fc.Arbitrary<Extract<Message, { type: T }>> };

const type = <T extends MessageType>(name: T) => fc.constant(name);

/** What nodes and publishers sign. */
function statements(id: fc.Arbitrary<string>, load: fc.Arbitrary<StreamLoad>) {
  const record = fc.record({
    node: id,
    publicKey: exactly(32),
    endpoints: fc.array(text, { maxLength: LIMITS.endpoints }),
    streams: fc.array(load, { maxLength: LIMITS.streams }),
    seq: whole,
    ttl: whole,
    signature: exactly(64),
  });
  const manifest = fc.record({
    stream: id,
    publicKey: exactly(32),
    epoch: count,
    name: text,
    description: text,
    mime: text,
    substreams: fc.integer({ min: 1, max: LIMITS.substreams - 1 }),
    chunkTime: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
    bitrate: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })),
    init: upTo(200),
    signature: exactly(64),
  });
  return { record, manifest };
}

/** What nodes say to supernodes, and those to each other. */
function brokering(id: fc.Arbitrary<string>, load: fc.Arbitrary<StreamLoad>, candidate: fc.Arbitrary<Candidate>) {
  const entry = fc.record({
    contact: fc.record({ node: fc.option(id, { nil: null }), address: text }),
    room: u32,
    children: u32,
    age: ordinal,
  });
  const entries = fc.array(entry, { maxLength: LIMITS.supernodeList });
  const record = fc.record({
    node: id,
    publicKey: exactly(32),
    address: text,
    children: u32,
    room: u32,
    seq: whole,
    ttl: whole,
    signature: exactly(64),
  });
  const holders = fc.array(candidate, { maxLength: LIMITS.gossipHolders });
  const news = fc.record({ stream: id, age: ordinal, candidates: holders });
  const streams = fc.array(news, { maxLength: LIMITS.gossipStreams });
  const loads = fc.array(load, { maxLength: LIMITS.streams });
  const verdict = fc.constantFrom('accepted', 'full', 'ordinary', 'leaving' as const);
  return {
    enlist: fc.record({ type: type('enlist'), record }),
    'want-supernodes': fc.record({ type: type('want-supernodes'), stamp: ordinal }),
    supernodes: fc.record({
      type: type('supernodes'),
      stamp: ordinal,
      supernode: fc.boolean(),
      room: u32,
      entries,
    }),
    register: fc.record({ type: type('register'), stamp: ordinal, loads }),
    registered: fc.record({ type: type('registered'), stamp: ordinal, verdict, place: seq, entries }),
    deregister: fc.record({ type: type('deregister') }),
    'ask-standby': fc.record({ type: type('ask-standby'), stream: id, sub, via: id }),
    standby: fc.record({ type: type('standby'), stream: id, sub, ticket: u32, generation: u32, incarnation: whole }),
    'refuse-standby': fc.record({ type: type('refuse-standby'), stream: id, sub }),
    activate: fc.record({ type: type('activate'), ticket: u32, generation: u32, from: seq, stamp: whole }),
    activated: fc.record({
      type: type('activated'),
      stream: id,
      ticket: u32,
      generation: u32,
      stamp: whole,
      beat,
    }),
    gossip: fc.record({ type: type('gossip'), room: u32, children: u32, entries, streams }),
  };
}

const axis = fc.integer({ min: -FARTHEST, max: FARTHEST });
const share = fc.nat(100);
const at = fc.option(fc.record({ x: axis, y: axis, height: fc.nat(FARTHEST), error: share }), { nil: null });

function arbitraries(id: fc.Arbitrary<string>): Arbitraries {
  const load: fc.Arbitrary<StreamLoad> = fc.record({ stream: id, free: u32, interior: u32, depth: u32, at });
  const candidate: fc.Arbitrary<Candidate> = fc.record({
    contact: fc.record({ node: fc.option(id, { nil: null }), address: text }),
    load: fc.option(load, { nil: null }),
  });
  const candidates = fc.array(candidate, { maxLength: LIMITS.referral });
  const { record, manifest } = statements(id, load);
  const tickBeat = fc.record({ sub, starving: fc.boolean(), epoch: count, seq: reached, depth: u32 });
  const why = fc.constantFrom('full', 'starving', 'depth', 'unknown', 'leaving' as const);
  const side = fc.constantFrom('provider', 'consumer' as const);
  return {
    announce: fc.record({ type: type('announce'), record }),
    announced: fc.record({ type: type('announced'), seq: whole, refresh: whole }),
    unreached: fc.record({ type: type('unreached'), seq: whole }),
    'reachable-at': fc.record({ type: type('reachable-at'), address: text }),
    'want-call': fc.record({ type: type('want-call'), node: id }),
    call: fc.record({
      type: type('call'),
      contact: fc.record({ node: fc.option(id, { nil: null }), address: text }),
    }),
    find: fc.record({ type: type('find'), stream: id, subs: u32, count: u32 }),
    contacts: fc.record({ type: type('contacts'), stream: id, candidates }),
    seed: fc.record({ type: type('seed'), stream: id }),
    'want-manifest': fc.record({ type: type('want-manifest'), stream: id }),
    manifest: fc.record({ type: type('manifest'), manifest }),
    ask: fc.record({
      type: type('ask'),
      stream: id,
      subs: u32,
      slots: u32,
      interior: u32,
      slot: fc.constantFrom('fitting' as const, 'any' as const, 'reserved' as const),
      epoch: seq,
    }),
    offer: fc.record({
      type: type('offer'),
      stream: id,
      sub,
      ticket: u32,
      generation: u32,
      incarnation: whole,
      ttl: whole,
      beat,
      source,
      keyframes,
      at,
    }),
    refuse: fc.record({ type: type('refuse'), stream: id, subs: u32, why, candidates }),
    confirm: fc.record({ type: type('confirm'), ticket: u32, generation: u32, from: seq, stamp: whole }),
    renew: fc.record({ type: type('renew'), stamp: whole, tickets: refs, free: u32, interior: u32, at }),
    renewed: fc.record({ type: type('renewed'), stamp: whole, tickets: refs, stream: id, source, at }),
    cancel: fc.record({ type: type('cancel'), side, ticket: u32, generation: u32, why: reason, candidates }),
    tick: fc.record({ type: type('tick'), stream: id, beats: fc.array(tickBeat, { maxLength: LIMITS.substreams }) }),
    chunk: chunkMessage(id),
    pull: fc.record({ type: type('pull'), stream: id, epoch: whole, seqs }),
    lacking: fc.record({ type: type('lacking'), stream: id, epoch: whole, seqs }),
    leaving: fc.record({ type: type('leaving'), stream: id, candidates }),
    ...brokering(id, load, candidate),
  };
}

function anyOf(table: Arbitraries): fc.Arbitrary<Message> {
  return fc.oneof(...(Object.values(table) as fc.Arbitrary<Message>[]));
}

/** Any message with the ids of a live network, and any with ids of either kind. */
export const realMessage = anyOf(arbitraries(realId));
const table = arbitraries(fc.oneof(realId, label));
export const message = anyOf(table);
/** What makes and uses tickets, with ids of either kind. */
export const ticketMessage: fc.Arbitrary<Message> = fc.oneof(
  ...([table.offer, table.offer, table.ask, table.confirm, table.chunk, table.tick, table.manifest] as const),
  ...([table.standby, table.activate, table.activated, table['ask-standby']] as const),
);
