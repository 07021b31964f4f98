import type { Chunk } from '../chunk.js';
import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Peer } from '../membership/peers.js';
import type { ChunkMessage, Pull, Tick, TickBeat } from '../message.js';
import type { Stream } from '../stream.js';
import type { Consumer } from '../tickets/consumer.js';
import type { Ticket } from '../tickets/ticket.js';
import type { ChunkChange, ChunkReason } from '../trace.js';
import { verifyChunk } from '../trust/chunks.js';
import { MS, NEVER, SECOND, type NodeId } from '../units.js';

/** Waiting chunks leave with whatever happens within this time. */
const SLACK = 30 * MS;
/** A chunk that waits longer than this for the uplink has been pulled from elsewhere; nor does anybody play one late. */
const PATIENCE = 2 * SECOND;
/** A pull that cannot be answered within this is better asked of somebody else. */
const ANSWER_WITHIN = 300 * MS;

/** Chunks in, chunks out: verifies once, keeps, forwards along tickets, answers pulls, ticks on silent edges. */
export class Relay {
  readonly #ctx: NodeContext;
  readonly #consumer: Consumer;

  /** What becomes of a chunk that waited for the uplink. */
  readonly #leaves = (to: NodeId, message: ChunkMessage): void => {
    const peer = this.#ctx.peers.get(to);
    const stream = this.#ctx.streams.get(message.chunk.stream);
    if (peer !== undefined && stream !== undefined) this.#deliver(stream, peer, message);
  };
  readonly #lapses = (to: NodeId, message: ChunkMessage): void => {
    const stream = this.#ctx.streams.get(message.chunk.stream);
    if (stream === undefined) return;
    const sub = stream.dealing.subOf(message.chunk.seq);
    this.#trace(stream, message.chunk, sub, 'dropped', to, message.depth, 'overload');
  };

  constructor(ctx: NodeContext, consumer: Consumer) {
    this.#ctx = ctx;
    this.#consumer = consumer;
  }

  /** A chunk from a neighbour. The message may be forged, late or unasked for; false when it proves the peer false. */
  onChunk(peer: Peer, stream: Stream, message: ChunkMessage): boolean {
    const { chunk } = message;
    const manifest = stream.manifest;
    if (manifest === null || chunk.epoch !== manifest.epoch) {
      this.#ctx.traceRefused('chunk', peer.id, 'unknown');
      return true;
    }
    const sub = stream.dealing.subOf(chunk.seq);
    const taken = this.#take(peer, stream, message, sub, manifest.publicKey);
    if (taken === 'forged') return false;
    const pushed = message.mode === 'push' && (stream.inbound[sub] ?? null)?.peer === peer;
    if (pushed && message.beatSeq >= 0) {
      this.#hearBeat(stream, sub, chunk.epoch, message.beatSeq, message.depth);
      if (taken === 'new' && chunk.seq > stream.subs.heardPush(sub)) stream.subs.setHeardPush(sub, chunk.seq);
    }
    if (taken === 'new') this.forward(stream, chunk, sub, peer);
    return true;
  }

  /** Stores a chunk that is new and genuine. */
  #take(peer: Peer, stream: Stream, message: ChunkMessage, sub: number, key: Uint8Array): 'new' | 'known' | 'forged' {
    const ctx = this.#ctx;
    const { chunk, mode } = message;
    if (stream.window.has(chunk.seq)) {
      this.#trace(stream, chunk, sub, 'duplicate', peer.id, message.depth + 1, mode);
      return 'known';
    }
    if (!verifyChunk(ctx.crypto, key, chunk)) {
      this.#trace(stream, chunk, sub, 'dropped', peer.id, message.depth + 1, 'invalid');
      return 'forged';
    }
    if (!stream.window.put(chunk)) {
      this.#trace(stream, chunk, sub, 'dropped', peer.id, message.depth + 1, 'stale');
      return 'known';
    }
    stream.hear(chunk.seq);
    stream.clock.prove(ctx.now, chunk.sourceTime);
    const pulled = stream.pulls.delete(chunk.seq);
    const lag = stream.clock.known ? stream.clock.read(ctx.now) - chunk.sourceTime : 0;
    const live = mode === 'push' && chunk.seq > stream.subs.heardPush(sub);
    if (live && stream.clock.known) stream.subs.arrived(sub, lag);
    const promised = mode === 'push' && stream.inbound[sub]?.peer === peer;
    // What nobody asked for says nothing of the provider: else whoever is faster could have it shunned.
    if (promised ? live : pulled) this.#consumer.judge(stream, sub, promised && lag <= ctx.config.targetLag);
    this.#trace(stream, chunk, sub, mode === 'push' ? 'received' : 'repaired', peer.id, message.depth + 1, mode);
    return 'new';
  }

  /**
   * The provider's beat becomes ours, one hop deeper. It is believed only as far as the publisher's signature reaches:
   * no further than the newest chunk that we hold, so that nobody can raise it out of the reach of honest offers.
   */
  #hearBeat(stream: Stream, sub: number, epoch: number, seq: number, depth: number): void {
    stream.hear(seq);
    if (depth >= LIMITS.depth) return;
    // Who has to move may have to move deeper. It says nothing newer of itself until it has: soon everybody who does not
    // descend from it is fresher, and feasible (RFC 8966 has it wait for a new sequence number).
    if ((stream.moving & (1 << sub)) !== 0) return;
    stream.subs.raise(sub, epoch, Math.min(seq, stream.window.newest), depth + 1);
  }

  /** Pushes a chunk to the consumers of its sub-stream, the strongest relays first; one message serves them all. */
  forward(stream: Stream, chunk: Chunk, sub: number, from: Peer | null): void {
    const list = stream.outbound[sub] as Ticket[];
    if (list.length === 0) return;
    const message = this.#push(stream, chunk, sub);
    for (const ticket of list) {
      if (ticket.state === 'active' && ticket.peer !== from)
        this.#sendChunk(stream, ticket.peer, message, sub, ticket, false);
    }
  }

  /** Sends a new consumer what it misses of the sub-stream, or at least a sign that its ticket is live. */
  catchUp(stream: Stream, ticket: Ticket, from: number): void {
    if (from >= 0) {
      for (let seq = Math.max(from, stream.window.floor); seq <= stream.window.newest; seq++) {
        const chunk = stream.window.get(seq);
        if (chunk === undefined || stream.dealing.subOf(seq) !== ticket.sub) continue;
        this.#sendChunk(stream, ticket.peer, this.#push(stream, chunk, ticket.sub), ticket.sub, ticket, true);
      }
    }
    this.#tick(stream, ticket.peer);
  }

  onPull(peer: Peer, stream: Stream | undefined, pull: Pull): void {
    const ctx = this.#ctx;
    const lacking: number[] = [];
    const seqs = pull.seqs.slice(0, LIMITS.seqsPerPull);
    for (const seq of seqs) {
      const chunk = stream?.epoch === pull.epoch ? stream.window.get(seq) : undefined;
      if (
        stream === undefined ||
        chunk === undefined ||
        peer.congested ||
        !ctx.uplink.hasRepairRoom(ctx.now, ANSWER_WITHIN)
      ) {
        lacking.push(seq);
        continue;
      }
      const sub = stream.dealing.subOf(seq);
      const message: ChunkMessage = { ...this.#push(stream, chunk, sub), mode: 'pull' };
      this.#sendChunk(stream, peer, message, sub, null, true);
    }
    if (lacking.length > 0) ctx.send(peer, { type: 'lacking', stream: pull.stream, epoch: pull.epoch, seqs: lacking });
  }

  /** What the provider of some of our sub-streams says on a silent edge. */
  onTick(peer: Peer, stream: Stream, tick: Tick): void {
    for (const beat of tick.beats) {
      const provider = stream.inbound[beat.sub] ?? null;
      if (provider === null || provider.peer !== peer || beat.epoch !== stream.epoch) continue;
      this.#hearBeat(stream, beat.sub, beat.epoch, beat.seq, beat.depth);
      const starved = stream.subs.providerStarving(beat.sub) > 0;
      if (beat.starving !== starved) stream.subs.setProviderStarving(beat.sub, beat.starving ? this.#ctx.now : 0);
    }
  }

  /** Ticks to every consumer that has not been sent anything for a while. */
  tickSilent(stream: Stream): void {
    const ctx = this.#ctx;
    if (ctx.now < stream.nextTick) return;
    const { tickAfter } = ctx.config;
    let next = NEVER;
    for (const list of stream.outbound) {
      for (const { peer, state } of list) {
        if (state !== 'active') continue;
        if (ctx.peers.lastSent(peer) + tickAfter <= ctx.now) this.#tick(stream, peer);
        next = Math.min(next, ctx.peers.lastSent(peer) + tickAfter);
      }
    }
    stream.nextTick = next;
  }

  /** Tells the consumers of a sub-stream at once that it starves. */
  tickStarving(stream: Stream, sub: number): void {
    for (const { peer, state } of stream.outbound[sub] as Ticket[]) {
      if (state === 'active') this.#tick(stream, peer);
    }
  }

  /** Sends what waited for the uplink. */
  drain(): void {
    const ctx = this.#ctx;
    ctx.uplink.drain(ctx.now, this.#leaves, this.#lapses);
    ctx.deadlines.set('uplink', ctx.uplink.due(ctx.now), SLACK);
  }

  /** A beat of an earlier epoch says nothing about this chunk's: its numbers began anew. */
  #push(stream: Stream, chunk: Chunk, sub: number): ChunkMessage {
    const beatSeq = stream.subs.epoch(sub) === chunk.epoch ? stream.subs.seq(sub) : -1;
    return { type: 'chunk', mode: 'push', chunk, beatSeq, depth: stream.subs.depth(sub) };
  }

  #sendChunk(
    stream: Stream,
    peer: Peer,
    message: ChunkMessage,
    sub: number,
    ticket: Ticket | null,
    repair: boolean,
  ): void {
    const ctx = this.#ctx;
    const leaseEnd = ticket?.expires ?? NEVER;
    if (leaseEnd <= ctx.now) return;
    const { chunk } = message;
    const due = stream.clock.known ? stream.clock.localTime(chunk.sourceTime) + ctx.config.targetLag : NEVER;
    const expires = Math.min(leaseEnd, ctx.now + PATIENCE, due);
    const verdict = peer.congested ? 'full' : ctx.uplink.offer(ctx.now, peer.id, message, expires, ticket, repair);
    if (verdict === 'send') this.#deliver(stream, peer, message);
    else if (verdict === 'wait') ctx.deadlines.setEarlier('uplink', ctx.uplink.due(ctx.now), SLACK);
    else this.#trace(stream, chunk, sub, 'dropped', peer.id, message.depth, 'overload');
  }

  #deliver(stream: Stream, peer: Peer, message: ChunkMessage): void {
    const { chunk, mode, depth } = message;
    this.#ctx.send(peer, message);
    if (this.#ctx.fx.trace === null) return;
    const change = mode === 'push' ? 'forwarded' : 'answered';
    this.#trace(stream, chunk, stream.dealing.subOf(chunk.seq), change, peer.id, depth, mode);
  }

  #tick(stream: Stream, peer: Peer): void {
    const beats: TickBeat[] = [];
    for (let sub = 0; sub < stream.substreams; sub++) {
      for (const ticket of stream.outbound[sub] as Ticket[]) {
        if (ticket.peer !== peer || ticket.state !== 'active') continue;
        // Spelt out because a spread costs more here than the rest of the tick.
        const { subs } = stream;
        const starving = stream.starves(sub);
        beats.push({ sub, epoch: subs.epoch(sub), seq: subs.seq(sub), depth: subs.depth(sub), starving });
      }
    }
    if (beats.length > 0) this.#ctx.send(peer, { type: 'tick', stream: stream.id, beats });
  }

  #trace(
    stream: Stream,
    chunk: Chunk,
    sub: number,
    change: ChunkChange,
    peer: NodeId,
    depth: number,
    why: ChunkReason,
  ): void {
    if (this.#ctx.fx.trace === null) return;
    const { epoch, seq, size, keyframe, sourceTime } = chunk;
    this.#ctx.fx.trace({
      type: 'chunk',
      change,
      stream: stream.id,
      epoch,
      seq,
      sub,
      peer,
      depth,
      size,
      keyframe,
      sourceTime,
      why,
    });
  }
}
