import type { NodeContext } from '../context.js';
import type { Peer } from '../membership/peers.js';
import { MS, NEVER, SECOND, type NodeId, type Time } from '../units.js';

/** Distinct supernodes that must have failed or refused, if so many are known. */
const FAILURES = 3;
/** A source of supernodes that does not answer is given up after this. */
const SOURCE_PATIENCE = 2_500 * MS;
const ASK_EVERY = 500 * MS;
/** Neighbours asked beside the directories. */
const NEIGHBOURS = 3;
/** Uplink that brokering may need, in bits per second. */
const SPARE = 64_000;
/** Who follows waits this long for each place before it; somebody without a place draws from the longer time. */
const PLACE = 700 * MS;
const MOST_PLACES = 20;
const JITTER = { placed: 500 * MS, unplaced: 2_500 * MS } as const;

/**
 * Decides when a node that finds no primary becomes a supernode itself: only when all it knows of have failed or
 * refused it, every source of further ones has been asked, and a time has passed that differs from node to node, so
 * that one goes first and the others find it.
 */
export class Promotion {
  readonly #ctx: NodeContext;
  readonly #answers = new Set<NodeId>();
  #since: Time = NEVER;
  #asked: Time = -Infinity;
  #promoteAt: Time = NEVER;
  promote: (why: 'no-supernode' | 'capacity') => void = () => {};

  constructor(ctx: NodeContext) {
    this.#ctx = ctx;
  }

  /** A primary was found. */
  reset(): void {
    this.#answers.clear();
    this.#since = NEVER;
    this.#promoteAt = NEVER;
  }

  /** There is somebody to try: no reason to promote. */
  defer(): void {
    this.#promoteAt = NEVER;
  }

  /** A source has told what it knows. */
  answered(peer: Peer): void {
    this.#answers.add(peer.id);
  }

  /** Nobody is left to try. */
  consider(): void {
    const ctx = this.#ctx;
    if (this.#since === NEVER) {
      this.#since = ctx.now;
      this.#answers.clear();
    }
    this.#askSources();
    const why = this.#justification();
    if (why === null) return;
    if (this.#promoteAt === NEVER) this.#promoteAt = ctx.now + this.#patience();
    if (ctx.now >= this.#promoteAt) this.promote(why);
    else ctx.deadlines.setEarlier('brokering', this.#promoteAt);
  }

  #justification(): 'no-supernode' | 'capacity' | null {
    const ctx = this.#ctx;
    const { known } = ctx.standing;
    if (!this.#able() || !this.#sourcesAsked()) return null;
    const blamed = known.blamed(ctx.now);
    if (blamed.length < Math.min(FAILURES, known.size)) return null;
    return blamed.some(({ why }) => why === 'full') ? 'capacity' : 'no-supernode';
  }

  /** Reachable by others, with uplink to spare. */
  #able(): boolean {
    const ctx = this.#ctx;
    const { config } = ctx;
    return config.supernode !== 'never' && !ctx.leaving && ctx.address !== null && ctx.lendable - ctx.promised >= SPARE;
  }

  /** Every directory and every static contact has answered, or has had the time to. */
  #sourcesAsked(): boolean {
    const ctx = this.#ctx;
    const { config } = ctx;
    if (ctx.now > this.#since + SOURCE_PATIENCE) return true;
    let sources = config.directory.length;
    for (const { node } of config.bootstrap) if (node !== ctx.id) sources++;
    let answered = 0;
    for (const id of this.#answers) if (ctx.peers.get(id) !== undefined) answered++;
    return answered >= sources;
  }

  #askSources(): void {
    const ctx = this.#ctx;
    if (ctx.now < this.#asked + ASK_EVERY) return;
    this.#asked = ctx.now;
    let neighbours = NEIGHBOURS;
    for (const peer of ctx.peers.all()) {
      if (peer.kind === 'node' && neighbours-- <= 0) continue;
      ctx.send(peer, { type: 'want-supernodes', stamp: ctx.now });
      ctx.expectAnswer(peer);
    }
  }

  #patience(): Time {
    const ctx = this.#ctx;
    const { place } = ctx.standing;
    const { config } = ctx;
    if (config.supernode === 'always') return 0;
    if (place >= 0) return Math.min(place, MOST_PLACES) * PLACE + Math.ceil(ctx.standing.rng.next() * JITTER.placed);
    // Whoever has much to give goes first as a rule.
    const weak = config.uplink < 2_000_000 ? SECOND : 0;
    return weak + Math.ceil(ctx.standing.rng.next() * JITTER.unplaced);
  }
}
