import type { NodeContext } from './context.js';
import type { Relay } from './delivery/relay.js';
import type { Repair } from './delivery/repair.js';
import { PlayerTrace } from './playback/trace.js';
import type { Stream } from './stream.js';
import type { Consumer } from './tickets/consumer.js';
import type { Provider } from './tickets/provider.js';
import type { Standby } from './tickets/standby.js';
import { MS, NEVER, type Time } from './units.js';

/** Regular work is done at least this often while there is a stream. */
const PERIOD = 200 * MS;
/** Ticks and pictures gather for this long; silence is judged when it may have lasted too long. */
const LEAST = 80 * MS;
/** A pulse waits this long for a message to ride along with. */
const SLACK = 50 * MS;
/** A picture may be this late, so that one pulse shows two. */
const LATE = 100 * MS;
/** A pulse this late means that this node itself was paused: silence proves nothing then. */
const PAUSED = 150 * MS;

interface Driven {
  readonly ctx: NodeContext;
  readonly relay: Relay;
  readonly repair: Repair;
  readonly provider: Provider;
  readonly consumer: Consumer;
  readonly standby: Standby;
}

/** The regular work of a node, in one wake-up; it falls on the moments at which the player has a chunk to show. */
export class Pulse {
  readonly #parts: Driven;
  #expected: Time = NEVER;
  #excusedUntil = 0;
  #nextRenewal = 0;

  constructor(parts: Driven) {
    this.#parts = parts;
  }

  /** Begins when the first stream is watched or published, at a phase of its own. */
  start(): void {
    const { ctx } = this.#parts;
    ctx.deadlines.setEarlier('pulse', ctx.now + ctx.rng.below(PERIOD));
  }

  beat(): void {
    const { ctx, provider } = this.#parts;
    if (ctx.now > this.#expected + SLACK + PAUSED) this.#excusedUntil = ctx.now + ctx.config.suspectAfter;
    const renews = ctx.now >= this.#nextRenewal;
    let next = ctx.now + PERIOD;
    for (const stream of ctx.streams.values()) {
      if (stream.manifest !== null) next = Math.min(next, this.#serve(stream, renews));
    }
    if (renews || ctx.now >= provider.nextOfferEnd) provider.sweep();
    if (renews) {
      this.#nextRenewal = ctx.now + ctx.config.renewEvery - PERIOD / 2;
    }
    this.#expected = next;
    ctx.deadlines.set('pulse', this.#expected, SLACK);
  }

  /** The work on one stream; returns when there is more: an edge may have fallen silent, or a picture waits. */
  #serve(stream: Stream, renews: boolean): Time {
    const { ctx, relay, consumer, standby } = this.#parts;
    const changed = consumer.watchProviders(stream, ctx.now < this.#excusedUntil);
    for (let sub = 0; changed >> sub !== 0; sub++) {
      if ((changed & (1 << sub)) !== 0) relay.tickStarving(stream, sub);
    }
    if (stream.watching) standby.step(stream);
    if (renews) consumer.renew(stream);
    relay.tickSilent(stream);
    const picture = stream.watching ? this.#play(stream) : NEVER;
    const gathered = Math.max(ctx.now + LEAST, Math.min(stream.nextTick, picture));
    return stream.nextWatch > ctx.now ? Math.min(gathered, stream.nextWatch) : gathered;
  }

  /** Shows what is due and mends what is missing; returns when the next picture can wait no longer. */
  #play(stream: Stream): Time {
    const { ctx, repair, consumer } = this.#parts;
    if (stream.sink === null) stream.sink = new PlayerTrace(ctx, stream, consumer);
    stream.player.step(ctx.now, stream.sink);
    repair.step(stream);
    if (consumer.needs(stream) !== 0) ctx.deadlines.setEarlier('seek', ctx.now);
    return stream.player.due() + LATE;
  }
}
