import type { NodeContext } from '../context.js';
import { LIMITS } from '../limits.js';
import type { Candidate, StreamNews } from '../message.js';
import { SECOND, type StreamId, type Time } from '../units.js';
import { loadsOf } from './member.js';

/** News of a stream whose holders nobody has heard of for this long is dropped. */
const STALE: Time = 20 * SECOND;

interface Heard {
  candidates: readonly Candidate[];
  heardAt: Time;
}

/** The streams of the whole network, as supernodes tell each other; so a stream is found whichever supernode one has. */
export class StreamNewsBoard {
  readonly #ctx: NodeContext;
  readonly #heard = new Map<StreamId, Heard>();
  #turn = 0;

  constructor(ctx: NodeContext) {
    this.#ctx = ctx;
  }

  learn({ stream, age, candidates }: StreamNews): void {
    const heardAt = this.#ctx.now - age;
    const known = this.#heard.get(stream);
    if (age > STALE || (known !== undefined && known.heardAt >= heardAt)) return;
    if (known === undefined && this.#heard.size >= LIMITS.knownStreams) this.#evict();
    this.#heard.set(stream, { candidates, heardAt });
  }

  /** Holders of a stream that other supernodes have told of. */
  holders(stream: StreamId): readonly Candidate[] {
    const heard = this.#heard.get(stream);
    return heard === undefined || heard.heardAt < this.#ctx.now - STALE ? [] : heard.candidates;
  }

  /** What is told next: our own streams and those of our children first, then what others told, by turns. */
  toTell(): StreamNews[] {
    const now = this.#ctx.now;
    const near = this.#near();
    const far = [...this.#heard].filter(([stream, { heardAt }]) => heardAt >= now - STALE && !near.has(stream));
    const news: StreamNews[] = [...near].map(([stream, candidates]) => ({ stream, age: 0, candidates }));
    for (const [stream, { candidates, heardAt }] of far) news.push({ stream, age: now - heardAt, candidates });
    if (news.length <= LIMITS.gossipStreams) return news;
    const first = this.#turn % news.length;
    this.#turn += LIMITS.gossipStreams;
    return [...news.slice(first), ...news.slice(0, first)].slice(0, LIMITS.gossipStreams);
  }

  /** For each stream the holders nearest to its publisher, among ourselves and our children. */
  #near(): Map<StreamId, Candidate[]> {
    const ctx = this.#ctx;
    const near = new Map<StreamId, Candidate[]>();
    const add = (candidate: Candidate & { load: NonNullable<Candidate['load']> }): void => {
      const list = near.get(candidate.load.stream);
      if (list === undefined) near.set(candidate.load.stream, [candidate]);
      else list.push(candidate);
    };
    const { address } = ctx;
    if (address !== null) {
      for (const load of loadsOf(ctx)) add({ contact: { node: ctx.id, address }, load });
    }
    for (const { peer, loads } of ctx.standing.children.values()) {
      if (peer.address === null) continue;
      for (const load of loads) add({ contact: { node: peer.id, address: peer.address }, load });
    }
    for (const list of near.values()) {
      list.sort((a, b) => rank(a) - rank(b));
      list.length = Math.min(list.length, LIMITS.gossipHolders);
    }
    return near;
  }

  #evict(): void {
    let stalest: StreamId | null = null;
    let at = Infinity;
    for (const [stream, { heardAt }] of this.#heard) {
      if (heardAt >= at) continue;
      stalest = stream;
      at = heardAt;
    }
    if (stalest !== null) this.#heard.delete(stalest);
  }
}

function rank({ load }: Candidate): number {
  return load === null ? Infinity : load.depth + (load.free > 0 ? 0 : 2);
}
