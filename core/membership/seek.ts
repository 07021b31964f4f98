import { NEVER, type NodeId, type Time, MS, SECOND } from '../units.js';
import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { CandidateView } from '../policies/selection.js';
import type { Stream } from '../stream.js';
import type { Consumer } from '../tickets/consumer.js';
import { bitCount } from '../tickets/provider.js';
import { CANDIDATE } from './candidates.js';
import type { Peer } from './peers.js';

/** Dials open at once. */
const DIALS = 8;
/** An ask or a dial without an answer is given up after this. */
const ASK_TIMEOUT = 1_000 * MS;
const DIAL_TIMEOUT = 6 * SECOND;
const CALL_TIMEOUT = 2_500 * MS;
/** A dial that takes longer than this is not counted on any more. */
const DIAL_PATIENCE = 1_200 * MS;
/** Time between two steps of the search, and between two questions for candidates. */
const STEP = 150 * MS;
const FIND_EVERY = 1 * SECOND;
const FIND_WEARIEST = 5;
/**
 * A search this long with this many refusals asks for any free slot, wherever it is: an orphan soon, since others may
 * hang on it, a newcomer late, since relays in the wrong trees make all of them deeper.
 */
const URGENT = { orphan: 1 * SECOND, newcomer: 5 * SECOND } as const;
const URGENT_REFUSALS = 3;
/**
 * A newcomer asks for slots that providers hold back after this long: in a crowd they would all go to newcomers, and
 * leave no uplink to send anybody what he missed.
 */
const NEWCOMER_RESERVE = 6 * SECOND;
/** Candidates asked for, for each sub-stream that is sought. */
const FIND_COUNT = 4;
/** What was heard of a candidate's room this long ago says nothing any more. */
const STALE = 3 * SECOND;
const IMPROVE_ROUNDS = 4;
/** Added to the score of those who are asked in need only. */
const LAST = 1_000;
/** Added, when there is little time to move, for each time that a candidate was asked in vain: all have their turn. */
const IN_VAIN = 100;
const MOST_IN_VAIN = 8;

interface Ranked {
  readonly id: NodeId;
  /** Among the candidates. */
  readonly row: number;
  readonly peer: Peer | undefined;
  readonly score: number;
}

/** The search for providers: whom to ask, whom to dial, when to look for more candidates. */
export class Seek {
  readonly #ctx: NodeContext;
  readonly #consumer: Consumer;

  constructor(ctx: NodeContext, consumer: Consumer) {
    this.#ctx = ctx;
    this.#consumer = consumer;
  }

