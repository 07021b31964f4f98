import type { NodeContext } from '../context.js';
import type { Peer } from '../membership/peers.js';
import type { Stream } from '../stream.js';
import { MS, type Time } from '../units.js';

/** A chunk is overdue when it is this much later than the latest its sub-stream has lately been. */
const MARGIN = 150 * MS;
/** Answers to a pull are awaited this long, plus three round trips. */
const ANSWER = 400 * MS;
/** A pull that can no longer be answered before the chunk is due is not sent. */
const HOPELESS = 50 * MS;
/** Chunks asked of one holder in one step. */
const AT_ONCE = 8;
/** Chunks beyond the newest one held that are asked for on hearsay. */
const LOOKAHEAD = 32;

/** Pulls chunks that are overdue from neighbours that watch the same stream, oldest first. */
export class Repair {
  readonly #ctx: NodeContext;

  constructor(ctx: NodeContext) {
    this.#ctx = ctx;
  }

  step(stream: Stream): void {
    const manifest = stream.manifest;
    if (manifest === null || !stream.clock.known || stream.player.state === 'idle') return;
    this.#forgetPast(stream);
    const newest = Math.min(stream.newestHeard, stream.window.newest + LOOKAHEAD);
    if (newest < stream.player.next || stream.window.isWhole(stream.player.next, newest)) return;
    const wanted = this.#overdue(stream, newest, manifest.chunkTime);
    if (wanted.length > 0) this.#pull(stream, wanted);
  }

  /** The answer was no: another holder is asked at the next step. */
  onLacking(stream: Stream, peer: Peer, seqs: readonly number[]): void {
    for (const seq of seqs) {
      const pull = stream.pulls.get(seq);
      if (pull !== undefined && pull.peer === peer.id) pull.at = -Infinity;
    }
  }

  onPeerDown(stream: Stream, peer: Peer): void {
    for (const pull of stream.pulls.values()) {
      if (pull.peer === peer.id) pull.at = -Infinity;
    }
  }

  /** Overdue chunks, oldest first. A missing chunk is as old as the next one held, at least. */
  #overdue(stream: Stream, newest: number, chunkTime: Time): number[] {
    const ctx = this.#ctx;
    const source = stream.clock.read(ctx.now);
    const last = stream.window.get(stream.window.newest);
    let time = last === undefined ? source : last.sourceTime + Math.max(0, newest - last.seq) * chunkTime;
    const wanted: number[] = [];
    const first = Math.max(stream.player.next, stream.window.wholeTo + 1, stream.window.floor);
    for (let seq = newest; seq >= first; seq--) {
      const held = stream.window.get(seq);
      if (held !== undefined) {
        time = held.sourceTime;
        continue;
      }
      if (seq > stream.window.newest) time -= chunkTime;
      if (this.#isOverdue(stream, seq, source - time)) wanted.push(seq);
    }
    return wanted.length > 1 ? wanted.reverse() : wanted;
  }

  #isOverdue(stream: Stream, seq: number, age: Time): boolean {
    const ctx = this.#ctx;
    if (age > ctx.config.targetLag - HOPELESS) return false;
    const pending = stream.pulls.get(seq);
    if (pending !== undefined) {
      const peer = ctx.peers.get(pending.peer);
      const rtt = peer === undefined ? 0 : (ctx.peers.rtt(peer) ?? 0);
      if (ctx.now - pending.at < ANSWER + 3 * rtt) return false;
      return true;
    }
    const sub = stream.dealing.subOf(seq);
    if (seq < stream.subs.heardPush(sub)) return true;
    if (ctx.now <= stream.subs.graceUntil(sub)) return false;
    const usual = this.#isOrphan(stream, sub) ? stream.subs.lag(sub) : stream.subs.latest(sub);
    return age > usual + MARGIN;
  }

  /** Nothing will be pushed for now: what is missing must be fetched. What a starving provider pulls, it pushes on. */
  #isOrphan(stream: Stream, sub: number): boolean {
    const ticket = stream.inbound[sub] ?? null;
    return ticket === null || ticket.hopeless;
  }

  #pull(stream: Stream, wanted: readonly number[]): void {
    const ctx = this.#ctx;
    const holders = this.#holders(stream);
    if (holders.length === 0) return;
    const asked = new Map<Peer, number[]>();
    let turn = ctx.rng.below(holders.length);
    for (const seq of wanted) {
      const pending = stream.pulls.get(seq);
      const tries = pending?.tries ?? 0;
      const others = holders.filter(({ id }) => id !== pending?.peer);
      const likely = tries < 2 ? this.#likely(stream, others, stream.dealing.subOf(seq)) : others;
      const from = likely.length > 0 ? likely : others.length > 0 ? others : holders;
      const peer = from[turn++ % from.length] as Peer;
      const seqs = asked.get(peer);
      if (seqs === undefined) asked.set(peer, [seq]);
      else if (seqs.length < AT_ONCE) seqs.push(seq);
      else continue;
      stream.pulls.set(seq, { peer: peer.id, at: ctx.now, tries: tries + 1 });
    }
    for (const [peer, seqs] of asked) {
      ctx.peers.use(peer, ctx.now);
      ctx.send(peer, { type: 'pull', stream: stream.id, epoch: stream.epoch, seqs });
    }
  }

  /** Neighbours that hold tickets of this stream with us. */
  #holders(stream: Stream): Peer[] {
    const holders = new Set<Peer>();
    for (const ticket of stream.inbound) {
      if (ticket !== null && ticket.state === 'active' && !ticket.peer.congested) holders.add(ticket.peer);
    }
    for (const list of stream.outbound) {
      for (const { peer, state } of list) if (state === 'active' && !peer.congested) holders.add(peer);
    }
    return [...holders];
  }

  /** Those that neither get this sub-stream through us nor starve on it themselves. */
  #likely(stream: Stream, holders: readonly Peer[], sub: number): Peer[] {
    const fed = stream.outbound[sub] ?? [];
    const provider = stream.starves(sub) ? stream.inbound[sub]?.peer : undefined;
    return holders.filter((peer) => peer !== provider && !fed.some((ticket) => ticket.peer === peer));
  }

  #forgetPast(stream: Stream): void {
    if (stream.pulls.size === 0) return;
    for (const seq of stream.pulls.keys()) {
      if (seq < stream.player.next) stream.pulls.delete(seq);
    }
  }
}
