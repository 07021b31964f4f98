import type { Manifest } from './chunk.js';
import { handleCommand, improveAfter, persist } from './commands.js';
import type { Config, Identity } from './config.js';
import type { Timer } from './context.js';
import { handleMessage } from './handlers.js';
import type { Crypto, Deadline, Effects, Input, Machine, Rng } from './machine.js';
import { closeDeaf, closeIdle, onDial, onPeer } from './membership/connections.js';
import type { Command, Message } from './message.js';
import { createParts, type Parts } from './parts.js';
import { MS, NEVER, SECOND, type CommandId, type StreamId, type Time } from './units.js';
import type { View } from './view.js';
import { viewOf } from './view-of.js';

const HOUSEKEEPING = 5 * SECOND;
/** What is not urgent waits this long for a message to ride along with. */
const SLACK = 100 * MS;

/** What each timer does when it fires; those that recur set themselves again. */
const TIMER_ACTIONS: { readonly [T in Timer]: (parts: Parts) => void } = {
  bootstrap: ({ bootstrap }) => bootstrap.step(),
  announce: ({ bootstrap, ctx }) => bootstrap.announce(ctx.config.recordTtl),
  housekeeping(parts) {
    closeDeaf(parts);
    closeIdle(parts);
    parts.ctx.deadlines.set('housekeeping', parts.ctx.now + HOUSEKEEPING, SLACK);
  },
  pulse: ({ pulse }) => pulse.beat(),
  seek({ ctx, seek, standby }) {
    let next: Time = NEVER;
    for (const stream of ctx.streams.values()) standby.step(stream);
    for (const stream of ctx.streams.values()) next = Math.min(next, seek.step(stream));
    ctx.deadlines.set('seek', next, SLACK);
  },
  improve({ ctx, seek }) {
    for (const stream of ctx.streams.values()) seek.improve(stream);
    ctx.deadlines.set('improve', ctx.now + improveAfter(ctx.rng.next()), SLACK);
  },
  uplink: ({ relay }) => relay.drain(),
  brokering: ({ brokering }) => brokering.step(),
  leave: ({ leave }) => leave.finish(),
};

/** A peer of the overlay: takes each input to the part that knows what to do, then fires what is due. */
export class AstralNode implements Machine<Message, Command, View> {
  readonly #parts: Parts;
  #begun = false;

  constructor(identity: Identity, config: Config, rng: Rng, crypto: Crypto) {
    this.#parts = createParts(identity, config, rng, crypto);
    this.#parts.ctx.deadlines.set('bootstrap', 0);
    this.#parts.ctx.deadlines.set('brokering', 0);
    this.#parts.ctx.deadlines.set('housekeeping', HOUSEKEEPING);
  }

  handle(now: Time, input: Input<Message, Command>, effects: Effects<Message>): void {
    const parts = this.#parts;
    const { ctx } = parts;
    ctx.now = now;
    ctx.fx = effects;
    if (!this.#begun) this.#begin();
    switch (input.type) {
      case 'message': {
        const peer = ctx.peers.get(input.from);
        if (peer === undefined) break;
        ctx.peers.heard(peer, now);
        handleMessage(parts, peer, input.message);
        break;
      }
      case 'wake':
        break;
      case 'peer':
        onPeer(parts, input);
        break;
      case 'dial':
        onDial(parts, input);
        break;
      case 'command':
        this.#command(input.id, input.command, effects);
        break;
    }
    for (let due = ctx.deadlines.take(now); due !== null; due = ctx.deadlines.take(now)) TIMER_ACTIONS[due](parts);
  }

  /** Apart from `handle`, where a closure would cost every input its context. */
  #command(id: CommandId, command: Command, effects: Effects<Message>): void {
    handleCommand(this.#parts, command, (result) => effects.reply(id, result));
  }

  /** Spends the incarnation before anybody hears of it: the next life must have another. */
  #begin(): void {
    this.#begun = true;
    persist(this.#parts);
  }

  nextDeadline(): Deadline | null {
    return this.#parts.ctx.deadlines.first;
  }

  /** The signed description of a stream; null until it has arrived. */
  manifest(stream: StreamId): Manifest | null {
    return this.#parts.ctx.streams.get(stream)?.manifest ?? null;
  }

  view(): View {
    return viewOf(this.#parts.ctx);
  }

  /**
   * Takes over what outlives connections: the streams watched and the beats advertised, so that loop freedom holds
   * across a restart. Sessions and tickets are made anew.
   */
  restore(view: View): void {
    const { ctx, pulse } = this.#parts;
    for (const seen of view.streams) {
      const stream = ctx.stream(seen.stream);
      stream.watching = seen.watching;
      stream.remember(seen.epoch, seen.paths);
    }
    ctx.deadlines.setEarlier('seek', ctx.now);
    pulse.start();
  }
}