  /** One step for one stream; returns when the next is due, NEVER when nothing is sought. */
  step(stream: Stream): Time {
    const ctx = this.#ctx;
    if (!stream.watching || ctx.leaving) return NEVER;
    this.#expire(stream);
    // A standby that is being woken is waited for.
    const sought = stream.manifest === null ? ~0 >>> 0 : this.#consumer.needs(stream) & ~stream.waking;
    if (sought === 0) {
      stream.refusals = 0;
      stream.soughtSince = NEVER;
      stream.urgent = false;
      return this.#improveRound(stream);
    }
    if (stream.soughtSince === NEVER) {
      stream.soughtSince = ctx.now;
      this.find(stream, sought);
    }
    // Who refused a better place, or a normal one, may well give any place there is.
    if (this.#isUrgent(stream) && !stream.urgent) stream.candidates.relent(ctx.now);
    stream.urgent = this.#isUrgent(stream);
    const ranked = this.#rank(stream, sought);
    this.#ask(stream, sought, ranked);
    this.#dial(stream, sought, ranked);
    // Nobody worth asking is as bad as being refused: else the search would wait for refusals that never come.
    if (stream.asks.size === 0 && !this.#awaitsDial(stream)) stream.refusals++;
    if (stream.asks.size < 2 * bitCount(sought)) this.find(stream, sought);
    return ctx.now + STEP;
  }

  /**
   * Begins to look for a provider nearer to the publisher on the sub-stream where that helps most: all consumers rise
   * with this node. Called rarely, so that a consumer changes its provider at most about twice a minute of its own
   * accord. The search descends from the publisher by referrals.
   */
  improve(stream: Stream): void {
    stream.improving = 0;
    if (!stream.watching || this.#ctx.leaving || stream.manifest === null || this.#consumer.needs(stream) !== 0) return;
    let best = -1;
    let worth = 0;
    for (let sub = 0; sub < stream.substreams; sub++) {
      const value = (stream.subs.depth(sub) - 1) * (1 + (stream.outbound[sub] ?? []).length);
      if (value > worth) {
        best = sub;
        worth = value;
      }
    }
    if (best < 0) return;
    stream.improving = 1 << best;
    stream.improveRounds = IMPROVE_ROUNDS;
    this.find(stream, stream.improving);
    this.#ctx.deadlines.setEarlier('seek', this.#ctx.now + STEP);
  }

  /** One round of asks for a better place; returns when the next is due. */
  #improveRound(stream: Stream): Time {
    if (stream.improving === 0) return NEVER;
    if (stream.improveRounds-- <= 0) {
      stream.improving = 0;
      return NEVER;
    }
    const sub = 31 - Math.clz32(stream.improving);
    const depth = stream.subs.depth(sub);
    const nearer = this.#rank(stream, stream.improving, depth);
    this.#ask(stream, stream.improving, nearer);
    this.#dial(stream, stream.improving, nearer);
    return this.#ctx.now + 4 * STEP;
  }

  /** Asks the primary supernode, the directory and a neighbour or two for candidates. */
  find(stream: Stream, subs: number = ~0): void {
    const ctx = this.#ctx;
    if (ctx.now < stream.lastFind + FIND_EVERY * stream.weariness(ctx.now, FIND_WEARIEST)) return;
    const count = Math.min(LIMITS.referral, FIND_COUNT * bitCount(subs));
    let neighbours = 2;
    const { primary } = ctx.standing;
    for (const peer of ctx.peers.all()) {
      if (peer.kind === 'node' && peer !== primary && neighbours-- <= 0) continue;
      stream.lastFind = ctx.now;
      ctx.expectAnswer(peer);
      ctx.send(peer, { type: 'find', stream: stream.id, subs: subs >>> 0, count });
    }
  }

  /** Candidates that may be asked now and have something to give, best first. */
  #rank(stream: Stream, sought: number, nearerThan = NEVER): Ranked[] {
    const ctx = this.#ctx;
    const { asks, dials } = stream;
    const urgent = this.#isUrgent(stream);
    const ranked: Ranked[] = [];
    const { candidates } = stream;
    const inNeed = this.#isInNeed(stream, sought);
    for (const row of candidates.rows) {
      if (candidates.get(row, CANDIDATE.notBefore) > ctx.now) continue;
      if ((this.#worth(stream, row, urgent) & sought) === 0) continue;
      if (nearerThan !== NEVER && !this.#isNearer(stream, row, nearerThan)) continue;
      const id = candidates.id(row);
      const shunned = ctx.shuns(id);
      if (shunned && ctx.shuns(id, inNeed)) continue;
      if ((asks.size > 0 && asks.has(id)) || (dials.size > 0 && dials.has(id))) continue;
      const peer = ctx.peers.get(id);
      if (peer === undefined && !this.#mayConnect(stream, row)) continue;
      const inVain =
        stream.moving === 0 ? 0 : IN_VAIN * Math.min(MOST_IN_VAIN, candidates.get(row, CANDIDATE.failures));
      const last = inVain + (shunned ? LAST : 0);
      ranked.push({ id, row, peer, score: last + ctx.policies.selection(this.#look(stream, row, peer, sought)) });
    }
    return ranked.sort((a, b) => a.score - b.score || (a.id < b.id ? -1 : 1));
  }

  /** Whether some sub-stream that is sought has no provider at all, or loses it: then the shunned are asked, behind all others. */
  #isInNeed(stream: Stream, sought: number): boolean {
    if (stream.urgent || stream.moving !== 0) return true;
    for (let sub = 0; sub < stream.substreams; sub++) {
      if ((sought & (1 << sub)) !== 0 && (stream.inbound[sub] ?? null) === null) return true;
    }
    return false;
  }

  #isNearer({ candidates }: Stream, row: number, nearerThan: number): boolean {
    return candidates.get(row, CANDIDATE.told) === 1 && candidates.get(row, CANDIDATE.depth) + 1 < nearerThan;
  }

  /** What a policy is shown of a candidate. */
  #look({ candidates }: Stream, row: number, peer: Peer | undefined, sought: number): CandidateView {
    const { rng, now, peers, position } = this.#ctx;
    const told = candidates.get(row, CANDIDATE.told) === 1;
    const measured = peer === undefined ? null : peers.rtt(peer);
    return {
      connected: peer !== undefined,
      reachable: candidates.address(row) !== '',
      rtt: measured ?? position.roundTripTo(candidates.at(row)),
      load: told
        ? {
            depth: candidates.get(row, CANDIDATE.depth),
            free: candidates.get(row, CANDIDATE.free),
            interior: candidates.get(row, CANDIDATE.interior),
          }
        : null,
      age: now - candidates.get(row, CANDIDATE.heardAt),
      sought,
      luck: rng.next(),
    };
  }

  #ask(stream: Stream, sought: number, ranked: readonly Ranked[]): void {
    const ctx = this.#ctx;
    const slots = Math.floor(ctx.slots(stream) / Math.max(1, bitCount(stream.interior)));
    const urgent = this.#isUrgent(stream);
    const slot = !urgent ? 'fitting' : this.#mayUseReserve(stream) ? 'reserved' : 'any';
    for (const { id, row, peer } of ranked) {
      if (peer === undefined) continue;
      const subs = sought & this.#worth(stream, row, urgent) & ~this.#busy(stream, peer);
      if (subs === 0) continue;
      stream.asks.set(id, { subs, at: ctx.now });
      ctx.peers.use(peer, ctx.now);
      ctx.expectAnswer(peer);
      const { interior, epoch } = stream;
      ctx.send(peer, { type: 'ask', stream: stream.id, subs: subs >>> 0, slots, interior, slot, epoch });
    }
  }

  /**
   * Dials until two candidates for each sub-stream sought are asked or on their way. For who has to move soon, those that
   * were asked in vain before do not count: neighbours that are full would keep everybody else from being dialled.
   */
  #dial(stream: Stream, sought: number, ranked: readonly Ranked[]): void {
    const ctx = this.#ctx;
    const urgent = this.#isUrgent(stream);
    let once = 0;
    let twice = 0;
    const count = (subs: number): void => {
      twice |= once & subs;
      once |= subs;
    };
    const hurried = stream.moving !== 0;
    for (const [id, { subs }] of stream.asks) {
      const row = hurried ? stream.candidates.find(id) : -1;
      if (row < 0 || stream.candidates.get(row, CANDIDATE.failures) === 0) count(subs);
    }
    for (const [id, at] of stream.dials) {
      if (ctx.now > at + DIAL_PATIENCE) continue;
      const row = stream.candidates.find(id);
      if (row >= 0) count(this.#worth(stream, row, urgent));
    }
    for (const { id, row, peer } of ranked) {
      if (stream.dials.size >= DIALS || ctx.peers.size >= ctx.config.maxPeers) return;
      const subs = this.#worth(stream, row, urgent) & sought & ~twice;
      if (peer !== undefined || subs === 0) continue;
      stream.dials.set(id, ctx.now);
      this.#connect(stream, id, row);
      count(subs);
    }
  }

  /** Whether there is a way to it: its address, or a neighbour that can ask it to dial this node. */
  #mayConnect({ candidates }: Stream, row: number): boolean {
    const { peers, address } = this.#ctx;
    if (candidates.address(row) !== '') return true;
    return address !== null && peers.get(candidates.via(row) ?? '') !== undefined;
  }

  #connect({ candidates }: Stream, node: NodeId, row: number): void {
    const ctx = this.#ctx;
    const address = candidates.address(row);
    const via = ctx.peers.get(candidates.via(row) ?? '');
    if (address !== '') ctx.dial({ node, address });
    else if (via !== undefined) ctx.send(via, { type: 'want-call', node });
  }

  /** Sub-streams that are worth asking a candidate for; one without room may have a leaf that steps aside for a relay. */
  #worth(stream: Stream, row: number, urgent: boolean): number {
    const { candidates } = stream;
    if (urgent || candidates.get(row, CANDIDATE.told) === 0) return ~0;
    const interior = candidates.get(row, CANDIDATE.interior);
    const stale = this.#ctx.now > candidates.get(row, CANDIDATE.heardAt) + STALE;
    return candidates.get(row, CANDIDATE.free) > 0 || stale ? interior : interior & stream.interior;
  }

  /** Whether a dial is under way that may still succeed; one to the dead takes seconds to fail. */
  #awaitsDial(stream: Stream): boolean {
    for (const at of stream.dials.values()) if (this.#ctx.now <= at + DIAL_PATIENCE) return true;
    return false;
  }

  #isUrgent(stream: Stream): boolean {
    const waited = this.#ctx.now - stream.soughtSince;
    // Whoever has to move has until its provider goes: it does not count refusals.
    if (stream.moving !== 0) return waited > URGENT.orphan;
    return stream.refusals >= URGENT_REFUSALS && waited > (stream.subs.isOrphan() ? URGENT.orphan : URGENT.newcomer);
  }

