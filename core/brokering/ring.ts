import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Peer } from '../membership/peers.js';
import type { KnownSupernode } from './supernodes.js';

/** Silent supernodes that are dialled in one round. */
const PROBES = 4;
/** Neighbours asked in a round for supernodes they know; rounds between two questions to the directories. */
const ASKED = 2;
const DIRECTORY_ROUNDS = 5;

/**
 * Whom a supernode gossips with: its nearest on both sides when all are put in a circle by their ids. The degree is
 * bounded and the whole is connected. Those that have fallen silent are dialled in turn, so that the two halves of a
 * partition find each other again.
 */
export class Ring {
  readonly #ctx: NodeContext;
  #turn = 0;
  #round = 0;

  constructor(ctx: NodeContext) {
    this.#ctx = ctx;
  }

  /** Neighbours that are connected; dials those that are not, and some of the silent ones. */
  links(): Peer[] {
    const ctx = this.#ctx;
    const { known } = ctx.standing;
    const fresh = known.fresh(ctx.now);
    const isFresh = new Set(fresh.map(({ id }) => id));
    const silent = known.all().filter(({ id }) => !isFresh.has(id));
    for (let i = 0; i < Math.min(PROBES, silent.length); i++) {
      this.#dial(silent[this.#turn++ % silent.length] as KnownSupernode);
    }
    const near = this.#nearest(fresh);
    for (const each of near) this.#dial(each);
    const linked = new Set(near.map(({ id }) => id));
    for (const { id } of silent) linked.add(id);
    return this.connected().filter(({ id }) => linked.has(id));
  }

  /**
   * Asks a neighbour or two and, while we know of no other supernode or now and then, the directories, for supernodes
   * that we have not heard of: two that began at the same moment know nothing of each other.
   */
  lookAround(): void {
    const ctx = this.#ctx;
    const alone = ctx.standing.known.fresh(ctx.now).length === 0;
    const round = this.#round++;
    const nodes: Peer[] = [];
    for (const peer of ctx.peers.all()) {
      if (peer.kind === 'node') nodes.push(peer);
      else if (alone || round % DIRECTORY_ROUNDS === 0) this.#ask(peer);
    }
    for (let i = 0; i < Math.min(ASKED, nodes.length); i++) {
      this.#ask(nodes[(ASKED * round + i) % nodes.length] as Peer);
    }
  }

  /** Connected neighbours that are supernodes as far as we know. */
  connected(): Peer[] {
    const { peers, standing } = this.#ctx;
    return standing.known.all().flatMap(({ id }) => peers.get(id) ?? []);
  }

  #nearest(fresh: readonly KnownSupernode[]): KnownSupernode[] {
    if (fresh.length <= LIMITS.gossipDegree) return [...fresh];
    const sorted = [...fresh].sort((a, b) => (a.id < b.id ? -1 : 1));
    const at = sorted.findIndex(({ id }) => id > this.#ctx.id);
    const start = at < 0 ? 0 : at;
    const half = LIMITS.gossipDegree / 2;
    const near: KnownSupernode[] = [];
    for (let step = -half; step < half; step++) {
      near.push(sorted[(start + step + sorted.length) % sorted.length] as KnownSupernode);
    }
    return near;
  }

  #ask(peer: Peer): void {
    this.#ctx.send(peer, { type: 'want-supernodes', stamp: this.#ctx.now });
  }

  #dial({ id, address }: KnownSupernode): void {
    const ctx = this.#ctx;
    if (ctx.peers.get(id) === undefined) ctx.dial({ node: id, address });
  }
}