  /** Whether this node has a picture to lose, or has waited long for one. */
  #mayUseReserve(stream: Stream): boolean {
    return stream.player.played > 0 || this.#ctx.now > stream.soughtSince + NEWCOMER_RESERVE;
  }

  /** Sub-streams not to be asked of this peer: two asks are open, or it provides them already. */
  #busy(stream: Stream, peer: Peer): number {
    let once = 0;
    let twice = 0;
    for (const { subs } of stream.asks.values()) {
      twice |= once & subs;
      once |= subs;
    }
    for (const ticket of stream.inbound) if (ticket?.peer === peer) twice |= 1 << ticket.sub;
    for (const ticket of stream.standby) if (ticket?.peer === peer) twice |= 1 << ticket.sub;
    return twice;
  }

  #expire(stream: Stream): void {
    const ctx = this.#ctx;
    for (const [id, ask] of stream.asks) {
      if (ctx.now < ask.at + ASK_TIMEOUT) continue;
      stream.asks.delete(id);
      const peer = ctx.peers.get(id);
      if (peer === undefined || ctx.peers.lastHeard(peer) < ask.at) stream.candidates.forget(id);
      else stream.candidates.postpone(id, ctx.now, SECOND);
    }
    for (const [id, at] of stream.dials) {
      const row = stream.candidates.find(id);
      const called = row >= 0 && stream.candidates.address(row) === '';
      if (ctx.now < at + (called ? CALL_TIMEOUT : DIAL_TIMEOUT)) continue;
      stream.dials.delete(id);
      // Nobody tells of a call that led nowhere.
      if (called) stream.refusals++;
      stream.candidates.postpone(id, ctx.now, 2 * SECOND);
    }
  }
}
